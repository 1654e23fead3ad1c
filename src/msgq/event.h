/* event: what the engine tells the screen (or the command line).
 *
 * State events (ROWS, PIECES, RATES, PROGRESS) may be dropped when the queue is
 * full, because a later one repeats them; facts (REPLY, NOTICE, SESSION,
 * STOPPED) never are: the engine keeps them until there is room.
 */
#ifndef P2P_MSGQ_EVENT_H
#define P2P_MSGQ_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "msgq/rows.h"

enum event_kind {
    EVENT_REPLY,    /* answer to a command: request, code, text, rows */
    EVENT_PROGRESS, /* of a command that runs: request, progress */
    EVENT_SESSION,  /* session: tracker, user */
    EVENT_ROWS,     /* a table that changed: rows, and group/name it is about */
    EVENT_PIECES,   /* pieces of the watched item */
    EVENT_RATES,    /* rates: totals of all transfers */
    EVENT_NOTICE,   /* something happened: level, text */
    EVENT_STOPPED,  /* the engine has ended; nothing follows */
};

enum notice_level {
    NOTICE_DONE, /* something finished */
    NOTICE_INFO,
    NOTICE_ASK, /* somebody waits for the user */
    NOTICE_WARNING,
    NOTICE_ERROR,
};

struct event_session {
    bool connected; /* to a tracker */
    bool logged_in;
    char *tracker; /* "host:port" in use or last tried; NULL without any */
    char *user;    /* NULL when not logged in */
    char *problem; /* sentence, NULL when all is well */
    uint32_t trackers_up, trackers_total;
    uint16_t listen_port; /* of the peer server; 0 before it listens */
};

struct event_progress {
    enum transfer_state phase;
    uint64_t done, total; /* bytes */
    uint64_t rate;        /* bytes per second */
    int64_t eta;          /* seconds, -1 unknown */
    uint32_t peers;
};

/* A piece on its way; with all blocks here it is being checked, or waits for
 * room on the disk. */
struct event_piece_arriving {
    uint32_t piece;
    uint32_t done, total; /* blocks of 16 KiB that are here, and all */
    char letter;          /* peer that sends it now, EVENT_LETTER_WAITS, or a
                             blank: nobody */
};

/* Its blocks are here but cannot be written. */
enum { EVENT_LETTER_WAITS = '=' };

/* A piece that failed its check and is asked again. */
struct event_piece_bad {
    uint32_t piece;
    char *user; /* who gave it, owned; NULL: not known */
};

enum { EVENT_HISTORY = 120 /* samples of the rates, one a second */ };

/* A picture of the watched item's pieces, copied. */
struct event_pieces {
    uint32_t piece_count, piece_length;
    uint8_t *have; /* bits in wire order, (piece_count+7)/8 bytes */
    /* Per piece: how many connected peers have it, 255 = that or more. */
    uint8_t *copies;
    /* Per piece: letter of the peer that gave most of it ('a'..'z'), '.' from
     * disk, 0 nobody yet. */
    uint8_t *source;
    struct event_piece_arriving *arriving;
    uint32_t arriving_count;
    struct event_piece_bad *bad;
    uint32_t bad_count;
    uint32_t rates_down[EVENT_HISTORY]; /* bytes per second, newest last */
    uint32_t rates_up[EVENT_HISTORY];
};

struct event {
    enum event_kind kind;
    uint64_t request; /* REPLY, PROGRESS */
    int code;         /* REPLY: 0 or P2P_E... */
    char *text;       /* REPLY: sentence for people (may be NULL on success);
                         NOTICE: the sentence */
    enum notice_level level;
    int64_t time;       /* NOTICE: seconds since 1970 */
    char *group, *name; /* ROWS, PIECES, NOTICE: what it is about, or NULL; a
                           NOTICE with a name alone is about the tracker of
                           that address */
    struct rows rows;
    struct event_progress progress;
    struct event_session session;
    struct event_pieces pieces;
    uint64_t rate_down, rate_up; /* RATES: bytes per second */
    uint64_t disk_free;          /* RATES: bytes, 0 unknown */
};

/* Fields of struct event, without rows and pieces (rowfield.h). */
struct rowfield;
const struct rowfield *event_fields(void);

struct event *event_new(enum event_kind kind); /* zeroed */
void event_free(struct event *e);              /* NULL is allowed. */
void event_drop(void *message);                /* for queue_free() */

#endif /* P2P_MSGQ_EVENT_H */
