#include "config.h"

#include "tui/cluster_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tui/cell.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/units.h"

enum { CLUSTER_SECONDS_US = 9999500 /* from here on in seconds */ };

/* ---- Names ------------------------------------------------------------ */

static size_t host_length(const char *address)
{
    const char *port = strrchr(address, ':');

    return port == NULL ? strlen(address) : (size_t)(port - address);
}

/* The part of a host's name that is enough among one's own; an IP address has
 * none. */
static size_t label_length(const char *address)
{
    size_t host = host_length(address);
    size_t label = strcspn(address, ".:");

    return isalpha((unsigned char)address[0]) && label < host ? label : host;
}

/* Do the names of two trackers begin with the same `length` bytes, which is
 * all of them? */
static bool is_unique(const struct ui *ui, const struct row_tracker *t,
                      size_t length, size_t (*measure)(const char *))
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        const char *other = r->trackers[i].address;

        if (&r->trackers[i] != t && other != NULL && measure(other) == length &&
            strncmp(other, t->address, length) == 0) {
            return false;
        }
    }
    return true;
}

const char *cluster_name(const struct ui *ui, const struct row_tracker *t,
                         bool tight, char out[CLUSTER_TEXT])
{
    size_t length = strlen(t->address);
    size_t host = host_length(t->address), label = label_length(t->address);
    const char *from = t->address;

    if (tight && is_unique(ui, t, label, label_length)) {
        length = label;
    } else if (is_unique(ui, t, host, host_length)) {
        length = host;
    } else if (tight) {
        from += host; /* ":7070" */
    }
    snprintf(out, CLUSTER_TEXT, "%.*s", (int)length, from);
    return out;
}

int cluster_name_width(const struct ui *ui, bool tight)
{
    const struct cluster_view *v = cluster_state(ui);
    char name[CLUSTER_TEXT];
    int i, width, most = 0;

    for (i = 0; i < v->counts[CLUSTER_TRACKERS]; i++) {
        cluster_name(ui, v->trackers[i], tight, name);
        width = cell_text_width(name, strlen(name));
        most = width > most ? width : most;
    }
    return most;
}

/* ---- States ----------------------------------------------------------- */

static const char *word_of_problem(const struct row_tracker *t)
{
    switch (t->problem_code) {
    case P2P_EPIN:
        return _("not trusted");
    case P2P_EPROTO:
    case P2P_ETOOBIG:
        return _("no sense"); /* what answers is no tracker */
    default:
        return _("no answer");
    }
}

struct cluster_state_word cluster_word(const struct row_tracker *t)
{
    struct cluster_state_word w = {GLYPH_LIT, _("up"), ROLE_HAVE};

    if (!t->connected && t->problem == NULL) {
        w.sign = GLYPH_HALF_LIT;
        w.word = _("connecting");
        w.role = ROLE_PART;
    } else if (!t->connected) {
        w.sign = GLYPH_UNLIT;
        w.word = word_of_problem(t);
        w.role = ROLE_ERROR;
    } else if (!t->logged_in) {
        w.sign = GLYPH_HALF_LIT;
        w.word = _("no login");
        w.role = ROLE_PART;
    } else if (t->figures[TRACKER_BEHIND] > 0) {
        w.sign = GLYPH_HALF_LIT;
        w.word = _("catching up");
        w.role = ROLE_WARNING;
    }
    return w;
}

const char *cluster_role(const struct row_tracker *t)
{
    static const char *const roles[] = {N_("leader"), N_("follower"),
                                        N_("candidate"), N_("alone")};
    size_t i;

    if (t->role == NULL || !t->connected) {
        return "-";
    }
    for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(t->role, roles[i]) == 0) {
            return _(roles[i]);
        }
    }
    return t->role;
}

/* ---- Figures ---------------------------------------------------------- */

const char *cluster_count(const struct row_tracker *t,
                          enum tracker_figure figure, char out[CLUSTER_TEXT])
{
    char text[UNITS_TEXT];
    int64_t value = t == NULL ? -1 : t->figures[figure];

    snprintf(out, CLUSTER_TEXT, "%s",
             value < 0 ? "?" : units_count((uint64_t)value, text));
    return out;
}

const char *cluster_rate(int64_t sum, char out[CLUSTER_TEXT])
{
    if (sum < 0) {
        snprintf(out, CLUSTER_TEXT, "?");
    } else if (sum == 0 || sum >= 10 * ROWS_SLOT_S) {
        snprintf(out, CLUSTER_TEXT, "%lld",
                 (long long)(sum + ROWS_SLOT_S / 2) / ROWS_SLOT_S);
    } else {
        snprintf(out, CLUSTER_TEXT, "%lld.%lld", (long long)sum / ROWS_SLOT_S,
                 (long long)sum % ROWS_SLOT_S);
    }
    return out;
}

const char *cluster_latency(int64_t us, char out[CLUSTER_TEXT])
{
    long long tenths = us / 100 + (us % 100 >= 50 ? 1 : 0);

    if (us < 0) {
        snprintf(out, CLUSTER_TEXT, "?");
    } else if (us < 100) {
        snprintf(out, CLUSTER_TEXT, _("<0.1 ms"));
    } else if (tenths < 100 && tenths % 10 != 0) {
        snprintf(out, CLUSTER_TEXT, _("%lld.%lld ms"), tenths / 10,
                 tenths % 10);
    } else if (us < CLUSTER_SECONDS_US) {
        snprintf(out, CLUSTER_TEXT, _("%lld ms"), (long long)(us + 500) / 1000);
    } else {
        snprintf(out, CLUSTER_TEXT, _("%lld s"), (long long)us / 1000000);
    }
    return out;
}

/* ---- Sentences -------------------------------------------------------- */

const char *cluster_health(const struct ui *ui, bool with_word,
                           char out[CLUSTER_TEXT])
{
    struct cluster_facts f = cluster_facts(ui);
    const char *word = f.up < f.needed              ? _("no changes:")
                       : f.up < f.total || f.behind ? _("working:")
                                                    : _("healthy:");

    out[0] = '\0';
    if (f.total == 0) {
        return out;
    }
    if (!f.replicated) {
        snprintf(out, CLUSTER_TEXT, _("%u of %u up"), f.up, f.total);
    } else if (with_word) {
        snprintf(out, CLUSTER_TEXT, _("%s %u of %u up, %u needed"), word, f.up,
                 f.total, f.needed);
    } else {
        snprintf(out, CLUSTER_TEXT, _("%u of %u up, %u needed"), f.up, f.total,
                 f.needed);
    }
    return out;
}

/* "All three hold the same log." */
static void same_log(const struct cluster_facts *f, bool more, char *out,
                     size_t size)
{
    char all[WORDING_MAX * 2], count[UNITS_TEXT];

    if (f->total == 2) {
        snprintf(all, sizeof(all), "%s", _("Both hold the same log"));
    } else if (f->total == 3) {
        snprintf(all, sizeof(all), "%s", _("All three hold the same log"));
    } else {
        snprintf(all, sizeof(all), _("All %u hold the same log"), f->total);
    }
    if (more) {
        snprintf(out, size, _("%s, entry %s."), all,
                 units_count((uint64_t)f->log, count));
    } else {
        snprintf(out, size, _("%s."), all);
    }
}

static const char *alone(const struct cluster_facts *f)
{
    if (f->total == 0) {
        return "";
    }
    return f->total == 1
               ? _("This tracker stands alone: no other one takes over from "
                   "it.")
               : _("Each tracker stands alone and keeps its own accounts and "
                   "groups.");
}

const char *cluster_sentence(const struct ui *ui, bool more,
                             char out[CLUSTER_TEXT])
{
    struct cluster_facts f = cluster_facts(ui);
    char name[CLUSTER_TEXT], same[CLUSTER_TEXT] = "";

    if (!f.replicated) {
        snprintf(out, CLUSTER_TEXT, "%s", alone(&f));
        return out;
    }
    if (f.agree && f.total > 1) {
        same_log(&f, more, same, sizeof(same));
    }
    if (f.leader == NULL) {
        snprintf(out, CLUSTER_TEXT,
                 _("Term %lld, no leader known: changes wait for one."),
                 (long long)(f.term < 0 ? 0 : f.term));
    } else {
        cluster_name(ui, f.leader, false, name);
        snprintf(out, CLUSTER_TEXT, _("Term %lld, leader %.80s. %.160s"),
                 (long long)(f.term < 0 ? 0 : f.term), name, same);
    }
    return out;
}

const char *cluster_margin(const struct ui *ui, char out[CLUSTER_TEXT])
{
    struct cluster_facts f = cluster_facts(ui);
    unsigned spare = f.up > f.needed ? f.up - f.needed : 0;
    const char *then;
    char text[CLUSTER_TEXT];

    out[0] = '\0';
    if (!f.replicated) {
        return out;
    }
    if (f.up < f.needed) {
        then = _("Downloads go on; changes wait.");
    } else if (spare == 0) {
        then = _("No further one may fail.");
    } else if (spare == 1) {
        then = _("One tracker may fail and nobody notices.");
    } else {
        snprintf(text, sizeof(text),
                 _("%u trackers may fail and nobody notices."), spare);
        then = text;
    }
    snprintf(out, CLUSTER_TEXT, _("A change needs %u of %u. %.160s"), f.needed,
             f.total, then);
    return out;
}

/* Why it is away, without its address, which is said already. */
static const char *reason(const struct row_tracker *t)
{
    size_t length = strlen(t->address);
    const char *at = strstr(t->problem, t->address);

    return at != NULL && length > 0 && strncmp(at + length, ": ", 2) == 0
               ? at + length + 2
               : t->problem;
}

const char *cluster_trouble(const struct ui *ui, const struct row_tracker *t,
                            char out[CLUSTER_TEXT])
{
    char name[CLUSTER_TEXT];

    cluster_name(ui, t, false, name);
    if (!t->connected && t->problem_code == P2P_EPIN) {
        snprintf(out, CLUSTER_TEXT,
                 _("%.60s shows another certificate than before; Enter says "
                   "more."),
                 name);
        return out;
    }
    if (!t->connected && t->problem != NULL) {
        snprintf(out, CLUSTER_TEXT,
                 _("%.60s is tried again by itself (r now): %.200s"), name,
                 reason(t));
        return out;
    }
    if (t->connected && !t->logged_in && model_is_logged_in(&ui->model)) {
        snprintf(out, CLUSTER_TEXT,
                 _("%.60s does not know you: w uses it, then log in there."),
                 name);
        return out;
    }
    return NULL;
}

bool cluster_says(const struct ui *ui, enum notice_level *level, char *out,
                  size_t size)
{
    struct cluster_facts f = cluster_facts(ui);
    char name[CLUSTER_TEXT];
    const char *then;

    if (f.agree && f.total > 1) {
        *level = NOTICE_DONE;
        snprintf(out, size, "%s", _("All trackers agree"));
        return true;
    }
    if (!f.replicated || f.down == NULL) {
        return false;
    }
    *level = NOTICE_WARNING;
    then = f.up < f.needed    ? _("Nothing can be changed until more are back")
           : f.up == f.needed ? _("1 more loss and nothing can be changed")
                              : _("Changes still work");
    snprintf(out, size, _("Tracker %.60s is down. %s"),
             cluster_name(ui, f.down, false, name), then);
    return true;
}
