/* text: foreign text: UTF-8, names, and what is safe to show on a terminal.
 *
 * Every string that came from a peer, a tracker, a file name or a user passes
 * text_safe() before it reaches a terminal and text_log_safe() before a log.
 */
#ifndef P2P_UTIL_TEXT_H
#define P2P_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_NAME_MAX = 64, /* bytes of a user or group name (DESIGN limits) */
    TEXT_COMPONENT_MAX = 240, /* bytes of one part of a path in an item, so that
                                 ".part" still fits into NAME_MAX */
};

/* Decode one character of strict UTF-8 (no overlong forms, no surrogates, at
 * most U+10FFFF). Returns its length in bytes (1 to 4), or 0 when the bytes
 * are not valid. `length` must be at least 1. */
size_t text_decode(const char *text, size_t length, uint32_t *character);

/* Write a character as UTF-8; returns its length (1 to 4). */
size_t text_encode(uint32_t character, char out[4]);

bool text_is_utf8(const char *text, size_t length);

/* True for characters that must never be shown raw: C0, C1, DEL, bidi
 * controls, zero-width characters, line separators, private use, tags,
 * noncharacters. */
bool text_is_hostile(uint32_t character);

/* True for a user or group name: 1 to TEXT_NAME_MAX bytes of valid UTF-8, no
 * hostile character, no blank at either end. */
bool text_is_name(const char *name);

/* True for one part of a path in a manifest (WIRE rules): 1 to
 * TEXT_COMPONENT_MAX bytes of valid UTF-8, not "." or "..", no '/' and no
 * hostile character. */
bool text_is_component(const char *part, size_t length);

/* A copy in new memory that is safe on a terminal (free() it): hostile and
 * invalid bytes become U+FFFD, at most two combining marks stay on a
 * character, newlines and tabs become blanks. `length` bytes are read. */
char *text_safe(const char *text, size_t length);

/* The same as text_safe for a NUL-terminated string; NULL gives "". */
char *text_safe_string(const char *text);

/* Write `text` to `out` for a log: control characters, quotes, backslashes and
 * non-UTF-8 bytes C-escaped; cut to fit `size`. */
void text_log_safe(const char *text, char *out, size_t size);

/* Columns on a terminal of a string made by text_safe() (libc wcwidth). */
int text_width(const char *safe);

/* Lower-case fold good enough to find names that collide on
 * case-insensitive file systems (ASCII, Latin-1, Greek, Cyrillic); free(). */
char *text_fold(const char *text);
uint32_t text_fold_character(uint32_t character);

#endif /* P2P_UTIL_TEXT_H */
