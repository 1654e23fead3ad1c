#include "config.h"

#include "util/hex.h"

#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"

void hex_encode(const void *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = data;

    for (size_t i = 0; i < size; i++) {
        *out++ = digits[from[i] >> 4];
        *out++ = digits[from[i] & 15];
    }
    *out = '\0';
}

/* The value of a hexadecimal digit, or -1. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

int hex_decode(const char *text, void *out, size_t size)
{
    uint8_t *to = out;

    if (strlen(text) / 2 != size || strlen(text) % 2 != 0) {
        return P2P_EINVAL;
    }
    for (size_t i = 0; i < 2 * size; i++) {
        if (digit_value(text[i]) < 0) {
            return P2P_EINVAL;
        }
    }
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)((unsigned)digit_value(text[2 * i]) << 4 |
                          (unsigned)digit_value(text[2 * i + 1]));
    }
    return 0;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t size)
{
    const uint8_t *from = data;
    char *text = mem_calloc(size / 3 + 2, 4);
    char *to = text;

    while (size > 0) {
        uint32_t group = (uint32_t)from[0] << 16;
        size_t take = size < 3 ? size : 3;

        if (take > 1) {
            group |= (uint32_t)from[1] << 8;
        }
        if (take > 2) {
            group |= from[2];
        }
        *to++ = base64_digits[group >> 18];
        *to++ = base64_digits[group >> 12 & 63];
        *to++ = take > 1 ? base64_digits[group >> 6 & 63] : '=';
        *to++ = take > 2 ? base64_digits[group & 63] : '=';
        from += take;
        size -= take;
    }
    *to = '\0';
    return text;
}

/* The value of a base64 digit, or -1. */
static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : -1;
}

/* Decode four characters of which the last `padding` are '='. */
static int decode_group(const char *text, size_t padding, uint8_t out[3])
{
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? base64_value(text[i]) : 0;

        if (value < 0) {
            return P2P_EINVAL;
        }
        group = group << 6 | (uint32_t)value;
    }
    /* Bits that encode to nothing must be zero, or two texts would mean the
     * same bytes. */
    if ((group & ((1u << (8 * padding)) - 1)) != 0) {
        return P2P_EINVAL;
    }
    out[0] = (uint8_t)(group >> 16);
    out[1] = (uint8_t)(group >> 8);
    out[2] = (uint8_t)group;
    return 0;
}

int base64_decode(const char *text, size_t max, uint8_t **out, size_t *size)
{
    size_t length = strlen(text);
    size_t padding = 0;
    size_t total;
    uint8_t *data;

    if (length % 4 != 0) {
        return P2P_EINVAL;
    }
    if (length > 0 && text[length - 1] == '=') {
        padding = text[length - 2] == '=' ? 2 : 1;
    }
    total = length / 4 * 3 - padding;
    if (total > max) {
        return P2P_ETOOBIG;
    }
    data = mem_alloc(length / 4 * 3);
    for (size_t i = 0; i < length / 4; i++) {
        size_t here = i == length / 4 - 1 ? padding : 0;
        int rv = decode_group(text + 4 * i, here, data + 3 * i);

        if (rv < 0) {
            free(data);
            return rv;
        }
    }
    *out = data;
    *size = total;
    return 0;
}
