/* mailbox: messages from one loop thread to another, in order, none lost. One
 * sender, one receiver; two of them make a conversation.
 *
 * The queue below is bounded. What does not fit waits at the sender, and the
 * receiver wakes the sender when there is room.
 */
#ifndef P2P_ENGINE_MAILBOX_H
#define P2P_ENGINE_MAILBOX_H

struct loop;
struct mailbox;

/* `to` runs `receive(arg, message)` for each message on its thread. Make and
 * free it while neither loop runs, or on their threads before the first and
 * after the last message. */
struct mailbox *mailbox_new(struct loop *from, struct loop *to,
                            void (*receive)(void *arg, void *message),
                            void *arg);

/* Messages not yet received go to `drop`. NULL is allowed. */
void mailbox_free(struct mailbox *m, void (*drop)(void *message));

/* The two wake-ups belong to different loops; each thread closes its own
 * before mailbox_free(). */
void mailbox_close_sender(struct mailbox *m);
void mailbox_close_receiver(struct mailbox *m);

void mailbox_send(struct mailbox *m, void *message);

#endif /* P2P_ENGINE_MAILBOX_H */
