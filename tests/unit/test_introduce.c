#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/introduce.h"

static struct peermsg_address at(const char *text)
{
    struct peermsg_address a;

    assert_true(introduce_from_text(text, &a));
    return a;
}

static bool may_pass(const char *address, const char *other)
{
    struct peermsg_address a = at(address), b = at(other);

    return introduce_may_pass(&a, &b);
}

/* Only changes are told, and at most once a minute. */
static void introduce_tells_changes(void **state)
{
    struct introduce i = {.count = 0};
    struct peermsg_address live[] = {at("10.0.0.1:1"), at("10.0.0.2:2"),
                                     at("[2001:db8::1]:3")};
    struct peermsg_peers p;

    (void)state;
    assert_false(introduce_update(&i, live, 0, 1000, &p)); /* nobody */
    assert_true(introduce_update(&i, live, 2, 2000, &p));  /* at once */
    assert_int_equal(p.added_count, 2);
    assert_int_equal(p.dropped_count, 0);
    assert_false(introduce_update(&i, live + 1, 2, 61999, &p));
    assert_true(introduce_update(&i, live + 1, 2, 62000, &p));
    assert_int_equal(p.added_count, 1);
    assert_true(peermsg_same_address(&p.added[0], &live[2]));
    assert_int_equal(p.dropped_count, 1);
    assert_true(peermsg_same_address(&p.dropped[0], &live[0]));
    assert_false(introduce_update(&i, live + 1, 2, 999999, &p)); /* the same */
}

/* However many there are, a message and what is remembered have a limit; when
 * some leave, others are told. */
static void introduce_keeps_limit(void **state)
{
    struct introduce i = {.count = 0};
    struct peermsg_address live[120];
    struct peermsg_peers p;

    (void)state;
    for (int k = 0; k < 120; k++) {
        live[k] = at("10.0.0.1:1");
        live[k].ip[3] = (uint8_t)(k + 1);
    }
    assert_true(introduce_update(&i, live, 120, 0, &p));
    assert_int_equal(p.added_count, PEERMSG_PEERS_MAX);
    assert_true(introduce_update(&i, live + 10, 110, 60000, &p));
    assert_int_equal(p.added_count, 10);
    assert_int_equal(p.dropped_count, 10);
    assert_int_equal(i.count, PEERMSG_PEERS_MAX);
    assert_true(introduce_update(&i, live, 0, 120000, &p));
    assert_int_equal(p.dropped_count, PEERMSG_PEERS_MAX);
    assert_int_equal(i.count, 0);
}

/* Addresses that mean another computer elsewhere stay where they are true: a
 * member out in the internet can make nobody call the computers in his home. */
static void introduce_local_stays_local(void **state)
{
    static const char *const homes[] = {
        "10.0.0.1:6881",    "172.16.0.1:6881",  "172.31.255.1:6881",
        "192.168.1.2:6881", "100.64.0.1:6881",  "100.127.1.1:6881",
        "[fd00::1]:6881",   "[fcff:1::9]:6881", "[fec0::1]:6881",
    };

    (void)state;
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        assert_false(may_pass(homes[i], "203.0.113.9:6881"));
        assert_false(may_pass(homes[i], "[2001:db8::1]:6881"));
        assert_true(may_pass(homes[i], "192.168.7.7:6881"));
        assert_true(may_pass(homes[i], "169.254.1.1:6881"));
        assert_true(may_pass(homes[i], "127.0.0.1:6881"));
        assert_true(may_pass("203.0.113.9:6881", homes[i]));
    }
    assert_true(may_pass("172.32.0.1:6881", "203.0.113.9:6881"));
    assert_true(may_pass("100.128.0.1:6881", "203.0.113.9:6881"));
    assert_true(may_pass("203.0.113.9:6881", "127.0.0.1:6881"));
    assert_true(may_pass("[2001:db8::1]:6881", "10.0.0.1:6881"));
    assert_true(may_pass("127.0.0.1:6881", "[::1]:6881"));
    assert_false(may_pass("127.0.0.1:6881", "192.168.1.2:6881"));
    assert_false(may_pass("127.9.9.9:6881", "169.254.1.1:6881"));
    assert_false(may_pass("[::1]:6881", "[2001:db8::1]:6881"));
    assert_true(may_pass("169.254.1.2:6881", "169.254.1.1:6881"));
    assert_false(may_pass("169.254.1.2:6881", "192.168.1.2:6881"));
    assert_false(may_pass("[fe80::1]:6881", "127.0.0.1:6881"));
    assert_false(may_pass("[febf::1]:6881", "[2001:db8::1]:6881"));
}

/* Nobody is made to knock at a mail or web server by a member's word (T32). */
static void introduce_no_system_port(void **state)
{
    (void)state;
    assert_false(may_pass("203.0.113.9:25", "198.51.100.1:6881"));
    assert_false(may_pass("203.0.113.9:443", "198.51.100.1:6881"));
    assert_false(may_pass("127.0.0.1:1023", "127.0.0.1:6881"));
    assert_true(may_pass("203.0.113.9:1024", "198.51.100.1:6881"));
    assert_true(may_pass("203.0.113.9:6881", "198.51.100.1:25"));
}

/* Text that is read is written the same. */
static void introduce_text(void **state)
{
    static const char *const good[] = {"10.0.0.1:65535", "[2001:db8::1]:1",
                                       "[::1]:7000"};
    static const char *const bad[] = {"host:1", "1.2.3.4", "1.2.3.4:0",
                                      "[fe80::1%eth0]:1", ""};
    char again[INTRODUCE_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct peermsg_address a = at(good[i]);

        introduce_to_text(&a, again);
        assert_string_equal(again, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct peermsg_address a;

        assert_false(introduce_from_text(bad[i], &a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(introduce_tells_changes),
        cmocka_unit_test(introduce_keeps_limit),
        cmocka_unit_test(introduce_local_stays_local),
        cmocka_unit_test(introduce_no_system_port),
        cmocka_unit_test(introduce_text),
    };

    return cmocka_run_group_tests_name("engine/introduce", tests, NULL, NULL);
}
