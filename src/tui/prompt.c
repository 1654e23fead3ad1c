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

enum {
    PROMPT_ROWS = 6, /* proposals shown at once */
    PROMPT_FEW = 3,  /* so few that there is room for more about the first */
};

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
    char key[KEY_SHOWN_MAX + 8] = "", help[WORDING_SENTENCE];
    char name[KEY_NAME_MAX], shown[KEY_SHOWN_MAX];
    int room = c->width < 60 ? c->width - 2 : 34;
    char *text = mem_printf("%s %s", a->command,
                            a->arguments == NULL ? "" : a->arguments);

    draw_cut(c, 1, y, room, ROLE_TEXT, text);
    free(text);
    if (c->width < 60) {
        return;
    }
    if (a->key != NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(a->key, " "), a->key);
        key_shown(name, shown, sizeof(shown));
        snprintf(key, sizeof(key), _("key %s"), shown);
    }
    draw_cut(c, room + 3, y,
             c->width - room - 5 - cell_text_width(key, strlen(key)), ROLE_TEXT,
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

/* "GROUP can be: a  b  c" from column `x` on; returns the column behind. A
 * click on a word takes it when the line is there (`live`). */
static int draw_words(struct canvas *c, int x, int y, const struct complete *k,
                      bool live)
{
    size_t i;

    if (k->place[0] != '\0') {
        x += draw_format(c, x, y, c->width - x, ROLE_FRAME, _("%s can be: "),
                         k->place);
    } else {
        x += canvas_text(c, x, y, c->width - x, ROLE_FRAME, _("can be: "));
    }
    for (i = 0; i < k->count && x < c->width - 4; i++) {
        int width = cell_text_width(k->words[i], strlen(k->words[i]));
        int used;

        if (i > 0 && x + width > c->width - 1) {
            canvas_sign(c, x, y, GLYPH_CUT, ROLE_FRAME);
            return c->width;
        }
        used = draw_name(c, x, y, c->width - x - 1, ROLE_TEXT, k->words[i]);

        if (live) {
            canvas_hit(c, x, y, used, 1, HIT_WORD, 0, (int)i);
        }
        x += used + 2;
    }
    return x;
}

/* What may stand for each place of a command, one after the other. Returns
 * whether there is anything. */
static bool draw_places(const struct ui *ui, struct canvas *c, int y,
                        const struct action *a)
{
    struct complete k;
    bool any = false;
    size_t n;
    int x = 1;

    for (n = 0; complete_place(ui, a, n, &k); n++) {
        if (k.count > 0 && x < c->width - 16) {
            x = draw_words(c, x, y, &k, false) + 1;
            any = true;
        }
        complete_close(&k);
    }
    return any;
}

/* "Also understood: accept, approve" */
static void draw_aliases(struct canvas *c, int y, const struct action *a)
{
    const char *at = a->aliases;
    int x = 1;

    x += canvas_text(c, x, y, c->width - 1, ROLE_FRAME, _("Also understood: "));
    while (at != NULL && *at != '\0') {
        int length = (int)strcspn(at, " ");

        x += draw_format(c, x, y, c->width - x, ROLE_TEXT, "%s%.*s",
                         at == a->aliases ? "" : ", ", length, at);
        at += length;
        at += strspn(at, " ");
    }
}

/* Lines of a box: the commands, and below them more about the first. */
struct box_rows {
    int commands, all;
    bool places, aliases;
};

static struct box_rows rows_for(const struct ui *ui, const struct complete *k)
{
    struct box_rows r = {.commands = 0};
    const struct action *first = k->commands[0];
    struct complete place;
    size_t n;

    if (k->action != NULL) {
        r.aliases = k->action->aliases != NULL;
        r.all = 2 + (k->count > 0) + (r.aliases ? 1 : 0);
        return r;
    }
    r.commands = k->count < PROMPT_ROWS ? (int)k->count : PROMPT_ROWS;
    r.all = r.commands;
    if (k->count == 0 || k->count > PROMPT_FEW) {
        return r;
    }
    for (n = 0; complete_place(ui, first, n, &place); n++) {
        r.places = r.places || place.count > 0;
        complete_close(&place);
    }
    r.aliases = first->aliases != NULL;
    r.all += (r.places ? 1 : 0) + (r.aliases ? 1 : 0);
    return r;
}

static void draw_of_command(const struct complete *k, struct canvas *c)
{
    int y = 2;

    draw_one(c, k->action);
    if (k->count > 0) {
        draw_words(c, 1, y++, k, true);
    }
    if (k->action->aliases != NULL) {
        draw_aliases(c, y, k->action);
    }
}

static void draw_commands(const struct ui *ui, const struct complete *k,
                          struct canvas *c, const struct box_rows *r)
{
    int i;

    for (i = 0; i < r->commands; i++) {
        draw_command(c, i, k->commands[i]);
        canvas_hit(c, 0, i, c->width, 1, HIT_WORD, 0, i);
    }
    if (r->places && draw_places(ui, c, i, k->commands[0])) {
        i++;
    }
    if (r->aliases) {
        draw_aliases(c, i, k->commands[0]);
    }
}

static char *title_for(const struct complete *k, const char *line)
{
    if (k->action != NULL) {
        return mem_strdup(_("What this command takes"));
    }
    return line[0] == '\0' ? mem_strdup(_("Commands"))
                           : mem_printf(_("Commands with \"%s\""), line);
}

static void draw_proposals(const struct ui *ui, const struct complete *k,
                           const char *line, struct canvas *c, int end)
{
    struct box_rows rows = rows_for(ui, k);
    struct draw_title title = {.title = NULL};
    struct canvas box, inner;
    char *text;

    if (rows.all == 0 || end < rows.all + 2) {
        return;
    }
    text = title_for(k, line);
    title.title = text;
    box = canvas_inside(c, 0, end - rows.all - 2, c->width, rows.all + 2);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, box.width, box.height);
    draw_title(&box, 2, 0, box.width - 4, &title);
    inner = canvas_inside(&box, 1, 1, box.width - 2, rows.all);
    if (k->action != NULL) {
        draw_of_command(k, &inner);
    } else {
        draw_commands(ui, k, &inner, &rows);
    }
    free(text);
}

void prompt_draw(struct prompt *p, struct ui *ui, struct canvas *c, int y)
{
    struct complete k;

    canvas_hit(c, 0, 0, c->width, y, HIT_NOTHING, 0, HIT_NO_ROW);
    complete_line(ui, p->edit.text, &k);
    draw_proposals(ui, &k, p->edit.text, c, y);
    complete_close(&k);
    canvas_put(c, 0, y, ':', ROLE_KEY);
    edit_draw(&p->edit, c, 1, y, c->width - 1, true);
}
