#include "config.h"

#include "tracker/command.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/text.h"

enum { COMMAND_VERSION = 1, COMMAND_HEAD = 2, COMMAND_FIELD_HEAD = 5 };

struct field {
    uint8_t tag; /* on disk: never reuse; ascending in the table */
    enum record_type type;
    size_t offset;
    size_t max; /* bytes of the content */
};

#define FIELD(tag, type, field, max)                               \
    {                                                              \
        tag, RECORD_T_##type, offsetof(struct command, field), max \
    }

static const struct field fields[] = {
    FIELD(1, INT, time, 8),
    FIELD(2, ID, op, 32),
    FIELD(3, ID, actor_id, 32),
    FIELD(4, ID, user_id, 32),
    FIELD(5, ID, group_id, 32),
    FIELD(6, ID, serial, 32),
    FIELD(7, HASH, token, 64),
    FIELD(8, HASH, hash, 64),
    FIELD(9, TEXT, name, COMMAND_TEXT_MAX),
    FIELD(10, TEXT, text, COMMAND_TEXT_MAX),
    FIELD(11, TEXT, password, COMMAND_TEXT_MAX),
    FIELD(12, TEXT, root_pem, COMMAND_TEXT_MAX),
    FIELD(13, BLOB, blob, COMMAND_BLOB_MAX),
    FIELD(14, BLOB, layers, COMMAND_LAYERS_MAX),
    FIELD(15, INT, until, 8),
    FIELD(16, INT, size, 8),
    FIELD(17, INT, piece_length, 8),
    FIELD(18, INT, pieces, 8),
    FIELD(19, INT, is_directory, 8),
    FIELD(20, INT, role, 8),
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static const char *const words[COMMAND_TYPES] = {
    [COMMAND_NONE] = "none",
    [COMMAND_USER_CREATE] = "user.create",
    [COMMAND_TOKEN_PUT] = "token.put",
    [COMMAND_TOKEN_DROP] = "token.drop",
    [COMMAND_PASSWD] = "user.passwd",
    [COMMAND_GROUP_CREATE] = "group.create",
    [COMMAND_JOIN] = "group.join",
    [COMMAND_ACCEPT] = "group.accept",
    [COMMAND_REJECT] = "group.reject",
    [COMMAND_LEAVE] = "group.leave",
    [COMMAND_SET_ROLE] = "group.set_role",
    [COMMAND_TRANSFER] = "group.transfer",
    [COMMAND_REMOVE] = "group.remove_member",
    [COMMAND_GROUP_DELETE] = "group.delete",
    [COMMAND_PUBLISH] = "item.publish",
    [COMMAND_UNPUBLISH] = "item.unpublish",
    [COMMAND_SERIAL] = "serial.put",
    [COMMAND_EXPIRE] = "expire",
};

const char *command_word(enum command_type type)
{
    return type < COMMAND_TYPES ? words[type] : "unknown";
}

struct command *command_new(enum command_type type, int64_t time)
{
    struct command *c = mem_calloc(1, sizeof(*c));

    c->type = type;
    c->time = time;
    return c;
}

void command_free(struct command *c)
{
    if (c == NULL) {
        return;
    }
    free(c->name);
    free(c->text);
    mem_free_secret(c->password);
    free(c->root_pem);
    free(c->blob.data);
    free(c->layers.data);
    free(c);
}

static void *field_at(const struct field *f, const struct command *c)
{
    return (void *)((uintptr_t)c + f->offset);
}

static void put_number(uint8_t *out, uint64_t value, unsigned bytes)
{
    unsigned i;

    for (i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
}

static uint64_t take_number(const uint8_t *data, size_t bytes)
{
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < bytes; i++) {
        value = value << 8 | data[i];
    }
    return value;
}

/* What a field holds; size 0 means that it is left out. */
static size_t field_content(const struct field *f, const struct command *c,
                            uint8_t number[8], const void **data)
{
    const void *at = field_at(f, c);
    const struct record_blob *blob;
    int64_t value;

    switch (f->type) {
    case RECORD_T_INT:
        value = *(const int64_t *)at;
        put_number(number, (uint64_t)value, 8);
        *data = number;
        return value == 0 ? 0 : 8;
    case RECORD_T_TEXT:
        *data = *(char *const *)at;
        return *data == NULL ? 0 : strlen(*data);
    case RECORD_T_BLOB:
        blob = at;
        *data = blob->data;
        return blob->size;
    case RECORD_T_ID:
    case RECORD_T_HASH:
    default:
        *data = at;
        return strlen(at);
    }
}

int command_encode(const struct command *c, struct buf *out)
{
    uint8_t head[COMMAND_FIELD_HEAD];
    uint8_t number[8];
    const void *data;
    size_t total = COMMAND_HEAD;
    uint8_t *to;
    size_t i;

    for (i = 0; i < FIELDS; i++) {
        size_t size = field_content(&fields[i], c, number, &data);

        if (size > fields[i].max) {
            return P2P_ETOOBIG;
        }
        total += size == 0 ? 0 : COMMAND_FIELD_HEAD + size;
    }
    to = buf_reserve(out, total);
    if (to == NULL) {
        return P2P_ETOOBIG;
    }
    *to++ = COMMAND_VERSION;
    *to++ = (uint8_t)c->type;
    for (i = 0; i < FIELDS; i++) {
        size_t size = field_content(&fields[i], c, number, &data);

        if (size == 0) {
            continue;
        }
        head[0] = fields[i].tag;
        put_number(head + 1, size, 4);
        memcpy(to, head, sizeof(head));
        memcpy(to + sizeof(head), data, size);
        to += sizeof(head) + size;
    }
    buf_commit(out, total);
    return 0;
}

static int set_hex(char *at, size_t digits, const uint8_t *data, size_t size)
{
    size_t i;

    if (size != digits) {
        return P2P_EPROTO;
    }
    for (i = 0; i < size; i++) {
        if (strchr("0123456789abcdef", data[i]) == NULL || data[i] == '\0') {
            return P2P_EPROTO;
        }
    }
    memcpy(at, data, size);
    at[size] = '\0';
    return 0;
}

static int set_field(const struct field *f, struct command *c,
                     const uint8_t *data, size_t size)
{
    void *at = field_at(f, c);

    switch (f->type) {
    case RECORD_T_INT:
        if (size != 8) {
            return P2P_EPROTO;
        }
        *(int64_t *)at = (int64_t)take_number(data, 8);
        return *(int64_t *)at == 0 ? P2P_EPROTO : 0;
    case RECORD_T_TEXT:
        if (!text_is_utf8((const char *)data, size) ||
            memchr(data, '\0', size) != NULL) {
            return P2P_EPROTO;
        }
        *(char **)at = mem_strndup((const char *)data, size);
        return 0;
    case RECORD_T_BLOB:
        record_set_blob(at, data, size);
        return 0;
    case RECORD_T_ID:
    case RECORD_T_HASH:
    default:
        return set_hex(at, f->max, data, size);
    }
}

/* Read the fields behind the head; tags must ascend, so none comes twice. */
static int decode_fields(struct command *c, const uint8_t *data, size_t size,
                         struct err *e)
{
    size_t next = 0;

    while (size > 0) {
        size_t length;

        if (size < COMMAND_FIELD_HEAD) {
            return err_set(e, P2P_EPROTO, "a field's head is cut off");
        }
        while (next < FIELDS && fields[next].tag < data[0]) {
            next++;
        }
        if (next == FIELDS || fields[next].tag != data[0]) {
            return err_set(e, P2P_EPROTO, "field %u is not expected here",
                           data[0]);
        }
        length = (size_t)take_number(data + 1, 4);
        if (length == 0 || length > fields[next].max ||
            length > size - COMMAND_FIELD_HEAD) {
            return err_set(e, P2P_EPROTO, "field %u has a wrong length",
                           data[0]);
        }
        if (set_field(&fields[next], c, data + COMMAND_FIELD_HEAD, length) <
            0) {
            return err_set(e, P2P_EPROTO, "field %u is not valid", data[0]);
        }
        data += COMMAND_FIELD_HEAD + length;
        size -= COMMAND_FIELD_HEAD + length;
        next++;
    }
    return 0;
}

int command_decode(const uint8_t *data, size_t size, struct command **out,
                   struct err *e)
{
    struct command *c;
    int rv;

    if (size < COMMAND_HEAD || data[0] != COMMAND_VERSION) {
        return err_set(e, P2P_EPROTO, "unknown version of a command");
    }
    if (data[1] == COMMAND_NONE || data[1] >= COMMAND_TYPES) {
        return err_set(e, P2P_EPROTO, "unknown command %u", data[1]);
    }
    c = command_new(data[1], 0);
    rv = decode_fields(c, data + COMMAND_HEAD, size - COMMAND_HEAD, e);
    if (rv < 0) {
        command_free(c);
        return rv;
    }
    *out = c;
    return 0;
}
