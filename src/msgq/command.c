#include "config.h"

#include "msgq/command.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

struct command *command_new(enum command_kind kind, uint64_t request)
{
    struct command *c = mem_calloc(1, sizeof(*c));

    c->kind = kind;
    c->request = request;
    return c;
}

void command_free(struct command *c)
{
    if (c == NULL) {
        return;
    }
    free(c->user);
    free(c->group);
    free(c->name);
    free(c->path);
    free(c->text);
    mem_free_secret(c->secret);
    mem_free_secret(c->secret2);
    free(c);
}

void command_drop(void *message)
{
    command_free(message);
}

const char *command_kind_name(enum command_kind kind)
{
#define COMMAND_NAME(name) [COMMAND_##name] = #name,
    static const char *const names[] = {COMMAND_KINDS(COMMAND_NAME)};
#undef COMMAND_NAME

    assert((int)kind >= 0 && kind < COMMAND_KIND_COUNT);
    return names[kind];
}
