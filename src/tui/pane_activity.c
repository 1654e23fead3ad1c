#include "config.h"

#include <string.h>

#include "tui/draw.h"
#include "tui/pane.h"
#include "tui/ui.h"
#include "tui/wording.h"

static enum theme_role level_role(enum notice_level level)
{
    switch (level) {
    case NOTICE_DONE:
        return ROLE_HAVE;
    case NOTICE_ASK:
    case NOTICE_WARNING:
        return ROLE_WARNING;
    case NOTICE_ERROR:
        return ROLE_ERROR;
    case NOTICE_INFO:
        break;
    }
    return ROLE_TEXT;
}

void pane_activity_draw(struct ui *ui, struct canvas *c)
{
    int y;

    for (y = 0; y < c->height; y++) {
        const struct model_notice *n = model_notice(&ui->model, (size_t)y);
        char clock[WORDING_MAX], character;
        enum glyph sign;

        if (n == NULL) {
            return;
        }
        sign = wording_level_sign(n->level, &character);
        canvas_text(c, 1, y, 10, ROLE_FRAME,
                    wording_clock(n->time, true, clock));
        if (sign != GLYPH_COUNT) {
            canvas_sign(c, 11, y, sign, level_role(n->level));
        } else {
            canvas_put(c, 11, y, (uint32_t)character, level_role(n->level));
        }
        draw_cut(c, 14, y, c->width - 15, ROLE_TEXT, n->text);
    }
}
