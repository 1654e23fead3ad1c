#include "config.h"

#include "tui/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/wording.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    HELP_WIDTH = 76,
    HELP_KEY_WIDTH = 12,     /* columns of the keys */
    HELP_COMMAND_WIDTH = 34, /* of a command with its arguments */
};

/* Keys that move about belong to no action. */
static const struct {
    const char *key, *text;
} moves[] = {
    {"Up Down jk", N_("one line up, down")},
    {"PgUp PgDn", N_("one page up, down")},
    {"g G", N_("first, last line")},
    {"S-Tab", N_("previous pane")},
    {"Space", N_("mark a file; * marks all, u unmarks")},
    {"< > I", N_("sort by another column; turn the order round")},
    {"m F9", N_("menu; also Alt and its first letter")},
    {":", N_("command line; Tab completes")},
    {"Esc", N_("close, cancel; never quits")},
    {"^C", N_("quit; asks when something is running")},
};

static const char *const signs[] = {
    N_("Pieces: a full block is verified, shades are partly there, a dot is "
       "missing, - is missing and nobody has it, a-z arrives from that peer, "
       "! failed its check and is asked again."),
    N_("Files: arrow down is loading, arrow up is sharing, ? is being "
       "checked, ! needs you."),
    N_("Lists: > is where you are, * is marked."),
    N_("Load: what a peer says of itself: uploads in use, queue, limit. When "
       "it is high, others are asked."),
    N_("Notices: a tick is done, i information, ? somebody waits for you, ! a "
       "warning, a cross an error."),
};

void help_open(struct help *h, enum help_page page, unsigned contexts)
{
    memset(h, 0, sizeof(*h));
    edit_init(&h->search, 64, false);
    h->open = true;
    h->page = page;
    h->contexts = contexts;
}

void help_key(struct help *h, int key)
{
    switch (key) {
    case KEY_ESCAPE:
    case KEY_RETURN:
    case KEY_F1:
        h->open = false;
        break;
    case KEY_ARROW_UP:
        h->top--;
        break;
    case KEY_ARROW_DOWN:
        h->top++;
        break;
    case KEY_PAGE_UP:
        h->top -= 10;
        break;
    case KEY_PAGE_DOWN:
        h->top += 10;
        break;
    case KEY_GO_HOME:
        h->top = 0;
        break;
    case KEY_GO_END:
        h->top = h->lines;
        break;
    default:
        /* q closes, as long as no word is being typed. */
        if ((key == 'q' || key == '?') && h->search.length == 0) {
            h->open = false;
        } else if (edit_key(&h->search, key)) {
            h->top = 0;
        }
        break;
    }
}

/* Where the next line goes; lines that are filtered or scrolled away are
 * counted but not drawn. */
struct page {
    struct help *help;
    struct canvas *canvas;
    int line; /* of all that match */
};

static bool matches(const struct help *h, const char *a, const char *b)
{
    char *wanted = text_fold(h->search.text);
    char *left = text_fold(a), *right = text_fold(b);
    bool yes = strstr(left, wanted) != NULL || strstr(right, wanted) != NULL;

    free(wanted);
    free(left);
    free(right);
    return yes;
}

/* One entry: a short left column and a text that may take several lines. */
static void add_also(struct page *p, const char *left, int left_width,
                     const char *text, const char *also)
{
    struct canvas *c = p->canvas;
    int start = p->line - p->help->top;
    int room = c->width - left_width - 1;
    bool below = room < 20; /* the text goes under its key */
    int x = below ? 2 : left_width + 1;
    int lines;

    if (!matches(p->help, left, text) && !matches(p->help, also, "")) {
        return;
    }
    draw_cut(c, 0, start, below ? c->width : left_width, ROLE_KEY, left);
    start += below ? 1 : 0;
    lines = draw_wrapped(c, x, start, c->width - x, 0, 1000, ROLE_TEXT, text);
    p->line += lines + (below ? 1 : 0);
}

static void add(struct page *p, const char *left, int left_width,
                const char *text)
{
    add_also(p, left, left_width, text, left);
}

static void add_heading(struct page *p, const char *text)
{
    if (p->help->search.length > 0) {
        return;
    }
    if (p->line > 0) {
        p->line++;
    }
    canvas_text(p->canvas, 0, p->line - p->help->top, p->canvas->width,
                ROLE_TITLE, text);
    p->line++;
}

static void add_actions(struct page *p, bool here)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        bool anywhere = a->contexts == ACTION_ANYWHERE;
        char text[WORDING_SENTENCE];

        if (a->key != NULL && anywhere != here &&
            (anywhere || (a->contexts & p->help->contexts) != 0)) {
            add_also(p, a->key, HELP_KEY_WIDTH,
                     wording_sentence(_(a->help), text, sizeof(text)),
                     _(a->label));
        }
    }
}

static void add_keys(struct page *p)
{
    size_t i;

    add_heading(p, _("Here"));
    add_actions(p, true);
    add_heading(p, _("Everywhere"));
    add_actions(p, false);
    add_heading(p, _("Moving about"));
    for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        char text[WORDING_SENTENCE];

        add(p, moves[i].key, HELP_KEY_WIDTH,
            wording_sentence(_(moves[i].text), text, sizeof(text)));
    }
}

static void add_commands(struct page *p)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        char help[WORDING_SENTENCE];
        char *left, *text;

        if (a->command == NULL) {
            continue;
        }
        left = mem_printf("%s %s", a->command,
                          a->arguments == NULL ? "" : a->arguments);
        wording_sentence(_(a->help), help, sizeof(help));
        text = a->aliases == NULL
                   ? mem_strdup(help)
                   : mem_printf(_("%s (also: %s)"), help, a->aliases);
        add_also(p, left, HELP_COMMAND_WIDTH, text, _(a->label));
        free(left);
        free(text);
    }
}

static void add_signs(struct page *p)
{
    size_t i;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        add(p, "", 0, _(signs[i]));
        p->line++;
    }
}

static void add_page(struct page *p)
{
    switch (p->help->page) {
    case HELP_KEYS:
        add_keys(p);
        if (p->help->search.length > 0) {
            add_commands(p); /* who searches does not care which page */
        }
        break;
    case HELP_COMMANDS:
        add_commands(p);
        break;
    case HELP_SIGNS:
        add_signs(p);
        break;
    }
}

static const char *page_title(enum help_page page)
{
    switch (page) {
    case HELP_COMMANDS:
        return _("Help: commands");
    case HELP_SIGNS:
        return _("Help: signs");
    case HELP_KEYS:
        break;
    }
    return _("Help: keys");
}

/* Count the lines on a canvas nobody sees, to know how far one may scroll. */
static void clamp_top(struct help *h, const struct canvas *c)
{
    struct canvas nowhere = *c;
    struct page p = {.help = h, .canvas = &nowhere};

    nowhere.clip_right = nowhere.clip_left;
    h->lines = 0;
    add_page(&p);
    h->lines = p.line;
    if (h->top > h->lines - c->height) {
        h->top = h->lines - c->height;
    }
    if (h->top < 0) {
        h->top = 0;
    }
}

static void draw_search(struct help *h, struct canvas *c)
{
    int used = canvas_text(c, 0, 0, c->width, ROLE_TEXT, _("Search: "));
    int width = c->width - used < 24 ? c->width - used : 24;

    if (width > 2) {
        canvas_put(c, used, 0, '[', ROLE_ACCENT);
        edit_draw(&h->search, c, used + 1, 0, width - 2, true);
        canvas_put(c, used + width - 1, 0, ']', ROLE_ACCENT);
    }
}

static void draw_text(struct help *h, struct canvas *c)
{
    struct canvas search = canvas_inside(c, 0, 0, c->width, 1);
    struct canvas body = canvas_inside(c, 0, 2, c->width, c->height - 3);
    struct page p = {.help = h, .canvas = &body};
    int below;

    clamp_top(h, &body);
    draw_search(h, &search);
    add_page(&p);
    if (h->lines == 0) {
        canvas_text(&body, 0, 0, body.width, ROLE_TEXT, _("Nothing found."));
    }
    below = h->lines - h->top - body.height;
    if (below > 0) {
        canvas_sign(c, 0, c->height - 1, GLYPH_SORTED_DOWN, ROLE_ACCENT);
        draw_format(c, 2, c->height - 1, c->width - 2, ROLE_TEXT,
                    _("%d more lines"), below);
    }
}

void help_draw(struct help *h, struct canvas *c)
{
    struct draw_title title = {.title = page_title(h->page)};
    struct canvas box, inner;
    int width = HELP_WIDTH < c->width - 2 ? HELP_WIDTH : c->width - 2;

    canvas_hit_nothing(c);
    if (c->width < 60 || c->height < 16) {
        box = canvas_inside(c, 0, 0, c->width, c->height - 2);
        canvas_clear(&box);
        draw_text(h, &box);
        return;
    }
    box = canvas_inside(c, (c->width - width) / 2, 1, width, c->height - 3);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, width, box.height);
    draw_title(&box, 2, 0, width - 4, &title);
    inner = canvas_inside(&box, 2, 1, width - 4, box.height - 2);
    draw_text(h, &inner);
}
