/* outcome: what is said and refreshed when a command has been answered. */
#ifndef P2P_TUI_OUTCOME_H
#define P2P_TUI_OUTCOME_H

struct event;
struct ui;
struct ui_request;

/* A ui_reply_cb: say how it went and ask for tables that have changed. */
void outcome_show(struct ui *ui, struct ui_request *r, struct event *e);

/* What a request is about, for sentences; borrowed. NULL: nothing by name. */
const char *outcome_subject(const struct ui_request *r);

#endif /* P2P_TUI_OUTCOME_H */
