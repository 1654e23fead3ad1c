/* bench_screen: what the screen costs, with the limits of the requirements
 * beside the figures: first frame, key to screen, a thousand events a second,
 * nothing at all, and a map of a million pieces.
 *
 * The screen runs on a pseudo-terminal (tests/tui/screen_demo), read by an
 * emulator in this process. CPU time is that of the screen's thread alone.
 */
#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "msgq/event.h"
#include "tests/tui/pty.h"
#include "tui/grid.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
    STARTS = 10,
    KEYS = 100,
    WINDOW_MS = 5000,
    SETTLE_MS = 2000,
    QUIET_MS = 25000, /* the last notice has gone by then */
    PIECES = 1000000,
    BUILDS = 50,
    CELLS = 2000,
};

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Median and worst of microseconds, in milliseconds. */
static void report(const char *what, int64_t *us, size_t count, double limit)
{
    qsort(us, count, sizeof(us[0]), compare);
    printf("%-44s %7.2f ms median, %7.2f worst   limit %g ms\n", what,
           (double)us[count / 2] / 1000, (double)us[count - 1] / 1000, limit);
}

static void start(struct pty *p, const char *first, const char *second)
{
    struct pty_run run = {.term = "xterm-256color",
                          .arguments = {pty_demo(), first, second}};

    pty_open(p, &run);
}

/* Let it run for a while; the emulator takes what comes. */
static void run_for(struct pty *p, int64_t ms)
{
    int64_t end = clock_now_ms() + ms;

    while (clock_now_ms() < end) {
        pty_take(p, (int)(end - clock_now_ms()));
    }
}

/* ---- Figures of the screen's thread ----------------------------------- */

/* The directory of the thread "p2p-ui" in /proc. */
static char *thread_of(pid_t pid)
{
    char *tasks = mem_printf("/proc/%d/task", (int)pid);
    DIR *dir = opendir(tasks);
    struct dirent *entry;
    char *found = NULL;

    while (dir != NULL && found == NULL && (entry = readdir(dir)) != NULL) {
        char *path = mem_printf("%s/%s", tasks, entry->d_name);
        char *name = mem_printf("%s/comm", path);
        char text[32] = "";
        FILE *file = fopen(name, "r");

        if (file != NULL && fgets(text, sizeof(text), file) != NULL &&
            strcmp(text, "p2p-ui\n") == 0) {
            found = mem_strdup(path);
        }
        if (file != NULL) {
            fclose(file);
        }
        free(name);
        free(path);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    free(tasks);
    return found;
}

/* Nanoseconds on a processor, and how often it was put there. */
static void read_schedstat(const char *thread, uint64_t *ns, uint64_t *runs)
{
    char *path = mem_printf("%s/schedstat", thread);
    FILE *file = fopen(path, "r");
    unsigned long long on = 0, waited = 0, times = 0;

    if (file == NULL ||
        fscanf(file, "%llu %llu %llu", &on, &waited, &times) != 3) {
        fprintf(stderr, "cannot read %s\n", path);
    }
    if (file != NULL) {
        fclose(file);
    }
    *ns = on;
    *runs = times;
    free(path);
}

/* ---- Benchmarks ------------------------------------------------------- */

static void first_frame(const char *what, const char *option)
{
    int64_t us[STARTS];
    size_t i;

    for (i = 0; i < STARTS; i++) {
        struct pty p;
        int64_t begin = clock_now_us();

        start(&p, option, NULL);
        pty_wait_frames(&p, 1);
        us[i] = clock_now_us() - begin;
        pty_close(&p);
    }
    report(what, us, STARTS, 50);
}

/* From the model's events to cells: the first picture that shows them. */
static void first_files(void)
{
    int64_t us[STARTS];
    size_t i;

    for (i = 0; i < STARTS; i++) {
        struct pty p;
        int64_t begin = clock_now_us();

        start(&p, "--many", NULL);
        pty_wait_text(&p, "000 files", true);
        us[i] = clock_now_us() - begin;
        pty_close(&p);
    }
    report("start to 10,000 files on the screen", us, STARTS, 50);
}

/* The cursor goes to and fro between two rows. A frame that is being drawn
 * moves it about, so the column counts too. */
static void key_to_screen(void)
{
    int64_t us[KEYS];
    struct pty p;
    VTermPos base;
    size_t i;

    start(&p, "--many", "--flood");
    pty_wait_text(&p, "000 files", true);
    pty_wait_frames(&p, p.frames + 1);
    base = pty_cursor(&p);
    for (i = 0; i < KEYS; i++) {
        int row = base.row + (i % 2 == 0 ? 1 : 0);
        int64_t begin = clock_now_us();

        pty_send(&p, i % 2 == 0 ? "j" : "k");
        while (pty_cursor(&p).row != row || pty_cursor(&p).col != base.col) {
            pty_take(&p, 1000);
        }
        us[i] = clock_now_us() - begin;
    }
    pty_close(&p);
    report("key to screen, 8 downloads, 1,000 events/s", us, KEYS, 30);
}

/* Esc is only known when nothing follows it for a while. */
static void escape_to_screen(void)
{
    int64_t us[STARTS];
    struct pty p;
    size_t i;

    start(&p, NULL, NULL);
    pty_wait_text(&p, "old-roadmap.odp", true);
    for (i = 0; i < STARTS; i++) {
        int64_t begin;

        pty_type(&p, "m");
        pty_wait_text(&p, "[File]", true);
        begin = clock_now_us();
        pty_send(&p, "\033");
        pty_wait_text(&p, "[File]", false);
        us[i] = clock_now_us() - begin;
    }
    pty_close(&p);
    report("Esc to screen", us, STARTS, 50);
}

static void measure(const char *what, const char *first, const char *second,
                    double limit_share, double limit_frames)
{
    struct pty p;
    uint64_t ns, ns_before, runs, runs_before;
    int64_t begin, spent;
    size_t bytes;
    int frames;
    char *thread;

    start(&p, first, second);
    run_for(&p, limit_frames > 0 ? SETTLE_MS : QUIET_MS);
    thread = thread_of(p.pid);
    if (thread == NULL) {
        fprintf(stderr, "the screen is not running\n");
        exit(1);
    }
    read_schedstat(thread, &ns_before, &runs_before);
    bytes = p.length;
    frames = p.frames;
    begin = clock_now_us();
    run_for(&p, WINDOW_MS);
    read_schedstat(thread, &ns, &runs);
    spent = clock_now_us() - begin;
    printf("%s\n", what);
    printf("    share of a core %22.2f %%              limit %g %%\n",
           100.0 * (double)(ns - ns_before) / (double)spent / 1000,
           limit_share);
    printf("    frames a second %22.1f                limit %g\n",
           1e6 * (p.frames - frames) / (double)spent, limit_frames);
    printf("    wake-ups a second %20.1f                %s\n",
           1e6 * (double)(runs - runs_before) / (double)spent,
           limit_frames > 0 ? "" : "limit 0");
    printf("    bytes a second %23.0f                %s\n",
           1e6 * (double)(p.length - bytes) / (double)spent,
           limit_frames > 0 ? "" : "limit 0");
    free(thread);
    pty_close(&p);
}

static void million_pieces(void)
{
    struct event *e = event_new(EVENT_PIECES);
    struct event_pieces *p = &e->pieces;
    struct grid_cell *cells = mem_calloc(CELLS, sizeof(*cells));
    uint32_t i, count = grid_cell_count(PIECES, CELLS);
    enum grid_kind kind;
    static const char *const names[GRID_KINDS] = {
        "1,000,000 pieces: state", "1,000,000 pieces: copies",
        "1,000,000 pieces: sources", "1,000,000 pieces: percent"};

    p->piece_count = PIECES;
    p->have = mem_calloc(PIECES / 8 + 1, 1);
    p->copies = mem_calloc(PIECES, 1);
    p->source = mem_calloc(PIECES, 1);
    for (i = 0; i < PIECES; i++) {
        bool here = (i * 2654435761u >> 16) % 100 < 50;

        p->have[i / 8] =
            (uint8_t)(p->have[i / 8] | (here ? 0x80u >> i % 8 : 0));
        p->copies[i] = (uint8_t)(i % 7);
        p->source[i] = here ? (uint8_t)('a' + i % 26) : 0;
    }
    for (kind = GRID_STATE; kind < GRID_KINDS; kind++) {
        int64_t us[BUILDS];
        size_t n;

        for (n = 0; n < BUILDS; n++) {
            int64_t begin = clock_now_us();

            grid_build(p, 0, PIECES, kind, cells, count);
            us[n] = clock_now_us() - begin;
        }
        report(names[kind], us, BUILDS, 5);
    }
    free(cells);
    event_free(e);
}

int main(void)
{
    if (!pty_is_possible()) {
        printf("no pseudo-terminals here\n");
        return 0;
    }
    million_pieces();
    first_frame("start to first frame", NULL);
    first_frame("start to first frame, 10,000 files", "--many");
    first_files();
    key_to_screen();
    escape_to_screen();
    measure("1,000 events a second", "--flood", NULL, 2, 20);
    measure("1,000 events a second, 10,000 files", "--flood", "--many", 2, 20);
    measure("nothing happens", NULL, NULL, 0, 0);
    return 0;
}
