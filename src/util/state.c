#include "config.h"

#include "util/state.h"

#include <assert.h>

#include "util/log.h"

void state_init(struct state *s, const struct state_rule *rules,
                const char *what, int first)
{
    s->rules = rules;
    s->what = what;
    s->now = first;
}

void state_move(struct state *s, int next)
{
    assert(next >= 0 && next < 32);
    assert((s->rules[s->now].next & STATE_BIT(next)) != 0);
    log_trace("state", "%s %p: %s -> %s", s->what, (void *)s,
              s->rules[s->now].name, s->rules[next].name);
    s->now = next;
}

const char *state_name(const struct state *s)
{
    return s->rules[s->now].name;
}
