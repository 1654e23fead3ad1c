#include "config.h"

#include "engine/servelist.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "util/err.h"
#include "util/fd.h"
#include "util/mem.h"

enum {
    SERVELIST_MAX = 1024 * 1024 /* bytes of the file; some hundred paths */
};

static bool read_entry(json_t *one, struct servelist_entry *out)
{
    const char *user_id, *group, *directory;

    if (json_unpack(one, "{s:s,s:s,s:s}", "user_id", &user_id, "group", &group,
                    "directory", &directory) < 0 ||
        directory[0] != '/') {
        return false;
    }
    out->user_id = mem_strdup(user_id);
    out->group = mem_strdup(group);
    out->directory = mem_strdup(directory);
    return true;
}

int servelist_load(const char *state_dir, struct servelist_entry **out,
                   size_t *count, struct err *e)
{
    char *path = mem_printf("%s/served", state_dir);
    struct servelist_entry *list = NULL;
    json_t *all = NULL, *one;
    uint8_t *data = NULL;
    size_t size = 0, n = 0, i;
    int rv = fd_read_file(path, SERVELIST_MAX, &data, &size);

    if (rv == P2P_ENOENT) {
        rv = 0;
    } else if (rv == 0) {
        all =
            json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
        rv = json_is_array(all) ? 0 : P2P_EPROTO;
    }
    if (rv < 0) {
        (void)err_set(e, rv, "%s cannot be read; serve the directories anew",
                      path);
    } else {
        list = mem_calloc(json_array_size(all) + 1, sizeof *list);
        json_array_foreach(all, i, one)
        {
            n += read_entry(one, &list[n]);
        }
        *out = list;
        *count = n;
    }
    json_decref(all);
    free(data);
    free(path);
    return rv;
}

int servelist_save(const char *state_dir, const struct servelist_entry *list,
                   size_t count, struct err *e)
{
    char *path = mem_printf("%s/served", state_dir);
    json_t *all = json_array();
    char *text;
    size_t i;
    int rv;

    for (i = 0; i < count; i++) {
        json_array_append_new(
            all, json_pack("{s:s,s:s,s:s}", "user_id", list[i].user_id, "group",
                           list[i].group, "directory", list[i].directory));
    }
    text = json_dumps(all, JSON_INDENT(1));
    rv = text == NULL ? P2P_EINVAL
                      : fd_replace_file(path, text, strlen(text), 0600);
    if (rv < 0) {
        (void)err_set(e, rv, "cannot write %s: %s", path, err_text(rv));
    }
    free(text);
    json_decref(all);
    free(path);
    return rv;
}

void servelist_free(struct servelist_entry *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].user_id);
        free(list[i].group);
        free(list[i].directory);
    }
    free(list);
}
