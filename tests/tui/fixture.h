/* fixture: what a screen shows in tests: a group with six files, one of them
 * half loaded from six peers, made of the events an engine would send.
 */
#ifndef P2P_TESTS_TUI_FIXTURE_H
#define P2P_TESTS_TUI_FIXTURE_H

#include <stdbool.h>

struct command;
struct event;
struct link;

enum { FIXTURE_NOW = 1795269731 /* 2026-11-21 14:02:11 UTC */ };

/* Post all of it to the screen's side of the link. */
void fixture_post(struct link *l);

/* Parts of it, each an event that the caller owns. */
struct event *fixture_session(bool logged_in);
struct event *fixture_groups(void);
struct event *fixture_files(void);
struct event *fixture_transfers(unsigned step); /* rates move with `step` */
/* The same with those of other groups; and who takes what. */
struct event *fixture_all_transfers(unsigned step);
struct event *fixture_takers(void);
struct event *fixture_peers(unsigned step);
struct event *fixture_pieces(unsigned step); /* loads a bit more each step */
struct event *fixture_rates(unsigned step);
struct event *fixture_requests(void);
struct event *fixture_members(void);
struct event *fixture_notice(int level, int seconds_ago, const char *text);
/* The same, about the group. */
struct event *fixture_group_notice(int level, int seconds_ago,
                                   const char *text);

/* Answer a command as an engine would; the caller owns the event. */
struct event *fixture_answer(const struct command *c);

#endif /* P2P_TESTS_TUI_FIXTURE_H */
