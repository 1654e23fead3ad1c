#include "config.h"

#include "engine/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/mem.h"

enum {
    COMPONENT_MAX = 255,
    DIRECTORY = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    RACES = 16, /* openat2 says EAGAIN when a rename runs at the same time */
};

static atomic_bool lacks_openat2;
static atomic_bool is_old_kernel; /* tests: renameat2 is avoided as well */

void beneath_act_old(bool old)
{
    atomic_store(&is_old_kernel, old);
    atomic_store(&lacks_openat2, old);
}

/* Close without touching errno. */
static void close_quietly(int fd)
{
    int number = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = number;
}

/* Copy the first component of *path to `part`, and step over it. EINVAL for
 * one that is empty, special or too long. */
static int take_component(const char **path, char part[COMPONENT_MAX + 1])
{
    size_t length = strcspn(*path, "/");

    if (length == 0 || length > COMPONENT_MAX) {
        errno = length == 0 ? EINVAL : ENAMETOOLONG;
        return -1;
    }
    memcpy(part, *path, length);
    part[length] = '\0';
    if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0) {
        errno = EXDEV; /* as openat2 calls an attempt to escape */
        return -1;
    }
    *path += length;
    if (**path == '/') {
        (*path)++;
        if (**path == '\0') {
            errno = EINVAL;
            return -1;
        }
    }
    return 0;
}

int beneath_open_parent(int dir, const char *path, bool make, const char **last)
{
    char part[COMPONENT_MAX + 1];
    int at = openat(dir, ".", DIRECTORY);
    int next;

    while (at >= 0) {
        *last = path;
        if (take_component(&path, part) < 0) {
            close_quietly(at);
            return -1;
        }
        if (*path == '\0') {
            break;
        }
        if (make && mkdirat(at, part, 0777) < 0 && errno != EEXIST) {
            close_quietly(at);
            return -1;
        }
        next = openat(at, part, DIRECTORY);
        close_quietly(at);
        at = next;
    }
    return at;
}

static int open_by_component(int dir, const char *path, int flags, mode_t mode)
{
    const char *last;
    int parent = beneath_open_parent(dir, path, false, &last);
    int fd;

    if (parent < 0) {
        return -1;
    }
    fd = openat(parent, last, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    close_quietly(parent);
    return fd;
}

static int open_by_kernel(int dir, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve =
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;
    int i;

    for (i = 0; i < RACES; i++) {
        fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) {
            break;
        }
    }
    return (int)fd;
}

int beneath_open(int dir, const char *path, int flags, mode_t mode)
{
    int fd;

    if (atomic_load_explicit(&lacks_openat2, memory_order_relaxed)) {
        return open_by_component(dir, path, flags, mode);
    }
    fd = open_by_kernel(dir, path, flags, mode);
    if (fd < 0 && errno == ENOSYS) {
        atomic_store(&lacks_openat2, true);
    }
    /* Sandboxes that do not know the call answer EPERM. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        return open_by_component(dir, path, flags, mode);
    }
    return fd;
}

int beneath_open_file(int dir, const char *path, int flags, struct stat *status)
{
    int fd = beneath_open(dir, path, flags | O_NONBLOCK | O_NOCTTY, 0666);

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, status) < 0) {
        close_quietly(fd);
        return -1;
    }
    if (!S_ISREG(status->st_mode)) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

int beneath_stat(int dir, const char *path, struct stat *status)
{
    int fd = beneath_open(dir, path, O_PATH, 0);
    int rv;

    if (fd < 0) {
        return -1;
    }
    rv = fstat(fd, status);
    close_quietly(fd);
    return rv;
}

/* For file systems without RENAME_NOREPLACE: take the name with an empty file
 * or directory, which fails when somebody else has it, and replace that. */
static int rename_the_old_way(int dir, const char *from, const char *to)
{
    struct stat status;
    int taken;

    if (fstatat(dir, from, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    if (S_ISDIR(status.st_mode)) {
        taken = mkdirat(dir, to, 0700);
    } else {
        taken = openat(dir, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        close_quietly(taken);
    }
    if (taken < 0) {
        return -1;
    }
    if (renameat(dir, from, dir, to) < 0) {
        int number = errno;

        (void)unlinkat(dir, to, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
        errno = number;
        return -1;
    }
    return 0;
}

int beneath_rename(int dir, const char *from, const char *to)
{
    if (!atomic_load_explicit(&is_old_kernel, memory_order_relaxed)) {
        if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0) {
            return 0;
        }
    } else {
        errno = ENOSYS;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != EPERM) {
        return -1;
    }
    return rename_the_old_way(dir, from, to);
}

/* fsync the directories that hold a file, up to the target directory. */
static int sync_parents(int dir, const char *path)
{
    char *copy = mem_strdup(path);
    char *slash;
    int rv = 0;

    while (rv == 0 && (slash = strrchr(copy, '/')) != NULL) {
        int fd;

        *slash = '\0';
        fd = beneath_open(dir, copy, O_RDONLY | O_DIRECTORY, 0);
        rv = fd < 0 || fsync(fd) < 0 ? -1 : 0;
        close_quietly(fd);
    }
    free(copy);
    return rv;
}

int beneath_sync(int dir, const char *path)
{
    int fd = beneath_open(dir, path, O_RDONLY | O_NONBLOCK, 0);
    int rv;

    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    rv = fdatasync(fd);
    close_quietly(fd);
    return rv < 0 ? -1 : sync_parents(dir, path);
}
