#include "config.h"

#include "tui/views.h"

#include <stddef.h>
#include <string.h>

#include "tui/main_state.h"
#include "tui/ui.h"
#include "tui/view_cluster.h"
#include "tui/view_detail.h"
#include "tui/view_groups.h"
#include "tui/view_log.h"
#include "tui/view_main.h"
#include "tui/view_transfers.h"
#include "tui/view_settings.h"

static const struct view_ops *const views[VIEW_COUNT] = {
    [VIEW_MAIN] = &view_main,     [VIEW_TRANSFERS] = &view_transfers,
    [VIEW_GROUPS] = &view_groups, [VIEW_CLUSTER] = &view_cluster,
    [VIEW_LOG] = &view_log,       [VIEW_SETTINGS] = &view_settings,
    [VIEW_DETAIL] = &view_detail,
};

void views_make(struct ui *ui)
{
    int id;

    for (id = 0; id < VIEW_COUNT; id++) {
        if (views[id] != NULL && views[id]->make != NULL) {
            ui->view_state[id] = views[id]->make(ui);
        }
    }
    ui->main = ui->view_state[VIEW_MAIN];
    ui->update = views_update;
    ui->view_id = VIEW_MAIN;
    ui->view_before = VIEW_MAIN;
    ui->view = &view_main;
}

void views_free(struct ui *ui)
{
    int id;

    for (id = 0; id < VIEW_COUNT; id++) {
        if (views[id] != NULL && views[id]->free != NULL) {
            views[id]->free(ui->view_state[id]);
        }
        ui->view_state[id] = NULL;
    }
    ui->main = NULL;
    ui->view = NULL;
}

static void show(struct ui *ui, enum view_id id)
{
    if (ui->view->leave != NULL) {
        ui->view->leave(ui);
    }
    ui->view_id = id;
    ui->view = views[id];
    ui->dirty = true;
    if (ui->view->enter != NULL) {
        ui->view->enter(ui);
    }
    ui->stale = true;
    views_update(ui);
}

void views_show(struct ui *ui, enum view_id id)
{
    if (id == ui->view_id || views[id] == NULL) {
        return;
    }
    /* A detail leads back to its list, the six views to the main one. */
    ui->view_before = id == VIEW_DETAIL ? ui->view_id : VIEW_MAIN;
    show(ui, id);
}

bool views_back(struct ui *ui)
{
    enum view_id before = ui->view_before;

    if (ui->view_id == VIEW_MAIN) {
        return false;
    }
    ui->view_before = VIEW_MAIN;
    show(ui, before == ui->view_id ? VIEW_MAIN : before);
    return true;
}

bool views_show_name(struct ui *ui, const char *name)
{
    int id;

    for (id = 0; id < VIEW_DETAIL; id++) {
        if (views[id] != NULL && strcmp(views[id]->name, name) == 0) {
            views_show(ui, (enum view_id)id);
            return true;
        }
    }
    return false;
}

const char *views_name(int n)
{
    int id;

    for (id = 0; id < VIEW_DETAIL; id++) {
        if (views[id] != NULL && n-- == 0) {
            return views[id]->name;
        }
    }
    return NULL;
}

void views_chosen(const struct ui *ui, struct selection *out)
{
    memset(out, 0, sizeof(*out));
    if (ui->view->chosen != NULL) {
        ui->view->chosen(ui, out);
    }
    if (out->group == NULL) {
        out->group = ui->main->group;
    }
}

bool views_marked(const struct ui *ui, unsigned n, struct selection *out)
{
    memset(out, 0, sizeof(*out));
    return ui->view->marked != NULL && ui->view->marked(ui, n, out);
}

void views_update(struct ui *ui)
{
    if (!ui->stale) {
        return;
    }
    ui->stale = false;
    /* The main view's choice is the group that commands mean, everywhere. */
    main_state_update(ui);
    if (ui->view->is_over != NULL && ui->view->is_over(ui)) {
        views_back(ui);
    } else if (ui->view_id != VIEW_MAIN && ui->view->update != NULL) {
        ui->view->update(ui);
    }
}
