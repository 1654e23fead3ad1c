#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/event.h"
#include "msgq/rows.h"
#include "tui/plainout.h"
#include "tui/wording.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

static const char *text_of(struct buf *b)
{
    buf_append(b, "", 1);
    return (const char *)buf_head(b);
}

/* A successful answer keeps its field names and their order. */
static void plainout_json_success(void **state)
{
    struct event *e = event_new(EVENT_REPLY);
    struct row_group *g;
    struct buf b;

    (void)state;
    rows_init(&e->rows, ROWS_GROUPS);
    g = rows_add(&e->rows);
    g->name = mem_strdup("a\"b");
    g->owner = mem_strdup("alice");
    g->role = GROUP_OWNER;
    g->members = 3;
    buf_init(&b, 65536);
    plainout_json(&b, "list_groups", e);
    assert_string_equal(
        text_of(&b),
        "{\"command\":\"list_groups\",\"ok\":true,\"result\":[{\"group\":"
        "\"a\\\"b\",\"owner\":\"alice\",\"role\":\"owner\",\"members\":3,"
        "\"online\":0,\"files\":0,\"requests\":0,\"note\":null,"
        "\"created\":0,\"bytes\":0,\"key\":null}]}\n");
    buf_close(&b);
    event_free(e);
}

/* Groups in common are an array, whatever blanks are in their names. */
static void plainout_json_request(void **state)
{
    struct event *e = event_new(EVENT_REPLY);
    struct row_request *r;
    struct buf b;

    (void)state;
    rows_init(&e->rows, ROWS_REQUESTS);
    r = rows_add(&e->rows);
    r->user = mem_strdup("bob");
    r->common = mem_strdup("film club\nzine-lab");
    r->created = 7;
    buf_init(&b, 65536);
    plainout_json(&b, "list_requests", e);
    assert_non_null(strstr(text_of(&b),
                           "\"created\":7,"
                           "\"common\":[\"film club\",\"zine-lab\"]"));
    buf_close(&b);
    event_free(e);
}

/* A failure carries a stable word and a sentence. */
static void plainout_json_failure(void **state)
{
    struct event *e = event_new(EVENT_REPLY);
    struct buf b;

    (void)state;
    e->code = P2P_EACCES;
    e->text = mem_strdup("only the owner can do that");
    buf_init(&b, 65536);
    plainout_json(&b, "delete_group", e);
    assert_string_equal(text_of(&b),
                        "{\"command\":\"delete_group\",\"ok\":false,\"error\":"
                        "{\"code\":\"not_authorised\",\"message\":\"only the "
                        "owner can do that\"}}\n");
    buf_close(&b);
    event_free(e);
}

/* Foreign text cannot drive the terminal. */
static void plainout_table_is_safe(void **state)
{
    struct rows rows;
    struct row_request *r;
    const char *text;
    struct buf b;

    (void)state;
    rows_init(&rows, ROWS_REQUESTS);
    r = rows_add(&rows);
    r->group = mem_strdup("g");
    r->user = mem_strdup("eve\033[2J");
    r->message = mem_strdup("line\nbreak \xe2\x80\xae tnetxet");
    buf_init(&b, 65536);
    plainout_table(&b, &rows);
    text = text_of(&b);
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_non_null(strstr(text, "eve"));
    buf_close(&b);
    rows_close(&rows);
}

/* The exit statuses of the manual. */
static void plainout_status_is_the_contract(void **state)
{
    (void)state;
    assert_int_equal(plainout_status(0), 0);
    assert_int_equal(plainout_status(P2P_EEXIST), 1);
    assert_int_equal(plainout_status(P2P_EUSAGE), 2);
    assert_int_equal(plainout_status(P2P_ENOTRACKER), 3);
    assert_int_equal(plainout_status(P2P_EAUTH), 4);
    assert_int_equal(plainout_status(P2P_ENOTLOGIN), 4);
    assert_int_equal(plainout_status(P2P_ENOENT), 5);
    assert_int_equal(plainout_status(P2P_EVERIFY), 6);
    assert_int_equal(plainout_status(P2P_ENOSPC), 6);
    assert_int_equal(plainout_status(P2P_ETIMEDOUT), 7);
}

/* 100 % is only shown when everything is there. */
static void plainout_table_never_rounds_up_to_done(void **state)
{
    struct rows rows;
    struct row_transfer *t;
    struct buf b;

    (void)state;
    rows_init(&rows, ROWS_TRANSFERS);
    t = rows_add(&rows);
    t->name = mem_strdup("f");
    t->group = mem_strdup("g");
    t->size = 1000000;
    t->have = 999999;
    buf_init(&b, 65536);
    plainout_table(&b, &rows);
    assert_non_null(strstr(text_of(&b), "99%"));
    buf_close(&b);
    rows_close(&rows);
}

/* Every word that rows have for programs has one for people, and only those
 * fields are changed that hold such a word. */
static void plainout_words_of_rows(void **state)
{
    struct row_field field = {.key = (char[]){"state"}, .value = NULL};
    struct row_field name = {.key = (char[]){"name"},
                             .value = (char[]){"sharing"}};
    int i;

    (void)state;
    for (i = TRANSFER_NONE; i <= TRANSFER_FAILED; i++) {
        char *word = mem_strdup(transfer_state_word((enum transfer_state)i));

        assert_string_equal(wording_word(word), word);
        assert_ptr_not_equal(wording_word(word), word);
        free(word);
    }
    for (i = GROUP_NONE; i <= GROUP_OWNER; i++) {
        char *word = mem_strdup(group_role_word((enum group_role)i));

        assert_string_equal(wording_word(word), word);
        assert_ptr_not_equal(wording_word(word), word);
        free(word);
    }
    assert_string_equal(wording_word("of no list"), "of no list");
    assert_null(wording_value(&field));
    assert_ptr_equal(wording_value(&name), name.value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plainout_json_success),
        cmocka_unit_test(plainout_json_request),
        cmocka_unit_test(plainout_json_failure),
        cmocka_unit_test(plainout_table_is_safe),
        cmocka_unit_test(plainout_words_of_rows),
        cmocka_unit_test(plainout_status_is_the_contract),
        cmocka_unit_test(plainout_table_never_rounds_up_to_done),
    };
    return cmocka_run_group_tests_name("tui/plainout", tests, NULL, NULL);
}
