#include "config.h"

#include "util/jsonout.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"

enum { JSONOUT_DEPTH = 63 /* bits of has_items, less the top level */ };

void jsonout_init(struct jsonout *j, struct buf *out)
{
    *j = (struct jsonout){.out = out};
}

static void put(struct jsonout *j, const char *text, size_t length)
{
    if (buf_append(j->out, text, length) < 0) {
        j->overflow = true;
    }
}

static void put_text(struct jsonout *j, const char *text)
{
    put(j, text, strlen(text));
}

static void put_escape(struct jsonout *j, uint32_t unit)
{
    if (buf_printf(j->out, "\\u%04" PRIx32, unit) < 0) {
        j->overflow = true;
    }
}

/* Write the comma that a value or key needs before it. */
static void separate(struct jsonout *j)
{
    uint64_t bit = UINT64_C(1) << j->depth;

    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (j->depth > 0 && (j->has_items & bit) != 0) {
        put_text(j, ",");
    }
    j->has_items |= bit;
}

static void begin(struct jsonout *j, const char *bracket)
{
    separate(j);
    put_text(j, bracket);
    assert(j->depth < JSONOUT_DEPTH);
    j->depth++;
    j->has_items &= ~(UINT64_C(1) << j->depth);
}

static void end(struct jsonout *j, const char *bracket)
{
    assert(j->depth > 0 && !j->after_key);
    j->depth--;
    put_text(j, bracket);
}

void jsonout_begin_object(struct jsonout *j)
{
    begin(j, "{");
}

void jsonout_end_object(struct jsonout *j)
{
    end(j, "}");
}

void jsonout_begin_array(struct jsonout *j)
{
    begin(j, "[");
}

void jsonout_end_array(struct jsonout *j)
{
    end(j, "]");
}

/* What is hostile on a terminal is escaped, although JSON would not need it:
 * the output may well be read on one. */
static void put_character(struct jsonout *j, uint32_t character,
                          const char *bytes, size_t length)
{
    switch (character) {
    case '"':
        put_text(j, "\\\"");
        return;
    case '\\':
        put_text(j, "\\\\");
        return;
    case '\n':
        put_text(j, "\\n");
        return;
    case '\r':
        put_text(j, "\\r");
        return;
    case '\t':
        put_text(j, "\\t");
        return;
    default:
        break;
    }
    if (!text_is_hostile(character)) {
        put(j, bytes, length);
    } else if (character < 0x10000) {
        put_escape(j, character);
    } else {
        put_escape(j, 0xd800 + ((character - 0x10000) >> 10));
        put_escape(j, 0xdc00 + ((character - 0x10000) & 0x3ff));
    }
}

static void put_string(struct jsonout *j, const char *text)
{
    size_t length = strlen(text);
    size_t at = 0;

    put_text(j, "\"");
    while (at < length) {
        uint32_t character = 0;
        size_t size = text_decode(text + at, length - at, &character);

        if (size == 0) {
            put_text(j, "\xef\xbf\xbd"); /* U+FFFD */
            size = 1;
        } else {
            put_character(j, character, text + at, size);
        }
        at += size;
    }
    put_text(j, "\"");
}

void jsonout_key(struct jsonout *j, const char *key)
{
    assert(!j->after_key);
    separate(j);
    put_string(j, key);
    put_text(j, ":");
    j->after_key = true;
}

void jsonout_string(struct jsonout *j, const char *text)
{
    separate(j);
    if (text == NULL) {
        put_text(j, "null");
    } else {
        put_string(j, text);
    }
}

void jsonout_int(struct jsonout *j, int64_t value)
{
    separate(j);
    if (buf_printf(j->out, "%" PRId64, value) < 0) {
        j->overflow = true;
    }
}

void jsonout_bool(struct jsonout *j, bool value)
{
    separate(j);
    put_text(j, value ? "true" : "false");
}

void jsonout_null(struct jsonout *j)
{
    separate(j);
    put_text(j, "null");
}
