/* model: what the screen knows. Changed only by events of the engine.
 *
 * It keeps the newest event of each kind and the notices of the session;
 * strings in it are foreign and are made safe when they are drawn.
 */
#ifndef P2P_TUI_MODEL_H
#define P2P_TUI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msgq/event.h"

enum { MODEL_NOTICES = 10000 /* kept; older ones are forgotten */ };

struct model_notice {
    enum notice_level level;
    int64_t time; /* seconds since 1970 */
    char *text;
    char *group, *name; /* what it is about; NULL: nothing of the kind; a name
                           alone is the address of a tracker */
};

struct model {
    struct event *session; /* owned, as all events here; NULL before any */
    struct event *pieces;
    struct event *rates;
    struct event *tables[ROWS_FIELDS + 1]; /* by kind of rows */
    struct model_notice *notices;          /* a ring */
    size_t notice_count, notice_next;
};

void model_init(struct model *m);
void model_close(struct model *m);

/* Takes `e`; returns false when it is of no use and nothing changed. Rows of a
 * reply count like rows that came by themselves; the caller has filled in
 * which group and name they are about. */
bool model_apply(struct model *m, struct event *e);

/* The n-th newest notice (0 is the newest), or NULL. */
const struct model_notice *model_notice(const struct model *m, size_t n);
/* `group` and `name` (NULL allowed): what it is about. */
void model_add_notice(struct model *m, enum notice_level level, int64_t time,
                      const char *group, const char *name, const char *text);

bool model_is_logged_in(const struct model *m);
bool model_is_connected(const struct model *m);
const char *model_user(const struct model *m); /* NULL when nobody */

/* The rows of a kind; empty rows when there are none yet. */
const struct rows *model_rows(const struct model *m, enum rows_kind kind);

/* The same, if they are about this group and name (NULL: not compared). */
const struct rows *model_rows_of(const struct model *m, enum rows_kind kind,
                                 const char *group, const char *name);

/* NULL when there is none. */
const struct row_group *model_group(const struct model *m, const char *name);
const struct row_transfer *model_transfer(const struct model *m,
                                          const char *group, const char *name);
const struct row_file *model_file(const struct model *m, const char *group,
                                  const char *name);
const struct event_pieces *model_pieces(const struct model *m,
                                        const char *group, const char *name);

#endif /* P2P_TUI_MODEL_H */
