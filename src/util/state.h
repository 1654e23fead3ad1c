/* state: a checked and traced state machine. The allowed moves are a table. */
#ifndef P2P_UTIL_STATE_H
#define P2P_UTIL_STATE_H

#include <stdint.h>

#define STATE_BIT(s) (1u << (s))

struct state_rule {
    const char *name;
    uint32_t next; /* STATE_BIT of each state that may follow */
};

struct state {
    const struct state_rule *rules;
    const char *what; /* "peer", "session": for the trace */
    int now;
};

/* Start in state `first`. `rules` and `what` must outlive `s`. */
void state_init(struct state *s, const struct state_rule *rules,
                const char *what, int first);

/* Move to `next`; asserts that the table allows it and traces the move under
 * the trace word "state". */
void state_move(struct state *s, int next);

const char *state_name(const struct state *s);

#endif /* P2P_UTIL_STATE_H */
