#include "config.h"

#include "engine/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/beneath.h"
#include "util/hex.h"
#include "wire/manifest.h"

#define MARK "user.p2ptui.item"
enum { MARK_LENGTH = 2 * MANIFEST_HASH };

int part_open(const struct manifest *m, int dir, const char *name)
{
    struct stat status;

    return m->is_directory ? beneath_open(dir, name, O_RDONLY | O_DIRECTORY, 0)
                           : beneath_open_file(dir, name, O_RDONLY, &status);
}

static void put_mark(const struct manifest *m, int fd)
{
    char hex[MARK_LENGTH + 1];

    hex_encode(m->hash, MANIFEST_HASH, hex);
    (void)fsetxattr(fd, MARK, hex, MARK_LENGTH, 0); /* not everywhere */
}

enum part_owner part_owner(const struct manifest *m, int fd)
{
    char hex[MARK_LENGTH + 1];
    char found[MARK_LENGTH];
    ssize_t length = fgetxattr(fd, MARK, found, sizeof found);

    if (length < 0) {
        return errno == ERANGE ? PART_FOREIGN : PART_UNKNOWN;
    }
    hex_encode(m->hash, MANIFEST_HASH, hex);
    return length == MARK_LENGTH && memcmp(found, hex, MARK_LENGTH) == 0
               ? PART_OURS
               : PART_FOREIGN;
}

static bool directory_is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *entry;
    bool is_empty = true;

    if (dir == NULL) {
        if (copy >= 0) {
            close(copy);
        }
        return false;
    }
    while (is_empty && (entry = readdir(dir)) != NULL) {
        is_empty =
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    closedir(dir);
    return is_empty;
}

static bool holds_nothing(const struct manifest *m, int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return false;
    }
    if (m->is_directory) {
        return S_ISDIR(status.st_mode) && directory_is_empty(fd);
    }
    return status.st_nlink == 1 && status.st_blocks == 0;
}

static int make_file(const struct manifest *m, int dir, const char *part)
{
    int fd = openat(dir, part,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

    if (fd >= 0 && ftruncate(fd, (off_t)m->size) < 0) {
        int number = errno;

        close(fd);
        (void)unlinkat(dir, part, 0);
        errno = number;
        return -1;
    }
    return fd;
}

int part_make(const struct manifest *m, int dir, const char *part)
{
    int fd;

    if (m->is_directory) {
        fd = mkdirat(dir, part, 0777) < 0 ? -1 : part_open(m, dir, part);
    } else {
        fd = make_file(m, dir, part);
    }
    if (fd < 0) {
        return -1;
    }
    put_mark(m, fd);
    close(fd);
    return 0;
}

bool part_adopt(const struct manifest *m, int dir, const char *part)
{
    int fd = part_open(m, dir, part);
    enum part_owner owner;
    bool is_taken;

    if (fd < 0) {
        return false;
    }
    owner = part_owner(m, fd);
    is_taken =
        owner == PART_OURS || (owner == PART_UNKNOWN && holds_nothing(m, fd));
    if (is_taken) {
        put_mark(m, fd);
    }
    close(fd);
    return is_taken;
}
