#include "config.h"

#include "tui/browser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/key.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/map.h"
#include "util/mem.h"
#include "util/text.h"

/* ---- Entries ---------------------------------------------------------- */

struct browser *browser_new(const struct browser_source *source,
                            const char *home)
{
    struct browser *b = mem_calloc(1, sizeof(*b));

    b->source = source;
    b->home = mem_strdup(home);
    b->marks = map_new();
    b->page = 1;
    edit_init(&b->find, TEXT_COMPONENT_MAX, false);
    return b;
}

static void free_mark(void *value)
{
    struct browser_mark *m = value;

    free(m->path);
    free(m);
}

static void forget_entries(struct browser *b)
{
    size_t i;

    if (b->listing != NULL) {
        b->source->close(b->listing);
        b->listing = NULL;
    }
    for (i = 0; i < b->count; i++) {
        free(b->entries[i].name);
    }
    free(b->entries);
    free(b->rows);
    b->entries = NULL;
    b->rows = NULL;
    b->count = b->room = b->row_count = b->row = b->top = 0;
    b->is_cut = false;
}

void browser_free(struct browser *b)
{
    if (b == NULL) {
        return;
    }
    forget_entries(b);
    map_free(b->marks, free_mark);
    edit_close(&b->find);
    free(b->home);
    free(b->path);
    free(b->wanted);
    free(b->problem);
    free(b);
}

static void set_text(char **slot, const char *text)
{
    char *copy = mem_strdup(text);

    free(*slot);
    *slot = copy;
}

/* The way up, directories, files; each by name, whatever its case. */
static int compare(const void *a, const void *b)
{
    const struct browser_entry *x = a, *y = b;
    int order;

    if (x->is_up != y->is_up) {
        return x->is_up ? -1 : 1;
    }
    if (x->is_directory != y->is_directory) {
        return x->is_directory ? -1 : 1;
    }
    order = strcasecmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->name, y->name);
}

static void make_room(struct browser *b, size_t more)
{
    if (b->count + more > b->room) {
        b->room = 2 * b->room + more;
        b->entries = mem_resize(b->entries, b->room, sizeof(b->entries[0]));
    }
}

/* Both are sorted: merge from the end, so that every entry moves once. */
static void merge(struct browser *b, const struct browser_entry *more, size_t n)
{
    size_t from = b->count, to = b->count + n;

    make_room(b, n);
    b->count = to;
    while (n > 0) {
        if (from > 0 && compare(&b->entries[from - 1], &more[n - 1]) > 0) {
            b->entries[--to] = b->entries[--from];
        } else {
            b->entries[--to] = more[--n];
        }
    }
}

static bool is_shown(const struct browser *b, const struct browser_entry *e)
{
    if (b->directories_only && !e->is_directory) {
        return false;
    }
    return e->is_up || b->hidden || e->name[0] != '.';
}

static void stand_on(struct browser *b, const char *name)
{
    size_t i;

    for (i = 0; name != NULL && i < b->row_count; i++) {
        if (strcmp(b->entries[b->rows[i]].name, name) == 0) {
            b->row = i;
            return;
        }
    }
}

/* Which entries are shown has changed; the cursor stays on its name. */
static void list_rows(struct browser *b, const char *name)
{
    size_t i;

    b->rows = mem_resize(b->rows, b->count + 1, sizeof(b->rows[0]));
    b->row_count = 0;
    for (i = 0; i < b->count; i++) {
        if (is_shown(b, &b->entries[i])) {
            b->rows[b->row_count++] = (uint32_t)i;
        }
    }
    stand_on(b, name);
    if (b->row >= b->row_count) {
        b->row = b->row_count == 0 ? 0 : b->row_count - 1;
    }
}

static char *name_of_row(const struct browser *b)
{
    const struct browser_entry *e = browser_entry(b);

    return mem_strdup(e == NULL ? NULL : e->name);
}

/* ---- Reading ---------------------------------------------------------- */

static void stop_reading(struct browser *b)
{
    b->source->close(b->listing);
    b->listing = NULL;
    free(b->wanted);
    b->wanted = NULL;
}

bool browser_tick(struct browser *b)
{
    struct browser_entry *slice;
    struct err e = {.code = 0};
    char *name;
    int n;

    if (b->listing == NULL) {
        return false;
    }
    slice = mem_calloc(BROWSER_SLICE, sizeof(*slice));
    name = b->wanted != NULL ? mem_strdup(b->wanted) : name_of_row(b);
    n = b->source->read(b->listing, slice, BROWSER_SLICE, &e);
    if (n > 0) {
        qsort(slice, (size_t)n, sizeof(*slice), compare);
        merge(b, slice, (size_t)n);
        list_rows(b, name);
    }
    free(name);
    free(slice);
    if (n < 0) {
        set_text(&b->problem, e.text);
    }
    if (n > 0 && b->count >= BROWSER_ENTRIES) {
        b->is_cut = true;
        n = 0;
    }
    if (n <= 0) {
        stop_reading(b);
    }
    return true;
}

bool browser_is_reading(const struct browser *b)
{
    return b->listing != NULL;
}

bool browser_go(struct browser *b, const char *path, const char *name)
{
    struct err e = {.code = 0};
    void *listing = b->source->open(path, &e);
    struct browser_entry up = {.is_up = true, .is_directory = true};
    char *wanted = mem_strdup(name);

    if (listing == NULL) {
        set_text(&b->problem, e.text);
        free(wanted);
        return false;
    }
    set_text(&b->path, path);
    forget_entries(b);
    set_text(&b->problem, NULL);
    free(b->wanted);
    b->wanted = wanted;
    b->listing = listing;
    if (strcmp(b->path, "/") != 0) {
        up.name = mem_strdup("..");
        merge(b, &up, 1);
    }
    list_rows(b, NULL);
    /* Most directories are complete with this. */
    if (browser_tick(b) && b->count < BROWSER_SLICE) {
        browser_tick(b);
    }
    return true;
}

/* ---- Paths ------------------------------------------------------------ */

const struct browser_entry *browser_entry(const struct browser *b)
{
    return b->row < b->row_count ? &b->entries[b->rows[b->row]] : NULL;
}

static char *join(const char *directory, const char *name)
{
    return mem_printf("%s%s%s", directory,
                      strcmp(directory, "/") == 0 ? "" : "/", name);
}

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL || slash == path
               ? mem_strdup("/")
               : mem_strndup(path, (size_t)(slash - path));
}

char *browser_entry_path(const struct browser *b)
{
    const struct browser_entry *e = browser_entry(b);

    if (e == NULL) {
        return NULL;
    }
    return e->is_up ? parent_of(b->path) : join(b->path, e->name);
}

char *browser_short_path(const struct browser *b, const char *path)
{
    size_t length = b->home == NULL ? 0 : strlen(b->home);

    if (length > 1 && strncmp(path, b->home, length) == 0 &&
        (path[length] == '/' || path[length] == '\0')) {
        return mem_printf("~%s", path + length);
    }
    return mem_strdup(path);
}

static void go_up(struct browser *b)
{
    char *parent = parent_of(b->path);
    const char *slash = strrchr(b->path, '/');
    char *name = mem_strdup(slash == NULL ? NULL : slash + 1);

    if (strcmp(b->path, "/") != 0) {
        browser_go(b, parent, name);
    }
    free(name);
    free(parent);
}

static void open_row(struct browser *b)
{
    const struct browser_entry *e = browser_entry(b);
    char *path;

    if (e->is_up) {
        go_up(b);
        return;
    }
    path = browser_entry_path(b);
    browser_go(b, path, NULL);
    free(path);
}

/* ---- Marks ------------------------------------------------------------ */

bool browser_is_marked(const struct browser *b, const char *path)
{
    return map_get_text(b->marks, path) != NULL;
}

/* Takes `path`. */
static void mark(struct browser *b, char *path, const struct browser_entry *e)
{
    struct browser_mark *m = mem_calloc(1, sizeof(*m));

    m->path = path;
    m->size = e->size;
    m->is_directory = e->is_directory;
    m->order = b->next_order++;
    b->mark_bytes += m->size;
    map_put_text(b->marks, path, m);
}

static void unmark(struct browser *b, const char *path)
{
    struct browser_mark *m = map_remove_text(b->marks, path);

    b->mark_bytes -= m->size;
    free_mark(m);
}

static bool may_be_marked(const struct browser *b,
                          const struct browser_entry *e)
{
    return !b->directories_only && !e->is_up && !e->is_other;
}

static void toggle_mark(struct browser *b)
{
    const struct browser_entry *e = browser_entry(b);
    char *path;

    if (e == NULL || !may_be_marked(b, e)) {
        return;
    }
    path = browser_entry_path(b);
    if (browser_is_marked(b, path)) {
        unmark(b, path);
        free(path);
    } else {
        mark(b, path, e);
    }
}

static void unmark_all(struct browser *b)
{
    map_free(b->marks, free_mark);
    b->marks = map_new();
    b->mark_bytes = 0;
}

/* All files that are shown here; directories would say more than is meant. */
static void mark_all(struct browser *b)
{
    size_t before = map_count(b->marks);
    size_t i;

    for (i = 0; i < b->row_count; i++) {
        const struct browser_entry *e = &b->entries[b->rows[i]];
        char *path;

        if (!may_be_marked(b, e) || e->is_directory) {
            continue;
        }
        path = join(b->path, e->name);
        if (browser_is_marked(b, path)) {
            free(path);
        } else {
            mark(b, path, e);
        }
    }
    if (map_count(b->marks) == before) {
        unmark_all(b);
    }
}

static int compare_marks(const void *a, const void *b)
{
    const struct browser_mark *const *x = a, *const *y = b;

    return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

const struct browser_mark **browser_marks(const struct browser *b,
                                          size_t *count)
{
    size_t total = map_count(b->marks), cursor = 0, i = 0;
    const struct browser_mark **all = mem_calloc(total + 1, sizeof(*all));
    const struct browser_mark *m;

    for (m = map_next(b->marks, &cursor, NULL, NULL); m != NULL;
         m = map_next(b->marks, &cursor, NULL, NULL)) {
        all[i++] = m;
    }
    if (i > 0) {
        qsort(all, i, sizeof(*all), compare_marks);
    }
    *count = i;
    return all;
}

/* ---- Finding ---------------------------------------------------------- */

/* The next row whose name contains what was typed; `from` is looked at too. */
static void find_from(struct browser *b, size_t from)
{
    char *wanted = text_fold(b->find.text);
    size_t i;

    b->found = b->find.length == 0;
    for (i = 0; i < b->row_count && !b->found; i++) {
        size_t row = (from + i) % b->row_count;
        char *name = text_fold(b->entries[b->rows[row]].name);

        if (strstr(name, wanted) != NULL) {
            b->row = row;
            b->found = true;
        }
        free(name);
    }
    free(wanted);
}

static bool find_key(struct browser *b, int key)
{
    switch (key) {
    case KEY_ESCAPE:
    case KEY_RETURN:
        b->finding = false;
        return true;
    case KEY_TAB:
    case KEY_BACK_TAB:
        b->finding = false;
        return false;
    case KEY_ARROW_DOWN:
        find_from(b, b->row + 1);
        return true;
    default:
        break;
    }
    if (edit_key(&b->find, key)) {
        find_from(b, b->row);
        return true;
    }
    return false;
}

/* ---- Keys ------------------------------------------------------------- */

static void move(struct browser *b, long rows)
{
    long row = (long)b->row + rows;
    long last = (long)b->row_count - 1;

    row = row > last ? last : row;
    b->row = row < 0 ? 0 : (size_t)row;
}

static bool move_key(struct browser *b, int key)
{
    switch (key) {
    case KEY_ARROW_UP:
    case 'k':
        move(b, -1);
        return true;
    case KEY_ARROW_DOWN:
    case 'j':
        move(b, 1);
        return true;
    case KEY_PAGE_UP:
        move(b, -b->page);
        return true;
    case KEY_PAGE_DOWN:
        move(b, b->page);
        return true;
    case KEY_GO_HOME:
    case 'g':
        b->row = 0;
        return true;
    case KEY_GO_END:
    case 'G':
        move(b, (long)b->row_count);
        return true;
    default:
        return false;
    }
}

static bool walk_key(struct browser *b, int key)
{
    const struct browser_entry *e = browser_entry(b);

    switch (key) {
    case KEY_ARROW_LEFT:
    case KEY_ERASE:
    case 'h':
        go_up(b);
        return true;
    case KEY_RETURN:
    case KEY_ARROW_RIGHT:
    case 'l':
        if (e == NULL || !e->is_directory) {
            return key != KEY_RETURN;
        }
        open_row(b);
        return true;
    case '~':
        if (b->home != NULL) {
            browser_go(b, b->home, NULL);
        }
        return true;
    default:
        return false;
    }
}

static bool mark_key(struct browser *b, int key)
{
    switch (key) {
    case KEY_SPACE:
        toggle_mark(b);
        move(b, 1);
        return true;
    case '*':
        mark_all(b);
        return true;
    case 'u':
        unmark_all(b);
        return true;
    default:
        return false;
    }
}

static void toggle_hidden(struct browser *b)
{
    char *name = name_of_row(b);

    b->hidden = !b->hidden;
    list_rows(b, name);
    free(name);
}

bool browser_key(struct browser *b, int key)
{
    if (b->finding) {
        return find_key(b, key);
    }
    if (b->path == NULL) {
        return false;
    }
    set_text(&b->problem, NULL);
    switch (key) {
    case '.':
        toggle_hidden(b);
        return true;
    case '/':
        b->finding = true;
        b->found = true;
        edit_set(&b->find, "");
        return true;
    case 'n':
        if (b->find.length > 0) {
            find_from(b, b->row + 1);
        }
        return true;
    default:
        return move_key(b, key) || walk_key(b, key) || mark_key(b, key);
    }
}

/* ---- Paste and mouse -------------------------------------------------- */

/* Terminals paste the path of a file that is dropped on them, quoted. */
static char *dropped_path(const char *text)
{
    size_t length;
    char *path;

    text += strspn(text, " \t\n'\"");
    if (strncmp(text, "file://", 7) == 0) {
        text += 7;
    }
    length = strlen(text);
    while (length > 0 && strchr(" \t\r\n'\"", text[length - 1]) != NULL) {
        length--;
    }
    while (length > 1 && text[length - 1] == '/') {
        length--;
    }
    path = mem_strndup(text, length);
    return path;
}

static bool go_to_file(struct browser *b, const char *path)
{
    char *parent = parent_of(path);
    const char *name = strrchr(path, '/') + 1;
    const struct browser_entry *e;
    bool there = browser_go(b, parent, name);

    free(parent);
    if (!there) {
        return false;
    }
    if (name[0] == '.' && !b->hidden) {
        toggle_hidden(b);
    }
    while (browser_tick(b)) {
    }
    stand_on(b, name);
    e = browser_entry(b);
    if (e == NULL || strcmp(e->name, name) != 0) {
        return false;
    }
    if (!browser_is_marked(b, path)) {
        toggle_mark(b);
    }
    return true;
}

bool browser_paste(struct browser *b, const char *text)
{
    char *path;
    bool taken;

    if (b->finding) {
        taken = edit_insert(&b->find, text);
        find_from(b, b->row);
        return taken;
    }
    path = dropped_path(text);
    if (path[0] != '/') {
        taken = false;
    } else if (b->source->is_directory(path)) {
        taken = browser_go(b, path, NULL);
    } else {
        taken = !b->directories_only && go_to_file(b, path);
    }
    free(path);
    return taken;
}

void browser_click(struct browser *b, int row)
{
    if (row < 0 || (size_t)row >= b->row_count) {
        return;
    }
    b->finding = false;
    if ((size_t)row != b->row) {
        b->row = (size_t)row;
    } else if (!browser_entry(b)->is_directory) {
        toggle_mark(b);
    }
}
