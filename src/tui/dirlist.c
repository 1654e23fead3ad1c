#include "config.h"

#include "tui/dirlist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/browser.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

static void *dirlist_open(const char *path, struct err *e)
{
    DIR *dir = opendir(path);

    if (dir == NULL) {
        err_set_errno(e, errno, _("This folder cannot be opened"));
    }
    return dir;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* An entry that vanishes while it is read is left out. */
static bool describe(DIR *dir, const char *name, struct browser_entry *out)
{
    struct stat s;

    if (fstatat(dirfd(dir), name, &s, 0) != 0 &&
        fstatat(dirfd(dir), name, &s, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    out->name = mem_strdup(name);
    out->is_directory = S_ISDIR(s.st_mode);
    out->is_other = !S_ISDIR(s.st_mode) && !S_ISREG(s.st_mode);
    out->size = S_ISREG(s.st_mode) ? (uint64_t)s.st_size : 0;
    out->time = s.st_mtim.tv_sec;
    return true;
}

static int dirlist_read(void *listing, struct browser_entry *out, int max,
                        struct err *e)
{
    int64_t end = clock_now_ms() + DIRLIST_SLICE_MS;
    int count = 0;

    while (count < max && (count == 0 || clock_now_ms() < end)) {
        const struct dirent *entry;

        errno = 0;
        entry = readdir(listing);
        if (entry == NULL && errno != 0 && count == 0) {
            return err_set_errno(e, errno, _("This folder cannot be read"));
        }
        if (entry == NULL) {
            break;
        }
        if (!is_dots(entry->d_name) &&
            describe(listing, entry->d_name, &out[count])) {
            count++;
        }
    }
    return count;
}

static void dirlist_close(void *listing)
{
    closedir(listing);
}

static bool dirlist_is_readable(const char *path)
{
    return access(path, R_OK) == 0;
}

static bool dirlist_is_directory(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

const struct browser_source dirlist = {
    .open = dirlist_open,
    .read = dirlist_read,
    .close = dirlist_close,
    .is_readable = dirlist_is_readable,
    .is_directory = dirlist_is_directory,
};
