#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/peercache.h"
#include "util/err.h"
#include "util/fd.h"

#define FIRST "# p2ptui peers 1\n"

/* The newest is in front, each is there once, the oldest makes room. */
static void peercache_newest_first(void **state)
{
    struct peercache c = {.count = 0};
    char text[PEERCACHE_ADDRESS];

    (void)state;
    assert_true(peercache_add(&c, "10.0.0.1:1"));
    assert_false(peercache_add(&c, "10.0.0.1:1"));
    assert_true(peercache_add(&c, "10.0.0.2:1"));
    assert_true(peercache_add(&c, "10.0.0.1:1"));
    assert_int_equal(c.count, 2);
    assert_string_equal(c.list[0], "10.0.0.1:1");
    assert_true(peercache_remove(&c, "10.0.0.1:1"));
    assert_false(peercache_remove(&c, "10.0.0.1:1"));
    for (unsigned i = 0; i < 2 * PEERCACHE_MAX; i++) {
        (void)snprintf(text, sizeof text, "10.1.0.%u:1", i);
        assert_true(peercache_add(&c, text));
    }
    assert_int_equal(c.count, PEERCACHE_MAX);
    assert_string_equal(c.list[0], text);
    assert_string_equal(c.list[PEERCACHE_MAX - 1], "10.1.0.50:1");
    peercache_append(&c, "10.9.0.1:1"); /* no room behind */
    assert_int_equal(c.count, PEERCACHE_MAX);
}

/* What is written is read; the largest too. */
static void peercache_round_trip(void **state)
{
    struct peercache c = {.count = 0}, d;
    char text[PEERCACHE_ADDRESS];
    char *written;

    (void)state;
    for (unsigned i = 0; i < PEERCACHE_MAX; i++) {
        (void)snprintf(text, sizeof text,
                       "[2001:db8:1111:2222:3333:4444:5555:%x]:65535", i + 1);
        (void)peercache_add(&c, text);
    }
    written = peercache_format(&c);
    assert_int_equal(peercache_parse(written, &d), 0);
    assert_int_equal(d.count, PEERCACHE_MAX);
    for (unsigned i = 0; i < PEERCACHE_MAX; i++) {
        assert_string_equal(c.list[i], d.list[i]);
    }
    free(written);
}

/* A file that was not written by us is not used at all. */
static void peercache_parse_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "10.0.0.1:1\n",
        "# p2ptui peers 2\n10.0.0.1:1\n",
        FIRST "10.0.0.1:1", /* cut off */
        FIRST "10.0.0.1:1\n10.0.0.1\n",
        FIRST "10.0.0.1:0\n",
        FIRST "host.test:1\n",
        FIRST " 10.0.0.1:1\n",
        FIRST "010.0.0.1:1\n",
        FIRST "\n",
        FIRST "[2001:db8:0:0:0:0:0:1]:1\n",
        FIRST "10.0.0.1:1,sha256:00\n",
    };
    struct peercache c;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(peercache_parse(bad[i], &c), P2P_EINVAL);
        assert_int_equal(c.count, 0);
    }
    assert_int_equal(peercache_parse(FIRST, &c), 0);
}

/* The file is private; none is no error, one that is damaged is. */
static void peercache_file(void **state)
{
    char dir[] = "/tmp/test_peercache.XXXXXX";
    char path[64];
    struct peercache c = {.count = 0}, d;
    struct stat st;
    struct err e = {0};

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/peers", dir);
    assert_int_equal(peercache_load(path, &d, &e), 0);
    assert_int_equal(d.count, 0);
    (void)peercache_add(&c, "10.0.0.1:1");
    assert_int_equal(peercache_save(path, &c), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(peercache_load(path, &d, &e), 0);
    assert_string_equal(d.list[0], "10.0.0.1:1");
    assert_int_equal(fd_replace_file(path, FIRST "10.0.0.1:1\n\0x", 30, 0600),
                     0);
    assert_int_equal(peercache_load(path, &d, &e), P2P_EINVAL);
    assert_int_equal(d.count, 0);
    assert_non_null(strstr(e.text, path));
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peercache_newest_first),
        cmocka_unit_test(peercache_round_trip),
        cmocka_unit_test(peercache_parse_refused),
        cmocka_unit_test(peercache_file),
    };

    return cmocka_run_group_tests_name("engine/peercache", tests, NULL, NULL);
}
