/* link: the two queues between the screen and the engine, with their wake-ups.
 *
 * The mains make one link and hand an end to each side. The screen's end has
 * an eventfd to poll; the engine's end a function that wakes its loop.
 */
#ifndef P2P_MSGQ_LINK_H
#define P2P_MSGQ_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct link;
struct command;
struct event;

enum {
    LINK_COMMANDS = 256, /* most commands under way */
    LINK_EVENTS = 4096,  /* most events under way */
};

/* `wake_engine(arg)` runs on the screen's thread after a command was pushed,
 * and when there is room again after a link_post() that failed. */
struct link *link_new(void);
void link_set_engine_wake(struct link *l, void (*wake)(void *arg), void *arg);
void link_free(struct link *l);

/* Screen side. link_send takes `c` on true. link_fd becomes readable when
 * events wait; link_receive clears it and returns them one by one until NULL.
 */
uint64_t link_next_request(struct link *l); /* 1, 2, 3, ... */
bool link_send(struct link *l, struct command *c);
int link_fd(const struct link *l);
struct event *link_receive(struct link *l);

/* Engine side. link_post takes `e` on true; after false, which means a full
 * queue, the engine is woken once the screen has read everything. */
struct command *link_take(struct link *l);
bool link_post(struct link *l, struct event *e);

#endif /* P2P_MSGQ_LINK_H */
