#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "msgq/event.h"
#include "msgq/link.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/action.h"
#include "tui/help.h"
#include "tui/key.h"
#include "tui/main_state.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/err.h"
#include "util/mem.h"

static struct stage s;

static int set_up(void **state)
{
    (void)state;
    stage_open(&s, GLYPH_FULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}

/* The dialogs and the open menu look as they were agreed on. */
static void screen_looks_as_agreed(void **state)
{
    static const struct {
        const char *keys, *name;
    } looks[] = {
        {"m", "menu-80x24.txt"},         {":acc", "prompt-80x24.txt"},
        {"D", "download-80x24.txt"},     {"q", "quit-80x24.txt"},
        {"c", "create-group-80x24.txt"}, {"J", "join-group-80x24.txt"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        char *text;

        stage_type(&s, looks[i].keys);
        stage_answer_all(&s);
        screen_ui(s.screen)->toast.shown_ms = s.now_ms;
        text = stage_draw(&s, 80, 24);
        stage_assert_golden(text, looks[i].name);
        free(text);
        stage_key(&s, KEY_ESCAPE);
    }
}

/* A request is accepted with two keys. */
static void screen_accepts_a_request(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "r");
    stage_answer_all(&s);
    assert_true(stage_shows(&s, "heidi"));
    stage_type(&s, "a");
    c = stage_take(&s, COMMAND_ACCEPT_REQUEST);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    assert_string_equal(c->user, "heidi");
    stage_post(&s, fixture_answer(c));
    command_free(c);
    s.now_ms += 20000;
    screen_tick(s.screen, s.now_ms);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* A request is refused with a reason; the safe button has the focus. */
static void screen_rejects_a_request(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "r");
    stage_answer_all(&s);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_type(&s, "x");
    assert_true(stage_shows(&s, "Reject ivan?"));
    stage_type(&s, "who?");
    stage_key(&s, KEY_RETURN);
    assert_null(stage_take(&s, COMMAND_REJECT_REQUEST));
    stage_type(&s, "r");
    stage_answer_all(&s);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_type(&s, "x");
    stage_type(&s, "who?");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_REJECT_REQUEST);
    assert_non_null(c);
    assert_string_equal(c->user, "ivan");
    assert_string_equal(c->text, "who?");
    command_free(c);
}

/* "D" asks where to; it is about what is chosen, or all that is marked. */
static void screen_downloads_marked_files(void **state)
{
    struct command *c;

    (void)state;
    stage_key(&s, KEY_GO_HOME);
    stage_key(&s, KEY_SPACE);
    stage_key(&s, KEY_SPACE);
    stage_type(&s, "D");
    assert_true(stage_shows(&s, "Into"));
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_DOWNLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->name, "dataset-v3.tar.zst");
    assert_string_equal(c->path, "/home/alice");
    command_free(c);
    c = stage_take(&s, COMMAND_DOWNLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->name, "team-offsite.mkv");
    command_free(c);
    assert_null(stage_take(&s, COMMAND_DOWNLOAD_FILE));
    assert_false(main_state_is_marked(screen_ui(s.screen), "team-offsite.mkv"));
}

/* "d" loads at once, into the folder for downloads. */
static void screen_downloads_at_once(void **state)
{
    struct command *c;

    (void)state;
    main_state_choose_file(screen_ui(s.screen), "team-offsite.mkv");
    stage_type(&s, "d");
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    c = stage_take(&s, COMMAND_DOWNLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    assert_string_equal(c->name, "team-offsite.mkv");
    assert_null(c->path);
    command_free(c);
    assert_true(stage_shows(&s, "Loading team-offsite.mkv"));
}

/* "y" offers what there is to copy of a file. */
static void screen_copies(void **state)
{
    (void)state;
    stage_type(&s, "y");
    assert_true(stage_shows(&s, "Name  debian-12.11-netinst.iso"));
    stage_key(&s, KEY_RETURN);
    assert_string_equal(screen_ui(s.screen)->wants_copy,
                        "debian-12.11-netinst.iso");
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* A report says what is running, and can be copied. */
static void screen_reports(void **state)
{
    (void)state;
    stage_type(&s, ":report");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, PACKAGE_BUGREPORT));
    assert_true(stage_shows(&s, PACKAGE_STRING));
    stage_type(&s, "y");
    assert_non_null(strstr(screen_ui(s.screen)->wants_copy, PACKAGE_STRING));
    stage_key(&s, KEY_RETURN);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* What deletes data asks; the key that started it does not confirm it. */
static void screen_asks_before_removing(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, ":remove debian-12.11-netinst.iso");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "delete the unfinished file"));
    stage_key(&s, KEY_RETURN);
    assert_null(stage_take(&s, COMMAND_REMOVE));
    stage_type(&s, "xxx"); /* it is not complete: x removes it */
    assert_true(stage_shows(&s, "delete the unfinished file"));
    stage_key(&s, KEY_ESCAPE);
    assert_null(stage_take(&s, COMMAND_REMOVE));
    main_state_choose_file(screen_ui(s.screen), "design-notes.pdf");
    stage_type(&s, "xxx");
    assert_true(stage_shows(&s, "Stop sharing"));
    stage_type(&s, "y");
    c = stage_take(&s, COMMAND_STOP_SHARE);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    assert_string_equal(c->name, "design-notes.pdf");
    command_free(c);
}

/* One question is about all that is marked, however many, and sends them all;
 * the line of keys says what the key does now. */
static void screen_asks_about_every_marked_file(void **state)
{
    enum { MANY = 200 };
    struct event *files = event_new(EVENT_ROWS);
    struct event *transfers = event_new(EVENT_ROWS);
    struct command *c;
    int i, sent = 0;

    (void)state;
    assert_true(stage_shows(&s, "x Remove"));
    main_state_choose_file(screen_ui(s.screen), "design-notes.pdf");
    assert_true(stage_shows(&s, "x Stop"));
    files->group = mem_strdup("dev_team");
    rows_init(&files->rows, ROWS_FILES);
    rows_init(&transfers->rows, ROWS_TRANSFERS);
    for (i = 0; i < MANY; i++) {
        struct row_file *f = rows_add(&files->rows);
        struct row_transfer *t = rows_add(&transfers->rows);

        f->group = mem_strdup("dev_team");
        f->name = mem_printf("file-%03d", i);
        f->size = f->have = 1000;
        t->group = mem_strdup(f->group);
        t->name = mem_strdup(f->name);
        t->state = TRANSFER_SHARING;
        t->size = t->have = 1000;
    }
    stage_post(&s, files);
    stage_post(&s, transfers);
    stage_answer_all(&s);
    stage_type(&s, "*x");
    assert_true(stage_shows(&s, "Stop sharing 200 files?"));
    assert_true(stage_shows(&s, "and 195 more"));
    stage_key(&s, 'y');
    for (c = stage_take(&s, COMMAND_STOP_SHARE); c != NULL;
         c = stage_take(&s, COMMAND_STOP_SHARE)) {
        command_free(c);
        sent++;
    }
    assert_int_equal(sent, MANY);
}

/* A group is only deleted when its name was typed. */
static void screen_deletes_a_group_by_name(void **state)
{
    struct command *c;

    (void)state;
    stage_key(&s, KEY_BACK_TAB);
    stage_type(&s, "D");
    stage_type(&s, "dev_tea");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    assert_null(stage_take(&s, COMMAND_DELETE_GROUP));
    assert_true(stage_shows(&s, "not the name"));
    stage_type(&s, "m");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_DELETE_GROUP);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    command_free(c);
}

/* Tab completes commands, groups and users; Up brings a line back. */
static void screen_command_line(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, ":acce");
    stage_key(&s, KEY_TAB);
    stage_type(&s, "r");
    stage_key(&s, KEY_TAB);
    stage_type(&s, "de");
    stage_key(&s, KEY_TAB);
    stage_type(&s, "hei");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_ACCEPT_REQUEST);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    assert_string_equal(c->user, "heidi");
    command_free(c);
    stage_type(&s, ":");
    stage_key(&s, KEY_ARROW_UP);
    assert_true(stage_shows(&s, ":accept_request dev_team heidi"));
    stage_key(&s, KEY_ESCAPE);
}

/* Letters inside a name find it as well, and what is proposed fits: groups I
 * decide for, people who ask. */
static void screen_command_line_proposes_what_fits(void **state)
{
    (void)state;
    stage_type(&s, ":requ");
    assert_true(stage_shows(&s, "list_requests [GROUP]"));
    assert_true(stage_shows(&s, "Commands with \"requ\""));
    stage_key(&s, KEY_ESCAPE);
    stage_type(&s, ":ject_");
    stage_key(&s, KEY_TAB);
    assert_true(stage_shows(&s, ":reject_request "));
    assert_true(stage_shows(&s, "GROUP can be: dev_team "));
    assert_false(stage_shows(&s, "can be: dev_team  film-club"));
    stage_type(&s, "TEAM");
    stage_key(&s, KEY_TAB);
    assert_true(stage_shows(&s, ":reject_request dev_team "));
    assert_true(stage_shows(&s, "USER can be: heidi  ivan"));
    stage_key(&s, KEY_ESCAPE);
    stage_type(&s, ":join ");
    assert_true(stage_shows(&s, "GROUP can be: book-swap  zine-lab"));
    stage_key(&s, KEY_ESCAPE);
}

/* A line with a password is not kept; one without it asks, hidden. */
static void screen_command_line_forgets_passwords(void **state)
{
    struct command *c;
    char *text;

    (void)state;
    stage_type(&s, ":login bob hunter22");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_LOGIN);
    assert_non_null(c);
    assert_string_equal(c->secret, "hunter22");
    command_free(c);
    stage_type(&s, ":");
    stage_key(&s, KEY_ARROW_UP);
    text = stage_draw(&s, 80, 24);
    assert_null(strstr(text, "hunter22"));
    free(text);
    stage_key(&s, KEY_ESCAPE);
    stage_type(&s, ":login bob");
    stage_key(&s, KEY_RETURN);
    stage_type(&s, "hunter22");
    text = stage_draw(&s, 80, 24);
    assert_null(strstr(text, "hunter22"));
    assert_non_null(strstr(text, "••••••••"));
    free(text);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_LOGIN);
    assert_non_null(c);
    assert_string_equal(c->user, "bob");
    assert_string_equal(c->secret, "hunter22");
    command_free(c);
}

/* Pasted text in the main view runs nothing, whatever it contains. */
static void screen_paste_runs_nothing(void **state)
{
    (void)state;
    screen_paste(s.screen, "qy\n:quit\nxy\n", s.now_ms);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_null(link_take(s.link));
    stage_type(&s, ":");
    screen_paste(s.screen, "quit\n", s.now_ms);
    assert_null(stage_take(&s, COMMAND_QUIT));
    assert_true(stage_shows(&s, ":quit"));
}

/* Quitting asks while something runs; twice Ctrl-C does not. */
static void screen_quits(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "q");
    stage_type(&s, "q");
    assert_null(stage_take(&s, COMMAND_QUIT));
    stage_type(&s, "n");
    stage_key(&s, KEY_CTRL_C);
    assert_null(stage_take(&s, COMMAND_QUIT));
    stage_key(&s, KEY_CTRL_C);
    c = stage_take(&s, COMMAND_QUIT);
    assert_non_null(c);
    command_free(c);
    assert_false(screen_ui(s.screen)->stopped);
    stage_post(&s, event_new(EVENT_STOPPED));
    assert_true(screen_ui(s.screen)->stopped);
}

/* Every menu entry can be opened without harm, with a file chosen. */
static void screen_every_action(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        char *text;

        if (a->menu == ACTION_MENU_NONE || a->local == ACTION_QUIT) {
            continue;
        }
        stage_type(&s, ":");
        if (a->command != NULL) {
            stage_type(&s, a->command);
        }
        stage_key(&s, KEY_RETURN);
        stage_answer_all(&s);
        text = stage_draw(&s, 80, 24);
        free(text);
        stage_key(&s, KEY_ESCAPE);
        stage_key(&s, KEY_ESCAPE);
        assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    }
}

/* No key of the keyboard, anywhere, crashes the screen. */
static void screen_any_keys(void **state)
{
    uint32_t seed = 12345;
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        int key;
        char *text;

        seed = seed * 1664525u + 1013904223u;
        key = seed >> 31 != 0 ? (int)(seed >> 8) % 128
                              : KEY_FIRST_NAMED + (int)(seed >> 8) % 24;
        stage_key(&s, key);
        if (i % 7 == 0) {
            stage_answer_all(&s);
        }
        if (i % 50 == 0) {
            text = stage_draw(&s, 1 + (int)(seed >> 10) % 130,
                              1 + (int)(seed >> 20) % 40);
            free(text);
        }
        if (screen_ui(s.screen)->wants_quit) {
            stage_close(&s);
            stage_open(&s, GLYPH_FULL);
        }
    }
}

/* Nobody is logged in: the dialog opens, and a wrong password stays in it. */
static void screen_login(void **state)
{
    struct tui_setup setup = {.user = "alice"};

    (void)state;
    stage_close(&s);
    stage_open_with(&s, &setup);
    stage_post(&s, fixture_session(false));
    assert_true(stage_shows(&s, "[alice"));
    stage_type(&s, "wrong");
    stage_key(&s, KEY_RETURN);
    stage_answer_all(&s);
    assert_true(stage_shows(&s, "Wrong name or password."));
    stage_key(&s, KEY_CTRL_U);
    stage_type(&s, "right");
    stage_key(&s, KEY_RETURN);
    stage_post(&s, fixture_session(true));
    stage_answer_all(&s);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_true(stage_shows(&s, "dev_team"));
}

static int take_tracker(void *arg, const char *text, struct err *e)
{
    if (strchr(text, ':') == NULL) {
        return err_set(e, P2P_EINVAL, "%s is not HOST:PORT", text);
    }
    *(int *)arg += 1;
    return 0;
}

static void refuse_tracker(void *arg)
{
    *(int *)arg += 100;
}

/* The first start: tracker, its certificate, an account, a group. */
static void screen_first_run(void **state)
{
    int calls = 0;
    struct tui_setup setup = {.first_run = true,
                              .on_tracker = take_tracker,
                              .on_refuse = refuse_tracker,
                              .arg = &calls};
    struct command *c;

    (void)state;
    stage_close(&s);
    stage_open_with(&s, &setup);
    assert_true(stage_shows(&s, "Step 1 of 4"));
    stage_type(&s, "nonsense");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Nonsense is not HOST:PORT"));
    stage_key(&s, KEY_CTRL_U);
    stage_type(&s, "t2.lab:7070");
    stage_key(&s, KEY_RETURN);
    assert_int_equal(calls, 1);
    assert_null(link_take(s.link));
    stage_post(&s, fixture_session(false));
    stage_answer_all(&s);
    assert_true(stage_shows(&s, "Step 2 of 4"));
    assert_true(stage_shows(&s, "7F:3A:90:1E:55:C2:08:4B"));
    assert_true(stage_shows(&s, "0A:46:E8:17:93:2C:C1:90"));
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Step 3 of 4"));
    stage_type(&s, "alice");
    stage_key(&s, KEY_TAB);
    stage_type(&s, "correct horse");
    stage_key(&s, KEY_TAB);
    stage_type(&s, "correct horse");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_CREATE_USER);
    assert_non_null(c);
    assert_string_equal(c->secret, "correct horse");
    stage_post(&s, fixture_session(true));
    stage_post(&s, fixture_answer(c));
    command_free(c);
    assert_true(stage_shows(&s, "Step 4 of 4"));
    stage_answer_all(&s); /* alice is in groups already */
    assert_true(stage_shows(&s, "Account  Group"));
}

/* Who does not trust the certificate gives no password to it. */
static void screen_first_run_refuses(void **state)
{
    int calls = 0;
    struct tui_setup setup = {.first_run = true,
                              .trackers = "t2.lab:7070",
                              .on_tracker = take_tracker,
                              .on_refuse = refuse_tracker,
                              .arg = &calls};

    (void)state;
    stage_close(&s);
    stage_open_with(&s, &setup);
    stage_key(&s, KEY_RETURN);
    stage_post(&s, fixture_session(false));
    stage_answer_all(&s);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    assert_int_equal(calls, 101);
    assert_true(stage_shows(&s, "Step 1 of 4"));
    assert_null(stage_take(&s, COMMAND_LOGIN));
}

/* With nothing new there is nothing to wake up for. */
static void screen_is_never_due_when_idle(void **state)
{
    (void)state;
    s.now_ms += 60000;
    screen_tick(s.screen, s.now_ms);
    screen_tick(s.screen, s.now_ms + 60000);
    assert_int_equal(screen_due_ms(s.screen), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(screen_looks_as_agreed),
        TEST(screen_accepts_a_request),
        TEST(screen_rejects_a_request),
        TEST(screen_downloads_marked_files),
        TEST(screen_downloads_at_once),
        TEST(screen_copies),
        TEST(screen_reports),
        TEST(screen_asks_before_removing),
        TEST(screen_asks_about_every_marked_file),
        TEST(screen_deletes_a_group_by_name),
        TEST(screen_command_line),
        TEST(screen_command_line_proposes_what_fits),
        TEST(screen_command_line_forgets_passwords),
        TEST(screen_paste_runs_nothing),
        TEST(screen_quits),
        TEST(screen_every_action),
        TEST(screen_any_keys),
        TEST(screen_login),
        TEST(screen_first_run),
        TEST(screen_first_run_refuses),
        TEST(screen_is_never_due_when_idle),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/screen", tests, NULL, NULL);
}
