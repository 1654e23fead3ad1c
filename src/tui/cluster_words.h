/* cluster_words: how trackers and what they do are said. */
#ifndef P2P_TUI_CLUSTER_WORDS_H
#define P2P_TUI_CLUSTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msgq/event.h"
#include "tui/cluster_state.h"
#include "tui/glyph.h"
#include "tui/theme.h"

enum { CLUSTER_TEXT = 320 /* bytes that hold any name or sentence */ };

/* "t1.lab": the host alone where no other tracker has it, else with its port;
 * `tight`: the first label of a host name or the port, where that is enough. */
const char *cluster_name(const struct ui *ui, const struct row_tracker *t,
                         bool tight, char out[CLUSTER_TEXT]);

/* The columns of the longest name of those listed. */
int cluster_name_width(const struct ui *ui, bool tight);

/* Its state in a sign and a word or two. */
struct cluster_state_word {
    enum glyph sign;
    const char *word;
    enum theme_role role;
};
struct cluster_state_word cluster_word(const struct row_tracker *t);

/* "leader", "follower", ...; "-" when it is not known. */
const char *cluster_role(const struct row_tracker *t);

/* A figure with its thousands apart, "?" when it is not known. */
const char *cluster_count(const struct row_tracker *t,
                          enum tracker_figure figure, char out[CLUSTER_TEXT]);

/* Requests a second in the newest slot, "48" or "4.8"; `sum` of a slot. */
const char *cluster_rate(int64_t sum, char out[CLUSTER_TEXT]);

/* "1.9 ms" of microseconds; "?" below 0. */
const char *cluster_latency(int64_t us, char out[CLUSTER_TEXT]);

/* "healthy: 3 of 3 up, 2 needed", or without the first word. */
const char *cluster_health(const struct ui *ui, bool with_word,
                           char out[CLUSTER_TEXT]);

/* How the trackers stand to each other; `more` says what they hold, too. */
const char *cluster_sentence(const struct ui *ui, bool more,
                             char out[CLUSTER_TEXT]);

/* What a loss would mean; "" of those that stand alone. */
const char *cluster_margin(const struct ui *ui, char out[CLUSTER_TEXT]);

/* What is wrong with one tracker and what is done about it; NULL: nothing. */
const char *cluster_trouble(const struct ui *ui, const struct row_tracker *t,
                            char out[CLUSTER_TEXT]);

/* For the line below the view; false when there is nothing to say. */
bool cluster_says(const struct ui *ui, enum notice_level *level, char *out,
                  size_t size);

#endif /* P2P_TUI_CLUSTER_WORDS_H */
