/* wording: how values are said in narrow columns. */
#ifndef P2P_TUI_WORDING_H
#define P2P_TUI_WORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msgq/event.h"
#include "tui/glyph.h"

enum {
    WORDING_MAX = 64,       /* bytes that hold any result, with the NUL */
    WORDING_SENTENCE = 512, /* and any sentence */
    WORDING_BUSY = 85,      /* percent of load that is called busy */
};

/* A word of rows.h, like "sharing" or "owner", for people; `word` itself when
 * it is none of them. */
const char *wording_word(const char *word);

/* The value of a field for people; it has words of rows.h for programs. NULL
 * when the field has none. */
const char *wording_value(const struct row_field *field);

/* The word of a state; `sources` tells "not here" from "no peers". */
const char *wording_state(enum transfer_state state, uint32_t sources);

/* The sign of a state or notice; GLYPH_COUNT without one. Plain characters
 * are returned in `character` instead. */
enum glyph wording_state_sign(enum transfer_state state, char *character);
enum glyph wording_level_sign(enum notice_level level, char *character);

/* A sentence that stands alone begins with a capital; a name, a path or an
 * address in front stays as it is. */
const char *wording_sentence(const char *text, char *out, size_t size);

/* What a peer does for us in one short word: "sending", "busy", "slow"... */
const char *wording_peer(const struct row_peer *p);

/* An action's label as a title: without its dots. */
const char *wording_title(const char *label, char *out, size_t size);

/* "30 s", "50 m", "3 h", "2 d"; "" when it is not known. */
const char *wording_time_left(int64_t seconds, char out[WORDING_MAX]);

/* "416 of 670 MiB", "1.5 of 4.7 GiB", "880 KiB of 2.1 MiB". */
const char *wording_amount(uint64_t part, uint64_t whole,
                           char out[WORDING_MAX]);

/* From now on times have 12 hours, in the whole process. For the thread that
 * shows them. */
void wording_use_12_hours(bool twelve);
int wording_clock_width(bool full); /* columns of the next one */

/* "14:02" and "14:02:11" in local time, or " 2:02 pm" and " 2:02:11 pm". */
const char *wording_clock(int64_t seconds, bool full, char out[WORDING_MAX]);

/* "today 13:20", "yesterday", "2026-11-18". */
const char *wording_day(int64_t seconds, int64_t now, char out[WORDING_MAX]);

/* "2028-01-02" in UTC; "" of 0. */
const char *wording_date(int64_t seconds, char out[WORDING_MAX]);

/* The clock of today, else "11-20", and with `full` "11-20 09:12". */
const char *wording_moment(int64_t seconds, int64_t now, bool full,
                           char out[WORDING_MAX]);

struct row_tracker;

/* In one word or two: "in use", "up", "no login"; or its problem, as the
 * tracker list shows it. Valid as long as the row. */
const char *wording_tracker(const struct row_tracker *t);

#endif /* P2P_TUI_WORDING_H */
