#include "config.h"

#include "engine/tree.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/beneath.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/manifest.h"

/* One walk. */
struct scan {
    struct tree *t;
    const char *top; /* for messages */
    const atomic_bool *cancel;
    size_t room;
};

/* A directory of the walk. */
struct level {
    DIR *dir;
    const char *path; /* of the directory; "" for the top */
    unsigned depth;
    struct map *names; /* folded, of what was met */
};

static int refuse(const struct scan *s, const char *path, const char *why,
                  struct err *e)
{
    return err_set(e, P2P_EINVAL, "%s/%s %s", s->top, path, why);
}

/* `path` is taken. */
static int add_file(struct scan *s, char *path, const struct stat *status,
                    struct err *e)
{
    struct tree *t = s->t;
    struct tree_file *f;

    if (t->count == MANIFEST_FILES_MAX) {
        free(path);
        return err_set(e, P2P_ETOOBIG, _("%s holds more than %d files"), s->top,
                       MANIFEST_FILES_MAX);
    }
    if ((uint64_t)status->st_size > MANIFEST_FILE_SIZE_MAX) {
        int rv = err_set(e, P2P_ETOOBIG, _("%s/%s is too big"), s->top, path);

        free(path);
        return rv;
    }
    if (t->count == s->room) {
        s->room = s->room * 2 + 16;
        t->files = mem_resize(t->files, s->room, sizeof *t->files);
    }
    f = &t->files[t->count++];
    memset(f, 0, sizeof *f);
    f->path = path;
    storage_make_stamp(status, &f->stamp);
    t->size += f->stamp.size;
    return 0;
}

static int scan_directory(struct scan *s, int fd, const char *path,
                          unsigned depth, struct err *e);

/* `path` is taken. */
static int scan_entry(struct scan *s, const struct level *l, const char *name,
                      char *path, struct err *e)
{
    int parent = dirfd(l->dir);
    struct stat status;
    int fd;
    int rv;

    if (!manifest_name_is_safe(name, strlen(name))) {
        rv = refuse(s, path, _("has a name that cannot be shared"), e);
    } else if (strlen(path) > MANIFEST_PATH_MAX) {
        rv = refuse(s, path, _("has a path that is too long"), e);
    } else if (l->depth > MANIFEST_DEPTH_MAX) {
        rv = refuse(s, path, _("lies in too many directories"), e);
    } else if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        rv = err_set_errno(e, errno, _("cannot look at %s/%s"), s->top, path);
    } else if (S_ISREG(status.st_mode)) {
        return add_file(s, path, &status, e);
    } else if (S_ISLNK(status.st_mode)) {
        rv = refuse(s, path, _("is a symbolic link"), e);
    } else if (!S_ISDIR(status.st_mode)) {
        rv = refuse(s, path, _("is neither a file nor a directory"), e);
    } else {
        fd = openat(parent, name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        rv = fd >= 0 ? scan_directory(s, fd, path, l->depth + 1, e)
                     : err_set_errno(e, errno, _("cannot open %s/%s"), s->top,
                                     path);
    }
    free(path);
    return rv;
}

/* Names that differ only in case are one name on some systems, so no manifest
 * may hold both. False when one is there already. */
static bool remember_name(struct map *names, const char *name)
{
    static char present;
    char *folded = text_fold(name);
    bool is_new = map_put_text(names, folded, &present) == NULL;

    free(folded);
    return is_new;
}

static int scan_name(struct scan *s, const struct level *l, const char *name,
                     struct err *e)
{
    char *path = *l->path == '\0' ? mem_strdup(name)
                                  : mem_printf("%s/%s", l->path, name);
    int rv;

    if (atomic_load(s->cancel)) {
        rv = err_set(e, P2P_ECANCELED, _("canceled"));
    } else if (!remember_name(l->names, name)) {
        rv = refuse(s, path, _("differs from another name only in case"), e);
    } else {
        return scan_entry(s, l, name, path, e);
    }
    free(path);
    return rv;
}

/* `fd` is taken. Recursion ends at MANIFEST_DEPTH_MAX. */
static int scan_directory(struct scan *s, int fd, const char *path,
                          unsigned depth, struct err *e)
{
    struct level l = {.dir = fdopendir(fd), .path = path, .depth = depth};
    struct dirent *entry;
    int rv = 0;

    if (l.dir == NULL) {
        rv = err_set_errno(e, errno, _("cannot read %s/%s"), s->top, path);
        close(fd);
        return rv;
    }
    l.names = map_new();
    do {
        errno = 0;
        entry = readdir(l.dir);
        if (entry == NULL && errno != 0) {
            rv = err_set_errno(e, errno, _("cannot read %s/%s"), s->top, path);
        }
        if (entry != NULL && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            rv = scan_name(s, &l, entry->d_name, e);
        }
    } while (entry != NULL && rv == 0);
    map_free(l.names, NULL);
    closedir(l.dir);
    return rv;
}

/* '/' ends a component, so it sorts before every other byte. */
static int compare_paths(const void *a, const void *b)
{
    const char *left = ((const struct tree_file *)a)->path;
    const char *right = ((const struct tree_file *)b)->path;

    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    {
        int l = *left == '\0' ? 0 : *left == '/' ? 1 : (unsigned char)*left + 2;
        int r = *right == '\0'  ? 0
                : *right == '/' ? 1
                                : (unsigned char)*right + 2;

        return l - r;
    }
}

/* Open a directory (with a slash at its end), without leaving `beneath`. */
static int open_directory(const char *path, const char *beneath)
{
    size_t length = beneath != NULL ? strlen(beneath) : 0;
    char *below;
    int top, fd;

    if (beneath == NULL || strncmp(path, beneath, length) != 0 ||
        path[length] != '/' || path[length + 1] == '\0') {
        return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    top = open(beneath, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (top < 0) {
        return -1;
    }
    below = mem_strndup(path + length + 1, strlen(path) - length - 2);
    fd = beneath_open(top, below, O_RDONLY | O_DIRECTORY, 0);
    free(below);
    close(top);
    return fd;
}

/* Open the top and the directory it lies in. */
static int open_top(struct scan *s, const char *path, const char *beneath,
                    struct err *e)
{
    struct tree *t = s->t;
    const char *slash = strrchr(path, '/');
    char *parent;
    struct stat status;
    int fd;
    int rv;

    t->name = mem_strdup(slash + 1);
    if (!manifest_name_is_safe(t->name, strlen(t->name))) {
        return err_set(e, P2P_EINVAL, _("%s has a name that cannot be shared"),
                       path);
    }
    parent = mem_strndup(path, (size_t)(slash - path) + 1);
    fd = open_directory(parent, beneath);
    free(parent);
    if (fd < 0 || fstatat(fd, t->name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        rv = err_set_errno(e, errno, _("cannot share %s"), path);
    } else if (S_ISREG(status.st_mode)) {
        t->dir = fd;
        return add_file(s, mem_strdup(t->name), &status, e);
    } else if (S_ISDIR(status.st_mode)) {
        t->is_directory = true;
        t->dir = openat(fd, t->name,
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        rv = t->dir >= 0 ? 0
                         : err_set_errno(e, errno, _("cannot open %s"), path);
    } else {
        rv = err_set(e, P2P_EINVAL,
                     S_ISLNK(status.st_mode)
                         ? _("%s is a symbolic link")
                         : _("%s is neither a file nor a directory"),
                     path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return rv;
}

static int scan_top(struct scan *s, struct err *e)
{
    struct tree *t = s->t;
    int fd = openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rv = fd >= 0 ? scan_directory(s, fd, "", 1, e)
                     : err_set_errno(e, errno, _("cannot open %s"), s->top);

    if (rv == 0 && t->count == 0) {
        rv = err_set(e, P2P_EINVAL, _("there is no file in %s"), s->top);
    }
    if (rv == 0) {
        qsort(t->files, t->count, sizeof *t->files, compare_paths);
    }
    return rv;
}

int tree_scan(struct tree *t, const char *path, const char *beneath,
              const atomic_bool *cancel, struct err *e)
{
    size_t length = strlen(path);
    char *top;
    struct scan s = {.t = t, .cancel = cancel};
    int rv;

    memset(t, 0, sizeof *t);
    t->dir = -1;
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    top = mem_strndup(path, length);
    s.top = top;
    if (top[0] != '/') {
        rv = err_set(e, P2P_EINVAL, _("%s is not an absolute path"), top);
    } else {
        rv = open_top(&s, top, beneath, e);
    }
    if (rv == 0 && t->is_directory) {
        rv = scan_top(&s, e);
    }
    if (rv < 0) {
        tree_close(t);
    }
    free(top);
    return rv;
}

void tree_close(struct tree *t)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        free(t->files[i].path);
    }
    free(t->files);
    free(t->name);
    if (t->dir >= 0) {
        close(t->dir);
    }
    memset(t, 0, sizeof *t);
    t->dir = -1;
}

static int compare_stamp(const struct tree *t, size_t file,
                         const struct stat *status, struct err *e)
{
    struct storage_stamp now;

    storage_make_stamp(status, &now);
    return storage_stamp_equal(&now, &t->files[file].stamp)
               ? 0
               : err_set(e, P2P_EVERIFY, _("%s changed while it was hashed"),
                         t->files[file].path);
}

int tree_check(const struct tree *t, size_t file, int fd, struct err *e)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return err_set_errno(e, errno, _("cannot look at %s"),
                             t->files[file].path);
    }
    return compare_stamp(t, file, &status, e);
}

int tree_open(const struct tree *t, size_t file, int *fd, struct err *e)
{
    struct stat status;
    int rv;

    *fd = beneath_open_file(t->dir, t->files[file].path, O_RDONLY, &status);
    if (*fd < 0) {
        return err_set_errno(e, errno, _("cannot open %s"),
                             t->files[file].path);
    }
    rv = compare_stamp(t, file, &status, e);
    if (rv < 0) {
        close(*fd);
        *fd = -1;
    }
    return rv;
}

int tree_check_all(const struct tree *t, struct err *e)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        struct stat status;
        int rv;

        if (beneath_stat(t->dir, t->files[i].path, &status) < 0) {
            return err_set_errno(e, errno, _("cannot look at %s"),
                                 t->files[i].path);
        }
        rv = compare_stamp(t, i, &status, e);
        if (rv < 0) {
            return rv;
        }
    }
    return 0;
}
