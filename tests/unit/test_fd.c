/* Tests of util/fd. */
#include "config.h"

#include "util/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/mem.h"

struct fixture {
    char directory[64];
    int before; /* the working directory of the test program */
};

/* Each test works in a new directory of its own. */
static int set_up(void **state)
{
    static struct fixture f;

    snprintf(f.directory, sizeof(f.directory), "/tmp/p2p-test-fd-XXXXXX");
    f.before = open(".", O_RDONLY | O_DIRECTORY);
    if (mkdtemp(f.directory) == NULL || chdir(f.directory) < 0) {
        return -1;
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"file",   "file.new", "lock",
                                        "link",   "a/b/c",    "a/b",
                                        "a/file", "a",        "target"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        remove(names[i]);
    }
    if (fchdir(f->before) < 0) {
        return -1;
    }
    close(f->before);
    return rmdir(f->directory);
}

static void assert_file(const char *path, const char *expected, mode_t mode)
{
    struct stat status;
    uint8_t *data = NULL;
    size_t size = 0;

    assert_int_equal(fd_read_file(path, 100000, &data, &size), 0);
    assert_int_equal(size, strlen(expected));
    assert_string_equal((char *)data, expected);
    free(data);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

/* Bytes are read back from where they were written. */
static void fd_pread_all_round_trip(void **state)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    char back[6] = "";

    (void)state;
    assert_int_equal(fd_pwrite_all(fd, "hello", 5, 5000), 0);
    assert_int_equal(fd_pread_all(fd, back, 5, 5000), 0);
    assert_string_equal(back, "hello");
    assert_int_equal(fd_pread_all(fd, back, 0, 5000), 0);
    assert_int_equal(fd_pwrite_all(fd, NULL, 0, 0), 0);
    close(fd);
}

/* A read past the end says so; offsets that no file has are refused. */
static void fd_pread_all_out_of_range(void **state)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    char back[6];

    (void)state;
    assert_int_equal(fd_write_all(fd, "hello", 5), 0);
    assert_int_equal(fd_pread_all(fd, back, 6, 0), P2P_ERANGE);
    assert_int_equal(fd_pread_all(fd, back, 1, 5), P2P_ERANGE);
    assert_int_equal(fd_pread_all(fd, back, 1, UINT64_MAX), P2P_ERANGE);
    assert_int_equal(fd_pwrite_all(fd, back, 1, UINT64_MAX), P2P_ERANGE);
    assert_int_equal(fd_pwrite_all(fd, back, 1, INT64_MAX), P2P_ERANGE);
    close(fd);
}

/* More parts than one system call takes, some of them empty. */
static void fd_preadv_all_many_parts(void **state)
{
    enum { PARTS = 3 * IOV_MAX + 5 };
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    struct iovec *parts = mem_calloc(PARTS, sizeof(*parts));
    uint8_t *from = mem_alloc(2 * PARTS);
    uint8_t *to = mem_calloc(2, PARTS);
    size_t used = 0;

    (void)state;
    for (size_t i = 0; i < 2 * PARTS; i++) {
        from[i] = (uint8_t)(i * 13);
    }
    for (size_t i = 0; i < PARTS; i++) {
        parts[i].iov_base = to + used;
        parts[i].iov_len = i % 3;
        used += i % 3;
    }
    assert_int_equal(fd_pwrite_all(fd, from, used, 100), 0);
    assert_int_equal(fd_preadv_all(fd, parts, PARTS, 100), 0);
    assert_memory_equal(from, to, used);
    assert_int_equal(fd_preadv_all(fd, parts, 0, 100), 0);
    free(to);
    free(from);
    free(parts);
    close(fd);
}

/* Writing into a pipe that nobody empties in one go takes several calls. */
static void fd_write_all_goes_on(void **state)
{
    enum { MANY = 1 << 20 };
    uint8_t *data = mem_calloc(1, MANY);
    size_t total = 0;
    int ends[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        _exit(fd_write_all(ends[1], data, MANY) == 0 ? 0 : 1);
    }
    close(ends[1]);
    for (;;) {
        ssize_t got = read(ends[0], data, 777);

        assert_true(got >= 0);
        if (got == 0) {
            break;
        }
        total += (size_t)got;
    }
    assert_int_equal(total, MANY);
    waitpid(child, NULL, 0);
    close(ends[0]);
    free(data);
}

/* A file of exactly the maximum is read, one byte more is refused. */
static void fd_read_file_maximum(void **state)
{
    uint8_t *data = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(fd_replace_file("file", "hello", 5, 0600), 0);
    assert_int_equal(fd_read_file("file", 5, &data, &size), 0);
    assert_int_equal(size, 5);
    assert_int_equal(data[5], '\0');
    free(data);
    data = NULL;
    assert_int_equal(fd_read_file("file", 4, &data, NULL), P2P_ETOOBIG);
    assert_null(data);
}

/* Files without a size of their own, empty ones and none at all. */
static void fd_read_file_odd_files(void **state)
{
    uint8_t *data = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(fd_read_file("/proc/self/maps", 1 << 24, &data, &size), 0);
    assert_true(size > 0);
    free(data);
    data = NULL;
    assert_int_equal(fd_read_file("/proc/self/maps", 10, &data, NULL),
                     P2P_ETOOBIG);
    assert_int_equal(fd_read_file("/dev/zero", 1 << 20, &data, NULL),
                     P2P_ETOOBIG);
    assert_int_equal(fd_read_file("none", 10, &data, NULL), P2P_ENOENT);
    assert_int_equal(fd_read_file(".", 10, &data, NULL), P2P_EINVAL);
    assert_null(data);
    assert_int_equal(fd_read_file("/dev/null", 0, &data, &size), 0);
    assert_int_equal(size, 0);
    assert_int_equal(data[0], '\0');
    free(data);
}

/* A file is replaced as a whole, with the mode asked for. */
static void fd_replace_file_replaces(void **state)
{
    mode_t before = umask(077);

    (void)state;
    assert_int_equal(fd_replace_file("file", "long content", 12, 0644), 0);
    assert_file("file", "long content", 0644);
    assert_int_equal(fd_replace_file("file", "short", 5, 0600), 0);
    assert_file("file", "short", 0600);
    assert_int_equal(access("file.new", F_OK), -1);
    umask(before);
}

/* What a crash left behind does not matter, and a link that stands where the
 * temporary file goes is not followed. */
static void fd_replace_file_stale_temporary(void **state)
{
    (void)state;
    assert_int_equal(fd_replace_file("target", "precious", 8, 0600), 0);
    assert_int_equal(symlink("target", "file.new"), 0);
    assert_int_equal(fd_replace_file("file", "new", 3, 0600), 0);
    assert_file("file", "new", 0600);
    assert_file("target", "precious", 0600);
}

/* When it cannot be done the old content stays and nothing lies about. */
static void fd_replace_file_failure(void **state)
{
    (void)state;
    assert_int_equal(fd_replace_file("none/file", "x", 1, 0600), P2P_ENOENT);
    assert_int_equal(mkdir("a", 0700), 0);
    assert_int_equal(mkdir("a/b", 0700), 0);
    assert_true(fd_replace_file("a", "x", 1, 0600) < 0);
    assert_int_equal(access("a.new", F_OK), -1);
    assert_int_equal(access("a/b", F_OK), 0);
}

/* Missing parents are made for the owner alone; what is there is kept. */
static void fd_make_dirs_parents(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(fd_make_dirs("a/b//c/"), 0);
    assert_int_equal(stat("a/b/c", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(fd_make_dirs("a/b/c"), 0);
    assert_int_equal(fd_make_dirs("/"), 0);
    assert_int_equal(fd_replace_file("a/file", "x", 1, 0600), 0);
    assert_int_equal(fd_make_dirs("a/file"), P2P_EEXIST);
    assert_true(fd_make_dirs("a/file/b") < 0);
    assert_int_equal(fd_sync_dir("a"), 0);
    assert_int_equal(fd_sync_dir("none"), P2P_ENOENT);
}

/* A second holder is refused until the first lets go. */
static void fd_lock_file_one_holder(void **state)
{
    int first = fd_lock_file("lock");
    int second;

    (void)state;
    assert_true(first >= 0);
    assert_int_equal(fd_lock_file("lock"), P2P_EBUSY);
    close(first);
    second = fd_lock_file("lock");
    assert_true(second >= 0);
    close(second);
    assert_int_equal(fd_lock_file("none/lock"), P2P_ENOENT);
}

/* The lock of a process that was killed is free. */
static void fd_lock_file_of_dead_process(void **state)
{
    int ends[2];
    char mark;
    pid_t child;
    int fd;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (fd_lock_file("lock") < 0 || write(ends[1], "!", 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(ends[0], &mark, 1), 1);
    assert_int_equal(fd_lock_file("lock"), P2P_EBUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    fd = fd_lock_file("lock");
    assert_true(fd >= 0);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

/* Both flags are set, and a closed descriptor is an error. */
static void fd_set_nonblocking_flags(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fd_set_nonblocking(ends[0]), 0);
    assert_true((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(ends[0], F_GETFD) & FD_CLOEXEC) != 0);
    close(ends[0]);
    close(ends[1]);
    assert_true(fd_set_nonblocking(ends[0]) < 0);
}

#define FD_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FD_TEST(fd_pread_all_round_trip),
        FD_TEST(fd_pread_all_out_of_range),
        FD_TEST(fd_preadv_all_many_parts),
        FD_TEST(fd_write_all_goes_on),
        FD_TEST(fd_read_file_maximum),
        FD_TEST(fd_read_file_odd_files),
        FD_TEST(fd_replace_file_replaces),
        FD_TEST(fd_replace_file_stale_temporary),
        FD_TEST(fd_replace_file_failure),
        FD_TEST(fd_make_dirs_parents),
        FD_TEST(fd_lock_file_one_holder),
        FD_TEST(fd_lock_file_of_dead_process),
        FD_TEST(fd_set_nonblocking_flags),
    };
    return cmocka_run_group_tests_name("util/fd", tests, NULL, NULL);
}
