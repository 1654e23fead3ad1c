#include "config.h"

#include "tui/perform_tracker.h"

#include <stdio.h>
#include <string.h>

#include "msgq/command.h"
#include "msgq/event.h"
#include "tui/action.h"
#include "tui/cluster_state.h"
#include "tui/cluster_words.h"
#include "tui/forms.h"
#include "tui/ui.h"
#include "tui/view.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/units.h"

const char *perform_tracker_why_not(const struct ui *ui,
                                    const struct selection *at,
                                    const struct action *a)
{
    const struct row_tracker *t = cluster_find(ui, at->tracker);

    if (a->local == ACTION_TRACKER_DETAILS && t == NULL) {
        return _("choose a tracker first");
    }
    if (a->local == ACTION_ENGINE && a->kind == COMMAND_TRACKER_USE &&
        t != NULL && t->is_primary) {
        return _("it is in use already");
    }
    return NULL;
}

bool perform_tracker_asks(struct ui *ui, const struct action *a,
                          const struct selection *at)
{
    if (a->kind == COMMAND_TRACKER_ADD) {
        ui->wants_prompt = "tracker add ";
        return true;
    }
    if (at->tracker != NULL) {
        return false;
    }
    if (a->kind == COMMAND_TRACKER_USE) {
        ui->wants_prompt = "tracker use ";
        return true;
    }
    if (a->kind == COMMAND_TRACKER_FORGET) {
        ui->wants_prompt = "tracker forget ";
        return true;
    }
    return false;
}

void perform_tracker_fill(struct command *c, const struct selection *at)
{
    if (c->kind == COMMAND_TRACKER_USE || c->kind == COMMAND_TRACKER_FORGET ||
        c->kind == COMMAND_TRACKER_CERT) {
        c->text = mem_strdup(at->tracker);
    }
}

/* ---- Details ---------------------------------------------------------- */

static void add(struct rows *rows, const char *label, const char *value)
{
    struct row_field *f;

    if (value == NULL || value[0] == '\0') {
        return;
    }
    f = rows_add(rows);
    f->key = mem_strdup(label);
    f->label = mem_strdup(label);
    f->value = mem_strdup(value);
}

static void add_state(struct rows *rows, const struct row_tracker *t)
{
    char text[CLUSTER_TEXT];

    add(rows, _("Tracker"), t->address);
    snprintf(text, sizeof(text), t->is_primary ? _("%s, in use") : "%s",
             cluster_word(t).word);
    add(rows, _("State"), text);
    add(rows, _("Problem"), t->problem);
    add(rows, _("Version"), t->version);
    if (t->delay_ms >= 0) {
        snprintf(text, sizeof(text), _("%d ms"), (int)t->delay_ms);
        add(rows, _("Answers in"), text);
    }
}

static void add_certificate(struct rows *rows, const struct row_tracker *t)
{
    char text[CLUSTER_TEXT], date[WORDING_MAX];

    if (t->pin != NULL) {
        snprintf(text, sizeof(text), "sha256:%.128s", t->pin);
        add(rows, _("Certificate"), text);
    }
    add(rows, _("Valid until"), wording_date(t->cert_until, date));
}

static void add_figures(struct rows *rows, const struct row_tracker *t)
{
    const int64_t *f = t->figures;
    char text[CLUSTER_TEXT], size[UNITS_TEXT];

    add(rows, _("Role"), t->role == NULL ? NULL : cluster_role(t));
    if (f[TRACKER_TERM] >= 0) {
        snprintf(text, sizeof(text), _("term %lld, entry %lld, %lld behind"),
                 (long long)f[TRACKER_TERM], (long long)f[TRACKER_LOG_INDEX],
                 (long long)f[TRACKER_BEHIND]);
        add(rows, _("Log"), text);
    }
    if (f[TRACKER_UPTIME] >= 0) {
        add(rows, _("Runs for"), units_duration(f[TRACKER_UPTIME], size));
    }
    if (f[TRACKER_DATABASE_BYTES] >= 0) {
        add(rows, _("Database"),
            units_size((uint64_t)f[TRACKER_DATABASE_BYTES], size));
    }
    if (f[TRACKER_SESSIONS] >= 0) {
        add(rows, _("Clients"), cluster_count(t, TRACKER_SESSIONS, text));
    }
}

void perform_tracker_details(struct ui *ui, const struct selection *at)
{
    const struct row_tracker *t = cluster_find(ui, at->tracker);
    struct event *e;
    char name[CLUSTER_TEXT];

    if (t == NULL) {
        return;
    }
    e = event_new(EVENT_REPLY);
    rows_init(&e->rows, ROWS_FIELDS);
    add_state(&e->rows, t);
    add_certificate(&e->rows, t);
    add_figures(&e->rows, t);
    form_rows(ui, _("Tracker"), cluster_name(ui, t, false, name), e);
    event_free(e);
}
