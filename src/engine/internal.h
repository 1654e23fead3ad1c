/* internal: what the files of the engine share among themselves; nobody else
 * includes it.
 */
#ifndef P2P_ENGINE_INTERNAL_H
#define P2P_ENGINE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "engine/filejob.h"
#include "engine/swarm.h"
#include "msgq/event.h"
#include "wire/manifest.h"

struct core;
struct content;
struct item_record;

/* A command that is answered when the transfer is complete. */
struct waiting {
    STAILQ_ENTRY(waiting) link;
    uint64_t request;
};

/* Something asked for while the files were being opened; done after that. */
struct postponed {
    STAILQ_ENTRY(postponed) link;
    void (*act)(struct transfer *t, uint64_t request);
    uint64_t request;
};

/* engine/transfer.c changes it, engine/transferview.c reads it. */
struct transfer {
    struct core *core;
    char hex[2 * MANIFEST_HASH + 1];
    uint8_t hash[MANIFEST_HASH];
    struct item_record *record; /* its manifest is the content's */
    enum filejob_origin origin;
    bool is_origin;          /* of a directory that is served */
    struct content *content; /* NULL while opening */
    struct swarm *swarm;     /* loading, or serving those it had */
    bool is_served;          /* by the server thread */
    bool is_damaged;         /* complete once, but files have changed */
    bool is_rechecking;      /* its files are looked at and hashed */
    bool needs_check;        /* that must happen before it is offered */
    struct bitfield *known;  /* pieces that need not be hashed then */
    enum transfer_state state;
    char *reason;
    struct filejob_verify *verify;
    uint64_t verify_done;
    uint64_t verify_request;
    unsigned jobs; /* callbacks that will still come */
    struct swarm_stats loaded, served;
    uint64_t given_before; /* bytes served before it was withdrawn last */
    uint32_t rates_down[EVENT_HISTORY], rates_up[EVENT_HISTORY]; /* as there */
    int64_t rates_ms, told_ms;
    bool has_new_rates;
    STAILQ_HEAD(, waiting) waiters; /* commands answered when complete */
    STAILQ_HEAD(, postponed) postponed;
    bool swarm_is_ending; /* swarm_stop() was called */
    bool runs_again;      /* wanted to run while it was ending */
    bool waits_for_group; /* one of `jobs` is group_need() */
    bool is_removing, is_deleting, is_forgetting;
    uint64_t remove_request;
};

/* transferview.c: what of a complete copy is left, and what to do about it. */
void transfer_describe_damage(const struct transfer *t, char *out, size_t size);
const char *transfer_damage_help(void);
/* Say to the user how a verification ended: `bad` pieces do not fit. */
void transfer_tell_verified(struct transfer *t, uint32_t bad);

#endif /* P2P_ENGINE_INTERNAL_H */
