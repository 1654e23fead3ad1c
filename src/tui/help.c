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
    HELP_WIDTH = 64,
    HELP_KEY_WIDTH = 10,     /* columns of the keys */
    HELP_COMMAND_WIDTH = 24, /* of a command with its arguments */
    HELP_WIDE = 110,         /* columns from which keys stand side by side */
    HELP_COLUMNS = 3,
    HELP_COLUMN = 38,
    HELP_SEARCH = 64,     /* characters of what is looked for */
    HELP_TINY_HEIGHT = 4, /* rows of a page that has lines only */
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

/* The signs themselves stand where the text has %s. */
enum { HELP_SIGNS_MOST = 5 };

static const struct {
    const char *what, *text;
    enum glyph signs[HELP_SIGNS_MOST];
} signs[] = {
    {N_("Grid"),
     N_("%s verified, %s%s%s partly, %s missing, - nobody holds it, a-z "
        "arriving from that peer, ? being checked, ! was bad and is asked "
        "again"),
     {GLYPH_BLOCK, GLYPH_DARK, GLYPH_MEDIUM, GLYPH_LIGHT, GLYPH_NONE}},
    {N_("File"),
     N_("%s loading, %s sharing, ? being checked, ! needs you"),
     {GLYPH_DOWN, GLYPH_UP}},
    {N_("Lists"), N_("> here, * marked"), {0}},
    {N_("Load"),
     N_("what a peer says of itself: uploads in use, queue, limit. "
        "Full bar: somebody else is asked."),
     {0}},
    {N_("Cluster"),
     N_("%s up, %s not quite, %s away"),
     {GLYPH_LIT, GLYPH_HALF_LIT, GLYPH_UNLIT}},
    {N_("Notices"),
     N_("%s done, i information, ? somebody waits for you, ! warning, %s "
        "error"),
     {GLYPH_DONE, GLYPH_FAILED}},
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

/* What the n-th kind of sign means, with the signs of this tier; free(). */
static char *signs_text(size_t n, enum glyph_tier tier)
{
    char shown[HELP_SIGNS_MOST][5]; /* a character of UTF-8 and its NUL */
    int i;

    for (i = 0; i < HELP_SIGNS_MOST; i++) {
        size_t length =
            text_encode(glyph_character(tier, signs[n].signs[i]), shown[i]);

        shown[i][length] = '\0';
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return mem_printf(_(signs[n].text), shown[0], shown[1], shown[2], shown[3],
                      shown[4]);
#pragma GCC diagnostic pop
}

static void add_signs(struct help *h)
{
    size_t i;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        char *text = signs_text(i, h->tier);

        add_entry(h, _(signs[i].what), text, "", NULL);
        free(text);
    }
}

/* Blank lines and headings are no place to be. */
static bool is_place(const struct help *h, int row)
{
    return row >= 0 && h->lines[row].kind == LINE_ENTRY;
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
    if (h->count > 1 && !is_place(h, h->list.row)) {
        h->list.row++;
    }
}

/* ---- Keys -------------------------------------------------------------- */

void help_close(struct help *h)
{
    forget_lines(h);
    edit_close(&h->search);
    memset(h, 0, sizeof(*h));
}

void help_open(struct help *h, enum help_page page, unsigned contexts,
               enum glyph_tier tier)
{
    help_close(h);
    edit_init(&h->search, HELP_SEARCH, false);
    h->open = true;
    h->page = page;
    h->contexts = contexts;
    h->tier = tier;
    fill(h);
}

static void search_changed(struct help *h)
{
    h->list.row = 0;
    h->list.top = 0;
    fill(h);
}

/* Letters are looked for, so only named keys move. From what is no place to be
 * it goes on, or back where nothing follows. */
static bool moves_by(struct help *h, int key)
{
    int before = h->list.row, row, step;

    if (key < KEY_FIRST_NAMED || !list_key(&h->list, key, h->count)) {
        return false;
    }
    row = h->list.row;
    step = row > before || row == 0 ? 1 : -1;
    while (row >= 0 && row < h->count && !is_place(h, row)) {
        row += step;
    }
    h->list.row = row >= 0 && row < h->count ? row : before;
    h->is_typing = false;
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
        h->is_typing = true;
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
        if (!h->is_typing) {
            canvas_cursor(c, 0, y, false);
        }
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
    if (h->list.top > 0 && h->list.top == h->list.row &&
        h->lines[h->list.top - 1].kind == LINE_HEADING) {
        h->list.top--; /* it says what the chosen line belongs to */
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
        edit_draw(&h->search, c, used + 1, 0, width - 2, h->is_typing);
        canvas_put(c, used + width - 1, 0, ']', ROLE_ACCENT);
        canvas_text(c, used + width + 1, 0, c->width - used - width - 1,
                    ROLE_FRAME, _("type a word or a key"));
    }
}

/* On a small screen the title takes the place of an empty field, and there is
 * no blank line below it. */
static void draw_page(struct help *h, struct canvas *c, const char *title)
{
    bool small = title != NULL;
    bool says_more = c->height > HELP_TINY_HEIGHT;
    int top = small ? 1 : 2;
    struct canvas search = canvas_inside(c, 0, 0, c->width, 1);
    struct canvas body = canvas_inside(c, 0, top, c->width,
                                       c->height - top - (says_more ? 1 : 0));
    int below;

    if (small && h->search.length == 0) {
        canvas_text(&search, 0, 0, search.width, ROLE_TITLE, title);
        draw_right(&search, search.width, 0,
                   search.width - cell_text_width(title, strlen(title)) - 2,
                   ROLE_FRAME, _("type to search"));
    } else {
        draw_search(h, &search);
    }
    canvas_cursor(c, 0, 0, false); /* where nothing is found */
    if (h->is_typing) {
        draw_search(h, &search);
    }
    below = draw_lines(h, &body);
    if (below > 0 && says_more) {
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
    bool has_gaps; /* a blank line above a heading */
    bool is_full;  /* a line more found no room */
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

    k->is_full = k->is_full || k->y >= k->canvas->height;
    key_shown(key == NULL ? "" : key, shown, sizeof(shown));
    canvas_text(k->canvas, x + (key == NULL ? 0 : 1), k->y, HELP_KEY_WIDTH,
                ROLE_KEY, shown);
    draw_cut(k->canvas, x + (key == NULL ? 0 : HELP_KEY_WIDTH + 2), k->y,
             HELP_COLUMN - (key == NULL ? 0 : HELP_KEY_WIDTH + 2), role, text);
    next_line(k);
}

static void put_heading(struct columns *k, const char *text)
{
    if (k->y > 0 && k->has_gaps) {
        next_line(k);
    }
    if (k->y >= k->canvas->height - 2 && k->column < HELP_COLUMNS - 1) {
        k->column++;
        k->y = 0;
    }
    put_line(k, NULL, text, ROLE_TITLE);
}

/* What can be done anywhere with a key but is in no menu belongs to none. */
static void put_menu(struct columns *k, enum action_menu menu)
{
    char label[WORDING_MAX];
    size_t i;

    put_heading(k,
                menu == ACTION_MENU_NONE ? _("Also") : action_menu_title(menu));
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);

        if (a->menu == menu && a->key != NULL &&
            (menu != ACTION_MENU_NONE || a->contexts == ACTION_ANYWHERE)) {
            put_line(k, a->key,
                     wording_title(_(a->label), label, sizeof(label)),
                     ROLE_TEXT);
        }
    }
}

/* False when there was no room for all. */
static bool draw_columns(struct canvas *c, bool has_gaps)
{
    struct columns k = {.canvas = c, .has_gaps = has_gaps};
    int menu;
    size_t i;

    put_heading(&k, _("Moving"));
    for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        put_line(&k, moves[i].key, _(moves[i].text), ROLE_TEXT);
    }
    for (menu = ACTION_MENU_ACCOUNT; menu < ACTION_MENU_COUNT; menu++) {
        put_menu(&k, (enum action_menu)menu);
    }
    put_menu(&k, ACTION_MENU_NONE);
    return !k.is_full;
}

/* Returns the rows they take; of a canvas without columns nothing is drawn. */
static int draw_sign_lines(struct canvas *c, int width, enum glyph_tier tier)
{
    size_t i;
    int y = 0;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        char *text = signs_text(i, tier);

        canvas_text(c, 0, y, HELP_KEY_WIDTH, ROLE_KEY, _(signs[i].what));
        draw_wrapped(c, HELP_KEY_WIDTH + 1, y, width - HELP_KEY_WIDTH - 1, 0,
                     c->height - y, ROLE_TEXT, text);
        y += draw_wrapped_lines(width - HELP_KEY_WIDTH - 1, text);
        free(text);
    }
    return y;
}

static void draw_divider(struct canvas *c, int y, const char *title)
{
    struct draw_title t = {.title = title};

    draw_horizontal(c, 1, y, c->width - 2);
    canvas_sign(c, 0, y, GLYPH_TEE_RIGHT, ROLE_FRAME);
    canvas_sign(c, c->width - 1, y, GLYPH_TEE_LEFT, ROLE_FRAME);
    draw_title(c, 2, y, c->width - 4, &t);
}

/* All of it on one page, as long as nothing is looked for. False when there is
 * no room for all: then nothing is drawn. */
static bool draw_wide(const struct help *h, struct canvas *c)
{
    struct draw_title t = {.title = _("Help"), .right = _("type to search")};
    struct canvas nothing = canvas_inside(c, 0, 0, 0, c->height);
    int split =
        c->height - 2 - draw_sign_lines(&nothing, c->width - 4, h->tier);
    struct canvas keys = canvas_inside(c, 2, 1, c->width - 4, split - 1);
    struct canvas below =
        canvas_inside(c, 2, split + 1, c->width - 4, c->height - split - 2);
    struct canvas trial = canvas_inside(c, 0, 0, 0, split - 1);

    bool has_gaps = draw_columns(&trial, true);

    if (!has_gaps && !draw_columns(&trial, false)) {
        return false;
    }
    canvas_clear(c);
    draw_frame(c, 0, 0, c->width, c->height);
    draw_title(c, 2, 0, c->width - 4, &t);
    draw_columns(&keys, has_gaps);
    draw_divider(c, split, _("Signs"));
    draw_sign_lines(&below, below.width, h->tier);
    canvas_cursor(c, 2, 1, false);
    return true;
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
    box = canvas_inside(c, 0, 0, c->width, c->height - 2);
    h->is_wide = c->width >= HELP_WIDE && h->page == HELP_KEYS &&
                 h->search.length == 0 && draw_wide(h, &box);
    if (h->is_wide) {
        return;
    }
    if (c->width < 60 || c->height < 16) {
        canvas_clear(&box);
        draw_page(h, &box, page_title(h->page));
        return;
    }
    width = HELP_WIDTH < c->width - 2 ? HELP_WIDTH : c->width - 2;
    box = canvas_inside(c, (c->width - width) / 2, 1, width, c->height - 3);
    canvas_clear(&box);
    draw_frame(&box, 0, 0, box.width, box.height);
    draw_title(&box, 2, 0, box.width - 4, &title);
    inner = canvas_inside(&box, 2, 1, box.width - 4, box.height - 2);
    draw_page(h, &inner, NULL);
}
