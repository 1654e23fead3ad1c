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
#include "tests/tui/files.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tui/dialog.h"
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/err.h"
#include "util/mem.h"

static struct stage s;

static void use_files(void)
{
    s.setup.files = &files_source;
    s.setup.home = "/home/alice";
    s.setup.share_dir = "/home/alice/Public";
    screen_ui(s.screen)->hash_rate = 600 * 1024 * 1024;
}

static int set_up(void **state)
{
    (void)state;
    files_slice(0);
    stage_open(&s, GLYPH_FULL);
    use_files();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}

/* ---- How they look ---------------------------------------------------- */

/* The dialog that `open` brings up, in every size and tier. */
static void assert_looks(const char *name, void (*open)(void))
{
    char *file = mem_printf("dialog-%s", name);
    int tier;

    for (tier = 0; tier < GLYPH_TIERS; tier++) {
        stage_close(&s);
        stage_open(&s, (enum glyph_tier)tier);
        use_files();
        open();
        screen_ui(s.screen)->toast.shown_ms = s.now_ms;
        stage_assert_sizes(&s, file);
    }
    free(file);
}

/* One of the files lies in the directory that is shown. */
static void share_notes(void)
{
    struct event *e = fixture_transfers(0);

    e->rows.transfers[3].path = mem_strdup("/home/alice/Public/notes.txt");
    stage_post(&s, e);
}

static void open_share(void)
{
    share_notes();
    stage_type(&s, "s");
    stage_type(&s, "G ");
    stage_type(&s, "kk ");
    stage_type(&s, "/holiday");
    stage_key(&s, KEY_RETURN);
}

static void dialogs_share_looks(void **state)
{
    (void)state;
    assert_looks("share", open_share);
}

/* ---- Sharing ---------------------------------------------------------- */

static struct event *one_other_member(void)
{
    struct event *e = fixture_groups();

    e->rows.groups[0].members = 2;
    return e;
}

/* What sharing means is said in full, however narrow; one member is not
 * counted. */
static void dialogs_share_promise(void **state)
{
    char *text;

    (void)state;
    open_share();
    text = stage_draw(&s, 60, 20);
    assert_non_null(strstr(text, "The 4 other members of"));
    assert_non_null(strstr(text, "and from each other."));
    free(text);
    stage_close(&s);
    stage_open(&s, GLYPH_FULL);
    use_files();
    stage_post(&s, one_other_member());
    open_share();
    assert_true(stage_shows(&s, "The other member of dev_team"));
}

/* S1-31: Enter on a file shares it with the group in use. */
static void dialogs_share_one_file(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "s");
    assert_true(stage_shows(&s, "with dev_team"));
    assert_true(stage_shows(&s, "8 entries"));
    stage_type(&s, "/holi");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Same as  :upload_file ~/Public/holiday.mkv"));
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->path, "/home/alice/Public/holiday.mkv");
    assert_string_equal(c->group, "dev_team");
    assert_int_equal(c->number, 0);
    command_free(c);
}

/* All that is marked is shared, one command each, with F7 from anywhere. */
static void dialogs_share_marked_files(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "s");
    stage_type(&s, "*");
    assert_true(stage_shows(&s, "Share 6 files"));
    stage_type(&s, "u");
    stage_type(&s, "G ");
    stage_type(&s, "k ");
    assert_true(stage_shows(&s, "2 marked: release-1.0.tar.zst and "
                                "1 more"));
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_SPACE); /* the second group */
    assert_true(stage_shows(&s, "with film-club"));
    free(stage_draw(&s, 120, 36));
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_SPACE); /* pieces of 1 MiB */
    stage_key(&s, KEY_F1 + 6);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->path, "/home/alice/Public/release-1.0.tar.zst");
    assert_string_equal(c->group, "film-club");
    assert_int_equal(c->number, 1024 * 1024);
    command_free(c);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->path, "/home/alice/Public/raw-scan-0002.tif");
    command_free(c);
    assert_null(stage_take(&s, COMMAND_UPLOAD_FILE));
}

/* Nothing chosen shares nothing and says what to do; Esc ends finding first. */
static void dialogs_share_nothing(void **state)
{
    (void)state;
    stage_type(&s, "sg");
    stage_key(&s, KEY_F1 + 6);
    assert_true(stage_shows(&s, "Choose a file, or mark some with Space."));
    stage_type(&s, "j");
    stage_key(&s, KEY_F1 + 6);
    assert_true(stage_shows(&s, "Space marks the folder"));
    stage_type(&s, "/x");
    stage_key(&s, KEY_ESCAPE);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    stage_key(&s, KEY_ESCAPE);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_null(stage_take(&s, COMMAND_UPLOAD_FILE));
}

/* The browser opens where it was left, and folders can be shared as one. */
static void dialogs_share_folder(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "s");
    stage_key(&s, KEY_ARROW_LEFT);
    stage_type(&s, " ");
    assert_true(stage_shows(&s, "Share 1 folder"));
    stage_key(&s, KEY_ESCAPE);
    stage_type(&s, "s");
    assert_true(stage_shows(&s, "~ "));
    assert_true(stage_shows(&s, "films/"));
    stage_type(&s, "j ");
    stage_key(&s, KEY_F1 + 6);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->path, "/home/alice/films");
    command_free(c);
}

/* A huge directory is read while the screen goes on. */
static void dialogs_share_reads_on(void **state)
{
    (void)state;
    s.setup.share_dir = "/huge";
    stage_type(&s, "s");
    assert_int_equal(screen_due_ms(s.screen), s.now_ms);
    assert_true(stage_shows(&s, "1,000 entries ..."));
    while (screen_due_ms(s.screen) == s.now_ms) {
        screen_tick(s.screen, s.now_ms);
    }
    assert_true(stage_shows(&s, "100,000 entries"));
}

/* Clicks choose, a second one on a file marks it, on a folder opens it. */
static void dialogs_share_clicks(void **state)
{
    (void)state;
    stage_type(&s, "s");
    free(stage_draw(&s, 80, 24));
    screen_click(s.screen, &s.cells, 10, 8, s.now_ms);
    assert_true(stage_shows(&s, ">  holiday.mkv"));
    screen_click(s.screen, &s.cells, 10, 8, s.now_ms);
    assert_true(stage_shows(&s, "1 marked: holiday.mkv"));
    screen_click(s.screen, &s.cells, 10, 4, s.now_ms);
    screen_click(s.screen, &s.cells, 10, 4, s.now_ms);
    assert_true(stage_shows(&s, "films/"));
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
}

/* ---- Hashing ---------------------------------------------------------- */

static void post_progress(const struct command *c, unsigned percent)
{
    struct event *e = event_new(EVENT_PROGRESS);

    e->request = c->request;
    e->progress.phase = TRANSFER_HASHING;
    e->progress.total = 3174ull * 1024 * 1024;
    e->progress.done = e->progress.total / 100 * percent;
    e->progress.rate = 612ull * 1024 * 1024;
    e->progress.eta = 3;
    stage_post(&s, e);
}

static void post_reply(const struct command *c, int code, const char *text)
{
    struct event *e = event_new(EVENT_REPLY);

    e->request = c->request;
    e->code = code;
    e->text = mem_strdup(text);
    stage_post(&s, e);
}

/* Three files: one is shared, one is read, one failed. */
static void open_hashing(void)
{
    struct command *c;

    stage_type(&s, "s");
    stage_type(&s, "G ");
    stage_type(&s, "kkkk ");
    stage_type(&s, "jj ");
    stage_key(&s, KEY_F1 + 6);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    post_reply(c, 0, NULL);
    command_free(c);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    post_progress(c, 43);
    command_free(c);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    post_reply(c, P2P_EACCES, "you may not read it");
    command_free(c);
}

static void dialogs_hashing_looks(void **state)
{
    (void)state;
    assert_looks("hashing", open_hashing);
}

/* Four are hashed at a time; the next begins when one is done. All well: the
 * dialog goes by itself and says so once. */
static void dialogs_hashing_in_turns(void **state)
{
    struct command *c[6];
    int i;

    (void)state;
    stage_type(&s, "s*");
    stage_key(&s, KEY_F1 + 6);
    for (i = 0; i < 4; i++) {
        c[i] = stage_take(&s, COMMAND_UPLOAD_FILE);
        assert_non_null(c[i]);
    }
    assert_null(stage_take(&s, COMMAND_UPLOAD_FILE));
    assert_true(stage_shows(&s, "Sharing 6 files with dev_team"));
    assert_true(stage_shows(&s, "waits"));
    stage_key(&s, KEY_RETURN); /* cancels nothing */
    for (i = 0; i < 2; i++) {
        post_reply(c[i], 0, NULL);
        c[4 + i] = stage_take(&s, COMMAND_UPLOAD_FILE);
        assert_non_null(c[4 + i]);
    }
    for (i = 2; i < 6; i++) {
        assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
        post_reply(c[i], 0, NULL);
    }
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    s.now_ms += 5000;
    screen_tick(s.screen, s.now_ms);
    assert_true(stage_shows(&s, "6 files are shared with dev_team"));
    for (i = 0; i < 6; i++) {
        command_free(c[i]);
    }
}

/* x leaves out the file under the cursor, Esc all that is not done. */
static void dialogs_hashing_skips(void **state)
{
    struct command *c[4], *cancel;
    int i;

    (void)state;
    stage_type(&s, "s*");
    stage_key(&s, KEY_F1 + 6);
    for (i = 0; i < 4; i++) {
        c[i] = stage_take(&s, COMMAND_UPLOAD_FILE);
    }
    stage_key(&s, KEY_ARROW_DOWN);
    stage_type(&s, "x");
    cancel = stage_take(&s, COMMAND_CANCEL);
    assert_non_null(cancel);
    assert_int_equal(cancel->number, c[1]->request);
    command_free(cancel);
    post_reply(c[1], P2P_ECANCELED, "canceled");
    assert_true(stage_shows(&s, "skipped"));
    command_free(stage_take(&s, COMMAND_UPLOAD_FILE)); /* the fifth */
    stage_key(&s, KEY_ESCAPE);
    for (i = 0; i < 4; i++) {
        cancel = stage_take(&s, COMMAND_CANCEL);
        assert_non_null(cancel);
        command_free(cancel);
    }
    assert_null(stage_take(&s, COMMAND_UPLOAD_FILE));
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    for (i = 0; i < 4; i++) {
        post_reply(c[i], i == 0 ? 0 : P2P_ECANCELED, NULL);
        command_free(c[i]);
    }
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    stage_key(&s, KEY_ESCAPE); /* the fifth has not answered yet */
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
}

/* In the background a failure is a notice; what is done is not asked again. */
static void dialogs_hashing_in_background(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "s/holi");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    stage_type(&s, "b");
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    post_progress(c, 50);
    post_reply(c, P2P_EIO, "the disk gave up");
    command_free(c);
    assert_true(stage_shows(&s, "holiday.mkv: the disk gave up"));
    assert_int_equal(screen_ui(s.screen)->hash_rate, 612 * 1024 * 1024);
    stage_type(&s, "s/notes");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Sharing 1 file with dev_team"));
    stage_type(&s, "b");
    stage_type(&s, ":hashing");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Sharing 1 file with dev_team"));
}

/* What failed stays to be read until it is closed. */
static void dialogs_hashing_failed(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, "s/holi");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_UPLOAD_FILE);
    post_reply(c, P2P_EINVAL,
               "/home/alice/Public/holiday.mkv has a name that "
               "cannot be shared");
    command_free(c);
    /* Its row says the name; the path would push the reason off the line. */
    assert_true(stage_shows(&s, "Has a name that cannot be shared"));
    assert_false(stage_shows(&s, "Public/holiday.mkv"));
    stage_key(&s, KEY_RETURN);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* ---- Questions -------------------------------------------------------- */

static void open_remove(void)
{
    stage_type(&s, ":remove debian-12.11-netinst.iso");
    stage_key(&s, KEY_RETURN);
}

static void open_remove_many(void)
{
    int i;

    stage_key(&s, KEY_GO_HOME);
    for (i = 0; i < 6; i++) {
        stage_key(&s, KEY_SPACE);
    }
    stage_type(&s, "x");
}

static void open_delete_group(void)
{
    stage_type(&s, ":delete_group dev_team");
    stage_key(&s, KEY_RETURN);
}

static void open_leave(void)
{
    stage_type(&s, ":leave_group film-club");
    stage_key(&s, KEY_RETURN);
}

static void open_quit(void)
{
    stage_type(&s, "q");
}

static void dialogs_questions_look(void **state)
{
    (void)state;
    assert_looks("remove", open_remove);
    assert_looks("stop-many", open_remove_many);
    assert_looks("delete-group", open_delete_group);
    assert_looks("leave", open_leave);
    assert_looks("quit", open_quit);
}

/* What is chosen decides whether the data is deleted. */
static void dialogs_remove_or_forget(void **state)
{
    struct command *c;

    (void)state;
    open_remove();
    stage_key(&s, KEY_RETURN); /* the safe button */
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_null(link_take(s.link));
    open_remove();
    stage_type(&s, "y");
    c = stage_take(&s, COMMAND_REMOVE);
    assert_non_null(c);
    assert_string_equal(c->name, "debian-12.11-netinst.iso");
    command_free(c);
    open_remove();
    stage_key(&s, KEY_TAB); /* over the radio buttons */
    stage_key(&s, KEY_SPACE);
    stage_type(&s, "y");
    c = stage_take(&s, COMMAND_FORGET);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    command_free(c);
    stage_type(&s, ":forget design-notes.pdf");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "The data stays on your disk."));
    stage_type(&s, "y");
    c = stage_take(&s, COMMAND_FORGET);
    assert_non_null(c);
    command_free(c);
}

/* One question for all that is marked, one command for each. */
static void dialogs_stop_marked(void **state)
{
    int count = 0;
    struct command *c;

    (void)state;
    open_remove_many();
    assert_true(stage_shows(&s, "Stop sharing 4 files?"));
    stage_type(&s, "x"); /* the starting key does not confirm */
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    stage_type(&s, "y");
    for (c = stage_take(&s, COMMAND_STOP_SHARE); c != NULL;
         c = stage_take(&s, COMMAND_STOP_SHARE)) {
        count++;
        command_free(c);
    }
    assert_int_equal(count, 4); /* two of the six are not here */
}

/* Nothing typed ahead confirms, but Esc always leaves. */
static void dialogs_questions_are_guarded(void **state)
{
    (void)state;
    open_quit();
    screen_key(s.screen, 'y', s.now_ms + DIALOG_GUARD_MS - 1);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    screen_key(s.screen, KEY_ESCAPE, s.now_ms + DIALOG_GUARD_MS - 1);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_null(stage_take(&s, COMMAND_QUIT));
}

/* ---- Errors ----------------------------------------------------------- */

static void fail_to_join(void)
{
    struct command *c;

    stage_type(&s, ":join_group film-club");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_JOIN_GROUP);
    post_reply(c, P2P_EACCES, "you are not allowed to ask again until 14:30");
    command_free(c);
}

static void dialogs_error_looks(void **state)
{
    (void)state;
    assert_looks("error", fail_to_join);
}

/* Who waits gets a dialog; it can be copied, and leads to the log. */
static void dialogs_error_keys(void **state)
{
    (void)state;
    fail_to_join();
    assert_true(stage_shows(&s, "Cannot join film-club"));
    assert_true(stage_shows(&s, "not_authorised"));
    assert_true(dialog_is_for_copying(ui_dialog(screen_ui(s.screen))));
    stage_type(&s, "y");
    assert_non_null(screen_ui(s.screen)->wants_copy);
    assert_non_null(strstr(screen_ui(s.screen)->wants_copy,
                           "Cannot join film-club\n"
                           "You are not allowed to ask again until 14:30\n"
                           "not_authorised (t2.lab:7070, request "));
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    stage_type(&s, "5");
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_int_equal(screen_ui(s.screen)->view_id, VIEW_LOG);
    stage_type(&s, "1");
    fail_to_join();
    stage_key(&s, KEY_RETURN);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* A reason that repeats the sentence is left out. */
static void dialogs_error_says_it_once(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, ":join_group nowhere");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_JOIN_GROUP);
    post_reply(c, P2P_ENOENT, "there is no group of this name");
    command_free(c);
    assert_true(stage_shows(&s, "There is no group of this name"));
    assert_true(stage_shows(&s, "What to do"));
    assert_false(stage_shows(&s, "Why  "));
    stage_key(&s, KEY_RETURN);
}

/* A typed command without its arguments asks for them, as its entry does. */
static void dialogs_of_a_command_alone(void **state)
{
    (void)state;
    stage_type(&s, ":create_group");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Create a group"));
    stage_key(&s, KEY_ESCAPE);
    stage_type(&s, ":theme");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "> Theme"));
    stage_key(&s, '1');
    stage_type(&s, ":info");
    stage_key(&s, KEY_RETURN);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* Who does something else by now, or long after, gets a notice: nothing takes
 * the keys away. */
static void dialogs_error_in_background(void **state)
{
    struct command *c;

    (void)state;
    stage_type(&s, ":join_group film-club");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_JOIN_GROUP);
    stage_key(&s, KEY_ARROW_DOWN);
    post_reply(c, P2P_EACCES, "not now");
    command_free(c);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    s.now_ms += 5000;
    screen_tick(s.screen, s.now_ms);
    assert_true(stage_shows(&s, "Not now"));
    stage_type(&s, ":download_file team-offsite.mkv");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_DOWNLOAD_FILE);
    s.now_ms += 60000;
    post_reply(c, P2P_ENOSPC, NULL);
    command_free(c);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
}

/* ---- Download to ------------------------------------------------------ */

static void open_pick(void)
{
    stage_type(&s, "D");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
}

static void open_download(void)
{
    stage_type(&s, "D");
}

static void open_forget(void)
{
    stage_type(&s, ":forget design-notes.pdf");
    stage_key(&s, KEY_RETURN);
}

static void open_password(void)
{
    stage_type(&s, ":passwd");
    stage_key(&s, KEY_RETURN);
}

static void dialogs_download_looks(void **state)
{
    (void)state;
    assert_looks("download", open_download);
    assert_looks("forget", open_forget);
    assert_looks("password", open_password);
    assert_looks("pick", open_pick);
}

/* The folder that is open goes into the field below; only folders are shown. */
static void dialogs_download_to(void **state)
{
    struct command *c;

    (void)state;
    open_pick();
    assert_true(stage_shows(&s, "Choose a folder"));
    assert_true(stage_shows(&s, "films/"));
    stage_type(&s, "/films");
    stage_key(&s, KEY_RETURN); /* ends finding */
    stage_key(&s, KEY_RETURN); /* opens */
    stage_type(&s, "c");
    assert_true(stage_shows(&s, "[/home/alice/films"));
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_DOWNLOAD_FILE);
    assert_non_null(c);
    assert_string_equal(c->path, "/home/alice/films");
    command_free(c);
}

/* ---- Login and first steps -------------------------------------------- */

static int take_tracker(void *arg, const char *text, struct err *e)
{
    (void)arg;
    (void)text;
    (void)e;
    return 0;
}

static void begin(bool first_run)
{
    struct tui_setup setup = {
        .first_run = first_run,
        .user = "alice",
        .download_dir = "/home/alice",
        .on_tracker = take_tracker,
    };
    enum glyph_tier tier = screen_ui(s.screen)->tier;

    stage_close(&s);
    stage_open_with(&s, &setup);
    screen_ui(s.screen)->tier = tier;
    use_files();
}

static void open_login(void)
{
    struct command *c;

    begin(false);
    stage_post(&s, fixture_session(false));
    stage_type(&s, "secret");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_LOGIN);
    post_reply(c, P2P_EAUTH, "Wrong name or password.");
    command_free(c);
}

static void open_step_1(void)
{
    begin(true);
}

static void open_step_2(void)
{
    begin(true);
    stage_type(&s, "t2.lab:7070");
    stage_key(&s, KEY_RETURN);
    stage_post(&s, fixture_session(false));
    stage_answer_all(&s);
}

static void open_step_3(void)
{
    open_step_2();
    stage_key(&s, KEY_RETURN);
}

/* A new account, in no group. */
static void open_step_4(void)
{
    struct command *c;

    open_step_3();
    stage_type(&s, "secret words");
    stage_key(&s, KEY_TAB);
    stage_type(&s, "secret words");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_CREATE_USER);
    stage_post(&s, fixture_session(true));
    post_reply(c, 0, NULL);
    command_free(c);
    for (c = link_take(s.link); c != NULL; c = link_take(s.link)) {
        post_reply(c, 0, NULL);
        command_free(c);
    }
}

static void dialogs_login_looks(void **state)
{
    (void)state;
    assert_looks("login", open_login);
    assert_looks("step1", open_step_1);
    assert_looks("step2", open_step_2);
    assert_looks("step3", open_step_3);
    assert_looks("step4", open_step_4);
}

/* Only on a wide screen there is room for the third button; Esc does the
 * same. */
static void dialogs_login_offline(void **state)
{
    char *text;

    (void)state;
    begin(false);
    stage_post(&s, fixture_session(false));
    text = stage_draw(&s, 80, 24);
    assert_null(strstr(text, "offline"));
    free(text);
    free(stage_draw(&s, 120, 36));
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 0);
    assert_null(stage_take(&s, COMMAND_LOGIN));
    assert_true(stage_shows(&s, "Working offline"));
}

/* The trackers file is looked for in the browser, the fingerprint copied. */
static void dialogs_first_steps(void **state)
{
    (void)state;
    open_step_1();
    stage_key(&s, KEY_ESCAPE); /* never quits */
    assert_false(screen_ui(s.screen)->wants_quit);
    assert_true(stage_shows(&s, "Tab leads to Quit."));
    assert_true(stage_shows(&s, "Step 1 of 4"));
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "Choose a file"));
    stage_key(&s, KEY_GO_END);
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "(o) I have a trackers file"));
    assert_true(stage_shows(&s, "[/home/alice/todo.txt"));
    open_step_2();
    stage_type(&s, "y");
    assert_string_equal(screen_ui(s.screen)->wants_copy,
                        "7f3a901e55c2084bd16c2faa7309e41b"
                        "64f7309dce8152bd0a46e817932cc190");
    stage_post(&s, fixture_session(false)); /* nothing begins anew */
    assert_true(stage_shows(&s, "Is this your tracker?"));
    open_step_4();
    assert_true(stage_shows(&s, "Step 4 of 4"));
    stage_type(&s, "J");
    assert_int_equal(screen_ui(s.screen)->wizard_step, 0);
}

static int refused;

static void on_refuse(void *arg)
{
    (void)arg;
    refused++;
}

/* Whoever does not trust the certificate is back at the first step, with the
 * address that was typed, and the engine has been told. */
static void first_steps_stop(void (*stop)(void))
{
    open_step_2();
    s.setup.on_refuse = on_refuse;
    refused = 0;
    stop();
    assert_false(screen_ui(s.screen)->wants_quit);
    assert_false(screen_ui(s.screen)->stopped);
    assert_int_equal(refused, 1);
    assert_int_equal(screen_ui(s.screen)->dialog_count, 1);
    assert_true(stage_shows(&s, "Step 1 of 4"));
    assert_true(stage_shows(&s, "[t2.lab:7070"));
    assert_true(stage_shows(&s, "Stopped: nothing of yours was sent."));
}

static void stop_with_escape(void)
{
    stage_key(&s, KEY_ESCAPE);
}

static void stop_with_button(void)
{
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
}

static void dialogs_first_steps_stop(void **state)
{
    (void)state;
    first_steps_stop(stop_with_escape);
    first_steps_stop(stop_with_button);
    stage_key(&s, KEY_RETURN); /* and once more */
    stage_post(&s, fixture_session(false));
    stage_answer_all(&s);
    assert_true(stage_shows(&s, "Is this your tracker?"));
}

static char *named;

/* Keeps what was typed, and refuses it. */
static int on_tracker(void *arg, const char *text, struct err *e)
{
    (void)arg;
    free(named);
    named = mem_strdup(text);
    return err_set(e, P2P_ENOENT, "cannot read %s: no such file", text);
}

/* An address is understood in the field for a file too; why a file cannot be
 * read is said before its folder. */
static void dialogs_first_steps_by_file(void **state)
{
    char *text;
    int i;

    (void)state;
    begin(true);
    s.setup.on_tracker = on_tracker;
    for (i = 0; i < 2; i++) {
        stage_key(&s, KEY_TAB);
    }
    stage_type(&s, "t2.lab:7070");
    stage_key(&s, KEY_RETURN);
    assert_string_equal(named, "t2.lab:7070");
    stage_key(&s, KEY_CTRL_U);
    stage_type(&s, "/a/folder/whose/name/is/longer/than/the/screen/trackers");
    stage_key(&s, KEY_RETURN);
    text = stage_draw(&s, 60, 20);
    assert_non_null(strstr(text, "annot read trackers: no such file"));
    free(text);
    free(named);
    named = NULL;
}

/* What is copied is told once, by who knows how that went. */
static void dialogs_report_copies(void **state)
{
    (void)state;
    stage_type(&s, ":report");
    stage_key(&s, KEY_RETURN);
    stage_type(&s, "y");
    assert_non_null(strstr(screen_ui(s.screen)->wants_copy, "TERM="));
    assert_false(stage_shows(&s, "opied"));
}

/* ---- Leaving ----------------------------------------------------------- */

static void post_takers(uint32_t pieces)
{
    struct event *e = event_new(EVENT_ROWS);
    int i;

    rows_init(&e->rows, ROWS_TAKERS);
    for (i = 0; i < 2; i++) {
        struct row_taker *k = rows_add(&e->rows);

        k->group = mem_strdup("dev_team");
        k->name = mem_strdup("design-notes.pdf");
        k->user = mem_strdup(i == 0 ? "bob" : "carol");
        k->rate_up = 1000;
        k->pieces = pieces;
        k->piece_count = 10;
    }
    stage_post(&s, e);
}

/* Who has taken all of a file takes nothing more, whatever the rates of the
 * last seconds say. */
static void dialogs_quit_counts_takers(void **state)
{
    (void)state;
    stage_type(&s, "2");
    post_takers(9);
    stage_key(&s, KEY_F10);
    assert_true(stage_shows(&s, "Members are taking 1 file from you now."));
    stage_key(&s, KEY_ESCAPE);
    post_takers(10);
    stage_key(&s, KEY_F10);
    assert_true(stage_shows(&s, "Quit p2ptui?"));
    assert_false(stage_shows(&s, "Members are taking"));
}

/* ---- Nothing there ---------------------------------------------------- */

static void post_nothing(enum rows_kind kind, const char *group,
                         const char *name)
{
    struct event *e = event_new(EVENT_ROWS);

    rows_init(&e->rows, kind);
    e->group = mem_strdup(group);
    e->name = mem_strdup(name);
    stage_post(&s, e);
}

static void open_no_groups(void)
{
    post_nothing(ROWS_GROUPS, NULL, NULL);
}

static void open_no_files(void)
{
    post_nothing(ROWS_TRANSFERS, NULL, NULL);
    post_nothing(ROWS_FILES, "dev_team", NULL);
}

static void open_no_peers(void)
{
    post_nothing(ROWS_PEERS, "dev_team", "debian-12.11-netinst.iso");
}

/* What is empty says which key makes it not empty, and that key works. */
static void dialogs_empty_states(void **state)
{
    struct command *c;

    (void)state;
    assert_looks("no-groups", open_no_groups);
    assert_looks("no-files", open_no_files);
    assert_looks("no-peers", open_no_peers);
    assert_true(stage_shows(&s, "You hold 62%"));
    stage_type(&s, "a");
    c = stage_take(&s, COMMAND_ANNOUNCE);
    assert_non_null(c);
    assert_string_equal(c->name, "debian-12.11-netinst.iso");
    command_free(c);
    open_no_files();
    stage_type(&s, "s");
    assert_true(stage_shows(&s, "Share files"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(dialogs_share_looks),
        TEST(dialogs_share_promise),
        TEST(dialogs_share_one_file),
        TEST(dialogs_share_marked_files),
        TEST(dialogs_share_nothing),
        TEST(dialogs_share_folder),
        TEST(dialogs_share_reads_on),
        TEST(dialogs_share_clicks),
        TEST(dialogs_hashing_looks),
        TEST(dialogs_hashing_in_turns),
        TEST(dialogs_hashing_skips),
        TEST(dialogs_hashing_in_background),
        TEST(dialogs_hashing_failed),
        TEST(dialogs_questions_look),
        TEST(dialogs_remove_or_forget),
        TEST(dialogs_first_steps_stop),
        TEST(dialogs_first_steps_by_file),
        TEST(dialogs_report_copies),
        TEST(dialogs_quit_counts_takers),
        TEST(dialogs_stop_marked),
        TEST(dialogs_questions_are_guarded),
        TEST(dialogs_error_looks),
        TEST(dialogs_error_keys),
        TEST(dialogs_error_says_it_once),
        TEST(dialogs_of_a_command_alone),
        TEST(dialogs_error_in_background),
        TEST(dialogs_download_looks),
        TEST(dialogs_download_to),
        TEST(dialogs_login_looks),
        TEST(dialogs_login_offline),
        TEST(dialogs_first_steps),
        TEST(dialogs_empty_states),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/dialogs", tests, NULL, NULL);
}
