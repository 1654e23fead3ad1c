/* loop: one libuv event loop, owned by the thread that runs it. */
#ifndef P2P_NET_LOOP_H
#define P2P_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct wake;
struct timer;
struct uv_loop_s;

struct loop *loop_new(void);    /* Never NULL. */
void loop_free(struct loop *l); /* after loop_run() returned */

/* Run on this thread until loop_stop(); this thread owns the loop from now on.
 * `name` (at most 15 bytes) is shown by "ps -L". */
void loop_run(struct loop *l, const char *name);
void loop_stop(struct loop *l); /* owner thread only */

/* Assert that the caller is the owner (no check before loop_run()). */
void loop_assert_owner(const struct loop *l);

/* The time of this turn of the loop: monotonic milliseconds. */
int64_t loop_now_ms(const struct loop *l);

struct uv_loop_s *loop_uv(struct loop *l);

/* Something another thread can use to make `cb` run on the loop's thread.
 * Several sends before it runs become one call. wake_new and wake_free on the
 * owner (or before it runs), wake_send from any thread and from signal
 * handlers. */
struct wake *wake_new(struct loop *l, void (*cb)(void *arg), void *arg);
void wake_send(struct wake *w);
void wake_free(struct wake *w); /* no wake_send() may follow */

/* A one-shot timer. Not running when made. */
struct timer *timer_new(struct loop *l, void (*cb)(void *arg), void *arg);
void timer_start(struct timer *t, int64_t delay_ms); /* restarts if running */
void timer_stop(struct timer *t);
bool timer_is_running(const struct timer *t);
void timer_free(struct timer *t); /* NULL is allowed; never inside libuv's use:
                                     memory goes in the close callback */

/* Call `cb` when one of the signals arrives (at most 8 registrations). */
int loop_on_signal(struct loop *l, int signal_number,
                   void (*cb)(void *arg, int signal_number), void *arg);

#endif /* P2P_NET_LOOP_H */
