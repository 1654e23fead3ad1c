#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/book.h"

static int set_up(void **state)
{
    *state = book_new();
    return 0;
}

static int tear_down(void **state)
{
    book_free(*state);
    return 0;
}

static const char *number(const char *net, unsigned i)
{
    static char text[BOOK_ADDRESS];

    (void)snprintf(text, sizeof text, "%s.%u.%u:7000", net, i / 250,
                   i % 250 + 1);
    return text;
}

/* Tell of as many as there may be, by one who makes them up. */
static unsigned flood(struct book *b, unsigned count)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < count; i++) {
        taken += book_introduce(b, number("10.1", i), 3) != NULL;
    }
    return taken;
}

/* Only one computer's address with a port can be dialled. */
static void book_refuses_what_is_no_address(void **state)
{
    static const char *const bad[] = {
        "0.0.0.0:1", "224.0.0.1:1", "[::]:1",      "[ff02::1]:1",
        "1.2.3.4:0", "1.2.3.4",     "host.test:1", "255.255.255.255:1"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(book_add(*state, bad[i]));
        assert_null(book_introduce(*state, bad[i], 0));
    }
}

/* S2-27: any number of addresses that members name leaves all places of those
 * that the tracker names. */
static void book_flood_takes_no_place_of_others(void **state)
{
    struct book *b = *state;

    assert_int_equal(flood(b, 3000), BOOK_INTRODUCED);
    for (unsigned i = 0; i < BOOK_ENTRIES - BOOK_INTRODUCED; i++) {
        assert_non_null(book_add(b, number("10.2", i)));
    }
    assert_null(book_add(b, "10.3.0.1:1"));
    assert_int_equal(book_count(b), BOOK_ENTRIES);
}

/* When there are too many, one that does not answer makes room. */
static void book_introduce_replaces_worst(void **state)
{
    struct book *b = *state;
    struct book_entry *e;

    (void)flood(b, BOOK_INTRODUCED);
    assert_null(book_introduce(b, "10.9.0.1:1", 4));
    e = book_find(b, number("10.1", 77));
    book_ended(b, e, false, 0);
    assert_non_null(book_introduce(b, "10.9.0.1:1", 4));
    assert_null(book_find(b, number("10.1", 77)));
}

/* What the tracker names is no introduction any more, and is not made one. */
static void book_add_raises_introduced(void **state)
{
    struct book *b = *state;

    (void)flood(b, BOOK_INTRODUCED);
    assert_false(book_add(b, number("10.1", 5))->is_introduced);
    assert_false(book_introduce(b, number("10.1", 5), 1)->is_introduced);
    assert_non_null(book_introduce(b, "10.9.0.1:1", 4)); /* it made room */
    assert_null(book_introduce(b, "10.9.0.2:1", 4));
}

/* Strangers are dialled after all others, and few at once. */
static void book_next_takes_strangers_last(void **state)
{
    struct book *b = *state;
    struct book_entry *e;
    int64_t wait;

    (void)flood(b, 100);
    book_add(b, "10.2.0.1:1")->next_ms = 900;
    e = book_next(b, 1000, &wait);
    assert_string_equal(e->address, "10.2.0.1:1");
    e->state = BOOK_CONNECTED;
    for (int i = 0; i < BOOK_INTRODUCED_AT_ONCE; i++) {
        e = book_next(b, 1000, &wait);
        assert_non_null(e);
        e->state = i % 2 == 0 ? BOOK_DIALING : BOOK_CONNECTED;
    }
    assert_null(book_next(b, 1000, &wait));
    assert_int_equal(wait, -1);
    e->is_proven = true; /* it answered as a member: no stranger now */
    assert_non_null(book_next(b, 1000, &wait));
}

/* Who never answers is forgotten; who was there once is tried for longer, and
 * who was named by the tracker for ever. */
static void book_forgets_strangers(void **state)
{
    struct book *b = *state;
    const char *const names[] = {"10.1.0.1:1", "10.1.0.2:1", "10.1.0.3:1"};

    (void)book_introduce(b, names[0], 0);
    book_introduce(b, names[1], 0)->is_proven = true;
    (void)book_add(b, names[2]);
    for (int k = 0; k < BOOK_INTRODUCED_TRIES; k++) {
        for (int i = 0; i < 3; i++) {
            assert_non_null(book_find(b, names[i]));
            book_ended(b, book_find(b, names[i]), false, 0);
        }
    }
    assert_null(book_find(b, names[0]));
    assert_non_null(book_find(b, names[1]));
    assert_non_null(book_find(b, names[2]));
}

/* Back-off doubles up to its maximum. */
static void book_waits_longer_each_time(void **state)
{
    struct book *b = *state;
    struct book_entry *e = book_add(b, "10.2.0.1:1");
    int64_t wait;

    book_ended(b, e, false, 1000);
    assert_null(book_next(b, 1000, &wait));
    assert_int_equal(wait, BOOK_RETRY_MS);
    book_ended(b, e, false, 1000);
    assert_null(book_next(b, 1000, &wait));
    assert_int_equal(wait, 2 * BOOK_RETRY_MS);
    for (int i = 0; i < 30; i++) {
        book_ended(b, e, false, 1000);
    }
    assert_null(book_next(b, 1000, &wait));
    assert_int_equal(wait, BOOK_RETRY_MAX_MS);
    book_hurry(b);
    assert_ptr_equal(book_next(b, 1000, &wait), e);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(book_refuses_what_is_no_address),
        TEST(book_flood_takes_no_place_of_others),
        TEST(book_introduce_replaces_worst),
        TEST(book_add_raises_introduced),
        TEST(book_next_takes_strangers_last),
        TEST(book_forgets_strangers),
        TEST(book_waits_longer_each_time),
    };

    return cmocka_run_group_tests_name("engine/book", tests, NULL, NULL);
}
