#include "config.h"

#include "tui/notice.h"

#include "tui/draw.h"
#include "tui/model.h"
#include "tui/wording.h"

enum {
    NOTICE_TIGHT = 60, /* columns below which seconds are left out */
};

enum theme_role notice_role(enum notice_level level)
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

void notice_draw_sign(struct canvas *c, int x, int y, enum notice_level level)
{
    char character;
    enum glyph sign = wording_level_sign(level, &character);

    if (sign != GLYPH_COUNT) {
        canvas_sign(c, x, y, sign, notice_role(level));
    } else {
        canvas_put(c, x, y, (uint32_t)character, notice_role(level));
    }
}

void notice_draw_line(struct canvas *c, int y, const struct model_notice *n)
{
    bool tight = c->width < NOTICE_TIGHT;
    int clock = wording_clock_width(!tight) + 1;
    int gap = tight ? 0 : 1;
    int x = 1 + clock + gap;
    char text[WORDING_MAX];

    canvas_text(c, 1, y, clock, ROLE_FRAME,
                wording_clock(n->time, !tight, text));
    notice_draw_sign(c, x, y, n->level);
    x += 2 + gap;
    draw_cut(c, x, y, c->width - x - 1, ROLE_TEXT, n->text);
}
