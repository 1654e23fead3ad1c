#include "config.h"

#include "tui/model.h"
#include "tui/notice.h"
#include "tui/pane.h"
#include "tui/ui.h"

void pane_activity_draw(struct ui *ui, struct canvas *c)
{
    int y;

    for (y = 0; y < c->height; y++) {
        const struct model_notice *n = model_notice(&ui->model, (size_t)y);

        if (n == NULL) {
            return;
        }
        notice_draw_line(c, y, n);
    }
}
