/* swarm_parts: what the files of swarm share: swarm.c (life, members,
 * addresses), fetch.c (loading: what to ask whom, checks, blame) and
 * swarm_view.c (numbers). Included by nobody else.
 */
#ifndef P2P_ENGINE_SWARM_PARTS_H
#define P2P_ENGINE_SWARM_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/intake.h"
#include "engine/introduce.h"
#include "engine/origin.h"
#include "engine/peer.h"
#include "engine/peercache.h"
#include "util/ratelimit.h"
#include "util/state.h"

struct bitfield;
struct conn;
struct content;
struct disk_port;
struct hashes;
struct loop;
struct manifest;
struct membership;
struct picker;
struct runpool;
struct swarm;
struct swarm_ops;
struct book;
struct book_entry;
struct look;
struct map;
struct meet_job;
struct timer;

enum {
    MEMBERS_MAX = 200,          /* SWARM_PEERS_MAX */
    MEMBERS_OF_USER = 8,        /* connections of one user: its computers;
                                   nobody takes all places */
    SWARM_TICK_MS = 1000,       /* while something moves */
    SWARM_IDLE_TICK_MS = 20000, /* while connections are only kept */
    SWARM_PARKED_MS = 5000,     /* between looks at a full disk */
    SWARM_PARKED_ROOM = 64 * 1024 * 1024, /* bytes free to go on, or all
                                             that is missing if less */
    SWARM_HUNGRY_MS = 30000,              /* between calls for more addresses */
    RATE_STILL_MS = 3000,                 /* without a byte: the rate is 0 */
    RATE_FIRST_MS = 50,                   /* then a first rate can be told */
    RECENT_MS = 2000,        /* a block so long ago counts as progress */
    SWARM_ROTATE_MS = 15000, /* a turn, when more want us than are served */
    SWARM_NAME = 65,         /* bytes of a user's name or id with NUL */
    DEPTH_MIN = 16,          /* requests: one run */
    DEPTH_START = 64,        /* 1 MiB: then it doubles per round trip */
    DEPTH_AHEAD_MS = 300,    /* requests for so long besides the RTT */
    LEAF_WAIT_MS = 10000,    /* then a piece goes on without leaves */
    LEAF_FRESH_MS = 1000,    /* then they are asked of others too */
    STALLED_MS = 60000,      /* not one block in this time: close */
    REJECTED_MS = 1000,      /* rest after a rejected request */
    REJECTS_IN_A_ROW = 64,   /* then the rest is longer */
    REJECTED_LONG_MS = 15000,
    MEET_SAVE_MS = 5000, /* between two writes of the cache */
    /* New addresses that are taken from one user: a message full at once, then
     * as many as a swarm of friends needs. A liar makes us call no more. */
    MEET_NAMES_BURST = PEERMSG_PEERS_MAX,
    MEET_NAMES_PER_MINUTE = 5,
};

/* Speed of one direction, from samples. */
struct rate {
    uint64_t total, sampled; /* bytes; up to the last sample */
    double per_second;
    double age, still; /* seconds since it began, and since the last byte */
};

/* Who gave something: a user, as the certificate names it. Never forgotten
 * while the swarm lives, so that blame finds the user after it left. */
struct party {
    char user[SWARM_NAME], user_id[SWARM_NAME];
    char address[64]; /* last seen */
    char letter;      /* last used */
    uint32_t bad_blocks;
    bool banned;
    struct ratelimit names; /* addresses it may still name */
};

struct member {
    struct swarm *swarm;
    struct peer *peer;
    struct book_entry *entry; /* its address, when it is known */
    uint32_t slot;            /* in swarm->members and the picker */
    uint32_t party;           /* index; INTAKE_NOBODY before TLS is up */
    char letter;
    int64_t not_before, not_after; /* of the certificate, seconds since 1970 */
    bool was_active, in_picker;
    struct rate down, up;
    /* fetch */
    struct intake_landing landing;
    bool refuses_hashes, is_slow, is_snubbed;
    bool is_starting; /* depth still doubles */
    uint32_t depth;
    uint32_t rejects;      /* since the last block */
    int64_t rest_until_ms; /* ask nothing before */
    int64_t progress_ms;   /* last block, or first request after a rest */
    int64_t window_ms;     /* start of a short measurement */
    uint64_t window_from;
    double fast_rate;  /* bytes per second in the last short measurement */
    int64_t joined_ms; /* its pieces were known */
    bool is_origin;
    struct bitfield *offer; /* origins: what may be asked; or NULL */
    uint32_t offer_at;      /* value of others_changed it was made at */
    /* serving */
    int64_t choke_ms;      /* of the last change */
    struct introduce told; /* of other members */
    uint32_t told_at;      /* value of live_changed it is up to date with */
};

/* A hash request for the leaves of a piece that is under way. */
struct leaf_ask {
    uint32_t piece, part;
    struct member *member;
    struct peermsg_hash_request request;
    int64_t until_ms;
};

/* A piece that failed, and the party that gave it, or INTAKE_NOBODY. */
struct bad_piece {
    uint32_t piece, party;
};

enum swarm_state {
    SWARM_LOADING,
    SWARM_PARKED,
    SWARM_FINISHING,
    SWARM_SERVING,
    SWARM_STOPPING,
    SWARM_STOPPED,
};

struct swarm {
    struct loop *loop;
    struct disk_port *port;
    struct content *content;
    const struct manifest *m;
    struct membership *membership, *before; /* before: the last but one */
    const struct swarm_ops *ops;
    void *arg;
    struct state state;
    bool load, paused, unreadable, sequential;
    bool is_flushed; /* the journal is closed */
    uint8_t own_id[PEER_ID];
    uint16_t listen_port;
    struct hashes *hashes;
    struct runpool *pool;
    struct book *book;
    struct peercache cache; /* of a swarm that loads */
    bool cache_is_dirty;
    struct meet_job *cache_job; /* reads it */
    uint32_t live_changed;      /* counts up when who may be told of changes */
    struct timer *cache_timer;
    struct member *members[MEMBERS_MAX];
    uint32_t member_count, unchoked;
    struct timer *tick, *dial_timer, *stop_timer, *park_timer;
    bool tick_is_slow;
    int64_t sampled_ms, hungry_ms, rotated_ms;
    struct party *parties;
    uint32_t party_count, party_room;
    struct map *party_by_id; /* user id -> index + 1 */
    struct map *refused;     /* user name -> second it may come back */
    struct rate down, up;    /* up: total of closed members is in up_before */
    uint64_t up_before;
    uint64_t wasted;
    uint32_t bad_blocks;
    char *sources; /* a letter for each piece; '.' from disk, 0 missing */
    /* fetch; NULL when complete */
    struct picker *picker;
    struct intake *intake;
    struct leaf_ask *leaf_asks;
    size_t leaf_count, leaf_room;
    int64_t block_ms; /* last block from anybody */
    /* For origins: who else can give what. */
    enum origin_use origin_use;
    uint32_t others_changed; /* counts up */
    int64_t able_since_ms;   /* others can be asked since then; 0: nobody can */
    int park_code;
    struct look *look;            /* at the free space, under way */
    struct bad_piece *bad_pieces; /* that failed and are not there yet */
    uint32_t bad_count, bad_room;
};

/* swarm.c */
uint32_t swarm_party_of(struct swarm *s, const char *user, const char *user_id);
void swarm_dial_more(struct swarm *s);
void swarm_close_all(struct swarm *s);

/* member.c. swarm_end_seed() ends a connection between two that have all; true
 * when it did. */
struct member *swarm_new_member(struct swarm *s); /* NULL: full */
struct peer_setup swarm_peer_setup(struct swarm *s, struct member *m);
bool swarm_end_seed(struct swarm *s, struct member *m);
void swarm_rotate(struct swarm *s, int64_t now_ms);
void swarm_end_member(struct swarm *s, struct member *m, bool failed);
void swarm_blame(struct swarm *s, uint32_t party, uint32_t piece);
void swarm_become_serving(struct swarm *s);
void swarm_stopped_soon(struct swarm *s);
void swarm_wake_tick(struct swarm *s);
void swarm_count_bad(struct swarm *s, uint32_t piece, uint32_t party);

/* meet.c. A swarm starts, stops, is freed; a user appears. */
void meet_start(struct swarm *s);
void meet_stop(struct swarm *s);
void meet_free(struct swarm *s);
void meet_party(struct swarm *s, struct party *y);
/* The entry of an address that `m` named; NULL: refused. */
struct book_entry *meet_learn(struct swarm *s, const struct member *m,
                              const char *address);
void meet_known(struct swarm *s, struct member *m); /* is up; has an entry */
void meet_left(struct swarm *s);                    /* a member */
void meet_banned(struct swarm *s, uint32_t party);  /* still connected */
void meet_tell(struct swarm *s, struct member *m, int64_t now_ms);
void meet_tick(struct swarm *s, int64_t now_ms);
void meet_told(struct swarm *s, struct member *m,
               const struct peermsg_peers *list);

/* fetch.c: called by swarm.c; all do nothing when the swarm does not load. */
void fetch_start(struct swarm *s);
void fetch_free(struct swarm *s);
void fetch_add(struct swarm *s, struct member *m); /* its pieces are known */
void fetch_remove(struct swarm *s, struct member *m);
void fetch_has(struct swarm *s, struct member *m, uint32_t piece);
void fetch_lacks(struct swarm *s, struct member *m, uint32_t piece);
void fetch_choke(struct swarm *s, struct member *m);
void fetch_origin(struct swarm *s, struct member *m); /* it says it is one */
void fetch_fill_origins(struct swarm *s);             /* others came or went */
void fetch_fill(struct swarm *s, struct member *m);
void fetch_fill_all(struct swarm *s);
void fetch_tick(struct swarm *s, int64_t now_ms);
void fetch_lost(struct swarm *s, uint32_t piece);
void fetch_give_up_all(struct swarm *s); /* parked: everything is given back */
uint8_t *fetch_place(struct swarm *s, struct member *m,
                     const struct picker_block *b);
void fetch_block(struct swarm *s, struct member *m,
                 const struct picker_block *b);
void fetch_reject(struct swarm *s, struct member *m,
                  const struct picker_block *b);
void fetch_hashes(struct swarm *s, struct member *m,
                  const struct peermsg_hash_request *r, const uint8_t *data,
                  uint32_t count);
void fetch_retry(struct swarm *s);

#endif /* P2P_ENGINE_SWARM_PARTS_H */
