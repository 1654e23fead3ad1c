/* browser: the list of a directory to choose files from: a pure model, and its
 * drawing. It reads through struct browser_source, in slices, so that a huge
 * directory never holds the screen.
 *
 *   closed --browser_go--> reading --last slice--> complete
 *
 * Names are foreign text: any bytes but '/' and NUL; drawing makes them safe.
 */
#ifndef P2P_TUI_BROWSER_H
#define P2P_TUI_BROWSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/edit.h"

struct canvas;
struct err;
struct map;

enum {
    BROWSER_SLICE = 1000,        /* entries read at once */
    BROWSER_ENTRIES = 200 * 1000 /* of one directory; more are not shown */
};

struct browser_entry {
    char *name;    /* owned */
    uint64_t size; /* bytes; of a file */
    int64_t time;  /* of the last change, seconds since 1970 */
    bool is_directory;
    bool is_other; /* a device, a socket: cannot be shared */
    bool is_up;    /* "..", the way up */
};

/* Where the entries come from. A listing is opened, read until 0, closed. */
struct browser_source {
    /* NULL with a sentence in `e`. */
    void *(*open)(const char *path, struct err *e);
    /* At most `max` entries, whose names become the caller's. 0 at the end, or
     * a negative code with a sentence. "." and ".." are left out. */
    int (*read)(void *listing, struct browser_entry *out, int max,
                struct err *e);
    void (*close)(void *listing);
    bool (*is_readable)(const char *path);
    bool (*is_directory)(const char *path);
};

/* What is known of a path elsewhere: "shared", or NULL. */
typedef const char *browser_note_cb(void *arg, const char *path);

struct browser_mark {
    char *path; /* owned, absolute */
    uint64_t size;
    bool is_directory;
    uint64_t order; /* marks are listed in the order they were made */
};

struct browser {
    const struct browser_source *source;
    browser_note_cb *note;
    void *note_arg;
    bool directories_only;
    char *home;                    /* owned; "~" */
    char *path;                    /* owned, absolute */
    struct browser_entry *entries; /* owned, sorted */
    size_t count, room;
    uint32_t *rows; /* owned; those of `entries` that are shown */
    size_t row_count;
    size_t row, top;
    char *wanted;      /* owned; name to stand on once it has been read */
    void *listing;     /* while it is being read */
    bool is_cut;       /* there are more than BROWSER_ENTRIES */
    bool hidden;       /* names that begin with a dot are shown */
    char *problem;     /* owned; why the directory cannot be read, or NULL */
    struct map *marks; /* path -> struct browser_mark */
    uint64_t mark_bytes, next_order;
    bool finding, found;
    struct edit find;
    int page; /* rows of the list last drawn */
};

/* `home` and `note` may be NULL. Start with browser_go(). */
struct browser *browser_new(const struct browser_source *source,
                            const char *home);
void browser_free(struct browser *b); /* NULL allowed */

/* Show another directory, standing on `name` (NULL: on top). When it cannot be
 * opened the old one stays, false is returned and `problem` says why. */
bool browser_go(struct browser *b, const char *path, const char *name);

/* Read one slice more. True when something changed. */
bool browser_tick(struct browser *b);
bool browser_is_reading(const struct browser *b);

/* False for keys that are not the browser's, such as Enter on a file. */
bool browser_key(struct browser *b, int key);

/* A path that was pasted: go there; a file is marked. False when there is no
 * such path. */
bool browser_paste(struct browser *b, const char *text);

/* The entry the cursor is on, or NULL; and its path, to be freed. */
const struct browser_entry *browser_entry(const struct browser *b);
char *browser_entry_path(const struct browser *b);

bool browser_is_marked(const struct browser *b, const char *path);

/* All marks in their order, in new memory to be freed (not the marks). */
const struct browser_mark **browser_marks(const struct browser *b,
                                          size_t *count);

/* `path` with "~" for the home directory; free(). */
char *browser_short_path(const struct browser *b, const char *path);

/* `bare`: nothing but the list. Its rows answer to the mouse as those of the
 * dialog's part 0. */
void browser_draw(struct browser *b, struct canvas *c, bool focused, bool bare);

/* A click on a row (from 0) moves there; on the chosen file it marks. */
void browser_click(struct browser *b, int row);

#endif /* P2P_TUI_BROWSER_H */
