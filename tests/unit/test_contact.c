/* Tests of util/contact. */
#include "config.h"

#include "util/contact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"

#define PIN "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* S3-36: hosts, addresses and IPv6 in brackets, each with its port. */
static void contact_parse_addresses(void **state)
{
    static const struct {
        const char *text, *host, *formatted;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:6000", "127.0.0.1", "127.0.0.1:6000", 6000},
        {"tracker.example.org:1", "tracker.example.org",
         "tracker.example.org:1", 1},
        {"localhost:65535", "localhost", "localhost:65535", 65535},
        {"under_score-1.x:80", "under_score-1.x", "under_score-1.x:80", 80},
        {"example.org.:80", "example.org.", "example.org.:80", 80},
        {"[::1]:16666", "::1", "[::1]:16666", 16666},
        {"[2001:db8::1]:5", "2001:db8::1", "[2001:db8::1]:5", 5},
        {"[::ffff:1.2.3.4]:5", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]:5", 5},
        {"[fe80::1%eth0]:5", "fe80::1%eth0", "[fe80::1%eth0]:5", 5},
        {"  10.0.0.1:00080\t\r\n", "10.0.0.1", "10.0.0.1:80", 80},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[CONTACT_HOST_MAX + 10];
        struct contact c;
        struct err e;

        assert_int_equal(contact_parse(cases[i].text, &c, &e), 0);
        assert_string_equal(c.host, cases[i].host);
        assert_int_equal(c.port, cases[i].port);
        assert_false(c.has_pin);
        contact_format(&c, out, sizeof(out));
        assert_string_equal(out, cases[i].formatted);
    }
}

/* S3-36: a pin stands behind a comma or blanks. */
static void contact_parse_pins(void **state)
{
    static const char *const good[] = {
        "h:1,sha256:" PIN,           "h:1 sha256:" PIN,
        "h:1\t sha256:" PIN,         "h:1, sha256:" PIN,
        "h:1 ,sha256:" PIN,          "h:1 , sha256:" PIN " ",
        " [::1]:1,sha256:" PIN "\r",
    };
    static const char *const bad[] = {
        "h:1,",
        "h:1,sha256",
        "h:1,sha256:",
        "h:1," PIN,
        "h:1,sha1:" PIN,
        "h:1,SHA256:" PIN,
        "h:1,sha256:" PIN "00",
        "h:1,sha256: " PIN,
        "h:1,sha256:0" PIN,
        "h:1,sha256:x0112233445566778899aabbccddeeff00112233445566778899"
        "aabbccddeeff",
        "h:1 sha256:" PIN " sha256:" PIN,
        "h:1 sha256:" PIN ",",
        "h:1,,sha256:" PIN,
        "h:1 x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct contact c;

        assert_int_equal(contact_parse(good[i], &c, NULL), 0);
        assert_true(c.has_pin);
        assert_int_equal(c.pin[1], 0x11);
        assert_int_equal(c.pin[31], 0xff);
        assert_int_equal(c.port, 1);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct contact c;
        struct err e = {.code = 0};

        assert_int_equal(contact_parse(bad[i], &c, &e), P2P_EINVAL);
        assert_non_null(strstr(e.text, "pin"));
    }
}

/* S3-36: what is no HOST:PORT is refused with a reason; nothing is written. */
static void contact_parse_refuses(void **state)
{
    static const char *const bad[] = {
        "",
        ":",
        ":1",
        "h",
        "h:",
        "h:0",
        "h:65536",
        "h:99999",
        "h:100000",
        "h:-1",
        "h:+1",
        "h: 1",
        "h:1x",
        "h:0x10",
        "h:1.5",
        "h:1:2",
        "::1:80",
        "::1",
        "[::1]",
        "[::1]80",
        "[::1]:",
        "[]:80",
        "[h]:80",
        "[1.2.3.4]:80",
        "[::1:80",
        "::1]:80",
        "[::g]:80",
        "[fe80::1%]:80",
        "[::1%a b]:8",
        "[[::1]]:80",
        "1.2.3:80",
        "1.2.3.4.5:80",
        "256.1.1.1:80",
        "1:80",
        "-h:80",
        ".h:80",
        "h..x:80",
        "h/x:80",
        "h\x1b[0m:80",
        "h\xc3\xbc:80",
        "user@h:80",
        "http://h:80",
        "h!:80",
        "[::1%../x]:80",
        "[",
        "]",
        "[]:",
        "[:1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct contact c = {.port = 77};
        struct err e = {.code = 0};

        assert_int_equal(contact_parse(bad[i], &c, &e), P2P_EINVAL);
        assert_int_equal(c.port, 77);
        assert_int_equal(e.code, P2P_EINVAL);
        assert_true(strlen(e.text) > 10);
        assert_null(strchr(e.text, '\x1b'));
    }
}

/* The longest name fits, one byte more does not; errors stay short. */
static void contact_parse_long_host(void **state)
{
    char text[2000];
    struct contact c;
    struct err e;

    (void)state;
    memset(text, 'a', sizeof(text));
    snprintf(text + CONTACT_HOST_MAX - 1, 10, ":80");
    assert_int_equal(contact_parse(text, &c, &e), 0);
    assert_int_equal(strlen(c.host), CONTACT_HOST_MAX - 1);
    memset(text, 'a', sizeof(text));
    snprintf(text + CONTACT_HOST_MAX, 10, ":80");
    assert_int_equal(contact_parse(text, &c, &e), P2P_EINVAL);
    assert_non_null(strstr(e.text, "too long"));
    memset(text, ':', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(contact_parse(text, &c, &e), P2P_EINVAL);
}

/* Listening: the address may be missing and the port may be 0. */
static void contact_parse_listen_cases(void **state)
{
    struct contact c;
    struct err e;

    (void)state;
    assert_int_equal(contact_parse_listen("6000", &c, &e), 0);
    assert_string_equal(c.host, "");
    assert_int_equal(c.port, 6000);
    assert_int_equal(contact_parse_listen("0", &c, &e), 0);
    assert_int_equal(c.port, 0);
    assert_int_equal(contact_parse_listen("127.0.0.1:0", &c, &e), 0);
    assert_string_equal(c.host, "127.0.0.1");
    assert_int_equal(contact_parse_listen("[::]:7", &c, &e), 0);
    assert_string_equal(c.host, "::");
    assert_int_equal(contact_parse_listen("", &c, &e), P2P_EINVAL);
    assert_int_equal(contact_parse_listen("65536", &c, &e), P2P_EINVAL);
    assert_int_equal(contact_parse_listen("-1", &c, &e), P2P_EINVAL);
    assert_int_equal(contact_parse_listen(":80", &c, &e), P2P_EINVAL);
    assert_int_equal(contact_parse_listen("::1", &c, &e), P2P_EINVAL);
    assert_int_equal(contact_parse_listen("h:1,sha256:" PIN, &c, &e),
                     P2P_EINVAL);
}

/* S3-36: a file as the source documents have it, and with all extras. */
static void contact_parse_list_file(void **state)
{
    static const char text[] = "# our trackers\n"
                               "\n"
                               "127.0.0.1:6000\n"
                               "  [::1]:6001   # the other one\r\n"
                               "\t\r\n"
                               "#9.9.9.9:1\n"
                               "h:6002 sha256:" PIN "\n"
                               "h:6003,sha256:" PIN "#x\n"
                               "last:6004";
    struct contact list[CONTACT_LIST_MAX];
    struct err e;

    (void)state;
    assert_int_equal(contact_parse_list(text, "f", list, &e), 5);
    assert_string_equal(list[0].host, "127.0.0.1");
    assert_int_equal(list[0].port, 6000);
    assert_string_equal(list[1].host, "::1");
    assert_false(list[1].has_pin);
    assert_true(list[2].has_pin);
    assert_true(list[3].has_pin);
    assert_string_equal(list[4].host, "last");
}

/* S3-36: errors name the file and the line. */
static void contact_parse_list_errors(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"a:1\n\nb\n", "trackers.txt:3: "},
        {"a:1\nb:0 # no\n", "trackers.txt:2: "},
        {"::1:80\n", "trackers.txt:1: "},
        {"", "trackers.txt names no tracker"},
        {"# nothing\n\n", "trackers.txt names no tracker"},
    };
    struct contact list[CONTACT_LIST_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e;

        assert_int_equal(
            contact_parse_list(cases[i].text, "trackers.txt", list, &e),
            P2P_EINVAL);
        assert_int_equal(
            strncmp(e.text, cases[i].where, strlen(cases[i].where)), 0);
        assert_int_equal(
            contact_parse_list(cases[i].text, "trackers.txt", list, NULL),
            P2P_EINVAL);
    }
}

/* As many as fit are read; one more is an error, not a silent loss. */
static void contact_parse_list_maximum(void **state)
{
    struct contact list[CONTACT_LIST_MAX];
    struct buf text;
    struct err e;

    (void)state;
    buf_init(&text, 10000);
    for (int i = 1; i <= CONTACT_LIST_MAX; i++) {
        buf_printf(&text, "h:%d\n", i);
    }
    buf_append(&text, "", 1);
    assert_int_equal(contact_parse_list((char *)buf_head(&text), "f", list, &e),
                     CONTACT_LIST_MAX);
    assert_int_equal(list[CONTACT_LIST_MAX - 1].port, CONTACT_LIST_MAX);
    text.end--;
    buf_append(&text, "# end\n\nh:99", 12);
    assert_int_equal(contact_parse_list((char *)buf_head(&text), "f", list, &e),
                     P2P_ETOOBIG);
    assert_non_null(strstr(e.text, "f:67: "));
    buf_close(&text);
}

/* S3-36: from a file on disk, and files that are not what they should be. */
static void contact_load_list_files(void **state)
{
    char path[] = "/tmp/p2p-test-contact-XXXXXX";
    struct contact list[CONTACT_LIST_MAX];
    int fd = mkstemp(path);
    struct err e;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, "a:1\nb:2\n", 8), 0);
    assert_int_equal(contact_load_list(path, list, &e), 2);
    assert_int_equal(fd_write_all(fd, "c:3\0\n", 5), 0);
    assert_int_equal(contact_load_list(path, list, &e), P2P_EINVAL);
    assert_non_null(strstr(e.text, "not a text file"));
    close(fd);
    unlink(path);
    assert_int_equal(contact_load_list(path, list, &e), P2P_ENOENT);
    assert_non_null(strstr(e.text, path));
    assert_int_equal(contact_load_list("/dev/zero", list, &e), P2P_ETOOBIG);
}

/* Host and port make the place; a pin does not. */
static void contact_same_place_cases(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_same;
    } cases[] = {
        {"host:1", "host:1", true},   {"host:1", "host:2", false},
        {"host:1", "hos:1", false},   {"hos:1", "host:1", false},
        {"[::1]:1", "[::1]:1", true}, {"[::1]:1", "[::2]:1", false},
    };
    struct contact a, b;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(contact_parse(cases[i].a, &a, NULL), 0);
        assert_int_equal(contact_parse(cases[i].b, &b, NULL), 0);
        assert_int_equal(contact_same_place(&a, &b), cases[i].is_same);
        b.has_pin = true;
        memset(b.pin, 7, sizeof(b.pin));
        assert_int_equal(contact_same_place(&a, &b), cases[i].is_same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contact_parse_addresses),
        cmocka_unit_test(contact_parse_pins),
        cmocka_unit_test(contact_parse_refuses),
        cmocka_unit_test(contact_parse_long_host),
        cmocka_unit_test(contact_parse_listen_cases),
        cmocka_unit_test(contact_parse_list_file),
        cmocka_unit_test(contact_parse_list_errors),
        cmocka_unit_test(contact_parse_list_maximum),
        cmocka_unit_test(contact_load_list_files),
        cmocka_unit_test(contact_same_place_cases),
    };
    return cmocka_run_group_tests_name("util/contact", tests, NULL, NULL);
}
