/* beneath: open files below a directory without ever leaving it.
 *
 * Paths come from manifests and from directories others can write to. No
 * symbolic link is followed, "..", absolute paths and mount tricks do not lead
 * out (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS; component by component
 * where the kernel or a sandbox lacks it). All functions return -1 with errno.
 */
#ifndef P2P_ENGINE_BENEATH_H
#define P2P_ENGINE_BENEATH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Open `path`, '/'-joined components, relative to the directory `dir`.
 * O_CLOEXEC and O_NOFOLLOW are added. */
int beneath_open(int dir, const char *path, int flags, mode_t mode);

/* The same for a regular file: EINVAL for anything else, and never a wait for
 * the other end of a pipe. `status` receives its fstat(). */
int beneath_open_file(int dir, const char *path, int flags,
                      struct stat *status);

/* The directory that holds `path` as an O_PATH descriptor, and where its last
 * component starts. Missing directories are made when `make` is set. */
int beneath_open_parent(int dir, const char *path, bool make,
                        const char **last);

/* stat() of `path` itself. */
int beneath_stat(int dir, const char *path, struct stat *status);

/* Rename inside one directory, never over something that exists (EEXIST). */
int beneath_rename(int dir, const char *from, const char *to);

/* fdatasync() a file and fsync() the directories between it and `dir`. A file
 * that does not exist has nothing to sync. */
int beneath_sync(int dir, const char *path);

/* Tests only: behave as if the kernel had neither openat2 nor renameat2. */
void beneath_act_old(bool old);

#endif /* P2P_ENGINE_BENEATH_H */
