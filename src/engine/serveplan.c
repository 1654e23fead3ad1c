#include "config.h"

#include "engine/serveplan.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "wire/manifest.h"

static int compare_haves(const void *a, const void *b)
{
    return strcmp(((const struct serveplan_have *)a)->path,
                  ((const struct serveplan_have *)b)->path);
}

/* Both lists are sorted: walk them together. */
struct serveplan_step *serveplan_make(const struct serveplan_input *in,
                                      size_t *count)
{
    const struct dirscan *d = in->found;
    struct serveplan_step *steps =
        mem_calloc(d->file_count + in->have_count + 1, sizeof *steps);
    size_t f = 0, h = 0, n = 0;

    if (in->have_count > 0) {
        qsort(in->have, in->have_count, sizeof *in->have, compare_haves);
    }
    while (f < d->file_count || h < in->have_count) {
        const struct dirscan_file *file = &d->files[f];
        const struct serveplan_have *have = &in->have[h];
        int order = f == d->file_count    ? 1
                    : h == in->have_count ? -1
                                          : strcmp(file->path, have->path);

        f += order <= 0;
        h += order >= 0;
        if (order > 0) {
            if (!d->is_partial) {
                steps[n++] = (struct serveplan_step){SERVEPLAN_DROP, have->path,
                                                     NULL, have};
            }
        } else if (order == 0 && have->stamp != NULL &&
                   storage_stamp_equal(have->stamp, &file->stamp)) {
            continue;
        } else if (!in->is_held(in->arg, file)) {
            steps[n++] = (struct serveplan_step){
                order == 0 ? SERVEPLAN_REPLACE : SERVEPLAN_SHARE, file->path,
                file, order == 0 ? have : NULL};
        }
    }
    *count = n;
    return steps;
}

char *serveplan_item_name(const char *path)
{
    char *name = mem_alloc(2 * strlen(path) + 1);
    char *to = name;

    for (; *path != '\0'; path++) {
        if (*path == '/') {
            *to++ = '-';
            *to++ = '-';
        } else {
            *to++ = *path;
        }
    }
    *to = '\0';
    if (!manifest_name_is_safe(name, strlen(name))) {
        free(name);
        return NULL;
    }
    return name;
}

char *serveplan_path_in(const char *top, const char *directory,
                        const char *file_name)
{
    size_t length = strlen(top);

    if (strcmp(top, "/") == 0) {
        length = 0;
    }
    if (strncmp(directory, top, length) != 0) {
        return NULL;
    }
    if (directory[length] == '\0' || strcmp(directory, "/") == 0) {
        return mem_strdup(file_name);
    }
    if (directory[length] != '/') {
        return NULL;
    }
    return mem_printf("%s/%s", directory + length + 1, file_name);
}

/* Is `path` the directory `top`, or does it lie in it? */
static bool is_in(const char *path, const char *top)
{
    size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);

    return strncmp(path, top, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

bool serveplan_holds_secrets(const char *state_dir, const char *directory)
{
    size_t length = strlen(directory);

    if (is_in(directory, state_dir)) {
        return true;
    }
    /* Below a hidden name it is passed over. */
    return is_in(state_dir, directory) &&
           strstr(state_dir + (length > 1 ? length : 0), "/.") == NULL;
}
