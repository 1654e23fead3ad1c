#include "config.h"

#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/err.h"
#include "util/mem.h"

enum {
    FD_FIRST_READ = 4096 /* bytes; files whose size says nothing (/proc) */
};

/* Whether [offset, offset + size) can be addressed by an off_t. */
static bool fits(uint64_t offset, size_t size)
{
    return offset <= INT64_MAX && size <= INT64_MAX - offset;
}

int fd_pread_all(int fd, void *data, size_t size, uint64_t offset)
{
    struct iovec part = {.iov_base = data, .iov_len = size};

    return fd_preadv_all(fd, &part, 1, offset);
}

int fd_pwrite_all(int fd, const void *data, size_t size, uint64_t offset)
{
    const uint8_t *from = data;

    if (!fits(offset, size)) {
        return P2P_ERANGE;
    }
    while (size > 0) {
        ssize_t got = pwrite(fd, from, size, (off_t)offset);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_from_errno(errno);
        }
        from += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

int fd_write_all(int fd, const void *data, size_t size)
{
    const uint8_t *from = data;

    while (size > 0) {
        ssize_t got = write(fd, from, size);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_from_errno(errno);
        }
        from += got;
        size -= (size_t)got;
    }
    return 0;
}

/* Take `done` bytes off the front of the parts; returns how many parts are
 * finished. */
static int advance(struct iovec *parts, int count, size_t done)
{
    int finished = 0;

    while (finished < count && done >= parts[finished].iov_len) {
        done -= parts[finished].iov_len;
        finished++;
    }
    if (finished < count) {
        parts[finished].iov_base = (uint8_t *)parts[finished].iov_base + done;
        parts[finished].iov_len -= done;
    }
    return finished;
}

int fd_preadv_all(int fd, struct iovec *parts, int count, uint64_t offset)
{
    int skip = advance(parts, count, 0);

    parts += skip;
    count -= skip;
    while (count > 0) {
        int now = count < IOV_MAX ? count : IOV_MAX;
        ssize_t got;

        if (!fits(offset, 0)) {
            return P2P_ERANGE;
        }
        got = preadv(fd, parts, now, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_from_errno(errno);
        }
        if (got == 0) {
            return P2P_ERANGE;
        }
        skip = advance(parts, count, (size_t)got);
        parts += skip;
        count -= skip;
        offset += (uint64_t)got;
    }
    return 0;
}

/* Like realloc, but leaves no copy behind: the file may hold a password. */
static uint8_t *grow_secret(uint8_t *data, size_t used, size_t capacity)
{
    uint8_t *bigger = mem_alloc(capacity);

    memcpy(bigger, data, used);
    mem_wipe(data, used);
    free(data);
    return bigger;
}

/* Read to the end, at most `max` bytes, into *data, which has `capacity`. */
static int read_to_end(int fd, size_t max, size_t capacity, uint8_t **data,
                       size_t *size)
{
    size_t used = 0;

    for (;;) {
        ssize_t got;

        if (used + 1 >= capacity) {
            capacity = capacity < max / 2 ? capacity * 2 : max + 2;
            *data = grow_secret(*data, used, capacity);
        }
        got = read(fd, *data + used, capacity - used - 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_from_errno(errno);
        }
        used += (size_t)got;
        if (used > max) {
            mem_wipe(*data, used);
            return P2P_ETOOBIG;
        }
        if (got == 0) {
            (*data)[used] = '\0';
            *size = used;
            return 0;
        }
    }
}

int fd_read_file(const char *path, size_t max, uint8_t **data, size_t *size)
{
    size_t capacity = FD_FIRST_READ;
    uint8_t *content = NULL;
    struct stat status;
    size_t length = 0;
    int fd;
    int rv;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    if (fstat(fd, &status) < 0) {
        rv = err_from_errno(errno);
        goto out;
    }
    if (S_ISREG(status.st_mode) && status.st_size > 0) {
        if ((uint64_t)status.st_size > max) {
            rv = P2P_ETOOBIG;
            goto out;
        }
        /* One for the NUL, one to meet the end without growing. */
        capacity = (size_t)status.st_size + 2;
    }
    content = mem_alloc(capacity);
    rv = read_to_end(fd, max, capacity, &content, &length);
    if (rv < 0) {
        goto out;
    }
    *data = content; /* handed over: the caller frees it */
    content = NULL;
    if (size != NULL) {
        *size = length;
    }

out:
    free(content);
    close(fd);
    return rv;
}

/* fsync the directory that holds `path`. */
static int sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent;
    int rv;

    if (slash == NULL) {
        return fd_sync_dir(".");
    }
    parent = slash == path ? mem_strdup("/")
                           : mem_strndup(path, (size_t)(slash - path));
    rv = fd_sync_dir(parent);
    free(parent);
    return rv;
}

/* Make the file `path`, which must not exist, with this content on the disk. */
static int write_new_file(const char *path, const void *data, size_t size,
                          mode_t mode)
{
    int fd;
    int rv;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
              mode & 0700);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    rv = fd_write_all(fd, data, size);
    if (rv == 0 && fchmod(fd, mode) < 0) {
        rv = err_from_errno(errno);
    }
    if (rv == 0 && fsync(fd) < 0) {
        rv = err_from_errno(errno);
    }
    if (close(fd) < 0 && rv == 0) {
        rv = err_from_errno(errno);
    }
    return rv;
}

int fd_replace_file(const char *path, const void *data, size_t size,
                    mode_t mode)
{
    /* One fixed name, so that crashes do not leave more and more files; a
     * file from an earlier crash is removed rather than written into. */
    char *temporary = mem_printf("%s.new", path);
    int rv;

    if (unlink(temporary) < 0 && errno != ENOENT) {
        rv = err_from_errno(errno);
        goto out;
    }
    rv = write_new_file(temporary, data, size, mode);
    if (rv == 0 && rename(temporary, path) < 0) {
        rv = err_from_errno(errno);
    }
    if (rv < 0) {
        unlink(temporary);
        goto out;
    }
    rv = sync_parent(path);

out:
    free(temporary);
    return rv;
}

/* Make one directory; fine when it is there already. */
static int make_dir(const char *path)
{
    struct stat status;
    int saved;

    if (mkdir(path, 0700) == 0) {
        return 0;
    }
    saved = errno;
    if (stat(path, &status) < 0) {
        return err_from_errno(saved);
    }
    return S_ISDIR(status.st_mode) ? 0 : P2P_EEXIST;
}

int fd_create_file(const char *path, const void *data, size_t size, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    int rv;

    if (fd < 0) {
        return err_from_errno(errno);
    }
    rv = fd_write_all(fd, data, size);
    if (close(fd) != 0 && rv == 0) {
        rv = err_from_errno(errno);
    }
    if (rv < 0) {
        unlink(path);
    }
    return rv;
}

int fd_make_dirs(const char *path)
{
    char *copy = mem_strdup(path);
    int rv = 0;

    for (char *at = copy; *at != '\0' && rv == 0; at++) {
        if (*at == '/' && at > copy && at[-1] != '/') {
            *at = '\0';
            rv = make_dir(copy);
            *at = '/';
        }
    }
    if (rv == 0) {
        rv = make_dir(copy);
    }
    free(copy);
    return rv;
}

int fd_sync_dir(const char *path)
{
    int rv = 0;
    int fd;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    /* Some file systems cannot fsync a directory and say EINVAL; there is
     * nothing more to be done on them. */
    if (fsync(fd) < 0 && errno != EINVAL) {
        rv = err_from_errno(errno);
    }
    close(fd);
    return rv;
}

int fd_lock_file(const char *path)
{
    int fd;
    int rv;

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    do {
        rv = flock(fd, LOCK_EX | LOCK_NB);
    } while (rv < 0 && errno == EINTR);
    if (rv < 0) {
        rv = errno == EWOULDBLOCK ? P2P_EBUSY : err_from_errno(errno);
        close(fd);
        return rv;
    }
    return fd;
}

int fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        return err_from_errno(errno);
    }
    flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
        return err_from_errno(errno);
    }
    return 0;
}
