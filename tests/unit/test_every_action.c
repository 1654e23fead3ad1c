/* The completeness test: every action of the table is reached by its keys, by
 * its menu entry and by its command, and something happens each time. What has
 * no entry or no command says here why; what TUI programs of this kind offer
 * and this one does not yet, too.
 */
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
#include <unistd.h>

#include "msgq/event.h"
#include "msgq/link.h"
#include "tests/tui/files.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tests/tui/trackers.h"
#include "tui/action.h"
#include "tui/adopt.h"
#include "tui/draw.h"
#include "tui/key.h"
#include "tui/lineparse.h"
#include "tui/main_state.h"
#include "tui/menu.h"
#include "tui/perform.h"
#include "tui/screen.h"
#include "tui/setting.h"
#include "tui/ui.h"
#include "util/err.h"
#include "util/mem.h"

static char scratch[64];
static struct settings settings;
static struct stage s;

/* ---- Where actions are done -------------------------------------------- */

static void choose(const char *file)
{
    main_state_choose_file(screen_ui(s.screen), file);
}

static void at_loading(void)
{
    choose("debian-12.11-netinst.iso");
}

static void at_shared(void)
{
    choose("design-notes.pdf");
}

static void at_missing(void)
{
    choose("team-offsite.mkv");
}

static void at_pieces(void)
{
    stage_key(&s, KEY_TAB);
}

static void at_peers(void)
{
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
}

static void at_groups(void)
{
    stage_key(&s, '3');
    stage_answer_all(&s);
}

/* Of a group that somebody else owns. */
static void at_joined_group(void)
{
    stage_key(&s, KEY_BACK_TAB);
    stage_key(&s, KEY_ARROW_DOWN);
}

static void at_requests(void)
{
    at_groups();
    stage_key(&s, KEY_TAB);
}

static void at_member(void)
{
    at_requests();
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, KEY_ARROW_DOWN);
}

static void at_transfers(void)
{
    stage_key(&s, '2');
    stage_post(&s, fixture_all_transfers(0));
    stage_post(&s, fixture_takers());
}

static void at_paused(void)
{
    at_transfers();
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, KEY_ARROW_DOWN);
}

static void at_takers(void)
{
    at_transfers();
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
}

static void at_log(void)
{
    stage_key(&s, '5');
}

static void at_trackers(void)
{
    stage_key(&s, '4');
    stage_answer_all(&s);
    stage_post(&s, fixture_failover(12));
}

static void at_setting(void)
{
    stage_key(&s, '6');
    stage_key(&s, KEY_TAB);
}

static void (*const places[])(void) = {
    at_loading,      at_shared,   at_missing, at_pieces,    at_peers,
    at_groups,       at_requests, at_member,  at_transfers, at_takers,
    at_joined_group, at_log,      at_setting, at_paused,    at_trackers,
};

static void open_at(void (*place)(void))
{
    settings_init(&settings);
    settings.path = mem_printf("%s/p2ptui.conf", scratch);
    files_slice(0);
    stage_open_settings(&s, GLYPH_FULL, &settings);
    s.setup.files = &files_source;
    s.setup.home = "/home/alice";
    place();
    stage_answer_all(&s);
}

static void close_it(void)
{
    stage_close(&s);
    adopt_everywhere(NULL);
    unlink(settings.path);
    settings_close(&settings);
}

/* ---- What happened ------------------------------------------------------ */

static bool has_wish(const struct ui *ui)
{
    return ui->wants_suspend || ui->wants_repaint || ui->wants_mouse ||
           ui->wants_manual || ui->wants_edit || ui->wants_copy != NULL;
}

/* A command was sent, the screen is asked for something, or shows something
 * else than before; no error. */
static bool has_effect(const char *before)
{
    const struct ui *ui = screen_ui(s.screen);
    struct command *c = link_take(s.link);
    bool effect = c != NULL || has_wish(ui);
    char *after = stage_draw(&s, 120, 36);

    effect = effect || strcmp(before, after) != 0;
    if (ui->toast.text != NULL && ui->toast.level == NOTICE_ERROR) {
        print_error("%s\n", ui->toast.text);
        effect = false;
    }
    free(after);
    command_free(c);
    return effect;
}

static bool is_possible(const struct action *a)
{
    const struct ui *ui = screen_ui(s.screen);

    return (a->contexts & ui->view->contexts(ui)) != 0 &&
           perform_why_not(ui, a) == NULL;
}

/* Is there a place where the action can be done and `way` does it? */
static bool works(const struct action *a,
                  void (*way)(const struct action *a, const void *arg),
                  const void *arg)
{
    bool done = false;
    size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]) && !done; i++) {
        open_at(places[i]);
        if (is_possible(a)) {
            char *before = stage_draw(&s, 120, 36);

            way(a, arg);
            done = has_effect(before);
            free(before);
        }
        close_it();
    }
    return done;
}

/* ---- Keys ---------------------------------------------------------------- */

static void by_key(const struct action *a, const void *key)
{
    (void)a;
    stage_key(&s, *(const int *)key);
}

static void every_action_by_its_keys(void **state)
{
    size_t i, length;
    const char *name;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);

        for (name = a->key; name != NULL && *name != '\0'; name += length) {
            int key;

            name += strspn(name, " ");
            length = strcspn(name, " ");
            key = key_from_name(name, length);
            assert_int_not_equal(key, KEY_NONE);
            if (!works(a, by_key, &key)) {
                fail_msg("%s: %.*s does nothing", a->id, (int)length, name);
            }
        }
    }
}

/* What cannot be taken back by another key. */
static bool is_heavy(enum command_kind kind)
{
    static const enum command_kind heavy[] = {COMMAND_REMOVE,
                                              COMMAND_FORGET,
                                              COMMAND_STOP_SHARE,
                                              COMMAND_UNPUBLISH,
                                              COMMAND_LEAVE_GROUP,
                                              COMMAND_DELETE_GROUP,
                                              COMMAND_REJECT_REQUEST,
                                              COMMAND_REMOVE_MEMBER,
                                              COMMAND_TRANSFER_GROUP,
                                              COMMAND_DROP_PEER,
                                              COMMAND_CLEAR,
                                              COMMAND_LOGOUT,
                                              COMMAND_QUIT};
    size_t i;

    for (i = 0; i < sizeof(heavy) / sizeof(heavy[0]); i++) {
        if (heavy[i] == kind) {
            return true;
        }
    }
    return false;
}

static void assert_nothing_heavy(const char *what)
{
    struct command *c;

    for (c = link_take(s.link); c != NULL; c = link_take(s.link)) {
        if (is_heavy(c->kind)) {
            fail_msg("%s sends %s", what, command_kind_name(c->kind));
        }
        command_free(c);
    }
    assert_false(screen_ui(s.screen)->wants_quit);
}

/* The key that starts something heavy never confirms it, nor does Enter, and
 * Esc never does anything but close: also for who holds a key down. */
static void no_key_confirms_itself(void **state)
{
    static const int after[] = {0, KEY_RETURN, KEY_ESCAPE};
    size_t place, k;
    int key, i;

    (void)state;
    for (place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
        for (key = '!'; key <= '~'; key++) {
            char what[32];

            snprintf(what, sizeof(what), "place %zu, key %c", place, key);
            open_at(places[place]);
            for (k = 0; k < sizeof(after) / sizeof(after[0]); k++) {
                stage_key(&s, key);
                for (i = 0; i < 3; i++) {
                    stage_key(&s, after[k] == 0 ? key : after[k]);
                }
                stage_key(&s, KEY_ESCAPE);
                stage_key(&s, KEY_ESCAPE);
                assert_nothing_heavy(what);
            }
            close_it();
        }
    }
}

/* ---- Menus --------------------------------------------------------------- */

/* Without an entry, and why. */
static const struct {
    const char *id, *why;
} not_in_menu[] = {
    {"group.open", "opening a row is Enter everywhere"},
    {"group.use", "on the screen the chosen group is the one in use"},
    {"transfer.resume", "\"Pause or go on\" does it for what rests"},
    {"transfer.pieces_of", "has the entry of transfer.pieces"},
    {"transfer.zoom_in", "is about the cursor, which an open menu hides"},
    {"transfer.zoom_out", "is about the cursor, which an open menu hides"},
    {"transfer.locate", "needs the number of a piece: it is typed"},
    {"transfer.forget", "\"Remove...\" asks whether the data stays"},
    {"tracker.details", "opening a row is Enter everywhere"},
    {"tracker.copy", "\"Copy name, hash...\" does it for a tracker"},
    {"view.notice", "opening a row is Enter everywhere"},
    {"view.write_log", "is named in the line of keys of the log"},
    {"view.show", "each view has an entry of its own"},
    {"view.pane_before", "\"Next pane\" comes round"},
    {"view.find_next", "\"Find...\" goes on with what was looked for"},
    {"view.find_before", "\"Find...\" comes round"},
    {"view.sort_next", "\"Sort by...\" has every column"},
    {"view.sort_before", "\"Sort by...\" has every column"},
    {"setting.change", "is named in the line of keys of the settings"},
    {"setting.default", "is named in the line of keys of the settings"},
    {"setting.set", "\"Settings\" does it"},
    {"setting.unset", "\"Settings\" does it"},
    {"setting.edit", "is named in the line of keys of the settings"},
};

static const char *why_not_in_menu(const char *id)
{
    size_t i;

    for (i = 0; i < sizeof(not_in_menu) / sizeof(not_in_menu[0]); i++) {
        if (strcmp(not_in_menu[i].id, id) == 0) {
            return not_in_menu[i].why;
        }
    }
    return NULL;
}

static void by_menu(const struct action *a, const void *arg)
{
    int letter = (int)menu_letter(action_menu_title(a->menu));
    size_t i;

    (void)arg;
    stage_key(&s, KEY_ALT + letter);
    for (i = 0; menu_entry(screen_menu(s.screen)) != a; i++) {
        assert_true(i < action_count());
        stage_key(&s, KEY_ARROW_DOWN);
    }
    stage_key(&s, KEY_RETURN);
}

static void every_action_by_its_menu(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        const char *why = why_not_in_menu(a->id);

        if (a->menu == ACTION_MENU_NONE && why == NULL) {
            fail_msg("%s has no entry and no reason", a->id);
        } else if (a->menu != ACTION_MENU_NONE && why != NULL) {
            fail_msg("%s has an entry and a reason to have none", a->id);
        } else if (why == NULL && !works(a, by_menu, NULL)) {
            fail_msg("%s: its entry does nothing", a->id);
        }
    }
}

/* ---- Commands ------------------------------------------------------------ */

/* Without a command: the line that does the same, or why there is none. */
static const struct {
    const char *id, *line, *why;
} not_typed[] = {
    {"group.open", "list_files dev_team", NULL},
    {"file.download_to", "download_file dev_team team-offsite.mkv ./x", NULL},
    {"transfer.pause_all", "pause", NULL},
    {"tracker.details", NULL, "is about the cursor; \"trackers\" lists all"},
    {"tracker.copy", "copy", NULL},
    {"transfer.pieces_of", "pieces", NULL},
    {"view.notice", NULL, "is about the cursor in the log"},
    {"transfer.zoom_in", NULL, "is about the cursor in the pieces"},
    {"transfer.zoom_out", NULL, "is about the cursor in the pieces"},
    {"view.main", "view main", NULL},
    {"view.transfers", "view transfers", NULL},
    {"view.groups", "view groups", NULL},
    {"view.cluster", "view cluster", NULL},
    {"setting.change", "set look.theme dark", NULL},
    {"setting.default", "unset look.theme", NULL},
    {"view.next_pane", NULL, "is about the focus of the screen"},
    {"view.pane_before", NULL, "is about the focus of the screen"},
    {"view.zoom", NULL, "is about the focus of the screen"},
    {"view.find_next", "find notes", NULL},
    {"view.find_before", "find notes", NULL},
    {"view.sort_next", "sort", NULL},
    {"view.sort_before", "sort", NULL},
    {"view.reverse", "sort", NULL},
    {"view.characters", "set look.chars basic", NULL},
    {"view.reader", "set look.plain yes", NULL},
    {"help.keys", "help keys", NULL},
    {"help.signs", "help signs", NULL},
};

/* A word for each argument that a command may name. */
static const struct {
    const char *argument, *word;
} words[] = {
    {"GROUP", "dev_team"},
    {"FILE", "design-notes.pdf"},
    {"USER", "bob"},
    {"PASSWORD", "hunter22"},
    {"NEW_PASSWORD", "abc45"},
    {"MESSAGE", "hello"},
    {"REASON", "no"},
    {"ROLE", "reader"},
    {"PATH", NULL},
    {"DIRECTORY", NULL},
    {"TO", "./x"},
    {"PIECE_SIZE", "512K"},
    {"PIECE", "3"},
    {"PICTURE", "copies"},
    {"TEXT", "notes"},
    {"VIEW", "log"},
    {"KEY", "look.theme"},
    {"VALUE", "dark"},
    {"THEME", "dark"},
    {"COMMAND", "login"},
    {"HOST:PORT", "t9:7070"},
};

static const char *word_for(const char *argument, size_t length)
{
    static char path[96];
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].argument) == length &&
            memcmp(words[i].argument, argument, length) == 0) {
            snprintf(path, sizeof(path), "%s/new", scratch);
            return words[i].word == NULL ? path : words[i].word;
        }
    }
    fail_msg("no word for %.*s", (int)length, argument);
    return NULL;
}

/* "[GROUP] FILE [TO]" becomes a line that has all of them. */
static char *line_of(const struct action *a)
{
    char *line = mem_strdup(a->command);
    const char *at = a->arguments;

    while (*at != '\0') {
        size_t length;
        char *longer;

        at += strspn(at, " [");
        length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_:");
        longer = mem_printf("%s %s", line, word_for(at, length));
        free(line);
        line = longer;
        at += strcspn(at, " ");
    }
    return line;
}

static void by_line(const struct action *a, const void *line)
{
    (void)a;
    stage_key(&s, ':');
    stage_type(&s, line);
    stage_key(&s, KEY_RETURN);
}

static void assert_parses(const struct action *a, const char *line)
{
    struct lineparse p;
    struct err e = {.code = 0};

    if (lineparse_line(line, NULL, &p, &e) < 0) {
        fail_msg("%s: %s", line, e.text);
    }
    assert_ptr_equal(p.action, a);
    lineparse_close(&p);
}

static const char *line_instead(const struct action *a)
{
    size_t i;

    for (i = 0; i < sizeof(not_typed) / sizeof(not_typed[0]); i++) {
        if (strcmp(not_typed[i].id, a->id) == 0) {
            assert_true((not_typed[i].line == NULL) ==
                        (not_typed[i].why != NULL));
            return not_typed[i].line == NULL ? "" : not_typed[i].line;
        }
    }
    return NULL;
}

static void every_action_by_its_command(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        const char *instead = line_instead(a);
        char *line = NULL;

        if (a->command != NULL) {
            assert_null(instead);
            line = line_of(a);
            assert_parses(a, line);
        } else if (instead == NULL) {
            fail_msg("%s has no command and no reason", a->id);
        } else {
            line = mem_strdup(instead);
        }
        if (line[0] != '\0' && !works(a, by_line, line)) {
            fail_msg("%s: \":%s\" does nothing", a->id, line);
        }
        free(line);
    }
}

/* ---- The entries that were agreed on ------------------------------------- */

/* Each entry that the menus are to have: the action behind it, or what the
 * engine lacks for it. */
static const struct {
    const char *entry, *id, *lacks;
} agreed[] = {
    {"Log in...", "account.login", NULL},
    {"Create account...", "account.create", NULL},
    {"Change password...", "account.password", NULL},
    {"Account and keys", "account.show", NULL},
    {"Use an invite...", NULL, "no invites"},
    {"Log out", "account.logout", NULL},
    {"Settings", "view.settings", NULL}, /* one entry, in View */
    {"To the shell", "screen.suspend", NULL},
    {"Quit", "screen.quit", NULL},
    {"All groups", "group.list", NULL},
    {"My groups", "group.mine", NULL},
    {"Create...", "group.create", NULL},
    {"Ask to join...", "group.join", NULL},
    {"Invite somebody...", NULL, "no invites"},
    {"Requests", "group.requests", NULL},
    {"Accept", "group.accept", NULL},
    {"Accept marked", "group.accept_all", NULL},
    {"Reject...", "group.reject", NULL},
    {"Members", "group.members", NULL},
    {"Remove member...", "group.remove_member", NULL},
    {"Hand over...", "group.transfer", NULL},
    {"Leave...", "group.leave", NULL},
    {"Delete...", "group.delete", NULL},
    {"Share files...", "file.share", NULL},
    {"Download", "file.download", NULL},
    {"Download to...", "file.download_to", NULL},
    {"Details", "file.info", NULL},
    {"Files of the group", "file.list", NULL},
    {"My shared files", "file.mine", NULL},
    {"Stop sharing...", "file.stop", NULL},
    {"Verify again", "file.verify", NULL},
    {"Copy name, hash...", "file.copy", NULL},
    {"All transfers", "transfer.list", NULL},
    {"Pause or go on", "transfer.pause", NULL},
    {"Pause all", "transfer.pause_all", NULL},
    {"More important", NULL, "no priorities"},
    {"Less important", NULL, "no priorities"},
    {"Speed limits...", NULL, "no limits"},
    {"Ask for peers now", "transfer.announce", NULL},
    {"Other view of pieces", "transfer.pieces", NULL},
    {"Peers", "transfer.peers", NULL},
    {"Drop this peer...", "transfer.drop_peer", NULL},
    {"Remove...", "transfer.remove", NULL},
    {"Clear finished...", "transfer.clear", NULL},
    {"Main", "view.main", NULL},
    {"Transfers", "view.transfers", NULL},
    {"Groups", "view.groups", NULL},
    {"Cluster", "view.cluster", NULL},
    {"Log", "view.log", NULL},
    {"Next pane", "view.next_pane", NULL},
    {"This pane alone", "view.zoom", NULL},
    {"Find...", "view.find", NULL},
    {"Filter...", "view.filter", NULL},
    {"Sort by...", "view.sort", NULL},
    {"Reverse order", "view.reverse", NULL},
    {"Theme...", "setting.theme", NULL},
    {"Characters...", "view.characters", NULL},
    {"Mouse on or off", "view.mouse", NULL},
    {"Screen reader mode", "view.reader", NULL},
    {"Draw again", "view.redraw", NULL},
    {"Trackers", "tracker.list", NULL},
    {"Use this tracker", "tracker.use", NULL},
    {"Add a tracker...", "tracker.add", NULL},
    {"Forget a tracker...", "tracker.forget", NULL},
    {"Try again now", "tracker.retry", NULL},
    {"Certificate", "tracker.cert", NULL},
    {"Events", "tracker.events", NULL},
    {"Keys here", "help.keys", NULL},
    {"Manual", "help.manual", NULL},
    {"All commands", "help.commands", NULL},
    {"Signs and colours", "help.signs", NULL},
    {"First steps again", "help.wizard", NULL},
    {"Report a problem...", "help.report", NULL},
    {"About", "help.version", NULL},
};

/* Nothing that was agreed on is lost, and what waits for the engine is not
 * there, rather than dead. */
static void every_entry_that_was_agreed_on(void **state)
{
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(agreed) / sizeof(agreed[0]); i++) {
        const struct action *a =
            agreed[i].id == NULL ? NULL : action_find(agreed[i].id);

        if (agreed[i].id == NULL) {
            assert_non_null(agreed[i].lacks);
            for (k = 0; k < action_count(); k++) {
                assert_string_not_equal(action_at(k)->label, agreed[i].entry);
            }
            continue;
        }
        if (a == NULL) {
            fail_msg("%s is gone", agreed[i].id);
        }
        assert_string_equal(a->label, agreed[i].entry);
        assert_int_not_equal(a->menu, ACTION_MENU_NONE);
    }
}

/* A sentence that says what it does, for the menu, the help and the pages. */
static void every_action_has_a_sentence(void **state)
{
    size_t i, k;

    (void)state;
    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);

        assert_true(strlen(a->help) > 10);
        assert_true(draw_wrapped_lines(38, a->help) <= 2); /* of 40 columns */
        assert_true(a->help[strlen(a->help) - 1] != '.');
        for (k = 0; k < i; k++) {
            if (strcmp(a->help, action_at(k)->help) == 0) {
                fail_msg("%s and %s say the same", a->id, action_at(k)->id);
            }
        }
    }
}

static int make_scratch(void **state)
{
    (void)state;
    snprintf(scratch, sizeof(scratch), "/tmp/p2p-test-action-XXXXXX");
    if (mkdtemp(scratch) == NULL) {
        return -1;
    }
    return setenv("HOME", scratch, 1);
}

static int remove_scratch(void **state)
{
    char *log = mem_printf("%s/new", scratch);

    (void)state;
    unlink(log); /* write_log wrote it */
    free(log);
    return rmdir(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_by_its_keys),
        cmocka_unit_test(no_key_confirms_itself),
        cmocka_unit_test(every_action_by_its_menu),
        cmocka_unit_test(every_action_by_its_command),
        cmocka_unit_test(every_entry_that_was_agreed_on),
        cmocka_unit_test(every_action_has_a_sentence),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/every_action", tests, make_scratch,
                                       remove_scratch);
}
