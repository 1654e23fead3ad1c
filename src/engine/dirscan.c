#include "config.h"

#include "engine/dirscan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

enum {
    EVENTS = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM |
             IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |
             IN_MOVE_SELF | IN_EXCL_UNLINK,
};

/* What editors, browsers, rsync and p2ptui itself call a file that is not
 * finished. Names with a dot in front are hidden anyway. */
static const char *const ignored[] = {
    ".*",         "*~",           "#*#",        "*.part",    "*.tmp",
    "*.temp",     "*.swp",        "*.swx",      "*.bak~",    "*.new~",
    "*.download", "*.crdownload", "*.filepart", "*.partial", "*.aria2",
};

bool dirscan_is_ignored(const char *name)
{
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        if (fnmatch(ignored[i], name, 0) == 0) {
            return true;
        }
    }
    return false;
}

static void add_dir(struct dirscan *d, const char *path, int watch)
{
    if (d->dir_count == d->dir_room) {
        d->dir_room = d->dir_room * 2 + 16;
        d->dirs = mem_resize(d->dirs, d->dir_room, sizeof *d->dirs);
    }
    d->dirs[d->dir_count++] = (struct dirscan_dir){mem_strdup(path), watch};
}

/* `path` is taken. */
static void add_file(struct dirscan *d, char *path, const struct stat *status)
{
    struct dirscan_file *f;

    if (d->file_count == DIRSCAN_FILES_MAX) {
        d->is_partial = true;
        free(path);
        return;
    }
    if (d->file_count == d->file_room) {
        d->file_room = d->file_room * 2 + 64;
        d->files = mem_resize(d->files, d->file_room, sizeof *d->files);
    }
    f = &d->files[d->file_count++];
    memset(f, 0, sizeof *f);
    f->path = path;
    storage_make_stamp(status, &f->stamp);
    f->rights = (struct dirscan_rights){status->st_mode, status->st_uid,
                                        status->st_gid};
}

/* By the open descriptor: a path could lead elsewhere meanwhile. */
static void watch_directory(struct dirscan *d, int notify, int fd,
                            const char *path)
{
    char link[40];
    int watch;

    if (notify < 0) {
        return;
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    watch = inotify_add_watch(notify, link, EVENTS | IN_ONLYDIR);
    if (watch >= 0) {
        add_dir(d, path, watch);
        return;
    }
    d->is_unwatched = true;
    log_warn("serve", "cannot watch %s: %s", path[0] != '\0' ? path : "it",
             strerror(errno));
}

/* One walk. */
struct walk {
    struct dirscan *d;
    int notify;
    const atomic_bool *cancel;
};

static void walk_directory(const struct walk *w, int fd, const char *path,
                           unsigned depth);

static void walk_below(const struct walk *w, int parent, const char *name,
                       const char *path, unsigned depth)
{
    int fd;

    if (depth == DIRSCAN_DEPTH_MAX) {
        log_warn("serve", "%s lies in too many directories", path);
        return;
    }
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        w->d->is_partial |= errno != ENOENT;
        return;
    }
    walk_directory(w, fd, path, depth + 1);
}

/* `path` is taken. */
static void walk_entry(const struct walk *w, int parent, const char *name,
                       char *path, unsigned depth)
{
    struct stat status;

    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        w->d->is_partial |= errno != ENOENT; /* it went while we looked */
    } else if (S_ISREG(status.st_mode)) {
        add_file(w->d, path, &status);
        return;
    } else if (S_ISDIR(status.st_mode)) {
        walk_below(w, parent, name, path, depth);
    }
    free(path);
}

/* `fd` is taken. Recursion ends at DIRSCAN_DEPTH_MAX. */
static void walk_directory(const struct walk *w, int fd, const char *path,
                           unsigned depth)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        w->d->is_partial = true;
        close(fd);
        return;
    }
    watch_directory(w->d, w->notify, fd, path);
    do {
        errno = 0;
        entry = readdir(dir);
        if (entry == NULL) {
            w->d->is_partial |= errno != 0;
        } else if (!dirscan_is_ignored(entry->d_name)) {
            walk_entry(w, fd, entry->d_name,
                       path[0] == '\0'
                           ? mem_strdup(entry->d_name)
                           : mem_printf("%s/%s", path, entry->d_name),
                       depth);
        }
    } while (entry != NULL && !atomic_load(w->cancel));
    closedir(dir);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct dirscan_file *)a)->path,
                  ((const struct dirscan_file *)b)->path);
}

static int compare_path(const void *path, const void *file)
{
    return strcmp(path, ((const struct dirscan_file *)file)->path);
}

const struct dirscan_file *dirscan_find(const struct dirscan *d,
                                        const char *path)
{
    return d->file_count == 0 ? NULL
                              : bsearch(path, d->files, d->file_count,
                                        sizeof *d->files, compare_path);
}

bool dirscan_same_rights(const struct dirscan_rights *a,
                         const struct dirscan_rights *b)
{
    return a->mode == b->mode && a->user == b->user && a->group == b->group;
}

int dirscan_run(const char *top, int notify, const atomic_bool *cancel,
                struct dirscan *out, struct err *e)
{
    struct walk w = {.d = out, .notify = notify, .cancel = cancel};
    int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    memset(out, 0, sizeof *out);
    if (fd < 0) {
        return err_set_errno(e, errno, _("cannot read %s"), top);
    }
    walk_directory(&w, fd, "", 1);
    if (out->file_count > 0) {
        qsort(out->files, out->file_count, sizeof *out->files, compare_files);
    }
    return 0;
}

void dirscan_close(struct dirscan *d)
{
    for (size_t i = 0; i < d->file_count; i++) {
        free(d->files[i].path);
    }
    for (size_t i = 0; i < d->dir_count; i++) {
        free(d->dirs[i].path);
    }
    free(d->files);
    free(d->dirs);
    memset(d, 0, sizeof *d);
}
