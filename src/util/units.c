#include "config.h"

#include "util/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/err.h"

/* Everything here is done with integers: printf("%f") writes a comma in many
 * locales, and these texts are also read by scripts. */
static const char prefixes[] = "KMGTPE";

static bool is_decimal; /* as people wish to read; nothing is parsed by it */

void units_use_decimal(bool decimal)
{
    is_decimal = decimal;
}

/* "4.7" with prefix 'G', or "670" with 'M', or "12" without. */
struct shown {
    char number[8];
    char prefix; /* 0 for none */
};

/* Round to at most three digits; one decimal below ten of a unit. */
static struct shown shorten(uint64_t value)
{
    struct shown s = {.prefix = 0};
    uint64_t unit = 1;

    if (value < 1000) {
        snprintf(s.number, sizeof(s.number), "%u", (unsigned)value);
        return s;
    }
    for (const char *prefix = prefixes; *prefix != '\0'; prefix++) {
        uint64_t whole, rest, tenths;

        unit *= is_decimal ? 1000 : 1024;
        whole = value / unit;
        rest = value % unit;
        tenths = whole * 10 + (rest * 10 + unit / 2) / unit;
        s.prefix = *prefix;
        if (tenths < 100) {
            snprintf(s.number, sizeof(s.number), "%u.%u",
                     (unsigned)(tenths / 10), (unsigned)(tenths % 10));
            return s;
        }
        whole += rest >= unit / 2 ? 1 : 0;
        if (whole < 1000) {
            snprintf(s.number, sizeof(s.number), "%u", (unsigned)whole);
            return s;
        }
    }
    return s; /* not reached: UINT64_MAX is 16 E */
}

static const char *format_size(uint64_t bytes, const char *suffix,
                               char out[UNITS_TEXT])
{
    struct shown s = shorten(bytes);

    if (s.prefix == 0) {
        snprintf(out, UNITS_TEXT, "%s B%s", s.number, suffix);
    } else {
        snprintf(out, UNITS_TEXT, "%s %c%sB%s", s.number,
                 is_decimal && s.prefix == 'K' ? 'k' : s.prefix,
                 is_decimal ? "" : "i", suffix);
    }
    return out;
}

const char *units_size(uint64_t bytes, char out[UNITS_TEXT])
{
    return format_size(bytes, "", out);
}

const char *units_rate(uint64_t bytes_per_second, char out[UNITS_TEXT])
{
    return format_size(bytes_per_second, "/s", out);
}

const char *units_short(uint64_t value, char out[UNITS_TEXT])
{
    struct shown s = shorten(value);

    if (s.prefix == 0) {
        snprintf(out, UNITS_TEXT, "%s", s.number);
    } else {
        snprintf(out, UNITS_TEXT, "%s%c", s.number, s.prefix);
    }
    return out;
}

/* "3 h 20 min", or "3 h" when there is nothing of the smaller unit. */
static void format_two(int64_t large, const char *large_unit, int64_t small,
                       const char *small_unit, char out[UNITS_TEXT])
{
    if (small == 0) {
        snprintf(out, UNITS_TEXT, "%" PRId64 " %s", large, large_unit);
    } else {
        snprintf(out, UNITS_TEXT, "%" PRId64 " %s %" PRId64 " %s", large,
                 large_unit, small, small_unit);
    }
}

const char *units_duration(int64_t seconds, char out[UNITS_TEXT])
{
    int64_t minutes, hours;

    if (seconds < 0) {
        snprintf(out, UNITS_TEXT, "-");
        return out;
    }
    if (seconds < 60) {
        format_two(seconds, "s", 0, "", out);
        return out;
    }
    minutes = seconds / 60 + (seconds % 60 >= 30 ? 1 : 0);
    if (minutes < 60) {
        format_two(minutes, "min", 0, "", out);
        return out;
    }
    if (minutes < 24 * 60) {
        format_two(minutes / 60, "h", minutes % 60, "min", out);
        return out;
    }
    hours = minutes / 60 + (minutes % 60 >= 30 ? 1 : 0);
    format_two(hours / 24, "d", hours % 24, "h", out);
    return out;
}

const char *units_count(uint64_t value, char out[UNITS_TEXT])
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
    char *to = out;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

/* The factor of "", "B", "K", "KB", "KiB" ..., in either case; 0 when it is
 * none of these. */
static uint64_t parse_unit(const char *text)
{
    char letter = text[0];
    unsigned shift = 0;

    if (letter >= 'a' && letter <= 'z') {
        letter = (char)(letter - 'a' + 'A');
    }
    for (unsigned i = 0; prefixes[i] != '\0'; i++) {
        if (letter == prefixes[i]) {
            shift = 10 * (i + 1);
            text++;
            if (*text == 'i' || *text == 'I') {
                text++;
                if (*text == '\0') {
                    return 0;
                }
            }
            break;
        }
    }
    if (*text == 'B' || *text == 'b') {
        text++;
    }
    return *text == '\0' ? UINT64_C(1) << shift : 0;
}

/* floor(unit * 0.DIGITS); unit is at most 2^60, so nothing overflows. */
static uint64_t parse_fraction(const char *digits, size_t count, uint64_t unit)
{
    uint64_t part = 0;

    while (count > 0) {
        count--;
        part = ((uint64_t)(digits[count] - '0') * unit + part) / 10;
    }
    return part;
}

int units_parse_size(const char *text, uint64_t *bytes)
{
    static const char digits[] = "0123456789";
    size_t whole_digits, fraction_digits = 0;
    const char *fraction = "";
    uint64_t value = 0;
    uint64_t unit;

    whole_digits = strspn(text, digits);
    if (whole_digits == 0) {
        return P2P_EINVAL;
    }
    for (size_t i = 0; i < whole_digits; i++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value)) {
            return P2P_ERANGE;
        }
    }
    text += whole_digits;
    if (text[0] == '.') {
        fraction = text + 1;
        fraction_digits = strspn(fraction, digits);
        text = fraction + fraction_digits;
        if (fraction_digits == 0) {
            return P2P_EINVAL;
        }
    }
    text += strspn(text, " ");
    unit = parse_unit(text);
    if (unit == 0 || (unit == 1 && fraction_digits > 0)) {
        return P2P_EINVAL;
    }
    if (__builtin_mul_overflow(value, unit, &value) ||
        __builtin_add_overflow(
            value, parse_fraction(fraction, fraction_digits, unit), &value)) {
        return P2P_ERANGE;
    }
    *bytes = value;
    return 0;
}
