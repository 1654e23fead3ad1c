#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msgq/command.h"
#include "tui/action.h"
#include "tui/lineparse.h"
#include "util/err.h"

static struct lineparse parsed(const char *line, const char *group)
{
    struct lineparse p;
    struct err e = {0};

    assert_int_equal(lineparse_line(line, group, &p, &e), 0);
    assert_non_null(p.action);
    return p;
}

static void refused(const char *line, const char *group, const char *says)
{
    struct lineparse p;
    struct err e = {0};

    assert_int_equal(lineparse_line(line, group, &p, &e), P2P_EUSAGE);
    assert_non_null(strstr(e.text, says));
}

/* All names of the source documents are understood (S1-22 to S1-35, S2-11 to
 * S2-15, S3-38 to S3-54, S4-16). */
static void lineparse_line_knows_every_seed_command(void **state)
{
    static const char *const lines[] = {"create_user u pw",
                                        "register u pw",
                                        "login u pw",
                                        "logout",
                                        "create_group g",
                                        "join_group g",
                                        "leave_group g",
                                        "list_groups",
                                        "list_my_groups",
                                        "list_requests g",
                                        "accept_request g u",
                                        "reject_request g u",
                                        "list_files g",
                                        "upload_file /a g",
                                        "share /a g",
                                        "download_file g f /",
                                        "download f /a/",
                                        "get f",
                                        "show_downloads",
                                        "stop_share g f",
                                        "list",
                                        "help",
                                        "quit",
                                        "exit"};
    struct lineparse p;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        p = parsed(lines[i], "here");
        lineparse_close(&p);
    }
}

/* The name of a command may have two words. */
static void lineparse_line_two_words(void **state)
{
    struct lineparse p = parsed("tracker add a.example:1,sha256:00", NULL);

    (void)state;
    assert_int_equal(p.command->kind, COMMAND_TRACKER_ADD);
    assert_string_equal(p.command->text, "a.example:1,sha256:00");
    lineparse_close(&p);
    p = parsed("tracker  cert", NULL);
    assert_int_equal(p.command->kind, COMMAND_TRACKER_CERT);
    assert_null(p.command->text);
    lineparse_close(&p);
    p = parsed("trackers", NULL);
    assert_int_equal(p.command->kind, COMMAND_TRACKERS);
    lineparse_close(&p);
    p = parsed("help tracker forget", NULL);
    assert_string_equal(p.command->text, "tracker forget");
    lineparse_close(&p);
    refused("tracker use", NULL, "HOST:PORT");
    refused("tracker use a b", NULL, "tracker use HOST:PORT");
    refused("tracker", NULL, "trackers");
}

/* Fields land where the argument text says. */
static void lineparse_line_download_with_all_words(void **state)
{
    struct lineparse p =
        parsed("download_file club 'a b  \"x\".bin' /tmp/d", NULL);

    (void)state;
    assert_int_equal(p.command->kind, COMMAND_DOWNLOAD_FILE);
    assert_string_equal(p.command->group, "club");
    assert_string_equal(p.command->name, "a b  \"x\".bin"); /* S1-32 */
    assert_string_equal(p.command->path, "/tmp/d");
    lineparse_close(&p);
}

/* Two words with a place: the group in use is meant (S2-12). */
static void lineparse_line_download_file_and_place(void **state)
{
    struct lineparse p = parsed("download film.mkv ./here/", "club");

    (void)state;
    assert_string_equal(p.command->group, "club");
    assert_string_equal(p.command->name, "film.mkv");
    assert_int_equal(p.command->path[0], '/');
    lineparse_close(&p);
}

/* A name that begins like a place is still a name. */
static void lineparse_line_download_hidden_file(void **state)
{
    static const char *const names[] = {".hidden", "...", "~backup"};
    char line[64];
    struct lineparse p;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(line, sizeof line, "download club %s", names[i]);
        p = parsed(line, NULL);
        assert_string_equal(p.command->group, "club");
        assert_string_equal(p.command->name, names[i]);
        assert_null(p.command->path);
        lineparse_close(&p);
    }
    p = parsed("download film.mkv ..", "club");
    assert_string_equal(p.command->name, "film.mkv");
    lineparse_close(&p);
}

/* Two words without a place: group and file. */
static void lineparse_line_download_group_and_file(void **state)
{
    struct lineparse p = parsed("get club film.mkv", "other");

    (void)state;
    assert_string_equal(p.command->group, "club");
    assert_string_equal(p.command->name, "film.mkv");
    assert_null(p.command->path);
    lineparse_close(&p);
}

/* A required group may be left out while one is in use. */
static void lineparse_line_group_in_use(void **state)
{
    struct lineparse p = parsed("accept bob", "club");

    (void)state;
    assert_string_equal(p.command->group, "club");
    assert_string_equal(p.command->user, "bob");
    lineparse_close(&p);
    refused("accept bob", NULL, "accept_request GROUP USER");
}

/* "pause FILE" and "pause" differ from "pause GROUP FILE". */
static void lineparse_line_pause_forms(void **state)
{
    struct lineparse p = parsed("pause", "club");

    (void)state;
    assert_null(p.command->name);
    assert_null(p.command->group);
    lineparse_close(&p);
    p = parsed("pause film", "club");
    assert_string_equal(p.command->name, "film");
    assert_string_equal(p.command->group, "club");
    lineparse_close(&p);
}

/* A rest field keeps its blanks between words. */
static void lineparse_line_message_takes_the_rest(void **state)
{
    struct lineparse p = parsed("join club I am heidi", NULL);

    (void)state;
    assert_string_equal(p.command->text, "I am heidi");
    lineparse_close(&p);
}

/* Passwords are noticed, and asked for when they are left out. */
static void lineparse_line_secrets(void **state)
{
    struct lineparse p = parsed("login alice 'my secret'", NULL);

    (void)state;
    assert_true(p.had_secret);
    assert_int_equal(lineparse_missing_secret(&p), 0);
    assert_string_equal(p.command->secret, "my secret");
    lineparse_close(&p);
    p = parsed("login alice", NULL);
    assert_false(p.had_secret);
    assert_int_equal(lineparse_missing_secret(&p), 1);
    lineparse_close(&p);
}

/* Wrong input says what was wrong and what to type. */
static void lineparse_line_refusals(void **state)
{
    (void)state;
    refused("creategroup x", NULL, "did you mean 'create_group'");
    refused("zzzzzzzz", NULL, "'help' lists all");
    refused("create_group", NULL, "create_group GROUP");
    refused("create_group", "club", "create_group GROUP");
    refused("delete_group", "club", "delete_group GROUP");
    refused("export_member club", "club", "export_member GROUP DIRECTORY");
    refused("create_group a b", NULL, "create_group GROUP");
    refused("login 'alice", NULL, "quote");
    refused("create_group \xff", NULL, "UTF-8");
    refused("upload_file /a g lots", NULL, "must be a number");
}

/* Blank lines and comments are nothing. */
static void lineparse_line_nothing(void **state)
{
    struct lineparse p;

    (void)state;
    assert_int_equal(lineparse_line("   ", NULL, &p, NULL), 0);
    assert_null(p.action);
    assert_int_equal(lineparse_line("# login x", NULL, &p, NULL), 0);
    assert_null(p.action);
}

/* Limits: a line of many words or bytes is refused, not cut. */
static void lineparse_split_limits(void **state)
{
    char line[LINEPARSE_LINE_MAX + 3];
    char **words;
    size_t count, i;
    struct err e = {0};

    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_int_equal(lineparse_split(line, &words, &count, &e), P2P_ETOOBIG);
    for (i = 0; i < 2 * LINEPARSE_WORDS_MAX + 2; i++) {
        line[i] = i % 2 == 0 ? 'a' : ' ';
    }
    line[i] = '\0';
    assert_int_equal(lineparse_split(line, &words, &count, &e), P2P_ETOOBIG);
}

/* What quote writes, split reads back. */
static void lineparse_quote_round_trip(void **state)
{
    static const char *const samples[] = {
        "plain", "", "a b", "it's", "\"", "back\\slash", "# no comment"};
    char **words;
    size_t count, i;
    char *quoted;

    (void)state;
    for (i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        quoted = lineparse_quote(samples[i]);
        assert_int_equal(lineparse_split(quoted, &words, &count, NULL), 0);
        assert_int_equal(count, 1);
        assert_string_equal(words[0], samples[i]);
        lineparse_free_words(words, count);
        free(quoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lineparse_line_knows_every_seed_command),
        cmocka_unit_test(lineparse_line_two_words),
        cmocka_unit_test(lineparse_line_download_with_all_words),
        cmocka_unit_test(lineparse_line_download_file_and_place),
        cmocka_unit_test(lineparse_line_download_hidden_file),
        cmocka_unit_test(lineparse_line_download_group_and_file),
        cmocka_unit_test(lineparse_line_group_in_use),
        cmocka_unit_test(lineparse_line_pause_forms),
        cmocka_unit_test(lineparse_line_message_takes_the_rest),
        cmocka_unit_test(lineparse_line_secrets),
        cmocka_unit_test(lineparse_line_refusals),
        cmocka_unit_test(lineparse_line_nothing),
        cmocka_unit_test(lineparse_split_limits),
        cmocka_unit_test(lineparse_quote_round_trip),
    };
    return cmocka_run_group_tests_name("tui/lineparse", tests, NULL, NULL);
}
