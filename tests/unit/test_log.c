/* Tests of util/log. What is read at program start is tested by running this
 * program again with another environment. */
#include "config.h"

#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fd.h"
#include "util/mem.h"

struct fixture {
    char directory[64];
    char *path; /* a file in it */
};

static int set_up(void **state)
{
    static struct fixture f;

    snprintf(f.directory, sizeof(f.directory), "/tmp/p2p-test-log-XXXXXX");
    if (mkdtemp(f.directory) == NULL) {
        return -1;
    }
    f.path = mem_printf("%s/log", f.directory);
    clock_freeze(0, 1767225600); /* 2026-01-01 */
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    log_open(NULL);
    log_set_hook(NULL);
    log_set_level(LOG_LEVEL_INFO);
    clock_thaw();
    unlink(f->path);
    rmdir(f->directory);
    free(f->path);
    return 0;
}

/* The content of the log; free() it. */
static char *read_log(const struct fixture *f)
{
    uint8_t *data = NULL;

    assert_int_equal(fd_read_file(f->path, 1 << 24, &data, NULL), 0);
    return (char *)data;
}

static void assert_log(const struct fixture *f, const char *expected)
{
    char *text = read_log(f);

    assert_string_equal(text, expected);
    free(text);
}

/* A line has the time, the level, the module and the text. */
static void log_info_line(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(log_open(f->path), 0);
    log_error("net", "cannot %s", "x");
    log_warn("net", "two");
    log_info("tracker", "%d", 3);
    assert_log(f, "2026-01-01T00:00:00Z error net: cannot x\n"
                  "2026-01-01T00:00:00Z warn net: two\n"
                  "2026-01-01T00:00:00Z info tracker: 3\n");
}

/* Only the chosen level and what is more severe is written. */
static void log_set_level_filters(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(log_open(f->path), 0);
    log_trace("net", "not traced");
    log_set_level(LOG_LEVEL_ERROR);
    log_info("net", "no");
    log_warn("net", "no");
    log_error("net", "yes");
    log_set_level(LOG_LEVEL_DEBUG);
    log_trace("net", "yes");
    log_set_level(LOG_LEVEL_INFO);
    log_trace("net", "not traced");
    assert_log(f, "2026-01-01T00:00:00Z error net: yes\n"
                  "2026-01-01T00:00:00Z debug net: yes\n");
}

/* A hostile text stays one line of printable characters. */
static void log_info_hostile_text(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(log_open(f->path), 0);
    log_info("net", "user %s",
             "x\n2026 error fake: y\x1b[2J\r\x9b\xe2\x80\xae");
    assert_log(f, "2026-01-01T00:00:00Z info net: user x\\n2026 error fake: "
                  "y\\x1b[2J\\r\\x9b\\u202e\n");
}

/* A text of any length is one line that is cut, never several. */
static void log_info_long_text(void **state)
{
    struct fixture *f = *state;
    char *text = mem_alloc(100001);
    char *log;

    memset(text, '\n', 100000);
    text[100000] = '\0';
    assert_int_equal(log_open(f->path), 0);
    log_info("net", "%s", text);
    log = read_log(f);
    assert_in_range(strlen(log), 1000, 4096);
    assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
    free(log);
    free(text);
}

static enum log_level hook_level;
static char hook_text[100];
static int hook_calls;

static void hook(enum log_level level, const char *text)
{
    hook_level = level;
    snprintf(hook_text, sizeof(hook_text), "%s", text);
    hook_calls++;
}

/* The hook sees lines of info and above, safe to show, but no traces. */
static void log_set_hook_sees_lines(void **state)
{
    struct fixture *f = *state;

    hook_calls = 0;
    assert_int_equal(log_open(f->path), 0);
    log_set_level(LOG_LEVEL_DEBUG);
    log_set_hook(hook);
    log_trace("net", "trace");
    assert_int_equal(hook_calls, 0);
    log_warn("net", "a\033b");
    assert_int_equal(hook_calls, 1);
    assert_int_equal(hook_level, LOG_LEVEL_WARN);
    assert_string_equal(hook_text, "net: a\\x1bb");
    log_set_hook(NULL);
    log_warn("net", "more");
    assert_int_equal(hook_calls, 1);
}

/* A file that was moved away is opened anew; a bad path changes nothing. */
static void log_open_again(void **state)
{
    struct fixture *f = *state;
    char *moved = mem_printf("%s.1", f->path);

    assert_int_equal(log_open(f->path), 0);
    log_info("a", "one");
    assert_int_equal(rename(f->path, moved), 0);
    assert_int_equal(log_open(f->path), 0);
    log_info("a", "two");
    assert_true(log_open("/nonexistent/log") < 0);
    log_info("a", "three");
    assert_log(f, "2026-01-01T00:00:00Z info a: two\n"
                  "2026-01-01T00:00:00Z info a: three\n");
    unlink(moved);
    free(moved);
}

/* Logging does not change errno, which the caller may still need. */
static void log_info_keeps_errno(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(log_open(f->path), 0);
    errno = EXDEV;
    log_info("a", "b");
    assert_int_equal(errno, EXDEV);
}

enum { LOG_THREADS = 4, LOG_LINES = 500 };

static void *log_many(void *arg)
{
    for (int i = 0; i < LOG_LINES; i++) {
        log_info("thread", "%s %060d", (const char *)arg, i);
    }
    return NULL;
}

/* Lines of several threads never mix. */
static void log_info_from_threads(void **state)
{
    struct fixture *f = *state;
    static char names[LOG_THREADS][2] = {"a", "b", "c", "d"};
    size_t line_length = strlen("2026-01-01T00:00:00Z info thread: a ") + 61;
    pthread_t threads[LOG_THREADS];
    char *text;

    assert_int_equal(log_open(f->path), 0);
    for (int i = 0; i < LOG_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]),
                         0);
    }
    for (int i = 0; i < LOG_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    text = read_log(f);
    assert_int_equal(strlen(text), line_length * LOG_THREADS * LOG_LINES);
    for (size_t i = 1; i <= (size_t)LOG_THREADS * LOG_LINES; i++) {
        assert_int_equal(text[i * line_length - 1], '\n');
    }
    free(text);
}

/* What the program does when it is run as a child of the tests. */
static int child_main(void)
{
    clock_freeze(0, 1767225600);
    log_trace("net", "net");
    log_trace("peer", "peer");
    log_trace("pe", "pe");
    log_info("x", "info %d", log_is_traced("peer"));
    return 0;
}

/* Run this program again with one variable set and its standard error in the
 * log file. A value of "journal" stands for that very file. */
static void run_child(const struct fixture *f, const char *name,
                      const char *value)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        struct stat file;
        char stream[64];

        if (fd < 0 || fstat(fd, &file) < 0 || dup2(fd, STDERR_FILENO) < 0) {
            _exit(1);
        }
        snprintf(stream, sizeof(stream), "%llu:%llu",
                 (unsigned long long)file.st_dev,
                 (unsigned long long)file.st_ino);
        setenv(name, strcmp(value, "journal") == 0 ? stream : value, 1);
        execl("/proc/self/exe", "test_log", "child", (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* P2P_TRACE lists modules as whole words. */
static void log_trace_by_environment(void **state)
{
    struct fixture *f = *state;

    run_child(f, "P2P_TRACE", "");
    assert_log(f, "2026-01-01T00:00:00Z info x: info 0\n");
    run_child(f, "P2P_TRACE", "disk,peer");
    assert_log(f, "2026-01-01T00:00:00Z debug peer: peer\n"
                  "2026-01-01T00:00:00Z info x: info 1\n");
    run_child(f, "P2P_TRACE", "net, pe");
    assert_log(f, "2026-01-01T00:00:00Z debug net: net\n"
                  "2026-01-01T00:00:00Z debug pe: pe\n"
                  "2026-01-01T00:00:00Z info x: info 0\n");
    run_child(f, "P2P_TRACE", "all");
    assert_log(f, "2026-01-01T00:00:00Z debug net: net\n"
                  "2026-01-01T00:00:00Z debug peer: peer\n"
                  "2026-01-01T00:00:00Z debug pe: pe\n"
                  "2026-01-01T00:00:00Z info x: info 1\n");
}

/* To systemd's journal a line carries its priority and no time; a variable
 * that names another stream means nothing. */
static void log_info_to_journal(void **state)
{
    struct fixture *f = *state;

    run_child(f, "JOURNAL_STREAM", "journal");
    assert_log(f, "<6>x: info 0\n");
    run_child(f, "JOURNAL_STREAM", "1:1");
    assert_log(f, "2026-01-01T00:00:00Z info x: info 0\n");
    run_child(f, "JOURNAL_STREAM", "rubbish");
    assert_log(f, "2026-01-01T00:00:00Z info x: info 0\n");
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(log_info_line),
        LOG_TEST(log_set_level_filters),
        LOG_TEST(log_info_hostile_text),
        LOG_TEST(log_info_long_text),
        LOG_TEST(log_set_hook_sees_lines),
        LOG_TEST(log_open_again),
        LOG_TEST(log_info_keeps_errno),
        LOG_TEST(log_info_from_threads),
        LOG_TEST(log_trace_by_environment),
        LOG_TEST(log_info_to_journal),
    };

    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        return child_main();
    }
    return cmocka_run_group_tests_name("util/log", tests, NULL, NULL);
}
