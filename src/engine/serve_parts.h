/* serve_parts: what the files of serve share: serve.c (the list, commands,
 * events) and serving.c (one directory). Included by nobody else.
 */
#ifndef P2P_ENGINE_SERVE_PARTS_H
#define P2P_ENGINE_SERVE_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "engine/dirscan.h"
#include "engine/storage.h"
#include "util/err.h"
#include "util/state.h"

struct core;
struct map;
struct readable;
struct scan;
struct serve;
struct timer;
struct transfer;
struct work;

enum serving_state { SERVING_OFF, SERVING_ASKING, SERVING_ON };

struct wait {
    STAILQ_ENTRY(wait) link;
    uint64_t request;
};

/* A file that is not shared as long as it is as it was. */
struct refusal {
    struct storage_stamp stamp;
    struct dirscan_rights rights;
    bool is_unpublished; /* taken out of the group: the rights do not matter */
};

/* One directory. */
struct serving {
    LIST_ENTRY(serving) link;
    struct serve *serve;
    struct core *core;
    char *user_id, *group, *directory;
    struct state state;
    int notify;
    struct readable *events;
    struct map *watched;   /* watch number -> path of a directory */
    struct map *unsettled; /* path -> enum unsettled */
    struct map *refused;   /* path -> struct refusal */
    struct map *working;   /* path -> struct work */
    STAILQ_HEAD(, work) queue;
    STAILQ_HEAD(, wait) waits;
    struct timer *soon;
    struct scan *scan;
    bool again;      /* scan once more when all of this is done */
    bool is_settled; /* once everything found was shared */
    bool told_limits;
    unsigned notices;
    unsigned files, refusals; /* of the last scan */
    uint64_t bytes;
    struct err problem; /* what keeps it from being settled */
};

struct serve {
    struct core *core;
    LIST_HEAD(, serving) all;
    bool is_stopping;
};

struct serving *serving_new(struct serve *v, const char *user_id,
                            const char *group, const char *directory);
void serving_free(struct serving *s);

/* Out of the list for good; in serve.c. */
void serve_forget(struct serving *s);

/* Begin, or look again; `s` may be gone afterwards. */
void serving_wake(struct serving *s);
void serving_turn_off(struct serving *s);

/* Answer the commands that wait. */
void serving_answer(struct serving *s, int code, const char *text);

/* The path in the directory when this item is one of its files, or NULL;
 * free(). */
char *serving_path_of(const struct serving *s, const struct transfer *t);

/* Call `act` for each item that is a file of the directory; it takes `path`. */
void serving_each_item(struct serving *s,
                       void (*act)(void *arg, struct transfer *t, char *path),
                       void *arg);
void serving_mark_origin(void *arg, struct transfer *t, char *path);

#endif /* P2P_ENGINE_SERVE_PARTS_H */
