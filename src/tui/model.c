#include "config.h"

#include "tui/model.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void model_init(struct model *m)
{
    memset(m, 0, sizeof(*m));
    m->notices = mem_calloc(MODEL_NOTICES, sizeof(*m->notices));
}

static void notice_close(struct model_notice *n)
{
    free(n->text);
    free(n->group);
    free(n->name);
}

void model_close(struct model *m)
{
    size_t i;

    event_free(m->session);
    event_free(m->pieces);
    event_free(m->rates);
    for (i = 0; i <= ROWS_FIELDS; i++) {
        event_free(m->tables[i]);
    }
    for (i = 0; i < MODEL_NOTICES; i++) {
        notice_close(&m->notices[i]);
    }
    free(m->notices);
    memset(m, 0, sizeof(*m));
}

static void replace(struct event **slot, struct event *e)
{
    event_free(*slot);
    *slot = e;
}

/* What one user saw is not shown to the next. */
static void forget_private_tables(struct model *m)
{
    size_t i;

    replace(&m->pieces, NULL);
    for (i = 0; i <= ROWS_FIELDS; i++) {
        if (i != ROWS_TRACKERS) {
            replace(&m->tables[i], NULL);
        }
    }
}

static bool apply_session(struct model *m, struct event *e)
{
    const char *user = model_user(m);

    if (user != NULL && (!e->session.logged_in || e->session.user == NULL ||
                         strcmp(user, e->session.user) != 0)) {
        forget_private_tables(m);
    }
    replace(&m->session, e);
    return true;
}

/* A picture whose parts do not fit together is not drawn. */
static bool apply_pieces(struct model *m, struct event *e)
{
    if (e->pieces.piece_count > 0 && e->pieces.have == NULL) {
        event_free(e);
        return false;
    }
    replace(&m->pieces, e);
    return true;
}

bool model_apply(struct model *m, struct event *e)
{
    switch (e->kind) {
    case EVENT_SESSION:
        return apply_session(m, e);
    case EVENT_PIECES:
        return apply_pieces(m, e);
    case EVENT_RATES:
        replace(&m->rates, e);
        return true;
    case EVENT_NOTICE:
        model_add_notice(m, e->level, e->time, e->group, e->name, e->text);
        event_free(e);
        return true;
    case EVENT_REPLY:
    case EVENT_ROWS:
        if (e->rows.kind > ROWS_NONE && e->rows.kind <= ROWS_FIELDS) {
            replace(&m->tables[e->rows.kind], e);
            return true;
        }
        break;
    case EVENT_PROGRESS:
    case EVENT_STOPPED:
        break;
    }
    event_free(e);
    return false;
}

void model_add_notice(struct model *m, enum notice_level level, int64_t time,
                      const char *group, const char *name, const char *text)
{
    struct model_notice *n = &m->notices[m->notice_next];

    notice_close(n);
    n->group = mem_strdup(group);
    n->name = mem_strdup(name);
    n->level = level;
    n->time = time;
    n->text = mem_strdup(text == NULL ? "" : text);
    m->notice_next = (m->notice_next + 1) % MODEL_NOTICES;
    if (m->notice_count < MODEL_NOTICES) {
        m->notice_count++;
    }
}

const struct model_notice *model_notice(const struct model *m, size_t n)
{
    if (n >= m->notice_count) {
        return NULL;
    }
    return &m->notices[(m->notice_next + MODEL_NOTICES - 1 - n) %
                       MODEL_NOTICES];
}

bool model_is_logged_in(const struct model *m)
{
    return m->session != NULL && m->session->session.logged_in;
}

bool model_is_connected(const struct model *m)
{
    return m->session != NULL && m->session->session.connected;
}

const char *model_user(const struct model *m)
{
    return model_is_logged_in(m) ? m->session->session.user : NULL;
}

static bool is_same(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

const struct rows *model_rows_of(const struct model *m, enum rows_kind kind,
                                 const char *group, const char *name)
{
    static const struct rows none;
    const struct event *e = m->tables[kind];

    if (e == NULL || !is_same(group, e->group) || !is_same(name, e->name)) {
        return &none;
    }
    return &e->rows;
}

const struct rows *model_rows(const struct model *m, enum rows_kind kind)
{
    return model_rows_of(m, kind, NULL, NULL);
}

const struct row_group *model_group(const struct model *m, const char *name)
{
    const struct rows *r = model_rows(m, ROWS_GROUPS);
    size_t i;

    for (i = 0; name != NULL && i < r->count; i++) {
        if (is_same(name, r->groups[i].name)) {
            return &r->groups[i];
        }
    }
    return NULL;
}

const struct row_transfer *model_transfer(const struct model *m,
                                          const char *group, const char *name)
{
    const struct rows *r = model_rows(m, ROWS_TRANSFERS);
    size_t i;

    for (i = 0; name != NULL && i < r->count; i++) {
        if (is_same(name, r->transfers[i].name) &&
            is_same(group, r->transfers[i].group)) {
            return &r->transfers[i];
        }
    }
    return NULL;
}

const struct row_file *model_file(const struct model *m, const char *group,
                                  const char *name)
{
    const struct rows *r = model_rows(m, ROWS_FILES);
    size_t i;

    for (i = 0; name != NULL && i < r->count; i++) {
        if (is_same(name, r->files[i].name) &&
            is_same(group, r->files[i].group)) {
            return &r->files[i];
        }
    }
    return NULL;
}

const struct event_pieces *model_pieces(const struct model *m,
                                        const char *group, const char *name)
{
    const struct event *e = m->pieces;

    if (e == NULL || group == NULL || name == NULL || e->group == NULL ||
        e->name == NULL || !is_same(group, e->group) ||
        !is_same(name, e->name) || e->pieces.piece_count == 0) {
        return NULL;
    }
    return &e->pieces;
}
