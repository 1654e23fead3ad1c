#include "config.h"

#include "tui/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "tui/dialog.h"
#include "tui/ui.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"

static void item_close(struct sharing_item *item)
{
    free(item->path);
    free(item->group);
    free(item->problem);
}

void sharing_free(struct sharing *s)
{
    size_t i;

    if (s == NULL) {
        return;
    }
    for (i = 0; i < s->count; i++) {
        item_close(&s->items[i]);
    }
    free(s->items);
    free(s);
}

const char *sharing_name(const struct sharing_item *item)
{
    const char *slash = strrchr(item->path, '/');

    return slash == NULL ? item->path : slash + 1;
}

static bool is_open(const struct sharing_item *item)
{
    return item->state == SHARING_WAITS || item->state == SHARING_HASHING;
}

bool sharing_is_running(const struct sharing *s)
{
    size_t i;

    for (i = 0; s != NULL && i < s->count; i++) {
        if (is_open(&s->items[i])) {
            return true;
        }
    }
    return false;
}

void sharing_add(struct ui *ui, const char *path, const char *group,
                 int64_t piece_length, uint64_t size, bool is_directory)
{
    struct sharing *s = ui->sharing;
    struct sharing_item *item;

    if (s != NULL && !sharing_is_running(s)) {
        sharing_free(s);
        s = NULL;
    }
    if (s == NULL) {
        s = mem_calloc(1, sizeof(*s));
        ui->sharing = s;
    }
    s->items = mem_resize(s->items, s->count + 1, sizeof(s->items[0]));
    item = &s->items[s->count++];
    memset(item, 0, sizeof(*item));
    item->path = mem_strdup(path);
    item->group = mem_strdup(group);
    item->piece_length = piece_length;
    item->size = size;
    item->is_directory = is_directory;
}

/* ---- What is known ---------------------------------------------------- */

static const struct ui_request *request_of(const struct ui *ui,
                                           const struct sharing_item *item)
{
    const struct ui_request *r;

    if (item->state != SHARING_HASHING) {
        return NULL;
    }
    for (r = ui->requests; r != NULL && r->id != item->request; r = r->next) {
    }
    return r;
}

uint64_t sharing_done(const struct ui *ui, const struct sharing_item *item,
                      uint64_t *rate, int64_t *eta)
{
    const struct ui_request *r = request_of(ui, item);

    *rate = 0;
    *eta = -1;
    if (item->state == SHARING_DONE) {
        return item->size;
    }
    if (r == NULL || !r->has_progress) {
        return 0;
    }
    *rate = r->progress.rate;
    *eta = r->progress.eta;
    return r->progress.done;
}

/* What a directory holds is known once the engine has looked. */
static uint64_t size_of(const struct ui *ui, const struct sharing_item *item)
{
    const struct ui_request *r = request_of(ui, item);

    return r != NULL && r->has_progress ? r->progress.total : item->size;
}

void sharing_sum(const struct ui *ui, struct sharing_total *out)
{
    const struct sharing *s = ui->sharing;
    size_t i;

    memset(out, 0, sizeof(*out));
    for (i = 0; s != NULL && i < s->count; i++) {
        const struct sharing_item *item = &s->items[i];
        uint64_t rate;
        int64_t eta;

        if (item->state == SHARING_FAILED || item->state == SHARING_SKIPPED) {
            out->failed += item->state == SHARING_FAILED;
            continue;
        }
        out->done += sharing_done(ui, item, &rate, &eta);
        out->size += size_of(ui, item);
        out->rate += rate;
        out->running += item->state == SHARING_HASHING;
        out->waiting += item->state == SHARING_WAITS;
        out->shared += item->state == SHARING_DONE;
    }
    out->eta =
        out->rate == 0 ? -1 : (int64_t)((out->size - out->done) / out->rate);
}

/* ---- Answers ---------------------------------------------------------- */

static struct sharing_item *item_of(struct sharing *s, uint64_t request)
{
    size_t i;

    for (i = 0; s != NULL && i < s->count; i++) {
        if (s->items[i].state == SHARING_HASHING &&
            s->items[i].request == request) {
            return &s->items[i];
        }
    }
    return NULL;
}

const char *sharing_problem(const struct sharing_item *item)
{
    size_t length = strlen(item->path);
    const char *why = item->problem;

    if (why != NULL && strncmp(why, item->path, length) == 0) {
        why += length + strspn(why + length, ": ");
    }
    return why;
}

/* The first one that failed is the one to read about. */
static void show_failure(struct sharing *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        if (s->items[i].state == SHARING_FAILED) {
            s->row = i;
            dialog_set_problem(s->dialog, sharing_problem(&s->items[i]));
            return;
        }
    }
}

/* All has gone well: nothing is left to read in the dialog. */
static void finish(struct ui *ui, struct sharing *s)
{
    struct sharing_total total;

    sharing_sum(ui, &total);
    if (s->dialog != NULL && total.shared == s->count) {
        ui_notice(ui, NOTICE_DONE,
                  ngettext("%zu file is shared with %s",
                           "%zu files are shared with %s",
                           (unsigned long)total.shared),
                  total.shared, s->items[0].group);
        ui_close(ui, s->dialog);
    } else if (s->dialog != NULL) {
        dialog_set_hint(s->dialog, _("Up Down Move  Enter Close"));
        dialog_set_note(s->dialog, NULL);
        show_failure(s);
    }
}

static void measure(struct ui *ui, const struct ui_request *r)
{
    struct sharing_total total;

    sharing_sum(ui, &total);
    if (r->has_progress && r->progress.total >= SHARING_MEASURED &&
        total.rate > 0) {
        ui->hash_rate = total.rate;
    }
}

static void on_shared(struct ui *ui, struct ui_request *r, struct event *e)
{
    struct sharing *s = ui->sharing;
    struct sharing_item *item = item_of(s, r->id);

    if (item == NULL) {
        return;
    }
    measure(ui, r);
    if (e->code == 0) {
        item->size = size_of(ui, item);
        item->state = SHARING_DONE;
        ui_refresh(ui, COMMAND_LIST_FILES, item->group);
    } else if (e->code == P2P_ECANCELED) {
        item->state = SHARING_SKIPPED;
    } else {
        item->state = SHARING_FAILED;
        item->problem = mem_strdup(ui_reply_text(e));
        if (s->dialog == NULL) {
            ui_notice(ui, NOTICE_ERROR, _("%s: %s"), sharing_name(item),
                      item->problem);
        }
    }
    sharing_start(ui);
    if (!sharing_is_running(s)) {
        finish(ui, s);
    }
}

/* ---- Start and skip --------------------------------------------------- */

static void send_item(struct ui *ui, struct sharing_item *item)
{
    struct command *c = ui_command(ui, COMMAND_UPLOAD_FILE);
    struct ui_request *r;

    item->state = SHARING_FAILED;
    if (c == NULL) {
        return;
    }
    c->path = mem_strdup(item->path);
    c->group = mem_strdup(item->group);
    c->number = item->piece_length;
    r = ui_send(ui, c, on_shared);
    if (r != NULL) {
        item->state = SHARING_HASHING;
        item->request = r->id;
    }
}

void sharing_start(struct ui *ui)
{
    struct sharing *s = ui->sharing;
    struct sharing_total total;
    size_t i;

    sharing_sum(ui, &total);
    for (i = 0; s != NULL && i < s->count && total.running < SHARING_AT_ONCE;
         i++) {
        if (s->items[i].state == SHARING_WAITS) {
            send_item(ui, &s->items[i]);
            total.running += s->items[i].state == SHARING_HASHING;
        }
    }
}

void sharing_skip(struct ui *ui, size_t index)
{
    struct sharing_item *item = &ui->sharing->items[index];
    struct command *c;

    if (item->state == SHARING_WAITS) {
        item->state = SHARING_SKIPPED;
    } else if (item->state == SHARING_HASHING) {
        c = ui_command(ui, COMMAND_CANCEL);
        if (c != NULL) {
            c->number = (int64_t)item->request;
            ui_send(ui, c, ui_ignore_reply);
        }
    }
}

void sharing_skip_all(struct ui *ui)
{
    size_t i;

    /* First those that wait, so that none of them takes a free place. */
    for (i = 0; i < ui->sharing->count; i++) {
        if (ui->sharing->items[i].state == SHARING_WAITS) {
            sharing_skip(ui, i);
        }
    }
    for (i = 0; i < ui->sharing->count; i++) {
        sharing_skip(ui, i);
    }
}
