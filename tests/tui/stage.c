#include "config.h"

#include "tests/tui/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "msgq/event.h"
#include "msgq/link.h"
#include "tests/tui/fixture.h"
#include "tui/main_state.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/fd.h"

static void no_wake(void *arg)
{
    (void)arg;
}

static void open_empty(struct stage *s, const struct tui_setup *setup,
                       enum glyph_tier tier)
{
    memset(s, 0, sizeof(*s));
    s->setup = *setup;
    s->now_ms = 1000000;
    s->link = link_new();
    link_set_engine_wake(s->link, no_wake, NULL);
    cells_init(&s->cells);
    s->screen = screen_new(s->link, &s->setup, tier);
    screen_ui(s->screen)->frozen_wall = FIXTURE_NOW;
}

void stage_open(struct stage *s, enum glyph_tier tier)
{
    stage_open_settings(s, tier, NULL);
}

void stage_open_settings(struct stage *s, enum glyph_tier tier,
                         struct settings *settings)
{
    struct tui_setup setup = {.download_dir = "/home/alice",
                              .settings = settings};

    open_empty(s, &setup, tier);
    fixture_post(s->link);
    stage_receive(s);
    main_state_choose_file(screen_ui(s->screen), "debian-12.11-netinst.iso");
    stage_post(s, fixture_peers(0));
    stage_post(s, fixture_pieces(0));
    stage_answer_all(s);
    /* The newest of the notices is the one that is shown. */
    s->now_ms += TOAST_LEAST_MS;
    screen_tick(s->screen, s->now_ms);
    screen_ui(s->screen)->toast.missed = 0;
}

void stage_open_with(struct stage *s, const struct tui_setup *setup)
{
    open_empty(s, setup, GLYPH_FULL);
}

void stage_close(struct stage *s)
{
    screen_free(s->screen);
    link_free(s->link);
    cells_close(&s->cells);
}

void stage_receive(struct stage *s)
{
    struct event *e;

    for (e = link_receive(s->link); e != NULL; e = link_receive(s->link)) {
        screen_event(s->screen, e, s->now_ms);
    }
    screen_ui(s->screen)->update(screen_ui(s->screen));
}

void stage_post(struct stage *s, struct event *e)
{
    assert_true(link_post(s->link, e));
    stage_receive(s);
}

void stage_key(struct stage *s, int key)
{
    s->now_ms += 1000;
    screen_key(s->screen, key, s->now_ms);
}

void stage_type(struct stage *s, const char *text)
{
    while (*text != '\0') {
        stage_key(s, (unsigned char)*text++);
    }
}

char *stage_draw(struct stage *s, int width, int height)
{
    cells_resize(&s->cells, width, height);
    screen_draw(s->screen, &s->cells);
    return cells_text(&s->cells);
}

bool stage_shows(struct stage *s, const char *text)
{
    char *screen = stage_draw(s, 80, 24);
    bool found = strstr(screen, text) != NULL;

    if (!found) {
        print_message("not found: %s\n%s", text, screen);
    }
    free(screen);
    return found;
}

struct command *stage_take(struct stage *s, enum command_kind kind)
{
    struct command *c;

    for (c = link_take(s->link); c != NULL; c = link_take(s->link)) {
        if (c->kind == kind) {
            return c;
        }
        command_free(c);
    }
    return NULL;
}

void stage_answer_all(struct stage *s)
{
    struct command *c;

    for (c = link_take(s->link); c != NULL; c = link_take(s->link)) {
        stage_post(s, fixture_answer(c));
        command_free(c);
    }
}

void stage_assert_golden(const char *text, const char *name)
{
    const char *srcdir = getenv("srcdir");
    char path[512];
    uint8_t *data = NULL;

    snprintf(path, sizeof(path), "%s/tests/golden/%s",
             srcdir == NULL ? "." : srcdir, name);
    if (getenv("P2PTUI_UPDATE_GOLDEN") != NULL) {
        assert_int_equal(fd_replace_file(path, text, strlen(text), 0644), 0);
        return;
    }
    if (fd_read_file(path, 1 << 20, &data, NULL) < 0) {
        fail_msg("%s cannot be read", path);
    }
    assert_string_equal(text, (const char *)data);
    free(data);
}

void stage_assert_size(struct stage *s, const char *name, int width, int height)
{
    static const char *const tiers[GLYPH_TIERS] = {"full", "basic", "ascii"};
    char file[128];
    char *text = stage_draw(s, width, height);

    snprintf(file, sizeof(file), "%s-%dx%d-%s.txt", name, width, height,
             tiers[screen_ui(s->screen)->tier]);
    stage_assert_golden(text, file);
    free(text);
}

void stage_assert_sizes(struct stage *s, const char *name)
{
    stage_assert_size(s, name, 120, 36);
    stage_assert_size(s, name, 80, 24);
    stage_assert_size(s, name, 60, 20);
    stage_assert_size(s, name, 40, 12);
    stage_assert_size(s, name, 20, 5);
}

void stage_assert_looks(const char *name,
                        void (*open)(struct stage *s, enum glyph_tier tier))
{
    int tier;

    for (tier = 0; tier < GLYPH_TIERS; tier++) {
        struct stage s;

        open(&s, (enum glyph_tier)tier);
        stage_assert_sizes(&s, name);
        stage_close(&s);
    }
}
