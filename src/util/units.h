/* units: sizes, rates and times as people read and write them. */
#ifndef P2P_UTIL_UNITS_H
#define P2P_UTIL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNITS_TEXT = 32 /* bytes that hold any result, with the NUL */ };

/* From now on sizes and rates are shown in units of 1000 (MB) or of 1024 (MiB),
 * in the whole process. For the thread that shows them. */
void units_use_decimal(bool decimal);

/* "670 MiB", "4.7 GiB", "880 KiB", "0 B": three significant digits at most. */
const char *units_size(uint64_t bytes, char out[UNITS_TEXT]);

/* "8.4 MiB/s". */
const char *units_rate(uint64_t bytes_per_second, char out[UNITS_TEXT]);

/* Short form for narrow columns: "8.4M", "880K", "0". */
const char *units_short(uint64_t value, char out[UNITS_TEXT]);

/* "30 s", "50 min", "3 h 20 min", "2 d", "2 d 5 h"; "-" for a negative value.
 */
const char *units_duration(int64_t seconds, char out[UNITS_TEXT]);

/* "2,147" with the thousands separated by commas. */
const char *units_count(uint64_t value, char out[UNITS_TEXT]);

/* Read "512K", "10M", "1.5 GiB", "100" (1024-based). P2P_EINVAL or
 * P2P_ERANGE. */
int units_parse_size(const char *text, uint64_t *bytes);

#endif /* P2P_UTIL_UNITS_H */
