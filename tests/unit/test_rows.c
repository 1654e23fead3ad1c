/* Tests of msgq/rows. */
#include "config.h"

#include "msgq/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"

/* Rows keep what was put into them while the table grows. */
static void rows_add_keeps_rows(void **state)
{
    struct rows r;

    (void)state;
    rows_init(&r, ROWS_MEMBERS);
    for (int i = 0; i < 1000; i++) {
        struct row_member *row = rows_add(&r);

        assert_null(row->user);
        assert_int_equal(row->since, 0);
        row->user = mem_printf("user%d", i);
        row->since = i;
    }
    assert_int_equal(r.count, 1000);
    for (int i = 0; i < 1000; i++) {
        char expected[16];

        snprintf(expected, sizeof(expected), "user%d", i);
        assert_string_equal(r.members[i].user, expected);
        assert_int_equal(r.members[i].since, i);
    }
    rows_close(&r);
    assert_int_equal(r.kind, ROWS_NONE);
    assert_int_equal(r.count, 0);
    rows_close(&r); /* twice is fine */
}

/* Fill each string of a row, so that the leak checker sees a forgotten one. */
static void fill(struct rows *r)
{
    char *text[5];

    for (int i = 0; i < 5; i++) {
        text[i] = mem_strdup("text");
    }
    switch (r->kind) {
    case ROWS_GROUPS: {
        struct row_group *row = rows_add(r);
        *row = (struct row_group){
            .name = text[0], .owner = text[1], .note = text[2]};
        free(text[3]);
        free(text[4]);
        break;
    }
    case ROWS_REQUESTS: {
        struct row_request *row = rows_add(r);
        *row = (struct row_request){
            .group = text[0], .user = text[1], .message = text[2]};
        free(text[3]);
        free(text[4]);
        break;
    }
    case ROWS_FILES: {
        struct row_file *row = rows_add(r);
        *row = (struct row_file){.group = text[0],
                                 .name = text[1],
                                 .publisher = text[2],
                                 .hash = text[3]};
        free(text[4]);
        break;
    }
    case ROWS_TRANSFERS: {
        struct row_transfer *row = rows_add(r);
        *row = (struct row_transfer){.group = text[0],
                                     .name = text[1],
                                     .hash = text[2],
                                     .path = text[3],
                                     .reason = text[4]};
        break;
    }
    case ROWS_PEERS: {
        struct row_peer *row = rows_add(r);
        *row = (struct row_peer){.user = text[0],
                                 .address = text[1],
                                 .client = text[2],
                                 .reason = text[3]};
        free(text[4]);
        break;
    }
    case ROWS_TRACKERS: {
        struct row_tracker *row = rows_add(r);
        *row = (struct row_tracker){.address = text[0],
                                    .pin = text[1],
                                    .version = text[2],
                                    .problem = text[3],
                                    .role = text[4]};
        break;
    }
    case ROWS_TAKERS: {
        struct row_taker *row = rows_add(r);
        *row = (struct row_taker){
            .group = text[0], .name = text[1], .user = text[2]};
        free(text[3]);
        free(text[4]);
        break;
    }
    default: {
        struct row_field *row = rows_add(r);
        *row = (struct row_field){
            .key = text[0], .label = text[1], .value = text[2]};
        free(text[3]);
        free(text[4]);
        break;
    }
    }
}

/* Every kind of row releases all of its strings. */
static void rows_close_releases_every_kind(void **state)
{
    static const enum rows_kind kinds[] = {
        ROWS_GROUPS, ROWS_REQUESTS, ROWS_FILES,  ROWS_TRANSFERS,
        ROWS_PEERS,  ROWS_TRACKERS, ROWS_TAKERS, ROWS_FIELDS,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct rows r;

        rows_init(&r, kinds[i]);
        fill(&r);
        fill(&r);
        fill(&r);
        assert_int_equal(r.count, 3);
        rows_close(&r);
    }
}

/* Roles go to words and back. */
static void group_role_from_word_of_each_role(void **state)
{
    (void)state;
    for (int i = GROUP_NONE; i <= GROUP_OWNER; i++) {
        const char *word = group_role_word((enum group_role)i);

        assert_int_equal(group_role_from_word(word), i);
    }
    assert_string_equal(group_role_word(GROUP_OWNER), "owner");
    assert_string_equal(group_role_word(GROUP_READER), "reader");
    assert_int_equal(group_role_from_word("king"), -1);
    assert_int_equal(group_role_from_word(""), -1);
    assert_int_equal(group_role_from_word("Owner"), -1);
}

/* Every state has a word. */
static void transfer_state_word_of_each_state(void **state)
{
    (void)state;
    for (int i = TRANSFER_NONE; i <= TRANSFER_FAILED; i++) {
        assert_true(strlen(transfer_state_word((enum transfer_state)i)) > 0);
    }
    assert_string_equal(transfer_state_word(TRANSFER_LOADING), "loading");
    assert_string_equal(transfer_state_word(TRANSFER_FAILED), "failed");
}

/* By the text that is named, whatever its case; equal ones by their bytes. */
static void rows_sort_by_a_text(void **state)
{
    static const char *const names[] = {"robotics", "Film", NULL, "film", "a"};
    struct rows r;
    size_t i;

    (void)state;
    rows_init(&r, ROWS_GROUPS);
    rows_sort(&r, "name"); /* of nothing */
    for (i = 0; i < 5; i++) {
        ((struct row_group *)rows_add(&r))->name = mem_strdup(names[i]);
    }
    rows_sort(&r, "name");
    assert_string_equal(r.groups[0].name, "a");
    assert_string_equal(r.groups[1].name, "Film");
    assert_string_equal(r.groups[2].name, "film");
    assert_string_equal(r.groups[3].name, "robotics");
    assert_null(r.groups[4].name);
    rows_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_sort_by_a_text),
        cmocka_unit_test(rows_add_keeps_rows),
        cmocka_unit_test(rows_close_releases_every_kind),
        cmocka_unit_test(group_role_from_word_of_each_role),
        cmocka_unit_test(transfer_state_word_of_each_state),
    };
    return cmocka_run_group_tests_name("msgq/rows", tests, NULL, NULL);
}
