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

enum {
    HELP_WIDTH = 64,
    HELP_KEY_WIDTH = 10,     /* columns of the keys */
    HELP_COMMAND_WIDTH = 24, /* of a command with its arguments */
    HELP_WIDE = 110,         /* columns from which keys stand side by side */
    HELP_WIDE_HEIGHT = 30,
    HELP_COLUMNS = 3,
    HELP_COLUMN = 38,
    HELP_SEARCH = 64, /* characters of what is looked for */
};

enum line_kind { LINE_BLANK, LINE_HEADING, LINE_ENTRY, LINE_TEXT };

/* A line of a page; an entry may be drawn on several rows. */
struct help_line {
    enum line_kind kind;
    char *left;                  /* owned; keys or a command */
    char *text;                  /* owned */
    const struct action *action; /* done by Enter; NULL: only explained */
};

/* Keys that move about belong to no action. */
static const struct {
    const char *key, *text;
} moves[] = {
    {"Up Down", N_("one line; also j and k")},
    {"PgUp PgDn", N_("one page")},
    {"g G", N_("first, last line")},
    {"Space", N_("mark; * all, u none")},
    {"m F9", N_("menu; also Alt+letter")},
    {":", N_("command line")},
    {"Esc", N_("close, cancel; never quits")},
    {"^C", N_("quit; asks first")},
};

static const struct {
    const char *what, *text;
} signs[] = {
    {N_("Grid"), N_("full block verified, shades partly, dot missing, - nobody "
                    "holds it, a-z arriving from that peer, ? being checked, ! "
                    "was bad and is asked again")},
    {N_("File"), N_("arrow down loading, arrow up sharing, ? being checked, ! "
                    "needs you")},
    {N_("Lists"), N_("> here, * marked")},
    {N_("Load"), N_("what a peer says of itself: uploads in use, queue, limit. "
                    "Full bar: somebody else is asked.")},
    {N_("Cluster"), N_("full circle up, half not quite, empty away")},
    {N_("Notices"), N_("tick done, i information, ? somebody waits for you, ! "
                       "warning, cross error")},
};

/* ---- Lines ------------------------------------------------------------- */

static void forget_lines(struct help *h)
{
    int i;

    for (i = 0; i < h->count; i++) {
        free(h->lines[i].left);
        free(h->lines[i].text);
    }
    free(h->lines);
    h->lines = NULL;
    h->count = 0;
}

static struct help_line *add_line(struct help *h, enum line_kind kind,
                                  const char *left, const char *text)
{
    struct help_line *l;

    h->lines = mem_resize(h->lines, (size_t)h->count + 1, sizeof(*h->lines));
    l = &h->lines[h->count++];
    memset(l, 0, sizeof(*l));
    l->kind = kind;
    l->left = mem_strdup(left);
    l->text = mem_strdup(text);
    return l;
}

/* Headings are in the way of who searches. */
static void add_heading(struct help *h, const char *text)
{
    if (h->search.length > 0) {
        return;
    }
    if (h->count > 0) {
        add_line(h, LINE_BLANK, "", "");
    }
    add_line(h, LINE_HEADING, "", text);
}

static void add_entry(struct help *h, const char *left, const char *text,
                      const char *also, const struct action *a)
{
    const char *wanted = h->search.text;

    if (h->search.length == 0 || list_matches(left, wanted) ||
        list_matches(text, wanted) || list_matches(also, wanted)) {
        add_line(h, LINE_ENTRY, left, text)->action = a;
    }
}

/* Does its only key mean something else here? */
static bool is_hidden(const struct action *a, unsigned contexts)
{
    return strchr(a->key, ' ') == NULL && action_for_key(a->key, contexts) != a;
}

static bool fits(const struct action *a, unsigned contexts, bool here)
{
    bool anywhere = a->contexts == ACTION_ANYWHERE;

    return a->key != NULL && anywhere != here &&
           (anywhere ? !is_hidden(a, contexts) : (a->contexts & contexts) != 0);
}

static void add_actions(struct help *h, bool here)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        char key[KEY_SHOWN_MAX];

        if (fits(a, h->contexts, here)) {
            key_shown(a->key, key, sizeof(key));
            add_entry(h, key, _(a->help), _(a->label), a);
        }
    }
}

static const char *place_of(unsigned contexts)
{
    switch (contexts) {
    case ACTION_IN_GROUPS:
        return _("In the list of groups");
    case ACTION_IN_FILES:
        return _("In the list of files");
    case ACTION_IN_PIECES:
        return _("In the pieces");
    case ACTION_IN_PEERS:
        return _("In the list of peers");
    case ACTION_IN_REQUESTS:
        return _("In the requests");
    case ACTION_IN_MEMBERS:
        return _("In the list of members");
    case ACTION_IN_TRACKERS:
        return _("In the list of trackers");
    case ACTION_IN_LOG:
        return _("In the log");
    case ACTION_IN_SETTINGS:
        return _("In the settings");
    default:
        return _("Here");
    }
}

static void add_keys(struct help *h)
{
    size_t i;

    add_heading(h, place_of(h->contexts));
    add_actions(h, true);
    add_heading(h, _("Everywhere"));
    add_actions(h, false);
    add_heading(h, _("Moving"));
    for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        char key[KEY_SHOWN_MAX];

        key_shown(moves[i].key, key, sizeof(key));
        add_entry(h, key, _(moves[i].text), "", NULL);
    }
}

static void add_commands(struct help *h)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        char *left, *text;

        if (a->command == NULL) {
            continue;
        }
        left = mem_printf("%s %s", a->command,
                          a->arguments == NULL ? "" : a->arguments);
        text = a->aliases == NULL
                   ? mem_strdup(_(a->help))
                   : mem_printf(_("%s (also: %s)"), _(a->help), a->aliases);
        add_entry(h, left, text, _(a->label), a);
        free(left);
        free(text);
    }
}

static void add_signs(struct help *h)
{
    size_t i;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        add_entry(h, _(signs[i].what), _(signs[i].text), "", NULL);
    }
}

static void fill(struct help *h)
{
    forget_lines(h);
    switch (h->page) {
    case HELP_KEYS:
        add_keys(h);
        if (h->search.length > 0) {
            add_commands(h); /* who searches does not care which page */
        }
        break;
    case HELP_COMMANDS:
        add_commands(h);
        break;
    case HELP_SIGNS:
        add_signs(h);
        break;
    }
    list_clamp(&h->list, h->count);
}

/* ---- Keys -------------------------------------------------------------- */

void help_init(struct help *h)
{
    memset(h, 0, sizeof(*h));
}

void help_close(struct help *h)
{
    forget_lines(h);
    edit_close(&h->search);
    help_init(h);
}

void help_open(struct help *h, enum help_page page, unsigned contexts)
{
    help_close(h);
    edit_init(&h->search, HELP_SEARCH, false);
    h->open = true;
    h->page = page;
    h->contexts = contexts;
    fill(h);
}

static void search_changed(struct help *h)
{
    h->list.row = 0;
    h->list.top = 0;
    fill(h);
}

/* Letters are looked for, so only named keys move; blank lines are no place
 * to be. */
static bool moves_by(struct help *h, int key)
{
    int before = h->list.row;

    if (key < KEY_FIRST_NAMED || !list_key(&h->list, key, h->count)) {
        return false;
    }
    if (h->list.row >= 0 && h->lines[h->list.row].kind == LINE_BLANK) {
        h->list.row += h->list.row > before ? 1 : -1;
    }
    return true;
}

const struct action *help_key(struct help *h, int key)
{
    const struct action *a = NULL;

    if (key == KEY_RETURN) {
        a = h->list.row < 0 || h->is_wide ? NULL : h->lines[h->list.row].action;
        h->open = false;
    } else if (key == KEY_ESCAPE ||
               ((key == 'q' || key == '?') && h->search.length == 0)) {
        h->open = false; /* q closes as long as no word is being typed */
    } else if (!moves_by(h, key) && edit_key(&h->search, key)) {
        search_changed(h);
    }
    return a;
}

bool help_paste(struct help *h, const char *text)
{
    bool taken = edit_insert(&h->search, text);

    search_changed(h);
    return taken;
}

/* ---- Drawing ----------------------------------------------------------- */

static int left_width(const struct help *h)
{
    return h->page == HELP_COMMANDS ? HELP_COMMAND_WIDTH : HELP_KEY_WIDTH;
}

/* Where a line begins: a heading stands out to the left of its entries. */
enum { HELP_INDENT = 3 };

/* Where the text of an entry begins: behind the keys, or under them where
 * there is no room beside them. */
static int text_x(const struct help *h, int width, const char *left)
{
    int used = cell_text_width(left, strlen(left));

    if (width - left_width(h) < 20) {
        return -1;
    }
    return used > left_width(h) ? -1 : HELP_INDENT + left_width(h) + 1;
}

/* Rows a line takes at this width. */
static int height_of(const struct help *h, const struct help_line *l, int width)
{
    int x = text_x(h, width, l->left);

    if (l->kind != LINE_ENTRY) {
        return 1;
    }
    return x < 0 ? 1 + draw_wrapped_lines(width - HELP_INDENT - 2, l->text)
                 : draw_wrapped_lines(width - x, l->text);
}

static void draw_line(const struct help *h, const struct help_line *l,
                      struct canvas *c, int y, bool here)
{
    int x = text_x(h, c->width, l->left);

    if (l->kind == LINE_HEADING) {
        canvas_text(c, 1, y, c->width - 1, ROLE_TITLE, l->text);
    } else if (x < 0) {
        draw_cut(c, HELP_INDENT, y, c->width - HELP_INDENT, ROLE_KEY, l->left);
        draw_wrapped(c, HELP_INDENT + 2, y + 1, c->width - HELP_INDENT - 2, 0,
                     c->height - y, ROLE_TEXT, l->text);
    } else {
        draw_cut(c, HELP_INDENT, y, x - HELP_INDENT - 1, ROLE_KEY, l->left);
        draw_wrapped(c, x, y, c->width - x, 0, c->height - y, ROLE_TEXT,
                     l->text);
    }
    if (here) {
        canvas_put(c, 0, y, '>', ROLE_TEXT);
        canvas_highlight(c, 0, y, c->width, THEME_REVERSE);
    }
}

/* The first line shown, so that the chosen one is whole on the page. */
static void scroll(struct help *h, const struct canvas *c)
{
    int i, rows = 0;

    list_clamp(&h->list, h->count);
    h->list.page = c->height;
    if (h->list.top > h->list.row) {
        h->list.top = h->list.row < 0 ? 0 : h->list.row;
    }
    for (i = h->list.row; i >= h->list.top && i >= 0; i--) {
        rows += height_of(h, &h->lines[i], c->width);
        if (rows > c->height && i < h->list.row) {
            h->list.top = i + 1;
            return;
        }
    }
}

/* Returns how many lines are below the page. */
static int draw_lines(struct help *h, struct canvas *c)
{
    int i, y = 0;

    scroll(h, c);
    for (i = h->list.top; i < h->count && y < c->height; i++) {
        draw_line(h, &h->lines[i], c, y, i == h->list.row);
        y += height_of(h, &h->lines[i], c->width);
    }
    if (h->count == 0) {
        canvas_text(c, 0, 0, c->width, ROLE_TEXT, _("Nothing found."));
    }
    return h->count - i;
}

static void draw_search(struct help *h, struct canvas *c)
{
    int used = canvas_text(c, 0, 0, c->width, ROLE_TEXT, _("Search: "));
    int width = c->width - used < 20 ? c->width - used : 20;

    if (width > 2) {
        canvas_put(c, used, 0, '[', ROLE_ACCENT);
        edit_draw(&h->search, c, used + 1, 0, width - 2, true);
        canvas_put(c, used + width - 1, 0, ']', ROLE_ACCENT);
        canvas_text(c, used + width + 1, 0, c->width - used - width - 1,
                    ROLE_FRAME, _("type a word or a key"));
    }
}

static void draw_page(struct help *h, struct canvas *c)
{
    struct canvas search = canvas_inside(c, 0, 0, c->width, 1);
    struct canvas body = canvas_inside(c, 0, 2, c->width, c->height - 3);
    int below;

    draw_search(h, &search);
    below = draw_lines(h, &body);
    if (below > 0) {
        canvas_sign(c, 0, c->height - 1, GLYPH_SORTED_DOWN, ROLE_ACCENT);
        draw_format(c, 2, c->height - 1, c->width - 2, ROLE_TEXT,
                    ngettext("%d more. Enter does what is chosen.",
                             "%d more. Enter does what is chosen.",
                             (unsigned long)below),
                    below);
    }
}

/* ---- A wide terminal ---------------------------------------------------- */

/* One column after the other; an entry is a line: its keys and its label. */
struct columns {
    struct canvas *canvas;
    int column, y;
};

static void next_line(struct columns *k)
{
    if (++k->y >= k->canvas->height && k->column < HELP_COLUMNS - 1) {
        k->column++;
        k->y = 0;
    }
}

static void put_line(struct columns *k, const char *key, const char *text,
                     enum theme_role role)
{
    int x = k->column * (HELP_COLUMN + 1);
    char shown[KEY_SHOWN_MAX];

    key_shown(key == NULL ? "" : key, shown, sizeof(shown));
    canvas_text(k->canvas, x + (key == NULL ? 0 : 1), k->y, HELP_KEY_WIDTH,
                ROLE_KEY, shown);
    draw_cut(k->canvas, x + (key == NULL ? 0 : HELP_KEY_WIDTH + 2), k->y,
             HELP_COLUMN - (key == NULL ? 0 : HELP_KEY_WIDTH + 2), role, text);
    next_line(k);
}

static void put_heading(struct columns *k, const char *text)
{
    if (k->y > 0) {
        next_line(k);
    }
    if (k->y >= k->canvas->height - 2 && k->column < HELP_COLUMNS - 1) {
        k->column++;
        k->y = 0;
    }
    put_line(k, NULL, text, ROLE_TITLE);
}

static void put_menu(struct columns *k, enum action_menu menu)
{
    char label[WORDING_MAX];
    size_t i;

    put_heading(k, action_menu_title(menu));
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);

        if (a->menu == menu && a->key != NULL) {
            put_line(k, a->key,
                     wording_title(_(a->label), label, sizeof(label)),
                     ROLE_TEXT);
        }
    }
}

static void draw_columns(struct canvas *c)
{
    struct columns k = {.canvas = c};
    int menu;
    size_t i;

    put_heading(&k, _("Moving"));
    for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        put_line(&k, moves[i].key, _(moves[i].text), ROLE_TEXT);
    }
    for (menu = ACTION_MENU_ACCOUNT; menu < ACTION_MENU_COUNT; menu++) {
        put_menu(&k, (enum action_menu)menu);
    }
}

static void draw_sign_lines(struct canvas *c)
{
    size_t i;
    int y = 0;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        canvas_text(c, 0, y, HELP_KEY_WIDTH, ROLE_KEY, _(signs[i].what));
        y += draw_wrapped(c, HELP_KEY_WIDTH + 1, y,
                          c->width - HELP_KEY_WIDTH - 1, 0, c->height - y,
                          ROLE_TEXT, _(signs[i].text));
    }
}

static void draw_divider(struct canvas *c, int y, const char *title)
{
    struct draw_title t = {.title = title};

    draw_horizontal(c, 1, y, c->width - 2);
    canvas_sign(c, 0, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(c, c->width - 1, y, GLYPH_TEE_LEFT, ROLE_FRAME);
    draw_title(c, 2, y, c->width - 4, &t);
}

/* All of it on one page, as long as nothing is looked for. */
static void draw_wide(struct canvas *c)
{
    enum { SIGN_ROWS = 6 };
    struct draw_title t = {.title = _("Help"), .right = _("type to search")};
    int split = c->height - SIGN_ROWS - 2;
    struct canvas keys = canvas_inside(c, 2, 1, c->width - 4, split - 1);
    struct canvas below =
        canvas_inside(c, 2, split + 1, c->width - 4, SIGN_ROWS);

    canvas_clear(c);
    draw_frame(c, 0, 0, c->width, c->height);
    draw_title(c, 2, 0, c->width - 4, &t);
    draw_columns(&keys);
    draw_divider(c, split, _("Signs"));
    draw_sign_lines(&below);
    canvas_cursor(c, 2, 1, false);
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

void help_draw(struct help *h, struct canvas *c)
{
    struct draw_title title = {.title = page_title(h->page)};
    struct canvas box, inner;
    int width;

    canvas_hit_nothing(c);
    h->is_wide = c->width >= HELP_WIDE && c->height >= HELP_WIDE_HEIGHT &&
                 h->page == HELP_KEYS && h->search.length == 0;
    if (h->is_wide) {
        box = canvas_inside(c, 0, 0, c->width, c->height - 2);
        draw_wide(&box);
        return;
    }
    if (c->width < 60 || c->height < 16) {
        box = canvas_inside(c, 0, 0, c->width, c->height - 2);
        canvas_clear(&box);
        draw_page(h, &box);
        return;
    }
    width = HELP_WIDTH < c->width - 2 ? HELP_WIDTH : c->width - 2;
    box = canvas_inside(c, (c->width - width) / 2, 1, width, c->height - 3);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, box.width, box.height);
    draw_title(&box, 2, 0, box.width - 4, &title);
    inner = canvas_inside(&box, 2, 1, box.width - 4, box.height - 2);
    draw_page(h, &inner);
}
