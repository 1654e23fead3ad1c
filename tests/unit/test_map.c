/* Tests of util/map. */
#include "config.h"

#include "util/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/internal.h"
#include "util/mem.h"

/* The first values of the table in the reference implementation: key and
 * message are the bytes 0, 1, 2, ... */
static void map_siphash_reference(void **state)
{
    static const uint64_t secret[2] = {0x0706050403020100u,
                                       0x0f0e0d0c0b0a0908u};
    static const uint8_t message[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                        8, 9, 10, 11, 12, 13, 14, 15};

    (void)state;
    assert_true(map_siphash(secret, message, 0) == 0x726fdb47dd0e0e31u);
    assert_true(map_siphash(secret, message, 1) == 0x74f839c593dc67fdu);
    assert_true(map_siphash(secret, message, 7) == 0xab0200f58b01d137u);
    assert_true(map_siphash(secret, message, 8) == 0x93f5f5799a932462u);
    assert_true(map_siphash(secret, message, 15) == 0xa129ca6149be45e5u);
}

/* An empty map answers. */
static void map_get_from_empty(void **state)
{
    struct map *m = map_new();
    size_t cursor = 0;

    (void)state;
    assert_null(map_get_text(m, "x"));
    assert_null(map_remove_text(m, "x"));
    assert_int_equal(map_count(m), 0);
    assert_null(map_next(m, &cursor, NULL, NULL));
    map_free(m, NULL);
    map_free(NULL, NULL);
}

/* Putting a key again gives the old value back and does not count twice. */
static void map_put_replaces(void **state)
{
    struct map *m = map_new();
    int one, two;

    (void)state;
    assert_null(map_put_text(m, "key", &one));
    assert_ptr_equal(map_put_text(m, "key", &two), &one);
    assert_ptr_equal(map_get_text(m, "key"), &two);
    assert_int_equal(map_count(m), 1);
    assert_ptr_equal(map_remove_text(m, "key"), &two);
    assert_null(map_get_text(m, "key"));
    assert_int_equal(map_count(m), 0);
    map_free(m, NULL);
}

/* Keys are bytes: NUL and length matter, and an empty key is one. */
static void map_put_binary_keys(void **state)
{
    struct map *m = map_new();
    char key[] = "a";
    int v[4];

    (void)state;
    map_put(m, "a\0b", 3, &v[0]);
    map_put(m, "a\0c", 3, &v[1]);
    map_put(m, key, 1, &v[2]);
    map_put(m, NULL, 0, &v[3]);
    key[0] = 'z'; /* the map has its own copy */
    assert_ptr_equal(map_get(m, "a\0b", 3), &v[0]);
    assert_ptr_equal(map_get(m, "a\0c", 3), &v[1]);
    assert_ptr_equal(map_get_text(m, "a"), &v[2]);
    assert_ptr_equal(map_get_text(m, ""), &v[3]);
    assert_null(map_get(m, "a\0d", 3));
    map_free(m, NULL);
}

enum { MANY = 20000 };

/* Many keys: all are found, also after every second one was removed. */
static void map_put_many(void **state)
{
    struct map *m = map_new();
    static int values[MANY];

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        assert_null(map_put(m, &i, sizeof(i), &values[i]));
    }
    for (uint32_t i = 0; i < MANY; i += 2) {
        assert_ptr_equal(map_remove(m, &i, sizeof(i)), &values[i]);
    }
    assert_int_equal(map_count(m), MANY / 2);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_ptr_equal(map_get(m, &i, sizeof(i)),
                         i % 2 == 0 ? NULL : (void *)&values[i]);
    }
    map_free(m, NULL);
}

/* Coming and going for long keeps the table small enough to walk quickly and
 * the searches finite. */
static void map_remove_churn(void **state)
{
    struct map *m = map_new();
    size_t cursor = 0;
    int value;

    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        uint32_t old = i - 10;

        assert_null(map_put(m, &i, sizeof(i), &value));
        if (i >= 10) {
            assert_non_null(map_remove(m, &old, sizeof(old)));
        }
    }
    assert_int_equal(map_count(m), 10);
    while (map_next(m, &cursor, NULL, NULL) != NULL) {
    }
    assert_true(cursor <= 64);
    map_free(m, NULL);
}

/* A walk meets each entry once, also while it removes what it meets. */
static void map_next_removes_as_it_goes(void **state)
{
    struct map *m = map_new();
    static int values[100];
    const void *key;
    size_t length, cursor = 0;
    unsigned met = 0;
    int *value;

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        map_put(m, &i, sizeof(i), &values[i]);
    }
    for (value = map_next(m, &cursor, &key, &length); value != NULL;
         value = map_next(m, &cursor, &key, &length)) {
        uint32_t number;

        assert_int_equal(length, sizeof(number));
        memcpy(&number, key, sizeof(number));
        assert_ptr_equal(value, &values[number]);
        assert_int_equal(values[number]++, 0);
        met++;
        if (number % 3 != 0) {
            assert_ptr_equal(map_remove(m, &number, sizeof(number)), value);
        }
    }
    assert_int_equal(met, 100);
    assert_int_equal(map_count(m), 34);
    map_free(m, NULL);
}

static unsigned drops;

static void drop_value(void *value)
{
    free(value);
    drops++;
}

/* Freeing drops each value that is still inside, once. */
static void map_free_drops_values(void **state)
{
    struct map *m = map_new();

    (void)state;
    drops = 0;
    map_put_text(m, "a", mem_strdup("1"));
    map_put_text(m, "b", mem_strdup("2"));
    map_put_text(m, "c", mem_strdup("3"));
    free(map_remove_text(m, "b"));
    map_free(m, drop_value);
    assert_int_equal(drops, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_siphash_reference),
        cmocka_unit_test(map_get_from_empty),
        cmocka_unit_test(map_put_replaces),
        cmocka_unit_test(map_put_binary_keys),
        cmocka_unit_test(map_put_many),
        cmocka_unit_test(map_remove_churn),
        cmocka_unit_test(map_next_removes_as_it_goes),
        cmocka_unit_test(map_free_drops_values),
    };
    return cmocka_run_group_tests_name("util/map", tests, NULL, NULL);
}
