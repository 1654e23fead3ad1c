/* metrics: the tracker's figures in the text form of Prometheus (0.0.4).
 * No names of users, groups or items: figures are not for members only. */
#ifndef P2P_TRACKER_METRICS_H
#define P2P_TRACKER_METRICS_H

struct buf;
struct rpc;

enum { METRICS_MAX = 64 * 1024 /* bytes; far above what there is to say */ };

void metrics_write(const struct rpc *r, struct buf *out);

#endif /* P2P_TRACKER_METRICS_H */
