#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/main_state.h"
#include "tui/pane.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"

void pane_small_draw(const struct main_item *item, struct canvas *c)
{
    char text[16], left[WORDING_MAX];

    draw_bar(c, 0, 0, c->width - 5, main_item_have(item), main_item_size(item));
    snprintf(text, sizeof(text), "%d%%",
             draw_percent(main_item_have(item), main_item_size(item)));
    canvas_text(c, c->width - 4, 0, 4, ROLE_TEXT, text);
    if (item->transfer != NULL && item->transfer->state == TRANSFER_LOADING) {
        draw_format(
            c, 0, 1, c->width, ROLE_TEXT,
            ngettext("%s  %u peer", "%s  %u peers", item->transfer->peers),
            wording_time_left(item->transfer->eta, left),
            item->transfer->peers);
    } else {
        canvas_text(
            c, 0, 1, c->width, ROLE_TEXT,
            wording_state(main_item_state(item), main_item_sources(item)));
    }
}

int pane_trackers_draw(const struct ui *ui, struct canvas *c)
{
    const struct event *e = ui->model.session;
    char text[32];

    if (e == NULL) {
        return c->width;
    }
    snprintf(text, sizeof(text), _("%u/%u up"), e->session.trackers_up,
             e->session.trackers_total);
    draw_right(c, c->width, 0, 12, ROLE_TEXT, text);
    return c->width - cell_text_width(text, strlen(text)) - 1;
}

void pane_tiny_draw(const struct main_item *item, struct canvas *c)
{
    if (item == NULL) {
        canvas_text(c, 0, 0, c->width, ROLE_TEXT, "p2ptui");
        return;
    }
    draw_format(c, 0, 0, c->width, ROLE_TEXT, "%s %d%%",
                wording_state(main_item_state(item), main_item_sources(item)),
                draw_percent(main_item_have(item), main_item_size(item)));
}
