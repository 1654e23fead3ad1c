/* hex: bytes as hexadecimal and as base64 (RFC 4648, with padding). */
#ifndef P2P_UTIL_HEX_H
#define P2P_UTIL_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Write 2*size lower-case digits and a NUL to `out`. */
void hex_encode(const void *data, size_t size, char *out);

/* Decode exactly `size` bytes from 2*size digits (either case) that end at the
 * NUL. P2P_EINVAL for anything else. */
int hex_decode(const char *text, void *out, size_t size);

/* Base64 of the data in new memory; free() it. */
char *base64_encode(const void *data, size_t size);

/* Decode canonical base64 into new memory (free() it). P2P_EINVAL for any
 * character, padding or spare bit that encode would not write; P2P_ETOOBIG
 * above `max` bytes. */
int base64_decode(const char *text, size_t max, uint8_t **out, size_t *size);

#endif /* P2P_UTIL_HEX_H */
