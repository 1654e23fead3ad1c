/* trackernews: tells the user what happens to the trackers of the list: one is
 * lost, is back, or shows another certificate. Each is told once.
 */
#ifndef P2P_ENGINE_TRACKERNEWS_H
#define P2P_ENGINE_TRACKERNEWS_H

struct core;
struct trackernews;

struct trackernews *trackernews_new(struct core *c); /* keeps `c` */
void trackernews_free(struct trackernews *n);

/* The session's state has changed: compare it with the last look. */
void trackernews_update(struct trackernews *n);

#endif /* P2P_ENGINE_TRACKERNEWS_H */
