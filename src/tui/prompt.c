#include "config.h"

#include "tui/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/complete.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/perform.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"

enum { PROMPT_ROWS = 6 /* proposals shown at once */ };

void prompt_init(struct prompt *p)
{
    p->open = false;
    edit_init(&p->edit, 0, false);
    history_init(&p->history);
}

void prompt_close(struct prompt *p)
{
    edit_close(&p->edit);
    history_close(&p->history);
}

void prompt_open(struct prompt *p, const char *text)
{
    p->open = true;
    edit_set(&p->edit, text);
    p->history.at = p->history.count;
}

static void run(struct prompt *p, struct ui *ui)
{
    char *line = mem_strdup(p->edit.text);

    p->open = false;
    edit_set(&p->edit, "");
    if (!perform_line(ui, line)) {
        history_add(&p->history, line);
    }
    mem_free_secret(line);
}

static void complete_now(struct prompt *p, struct ui *ui)
{
    struct complete k;
    char *line;

    complete_line(ui, p->edit.text, &k);
    line = complete_apply(&k, p->edit.text);
    if (line != NULL) {
        edit_set(&p->edit, line);
    }
    free(line);
    complete_close(&k);
}

void prompt_choose(struct prompt *p, struct ui *ui, int proposal)
{
    struct complete k;
    char *line;

    complete_line(ui, p->edit.text, &k);
    line = complete_choose(&k, p->edit.text, (size_t)proposal);
    if (line != NULL) {
        edit_set(&p->edit, line);
    }
    free(line);
    complete_close(&k);
}

void prompt_key(struct prompt *p, struct ui *ui, int key)
{
    const char *line = NULL;

    switch (key) {
    case KEY_ESCAPE:
        p->open = false;
        edit_set(&p->edit, "");
        return;
    case KEY_RETURN:
        run(p, ui);
        return;
    case KEY_TAB:
        if (p->edit.cursor == p->edit.length) {
            complete_now(p, ui);
        }
        return;
    case KEY_ARROW_UP:
        line = history_older(&p->history);
        break;
    case KEY_ARROW_DOWN:
        line = history_newer(&p->history);
        break;
    case KEY_ERASE:
        if (p->edit.length == 0) {
            p->open = false;
        }
        edit_key(&p->edit, key);
        return;
    default:
        edit_key(&p->edit, key);
        return;
    }
    if (line != NULL) {
        edit_set(&p->edit, line);
    }
}

/* ---- Drawing ---------------------------------------------------------- */

static void draw_command(struct canvas *c, int y, const struct action *a)
{
    char key[KEY_NAME_MAX + 8] = "", help[WORDING_SENTENCE];
    int room = c->width < 60 ? c->width - 2 : 34;
    char *text = mem_printf("%s %s", a->command,
                            a->arguments == NULL ? "" : a->arguments);

    draw_cut(c, 1, y, room, ROLE_TEXT, text);
    free(text);
    if (c->width < 60) {
        return;
    }
    if (a->key != NULL) {
        snprintf(key, sizeof(key), _("key %.*s"), (int)strcspn(a->key, " "),
                 a->key);
    }
    draw_cut(c, room + 3, y, c->width - room - 5 - (int)strlen(key), ROLE_TEXT,
             wording_sentence(_(a->help), help, sizeof(help)));
    draw_right(c, c->width - 1, y, 12, ROLE_KEY, key);
}

/* The command being typed: its arguments and what it does, in full. */
static void draw_one(struct canvas *c, const struct action *a)
{
    char help[WORDING_SENTENCE];
    char *text = mem_printf("%s %s", a->command,
                            a->arguments == NULL ? "" : a->arguments);

    draw_cut(c, 1, 0, c->width - 2, ROLE_TEXT, text);
    draw_cut(c, 1, 1, c->width - 2, ROLE_TEXT,
             wording_sentence(_(a->help), help, sizeof(help)));
    free(text);
}

/* "can be: a  b  c" */
static void draw_words(struct canvas *c, int y, const struct complete *k)
{
    int x = 1;
    size_t i;

    x += canvas_text(c, x, y, c->width - 1, ROLE_FRAME, _("can be: "));
    for (i = 0; i < k->count && x < c->width - 4; i++) {
        int used = draw_name(c, x, y, c->width - x - 1, ROLE_TEXT, k->words[i]);

        canvas_hit(c, x, y, used, 1, HIT_WORD, 0, (int)i);
        x += used + 2;
    }
}

static int rows_for(const struct complete *k)
{
    if (k->action != NULL) {
        return k->count > 0 ? 3 : 2;
    }
    return k->count < PROMPT_ROWS ? (int)k->count : PROMPT_ROWS;
}

static void draw_proposals(const struct complete *k, struct canvas *c, int end)
{
    struct draw_title title = {.title = k->action != NULL
                                            ? _("What this command takes")
                                            : _("Commands")};
    int rows = rows_for(k), i;
    struct canvas box, inner;

    if (rows == 0 || end < rows + 2) {
        return;
    }
    box = canvas_inside(c, 0, end - rows - 2, c->width, rows + 2);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, box.width, box.height);
    draw_title(&box, 2, 0, box.width - 4, &title);
    inner = canvas_inside(&box, 1, 1, box.width - 2, rows);
    if (k->action != NULL) {
        draw_one(&inner, k->action);
        if (rows > 2) {
            draw_words(&inner, 2, k);
        }
        return;
    }
    for (i = 0; i < rows; i++) {
        draw_command(&inner, i, k->commands[i]);
        canvas_hit(&inner, 0, i, inner.width, 1, HIT_WORD, 0, i);
    }
}

void prompt_draw(struct prompt *p, struct ui *ui, struct canvas *c, int y)
{
    struct complete k;

    canvas_hit(c, 0, 0, c->width, y, HIT_NOTHING, 0, HIT_NO_ROW);
    complete_line(ui, p->edit.text, &k);
    draw_proposals(&k, c, y);
    complete_close(&k);
    canvas_put(c, 0, y, ':', ROLE_KEY);
    edit_draw(&p->edit, c, 1, y, c->width - 1, true);
}
