#include "config.h"

#include "tui/setting_store.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/secret.h"
#include "util/conf.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

enum { STORE_WORDS_MAX = CONTACT_LIST_MAX /* lines of one setting */ };

/* ---- The file --------------------------------------------------------- */

/* Keys of the setting, the first for new lines. */
static void keys_of(enum setting_id id, const char *keys[3])
{
    const struct setting *a = setting_at(id);

    keys[0] = a->key;
    keys[1] = a->option;
    keys[2] = NULL;
}

/* The text of the file with the value in place of the old one; free(). */
static char *edit_text(const char *text, enum setting_id id, const char *value)
{
    const char *keys[3], *values[STORE_WORDS_MAX];
    size_t count = 0;
    char *words, *word, *rest = NULL, *edited;

    keys_of(id, keys);
    if (value == NULL || setting_at(id)->type != SETTING_LIST) {
        return conf_edit(text, keys, &value, value == NULL ? 0 : 1);
    }
    words = mem_strdup(value);
    for (word = strtok_r(words, " ", &rest);
         word != NULL && count < STORE_WORDS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        values[count++] = word;
    }
    edited = conf_edit(text, keys, values, count);
    free(words);
    return edited;
}

static int make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent;
    int rv;

    if (slash == NULL || slash == path) {
        return 0;
    }
    parent = mem_strndup(path, (size_t)(slash - path));
    rv = fd_make_dirs(parent);
    free(parent);
    return rv;
}

/* The file behind a symbolic link, which itself stays; free(). NULL, and a
 * code, when it leads nowhere. A file that is not there yet is itself. */
static char *real_file(const char *path, int *code)
{
    struct stat st;
    char *real = realpath(path, NULL);

    *code = 0;
    if (real != NULL) {
        return real;
    }
    *code = err_from_errno(errno);
    if (errno == ENOENT && lstat(path, &st) != 0) {
        *code = make_parent(path);
    }
    return *code == 0 ? mem_strdup(path) : NULL;
}

/* What the file says now, and its permissions; "" when there is none. NULL and
 * a code in `rv` when it cannot be read or written. */
static char *read_text(const char *path, mode_t *mode, int *rv)
{
    struct stat st;
    uint8_t *data = NULL;
    size_t size = 0;

    *mode = 0600;
    if (stat(path, &st) != 0) {
        *rv = errno == ENOENT ? 0 : err_from_errno(errno);
        return *rv == 0 ? mem_strdup("") : NULL;
    }
    *mode = st.st_mode & 07777;
    if (access(path, W_OK) != 0) { /* rename() would not mind */
        *rv = err_from_errno(errno);
        return NULL;
    }
    *rv = fd_read_file(path, CONF_FILE_MAX, &data, &size);
    if (data != NULL && strlen((char *)data) != size) {
        free(data);
        *rv = P2P_EINVAL; /* no text: not ours to write */
        return NULL;
    }
    return (char *)data;
}

/* Read, change and replace at once, so that what others wrote meanwhile is
 * kept. */
static int write_setting(const char *path, enum setting_id id,
                         const char *value)
{
    char *before, *after = NULL, *real;
    mode_t mode;
    int rv;

    real = real_file(path, &rv);
    if (real == NULL) {
        return rv;
    }
    before = read_text(real, &mode, &rv);
    if (before != NULL) {
        after = edit_text(before, id, value);
        if (strcmp(before, after) != 0) {
            rv = fd_replace_file(real, after, strlen(after), mode);
        }
    }
    free(before);
    free(after);
    free(real);
    return rv;
}

static int keep(struct settings *s, enum setting_id id, const char *value,
                struct err *e)
{
    char *path;
    int rv;

    if (s->path == NULL) {
        return err_set(e, P2P_ENOTSUP,
                       _("Changed for this run: no configuration file is "
                         "used."));
    }
    rv = write_setting(s->path, id, value);
    if (rv < 0) {
        path = setting_store_path(s);
        err_set(e, rv, _("Changed for this run; cannot write %s: %s"), path,
                rv == P2P_EACCES ? _("you may not write it") : _(err_text(rv)));
        free(path);
    }
    return rv;
}

char *setting_store_path(const struct settings *s)
{
    const char *home = getenv("HOME");
    size_t length = home == NULL ? 0 : strlen(home);

    if (s == NULL || s->path == NULL) {
        return NULL;
    }
    if (length > 1 && strncmp(s->path, home, length) == 0 &&
        s->path[length] == '/') {
        return mem_printf("~%s", s->path + length);
    }
    return mem_strdup(s->path);
}

/* ---- Changing --------------------------------------------------------- */

/* What would keep the program from starting the next time. */
static int check_further(enum setting_id id, const char *text, struct err *e)
{
    struct contact list[CONTACT_LIST_MAX];
    struct settings only;
    char *path, *password = NULL;
    int rv = setting_check(id, text, e);

    if (rv < 0 || text[0] == '\0' ||
        (id != SETTING_TRACKERS && id != SETTING_PASSWORD_FILE)) {
        return rv;
    }
    settings_init(&only);
    settings_put(&only, id, ORIGIN_SESSION, text, NULL);
    path = settings_path(&only, id);
    if (id == SETTING_TRACKERS) {
        rv = contact_load_list(path, list, e);
    } else {
        rv = secret_from_file(path, &password, e);
        mem_free_secret(password);
    }
    if (rv < 0 && e != NULL && e->text[0] == '\0') {
        err_set(e, rv, _("cannot read %s: %s"), path, _(err_text(rv)));
    }
    free(path);
    settings_close(&only);
    return rv < 0 ? P2P_EUSAGE : 0;
}

/* A place that counts for more than the file gives it too. */
static bool is_overridden(const struct settings *s, enum setting_id id)
{
    return s->values[id][ORIGIN_ENVIRONMENT] != NULL ||
           s->values[id][ORIGIN_LINE] != NULL;
}

/* The value, in the one way to write it, as a string of its own; free(). */
static char *settled(enum setting_id id, const char *text)
{
    struct settings only;
    char *value;

    settings_init(&only);
    settings_put(&only, id, ORIGIN_SESSION, text, NULL);
    value = mem_strdup(settings_value(&only, id));
    settings_close(&only);
    return value;
}

/* A list would grow. */
static void put_alone(struct settings *s, enum setting_id id,
                      enum setting_origin origin, const char *value)
{
    settings_unset(s, id, origin);
    settings_put(s, id, origin, value, NULL);
}

int setting_store(struct settings *s, enum setting_id id, const char *text,
                  struct err *e)
{
    char *value = NULL;
    int rv;

    if (text != NULL) {
        rv = check_further(id, text, e);
        if (rv < 0) {
            return rv;
        }
        value = settled(id, text);
    }
    rv = keep(s, id, value, e);
    s->changed[id] = true;
    settings_unset(s, id, ORIGIN_SESSION);
    if (rv == 0) {
        settings_unset(s, id, ORIGIN_FILE);
        if (value != NULL) {
            put_alone(s, id, ORIGIN_FILE, value);
        }
    }
    if (rv < 0 || is_overridden(s, id)) {
        put_alone(s, id, ORIGIN_SESSION,
                  value != NULL ? value : setting_at(id)->initial);
    }
    free(value);
    return rv;
}

/* ---- Reading again ---------------------------------------------------- */

static int read_file(struct settings *out, const char *path, struct err *e)
{
    struct conf_line line;
    struct err why = {0};
    struct conf *c;
    size_t n;
    int rv = conf_load(path, &c, e);

    if (rv < 0) {
        return rv == P2P_ENOENT ? 0 : rv;
    }
    for (n = 0; rv == 0 && conf_line_at(c, n, &line); n++) {
        enum setting_id id = setting_find(line.key);

        if (id == SETTING_COUNT) {
            log_warn("config", "%s:%d: unknown key %s", path, line.line,
                     line.key);
            continue;
        }
        rv = settings_put(out, id, ORIGIN_FILE, line.value, &why);
        if (rv < 0) {
            err_set(e, rv, "%s:%d: %s", path, line.line, why.text);
        }
    }
    conf_free(c);
    return rv;
}

/* The user knows where the file is; the line and the reason need the room. */
static void leave_directory_out(struct err *e, const char *path)
{
    const char *name = strrchr(path, '/');
    char *rest;

    if (e != NULL && name != NULL &&
        strncmp(e->text, path, strlen(path)) == 0) {
        rest = mem_strdup(e->text + (name + 1 - path));
        err_set(e, e->code, "%s", rest);
        free(rest);
    }
}

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int setting_store_reload(struct settings *s, struct err *e)
{
    struct settings fresh;
    enum setting_id id;
    int rv;

    if (s->path == NULL) {
        return err_set(e, P2P_ENOTSUP, _("no configuration file is used"));
    }
    settings_init(&fresh);
    rv = read_file(&fresh, s->path, e);
    if (rv < 0) {
        leave_directory_out(e, s->path);
    }
    for (id = 0; rv == 0 && id < SETTING_COUNT; id++) {
        const char *now = fresh.values[id][ORIGIN_FILE];

        if (is_same(now, s->values[id][ORIGIN_FILE])) {
            continue;
        }
        s->changed[id] = true;
        settings_unset(s, id, ORIGIN_SESSION);
        settings_unset(s, id, ORIGIN_FILE);
        if (now != NULL) {
            put_alone(s, id, ORIGIN_FILE, now);
        }
    }
    settings_close(&fresh);
    return rv;
}
