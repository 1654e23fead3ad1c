#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/command.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

#define ID_A "00112233445566778899aabbccddeeff"
#define HASH_A ID_A ID_A

static struct command *full_command(void)
{
    struct command *c = command_new(COMMAND_PUBLISH, 1700000000);

    memcpy(c->op, ID_A, RECORD_ID);
    memcpy(c->actor_id, ID_A, RECORD_ID);
    memcpy(c->user_id, ID_A, RECORD_ID);
    memcpy(c->group_id, ID_A, RECORD_ID);
    memcpy(c->serial, ID_A, RECORD_ID);
    memcpy(c->token, HASH_A, RECORD_HASH);
    memcpy(c->hash, HASH_A, RECORD_HASH);
    c->name = mem_strdup("a film \xc3\xa9.mkv");
    c->text = mem_strdup("why not");
    c->password = mem_strdup("$argon2id$v=19$...");
    c->root_pem = mem_strdup("-----BEGIN CERTIFICATE-----\n");
    record_set_blob(&c->blob, "\0\1\2", 3);
    record_set_blob(&c->layers, "\xff\0", 2);
    c->until = -5;
    c->size = INT64_MAX;
    c->piece_length = 16384;
    c->pieces = 1;
    c->is_directory = 1;
    c->role = ROLE_ADMIN;
    return c;
}

static void assert_same(const struct command *a, const struct command *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->time, b->time);
    assert_string_equal(a->op, b->op);
    assert_string_equal(a->actor_id, b->actor_id);
    assert_string_equal(a->token, b->token);
    assert_string_equal(a->hash, b->hash);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->text, b->text);
    assert_string_equal(a->password, b->password);
    assert_string_equal(a->root_pem, b->root_pem);
    assert_int_equal(a->blob.size, b->blob.size);
    assert_memory_equal(a->blob.data, b->blob.data, b->blob.size);
    assert_memory_equal(a->layers.data, b->layers.data, b->layers.size);
    assert_int_equal(a->until, b->until);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->role, b->role);
}

/* Every field survives the way into the log and back. */
static void command_encode_all_fields_come_back(void **state)
{
    struct command *c = full_command();
    struct command *back = NULL;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_int_equal(command_encode(c, &b), 0);
    assert_int_equal(command_decode(buf_head(&b), buf_length(&b), &back, NULL),
                     0);
    assert_same(c, back);
    command_free(c);
    command_free(back);
    buf_close(&b);
}

/* A command without any field is two bytes and comes back. */
static void command_encode_empty(void **state)
{
    struct command *c = command_new(COMMAND_EXPIRE, 0);
    struct command *back = NULL;
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(command_encode(c, &b), 0);
    assert_int_equal(buf_length(&b), 2);
    assert_int_equal(command_decode(buf_head(&b), 2, &back, NULL), 0);
    assert_int_equal(back->type, COMMAND_EXPIRE);
    command_free(c);
    command_free(back);
    buf_close(&b);
}

/* A text over its limit is refused and nothing is written. */
static void command_encode_too_big(void **state)
{
    struct command *c = command_new(COMMAND_JOIN, 1);
    struct buf b;

    (void)state;
    c->text = mem_calloc(1, COMMAND_TEXT_MAX + 2);
    memset(c->text, 'x', COMMAND_TEXT_MAX + 1);
    buf_init(&b, 1 << 20);
    assert_int_equal(command_encode(c, &b), P2P_ETOOBIG);
    assert_int_equal(buf_length(&b), 0);
    c->text[COMMAND_TEXT_MAX] = '\0';
    assert_int_equal(command_encode(c, &b), 0);
    command_free(c);
    buf_close(&b);
}

/* Every cut and many damaged bytes of an entry are refused or read as another
 * valid command; nothing is read behind the end. */
static void command_decode_damaged(void **state)
{
    struct command *c = full_command();
    struct command *back;
    struct buf b;
    size_t size;
    size_t i;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_int_equal(command_encode(c, &b), 0);
    size = buf_length(&b);
    for (i = 0; i < size; i++) {
        uint8_t *cut = mem_dup(buf_head(&b), i + 1); /* for the sanitizer */

        back = NULL;
        if (command_decode(cut, i, &back, NULL) == 0) {
            command_free(back); /* cut between two fields */
        }
        free(cut);
    }
    for (i = 0; i < size * 8; i++) {
        uint8_t *copy = mem_dup(buf_head(&b), size);

        copy[i / 8] ^= (uint8_t)(1u << (i % 8));
        back = NULL;
        if (command_decode(copy, size, &back, NULL) == 0) {
            command_free(back);
        }
        free(copy);
    }
    command_free(c);
    buf_close(&b);
}

/* Fields out of order, twice, unknown, or of a wrong shape are refused. */
static void command_decode_wrong_fields(void **state)
{
    static const struct {
        const char *data;
        size_t size;
    } bad[] = {
        {"", 0},
        {"\1", 1},
        {"\2\21", 2},                             /* version */
        {"\1\0", 2},                              /* type 0 */
        {"\1\22", 2},                             /* type 18 */
        {"\1\21\1\0\0\0\10\0\0\0\0\0\0\0", 14},   /* cut */
        {"\1\21\1\0\0\0\10\0\0\0\0\0\0\0\0", 15}, /* a written 0 */
        {"\1\21\1\0\0\0\7\0\0\0\0\0\0\1", 14},    /* 7 bytes */
        {"\1\21\143\0\0\0\1x", 8},                /* tag 99 */
        {"\1\21\11\0\0\0\1x\11\0\0\0\1x", 14},    /* twice */
        {"\1\21\12\0\0\0\1x\11\0\0\0\1x", 14},    /* descending */
        {"\1\21\11\0\0\0\1\0", 8},                /* NUL in a text */
        {"\1\21\11\0\0\0\1\377", 8},              /* not UTF-8 */
        {"\1\21\11\0\0\0\0", 7},                  /* empty */
        {"\1\21\11\377\377\377\377x", 8},         /* length */
        {"\1\21\2\0\0\0\40AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 39}, /* case */
    };
    struct command *back = NULL;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        e.text[0] = '\0';
        assert_int_equal(command_decode((const uint8_t *)bad[i].data,
                                        bad[i].size, &back, &e),
                         P2P_EPROTO);
        assert_null(back);
        assert_true(e.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_encode_all_fields_come_back),
        cmocka_unit_test(command_encode_empty),
        cmocka_unit_test(command_encode_too_big),
        cmocka_unit_test(command_decode_damaged),
        cmocka_unit_test(command_decode_wrong_fields),
    };
    return cmocka_run_group_tests_name("tracker/command", tests, NULL, NULL);
}
