/* trackers: those of the fixture: three that hold the same log, and what else
 * there may be.
 */
#ifndef P2P_TESTS_TUI_TRACKERS_H
#define P2P_TESTS_TUI_TRACKERS_H

struct event;

/* One that stands alone and of which little is known, as first steps see it. */
struct event *fixture_tracker(void);

/* t1 to t3: all is well. */
struct event *fixture_cluster(void);

/* t2 is away, t3 leads, and t1 lacks `behind` entries. */
struct event *fixture_failover(int behind);

/* A single one, with its figures; and two that have nothing in common. */
struct event *fixture_lone(void);
struct event *fixture_two_lone(void);

/* Something happened to the tracker "t1.lab:7070". */
struct event *fixture_tracker_notice(int level, int seconds_ago,
                                     const char *text);

#endif /* P2P_TESTS_TUI_TRACKERS_H */
