/* plainout: answers as text tables or as JSON, for --plain, -c and --json.
 *
 * Every foreign string passes text_safe() on its way out. The fields of the
 * JSON objects are documented in p2ptui(1) and never change their meaning.
 */
#ifndef P2P_TUI_PLAINOUT_H
#define P2P_TUI_PLAINOUT_H

#include <stdbool.h>

struct buf;
struct event;
struct rows;

/* Append a table with a header line and no frames (nothing for ROWS_NONE). */
void plainout_table(struct buf *out, const struct rows *rows);

/* Append one line: {"command":...,"ok":true,"result":...} or "error".
 * `command` is NULL when it failed before there was one. */
void plainout_json(struct buf *out, const char *command,
                   const struct event *reply);

/* The exit status for a result code, as p2ptui(1) lists them. */
int plainout_status(int code);

/* What helps against an error, when its text does not say so; or NULL. */
const char *plainout_hint(int code);

/* "62 %, 416 of 670 MiB, 8.4 MiB/s, 30 s left, 6 peers" for an
 * EVENT_PROGRESS. */
void plainout_progress(struct buf *out, const struct event *e);

#endif /* P2P_TUI_PLAINOUT_H */
