#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "msgq/event.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tests/tui/trackers.h"
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/err.h"
#include "util/mem.h"

/* Let what is told below the view pass, so that the view may speak there. */
static void wait_for_silence(struct stage *s)
{
    while (screen_due_ms(s->screen) >= 0) {
        s->now_ms = screen_due_ms(s->screen);
        screen_tick(s->screen, s->now_ms);
    }
}

static void post_events(struct stage *s)
{
    static const struct {
        enum notice_level level;
        int ago;
        const char *text;
    } events[] = {
        {NOTICE_INFO, 972131, "t1.lab upgraded to 1.0.0"},
        {NOTICE_WARNING, 228131, "t3.lab clock 2.4 s off, corrected"},
        {NOTICE_INFO, 103771,
         "certificate of t3.lab renewed, valid to "
         "2028-01-02"},
        {NOTICE_WARNING, 204,
         "t1.lab lost; moved to t2.lab in 0.3 s, no "
         "transfer stopped"},
        {NOTICE_INFO, 203, "t2.lab elected leader (term 7) with t3.lab"},
        {NOTICE_INFO, 129, "t1.lab is back, caught up 412 entries in 0.8 s"},
    };
    size_t i;

    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        stage_post(s, fixture_tracker_notice(events[i].level, events[i].ago,
                                             events[i].text));
    }
}

/* The view, with what an engine would have told. Takes `rows`. */
static void open_view(struct stage *s, enum glyph_tier tier, struct event *rows)
{
    stage_open(s, tier);
    post_events(s);
    stage_key(s, '4');
    stage_post(s, rows);
    wait_for_silence(s);
}

static void open_healthy(struct stage *s, enum glyph_tier tier)
{
    open_view(s, tier, fixture_cluster());
}

/* Every layout in every tier looks as it was agreed on (S3-64: role, term, lag
 * and clients of each tracker). */
static void cluster_view_looks_as_agreed(void **state)
{
    (void)state;
    stage_assert_looks("cluster", open_healthy);
}

/* One tracker is away and another catches up; and one that stands alone has no
 * columns of a log. */
static void cluster_view_shows_trouble(void **state)
{
    int tier;

    (void)state;
    for (tier = 0; tier < GLYPH_TIERS; tier++) {
        struct stage s;

        open_view(&s, (enum glyph_tier)tier, fixture_failover(412));
        s.now_ms += 30000;
        stage_post(&s, fixture_failover(12));
        stage_assert_size(&s, "cluster-failover", 80, 24);
        stage_assert_size(&s, "cluster-failover", 40, 12);
        stage_post(&s, fixture_lone());
        stage_assert_size(&s, "cluster-lone", 80, 24);
        stage_post(&s, fixture_two_lone());
        stage_assert_size(&s, "cluster-two", 80, 24);
        stage_close(&s);
    }
}

/* Figures are asked for while somebody looks, and not any longer. */
static void cluster_view_watches(void **state)
{
    struct command *c;
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_type(&s, ":trackers");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "[Trackers]"));
    c = stage_take(&s, COMMAND_WATCH_TRACKERS);
    assert_non_null(c);
    assert_int_equal(c->number, 1);
    command_free(c);
    stage_key(&s, 'q');
    assert_true(stage_shows(&s, "[Files]"));
    c = stage_take(&s, COMMAND_WATCH_TRACKERS);
    assert_non_null(c);
    assert_int_equal(c->number, 0);
    command_free(c);
    stage_close(&s);
}

/* "w" and "r" do it at once; the one in use needs no "w". */
static void cluster_view_acts_on_the_chosen(void **state)
{
    struct command *c;
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    stage_key(&s, 'G');
    stage_key(&s, 'w');
    c = stage_take(&s, COMMAND_TRACKER_USE);
    assert_non_null(c);
    assert_string_equal(c->text, "t3.lab:7070");
    command_free(c);
    stage_key(&s, 'r');
    c = stage_take(&s, COMMAND_TRACKER_RETRY);
    assert_non_null(c);
    command_free(c);
    stage_key(&s, KEY_ARROW_UP);
    stage_key(&s, 'w');
    assert_true(stage_shows(&s, "it is in use already"));
    assert_null(stage_take(&s, COMMAND_TRACKER_USE));
    stage_close(&s);
}

/* Elsewhere "r" still means requests, and "w" nothing. */
static void cluster_keys_stay_here(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_key(&s, 'w');
    stage_key(&s, 'r');
    assert_true(stage_shows(&s, "[Requests]"));
    assert_null(stage_take(&s, COMMAND_TRACKER_RETRY));
    stage_close(&s);
}

static void cluster_view_shows_details(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_failover(12));
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "t1.lab:7070"));
    assert_true(stage_shows(&s, "2028-01-02"));
    assert_true(stage_shows(&s, "sha256:7f3a901e55c2084b"));
    assert_true(stage_shows(&s, "term 8, entry 18430, 12 behind"));
    stage_key(&s, KEY_ESCAPE);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "connection refused"));
    stage_close(&s);
}

/* What is copied can be given to "tracker add". */
static void cluster_view_copies(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    stage_key(&s, 'y');
    assert_string_equal(screen_ui(s.screen)->wants_copy,
                        "t1.lab:7070,sha256:7f3a901e55c2084bd16c2faa7309e41b"
                        "64f7309dce8152bd0a46e817932cc190");
    stage_close(&s);
}

static void cluster_view_filters_and_finds(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    stage_type(&s, ":find T3");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "> t3.lab"));
    stage_type(&s, ":filter t1");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "> t1.lab"));
    assert_false(stage_shows(&s, "  t3.lab   "));
    stage_key(&s, KEY_ESCAPE);
    assert_true(stage_shows(&s, "  t3.lab   "));
    stage_close(&s);
}

/* Tab walks the panes, "z" shows one alone, and events have a list. */
static void cluster_view_has_panes(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    stage_key(&s, KEY_TAB);
    assert_true(stage_shows(&s, "[Requests]"));
    stage_key(&s, KEY_TAB);
    assert_true(stage_shows(&s, "[What they hold]"));
    stage_key(&s, KEY_TAB);
    assert_true(stage_shows(&s, "[Events]"));
    stage_key(&s, KEY_ARROW_DOWN);
    assert_true(stage_shows(&s, ">13:58:48"));
    stage_key(&s, 'z');
    assert_false(stage_shows(&s, "Trackers"));
    assert_true(stage_shows(&s, "t1.lab upgraded"));
    stage_close(&s);
}

/* The log of the trackers has nothing of other things. */
static void cluster_log_is_of_trackers(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    stage_type(&s, ":log cluster");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "of trackers, 6 lines"));
    assert_true(stage_shows(&s, "t2.lab elected leader"));
    assert_false(stage_shows(&s, "design-notes.pdf"));
    stage_key(&s, KEY_ESCAPE);
    assert_true(stage_shows(&s, "design-notes.pdf"));
    stage_close(&s);
}

static void click_text(struct stage *s, const char *text)
{
    char *screen = stage_draw(s, 80, 24), *line = screen, *at = NULL;
    int y = 0;

    while (line != NULL && at == NULL) {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end = '\0';
        }
        at = strstr(line, text);
        if (at == NULL) {
            line = end == NULL ? NULL : end + 1;
            y++;
        } else {
            screen_click(s->screen, &s->cells,
                         cell_text_width(line, (size_t)(at - line)), y,
                         s->now_ms);
        }
    }
    assert_non_null(at);
    free(screen);
}

static void cluster_view_takes_clicks(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    click_text(&s, "t3.lab    follower");
    assert_true(stage_shows(&s, "> t3.lab"));
    click_text(&s, "t2.lab elected");
    assert_true(stage_shows(&s, "[Events]"));
    click_text(&s, "5 Full log");
    assert_true(stage_shows(&s, "[Log]"));
    stage_close(&s);
}

/* "All agree" only while they do. */
static void cluster_says_agree_when_true(void **state)
{
    struct event *e = fixture_cluster();
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    assert_true(stage_shows(&s, "All trackers agree"));
    e->rows.trackers[0].figures[TRACKER_LOG_INDEX]--;
    stage_post(&s, e);
    assert_false(stage_shows(&s, "All trackers agree"));
    assert_false(stage_shows(&s, "hold the same log"));
    e = fixture_cluster();
    e->rows.trackers[2].connected = false;
    e->rows.trackers[2].problem = mem_strdup("x");
    e->rows.trackers[2].problem_code = P2P_EPIN;
    stage_post(&s, e);
    assert_true(stage_shows(&s, "Tracker t3.lab is down. 1 more loss"));
    assert_true(stage_shows(&s, "not trusted"));
    stage_close(&s);
}

/* What a tracker says of itself may be anything, and long. */
static void cluster_view_is_safe(void **state)
{
    static const char bad[] = "\033[2J\xe2\x80\xae\n\t\x07\xff%s%n";
    struct stage s;
    int width, height, pane;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_cluster());
    for (pane = 0; pane < 5; pane++) {
        struct event *e = fixture_cluster();
        struct row_tracker *t = &e->rows.trackers[1];

        free(t->version);
        t->version = mem_strdup(bad);
        free(t->role);
        t->role = mem_strdup(bad);
        t->figures[TRACKER_USERS] = INT64_MAX;
        t->figures[TRACKER_MEDIAN_US] = INT64_MAX;
        t->figures[TRACKER_UPTIME] = INT64_MAX;
        t->figures[TRACKER_BEHIND] = INT64_MAX;
        t->figures[TRACKER_REFUSED] = INT64_MAX;
        t->requests[ROWS_SLOTS - 1] = INT32_MAX;
        t->cert_until = INT64_MAX;
        t = &e->rows.trackers[0];
        free(t->address);
        t->address = mem_strdup(bad);
        t->connected = false;
        t->problem = mem_printf("%s %0300d", bad, 1);
        t = &e->rows.trackers[2];
        t->figures[TRACKER_BEHIND] = pane == 0 ? INT64_MAX : INT64_MAX / 2;
        t->figures[TRACKER_REFUSED] = INT64_MAX;
        stage_post(&s, e);
        for (width = 1; width <= 130; width++) {
            for (height = 1; height <= 40; height += width > 3 ? 3 : 1) {
                char *text = stage_draw(&s, width, height);

                assert_null(strchr(text, '\033'));
                assert_null(strchr(text, '\007'));
                assert_null(strstr(text, "\xe2\x80\xae"));
                free(text);
            }
        }
        free(stage_draw(&s, 120, 36));
        if (pane == 3) {
            stage_key(&s, KEY_RETURN);
        } else {
            stage_key(&s, KEY_TAB);
        }
    }
    stage_close(&s);
}

/* All rows and panes go with every size; without any row as well. */
static void cluster_view_fits_every_size(void **state)
{
    struct stage s;
    int width, height, round;

    (void)state;
    open_view(&s, GLYPH_FULL, fixture_failover(12));
    for (round = 0; round < 6; round++) {
        for (width = 1; width <= 130; width++) {
            for (height = 1; height <= 40; height++) {
                free(stage_draw(&s, width, height));
            }
        }
        free(stage_draw(&s, 80, 24));
        if (round == 4) {
            struct event *e = event_new(EVENT_ROWS);

            rows_init(&e->rows, ROWS_TRACKERS);
            stage_post(&s, e);
            assert_true(stage_shows(&s, "Asking which trackers"));
        } else {
            stage_key(&s, KEY_TAB);
            stage_key(&s, 'z');
        }
    }
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cluster_view_looks_as_agreed),
        cmocka_unit_test(cluster_view_shows_trouble),
        cmocka_unit_test(cluster_view_watches),
        cmocka_unit_test(cluster_view_acts_on_the_chosen),
        cmocka_unit_test(cluster_keys_stay_here),
        cmocka_unit_test(cluster_view_shows_details),
        cmocka_unit_test(cluster_view_copies),
        cmocka_unit_test(cluster_view_filters_and_finds),
        cmocka_unit_test(cluster_view_has_panes),
        cmocka_unit_test(cluster_log_is_of_trackers),
        cmocka_unit_test(cluster_view_takes_clicks),
        cmocka_unit_test(cluster_says_agree_when_true),
        cmocka_unit_test(cluster_view_is_safe),
        cmocka_unit_test(cluster_view_fits_every_size),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_cluster", tests, NULL, NULL);
}
