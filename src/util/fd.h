/* fd: whole reads and writes, private files, safe replacement. */
#ifndef P2P_UTIL_FD_H
#define P2P_UTIL_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct iovec;

/* Read or write all of it, going on after short counts and EINTR. 0 or a code;
 * a read that meets the end of the file first gives P2P_ERANGE. */
int fd_pread_all(int fd, void *data, size_t size, uint64_t offset);
int fd_pwrite_all(int fd, const void *data, size_t size, uint64_t offset);
int fd_write_all(int fd, const void *data, size_t size);
int fd_preadv_all(int fd, struct iovec *parts, int count, uint64_t offset);

/* The content of a file of at most `max` bytes in new memory with a NUL behind
 * it (free() it); `size` may be NULL. P2P_ETOOBIG when it is larger. */
int fd_read_file(const char *path, size_t max, uint8_t **data, size_t *size);

/* Replace `path` as a whole: temporary file with `mode` beside it, fsync,
 * rename, fsync of the directory. After a crash the old or the new content is
 * there, nothing between. */
int fd_replace_file(const char *path, const void *data, size_t size,
                    mode_t mode);

/* Make a file that is not there yet. P2P_EEXIST when it is, and it stays; on
 * other failures nothing is left behind. */
int fd_create_file(const char *path, const void *data, size_t size,
                   mode_t mode);

/* Make directory `path` and its missing parents with mode 0700. */
int fd_make_dirs(const char *path);

/* fsync a directory by name. */
int fd_sync_dir(const char *path);

/* Open (and make) `path` and lock it for this process. Returns the descriptor,
 * which holds the lock until it is closed, or P2P_EBUSY when another process
 * holds it, or another code. */
int fd_lock_file(const char *path);

/* Set O_NONBLOCK and FD_CLOEXEC. */
int fd_set_nonblocking(int fd);

#endif /* P2P_UTIL_FD_H */
