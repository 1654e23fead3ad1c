/* status: ask a tracker that runs, through its HTTP port, how it is. */
#ifndef P2P_TRACKER_STATUS_H
#define P2P_TRACKER_STATUS_H

#include <stdio.h>

struct contact;
struct err;

/* Print "name: value" lines. P2P_ECONNECT or P2P_EPROTO with a sentence when
 * nobody, or nobody like a tracker, answers within some seconds. */
int status_print(const struct contact *http, FILE *out, struct err *e);

#endif /* P2P_TRACKER_STATUS_H */
