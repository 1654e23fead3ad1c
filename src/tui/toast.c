#include "config.h"

#include "tui/toast.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void toast_init(struct toast *t)
{
    memset(t, 0, sizeof(*t));
}

void toast_close(struct toast *t)
{
    free(t->text);
    free(t->next);
    toast_init(t);
}

/* How long a notice stays when nothing newer comes; -1 until a key. */
static int64_t life_ms(const struct toast *t)
{
    int64_t info = t->info_ms > 0 ? t->info_ms : TOAST_INFO_MS;

    switch (t->level) {
    case NOTICE_DONE:
    case NOTICE_INFO:
        return info;
    case NOTICE_ASK:
    case NOTICE_WARNING:
        return info > TOAST_WARNING_MS ? info : TOAST_WARNING_MS;
    case NOTICE_ERROR:
        break;
    }
    return -1;
}

static void show_next(struct toast *t, int64_t now_ms)
{
    free(t->text);
    t->text = t->next;
    t->level = t->next_level;
    t->time = t->next_time;
    t->missed = t->waiting > 0 ? t->waiting - 1 : 0;
    t->shown_ms = now_ms;
    t->next = NULL;
    t->waiting = 0;
}

void toast_add(struct toast *t, enum notice_level level, int64_t time,
               const char *text, int64_t now_ms)
{
    /* An error that waits is not hidden by good news. */
    bool milder = t->next != NULL && t->next_level == NOTICE_ERROR &&
                  level != NOTICE_ERROR;

    t->waiting++;
    if (!milder) {
        free(t->next);
        t->next = mem_strdup(text == NULL ? "" : text);
        t->next_level = level;
        t->next_time = time;
    }
    toast_tick(t, now_ms);
}

bool toast_seen(struct toast *t, int64_t now_ms)
{
    if (t->text == NULL || (t->level != NOTICE_ERROR && t->next == NULL)) {
        if (t->text != NULL && t->shown_ms > now_ms - TOAST_LEAST_MS) {
            t->shown_ms = now_ms - TOAST_LEAST_MS; /* the answer to the key
                                                      need not wait */
        }
        return false;
    }
    show_next(t, now_ms);
    return true;
}

int64_t toast_due_ms(const struct toast *t)
{
    int64_t life;

    if (t->text == NULL) {
        return -1;
    }
    life = life_ms(t);
    if (t->next != NULL && life >= 0) {
        return t->shown_ms + TOAST_LEAST_MS;
    }
    if (t->next != NULL && t->next_level == NOTICE_ERROR) {
        return t->shown_ms + TOAST_LEAST_MS;
    }
    return life < 0 ? -1 : t->shown_ms + life;
}

bool toast_tick(struct toast *t, int64_t now_ms)
{
    int64_t due = toast_due_ms(t);

    if (t->text == NULL ? t->next == NULL : due < 0 || now_ms < due) {
        return false;
    }
    show_next(t, now_ms);
    return true;
}
