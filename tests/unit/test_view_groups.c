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
#include "tui/key.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "util/mem.h"

/* The view, with all that an engine would have told. */
static void open_view(struct stage *s, enum glyph_tier tier)
{
    stage_open(s, tier);
    stage_key(s, '3');
    stage_answer_all(s);
}

static void open_requests(struct stage *s)
{
    open_view(s, GLYPH_FULL);
    stage_key(s, KEY_TAB);
}

static void open_members(struct stage *s)
{
    open_requests(s);
    stage_key(s, KEY_TAB);
}

/* The view with something in its history. */
static void open_history(struct stage *s, enum glyph_tier tier)
{
    open_view(s, tier);
    stage_post(s, fixture_group_notice(NOTICE_INFO, 90000,
                                       "bob shared draft.odt with dev_team"));
    stage_post(s, fixture_group_notice(NOTICE_ASK, 2500,
                                       "heidi asks to join dev_team"));
    stage_key(s, KEY_TAB);
}

/* Every layout in every tier looks as it was agreed on. */
static void groups_view_looks_as_agreed(void **state)
{
    (void)state;
    stage_assert_looks("groups", open_history);
}

/* Answer a question with yes, past its moment of deafness. */
static struct event *groups_without_requests(void)
{
    struct event *e = fixture_groups();
    size_t i;

    for (i = 0; i < e->rows.count; i++) {
        e->rows.groups[i].requests = 0;
    }
    return e;
}

static void say_yes(struct stage *s)
{
    stage_key(s, 'y');
}

/* The next command of this kind, about dev_team and this user. */
static void assert_sent(struct stage *s, enum command_kind kind,
                        const char *user, const char *text)
{
    struct command *c = stage_take(s, kind);

    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    assert_string_equal(c->user, user);
    if (text == NULL) {
        assert_null(c->text);
    } else {
        assert_string_equal(c->text, text);
    }
    command_free(c);
}

/* "a" lets in who is chosen, at once (S1-30). */
static void groups_view_accepts(void **state)
{
    struct stage s;

    (void)state;
    open_requests(&s);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, 'a');
    assert_sent(&s, COMMAND_ACCEPT_REQUEST, "ivan", NULL);
    stage_close(&s);
}

/* "A" lets in who is marked, and everybody when nobody is. */
static void groups_view_accepts_marked(void **state)
{
    struct stage s;

    (void)state;
    open_requests(&s);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, KEY_SPACE);
    assert_true(stage_shows(&s, "*ivan"));
    stage_key(&s, 'A');
    assert_sent(&s, COMMAND_ACCEPT_REQUEST, "ivan", NULL);
    assert_null(stage_take(&s, COMMAND_ACCEPT_REQUEST));
    stage_key(&s, 'A');
    assert_sent(&s, COMMAND_ACCEPT_REQUEST, "heidi", NULL);
    assert_sent(&s, COMMAND_ACCEPT_REQUEST, "ivan", NULL);
    stage_close(&s);
}

/* Who does not wait any more is not marked any more either: "A" must not mean
 * somebody else then. */
static void groups_view_forgets_marks(void **state)
{
    struct event *e = event_new(EVENT_ROWS);
    struct stage s;

    (void)state;
    open_requests(&s);
    stage_key(&s, KEY_SPACE);
    rows_init(&e->rows, ROWS_REQUESTS);
    stage_post(&s, e);
    assert_true(stage_shows(&s, "Nobody waits to join."));
    stage_post(&s, fixture_requests());
    assert_false(stage_shows(&s, "*heidi"));
    stage_close(&s);
}

/* "x" among the requests asks for a reason, and Enter alone refuses nobody. */
static void groups_view_rejects(void **state)
{
    struct stage s;

    (void)state;
    open_requests(&s);
    stage_key(&s, 'x');
    assert_true(stage_shows(&s, "Reject heidi?"));
    stage_type(&s, "who are you");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    assert_null(stage_take(&s, COMMAND_REJECT_REQUEST));
    stage_key(&s, 'x');
    stage_type(&s, "who are you");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    assert_sent(&s, COMMAND_REJECT_REQUEST, "heidi", "who are you");
    stage_close(&s);
}

/* "x" among the members says in numbers what it does, and does it after "y"
 * alone. */
static void groups_view_removes_member(void **state)
{
    struct stage s;

    (void)state;
    open_members(&s);
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, 'x');
    assert_true(stage_shows(&s, "Remove bob from the group?"));
    assert_true(stage_shows(&s, "the group's 6"));
    stage_key(&s, KEY_RETURN);
    assert_null(stage_take(&s, COMMAND_REMOVE_MEMBER));
    stage_key(&s, 'x');
    say_yes(&s);
    assert_sent(&s, COMMAND_REMOVE_MEMBER, "bob", NULL);
    stage_close(&s);
}

/* Nobody is asked whether to remove themself. */
static void groups_view_leaves_me_alone(void **state)
{
    struct stage s;

    (void)state;
    open_members(&s);
    stage_key(&s, 'x');
    assert_true(stage_shows(&s, "that is you"));
    assert_null(stage_take(&s, COMMAND_REMOVE_MEMBER));
    stage_close(&s);
}

static void groups_view_hands_over(void **state)
{
    struct stage s;

    (void)state;
    open_members(&s);
    stage_type(&s, ":find carol");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, 'o');
    assert_true(stage_shows(&s, "Hand dev_team over to carol?"));
    say_yes(&s);
    assert_sent(&s, COMMAND_TRANSFER_GROUP, "carol", NULL);
    stage_close(&s);
}

/* The question begins with what the member is now. */
static void groups_view_changes_role(void **state)
{
    struct stage s;

    (void)state;
    open_members(&s);
    stage_type(&s, ":find dave");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, 'R');
    assert_true(stage_shows(&s, "(o) reader"));
    stage_key(&s, KEY_ARROW_DOWN);
    stage_key(&s, KEY_SPACE);
    assert_true(stage_shows(&s, "(o) member"));
    stage_key(&s, KEY_RETURN);
    assert_sent(&s, COMMAND_SET_ROLE, "dave", "member");
    stage_close(&s);
}

/* "c", "J", "L" and "D" in the list of groups. */
static void groups_view_creates_and_joins(void **state)
{
    struct command *c;
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, 'c');
    stage_type(&s, "new one");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_CREATE_GROUP);
    assert_string_equal(c->group, "new one");
    command_free(c);
    stage_key(&s, KEY_ESCAPE);
    stage_key(&s, 'G');
    assert_true(stage_shows(&s, ">zine-lab"));
    assert_true(stage_shows(&s, "Only members see who is in a group."));
    stage_key(&s, 'J');
    assert_true(stage_shows(&s, "Ask to join zine-lab?"));
    stage_type(&s, "hello");
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_JOIN_GROUP);
    assert_string_equal(c->group, "zine-lab");
    assert_string_equal(c->text, "hello");
    command_free(c);
    stage_close(&s);
}

/* The line of keys begins with what does no harm; what takes something away
 * stands behind it, also when nobody waits any more. */
static void groups_view_names_harm_last(void **state)
{
    struct event *e = event_new(EVENT_ROWS);
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_post(&s, groups_without_requests());
    assert_true(stage_shows(&s, "\n c Create  J Join  r Requests  D Delete"));
    stage_close(&s);
    open_requests(&s);
    assert_true(stage_shows(&s, "\n a Accept  x Reject  c Create  J Join  "
                                "r Requests  "));
    rows_init(&e->rows, ROWS_REQUESTS);
    e->group = mem_strdup("dev_team");
    stage_post(&s, e);
    stage_post(&s, groups_without_requests());
    assert_true(stage_shows(&s, "\n c Create  J Join  r Requests  D Delete"));
    stage_close(&s);
}

static void groups_view_leaves_and_deletes(void **state)
{
    struct command *c;
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, 'L');
    assert_true(stage_shows(&s, "hand the group over or delete it first"));
    stage_key(&s, 'D');
    assert_true(stage_shows(&s, "5 members lose the group."));
    stage_type(&s, "dev_team");
    stage_key(&s, KEY_TAB);
    stage_key(&s, KEY_RETURN);
    c = stage_take(&s, COMMAND_DELETE_GROUP);
    assert_non_null(c);
    assert_string_equal(c->group, "dev_team");
    command_free(c);
    stage_key(&s, KEY_ARROW_DOWN);
    assert_true(stage_shows(&s, ">film-club"));
    stage_key(&s, 'L');
    assert_true(stage_shows(&s, "Leave film-club?"));
    say_yes(&s);
    c = stage_take(&s, COMMAND_LEAVE_GROUP);
    assert_string_equal(c->group, "film-club");
    command_free(c);
    stage_type(&s, ":find robo");
    stage_key(&s, KEY_RETURN);
    stage_key(&s, 'L');
    assert_true(stage_shows(&s, "Take back the request to robotics?"));
    stage_close(&s);
}

/* Commands that list something go to its place (S1-28, S1-29). */
static void groups_view_is_where_lists_are(void **state)
{
    struct stage s;

    (void)state;
    stage_open(&s, GLYPH_FULL);
    stage_type(&s, ":list_my_groups");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "[All groups]"));
    assert_false(stage_shows(&s, "zine-lab"));
    stage_key(&s, 'v');
    assert_true(stage_shows(&s, "zine-lab"));
    stage_key(&s, 'q');
    stage_type(&s, ":list_groups");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "zine-lab"));
    stage_key(&s, 'q');
    assert_true(stage_shows(&s, "[Files]"));
    stage_key(&s, 'r');
    stage_answer_all(&s);
    assert_true(stage_shows(&s, "[Requests]"));
    assert_true(stage_shows(&s, "> heidi"));
    stage_type(&s, ":members dev_team");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, "[Members]"));
    stage_close(&s);
}

/* Filter, order, find. */
static void groups_view_filters_and_sorts(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_type(&s, ":filter CAROL");
    stage_key(&s, KEY_RETURN);
    assert_true(stage_shows(&s, ">photos-2026"));
    assert_false(stage_shows(&s, "zine-lab"));
    stage_key(&s, KEY_ESCAPE);
    assert_true(stage_shows(&s, "zine-lab"));
    stage_key(&s, 'I');
    stage_key(&s, 'g');
    assert_true(stage_shows(&s, ">zine-lab"));
    stage_close(&s);
}

/* "y" copies what is chosen: a group, who asks, the key of a member. */
static void groups_view_copies(void **state)
{
    struct stage s;

    (void)state;
    open_view(&s, GLYPH_FULL);
    stage_key(&s, 'y');
    assert_string_equal(screen_ui(s.screen)->wants_copy, "dev_team");
    stage_key(&s, KEY_TAB);
    stage_key(&s, 'y');
    assert_string_equal(screen_ui(s.screen)->wants_copy, "heidi");
    stage_key(&s, KEY_TAB);
    stage_key(&s, 'y');
    assert_int_equal(strlen(screen_ui(s.screen)->wants_copy), 64);
    assert_memory_equal(screen_ui(s.screen)->wants_copy, "7f3a", 4);
    stage_close(&s);
}

/* What the engine posts is shown without a question back: who came online, and
 * who asks (S1-26). */
static void groups_view_follows_events(void **state)
{
    struct event *e = fixture_members();
    struct stage s;

    (void)state;
    open_members(&s);
    assert_true(stage_shows(&s, "2 h ago"));
    while (stage_take(&s, COMMAND_KIND_COUNT) != NULL) {
    }
    e->rows.members[3].online = true;
    stage_post(&s, e);
    assert_false(stage_shows(&s, "2 h ago"));
    e = fixture_requests();
    free(e->rows.requests[1].user);
    e->rows.requests[1].user = mem_strdup("judy");
    stage_post(&s, e);
    assert_true(stage_shows(&s, "judy"));
    assert_null(stage_take(&s, COMMAND_MEMBERS));
    stage_close(&s);
}

/* Three requests fit at 80x24, with who the chosen one is; the last that came
 * is the first. */
static void groups_view_fits_three_requests(void **state)
{
    struct event *e = fixture_requests();
    struct row_request *third = rows_add(&e->rows);
    struct stage s;

    (void)state;
    third->group = mem_strdup("dev_team");
    third->user = mem_strdup("judy");
    third->time = FIXTURE_NOW - 10;
    open_requests(&s);
    stage_post(&s, e);
    assert_true(stage_shows(&s, "  judy"));
    assert_true(stage_shows(&s, "  ivan"));
    assert_true(stage_shows(&s, "> heidi"));
    assert_true(stage_shows(&s, "Also in film-club."));
    stage_key(&s, 'g');
    assert_true(stage_shows(&s, "> judy"));
    stage_close(&s);
}

/* In a narrow terminal the list has the screen for itself. */
static void groups_view_lists_all_when_narrow(void **state)
{
    struct stage s;
    char *text;

    (void)state;
    open_view(&s, GLYPH_FULL);
    text = stage_draw(&s, 60, 20);
    assert_non_null(strstr(text, "book-swap"));
    assert_non_null(strstr(text, "zine-lab"));
    free(text);
    stage_close(&s);
}

/* A name may be anything; it never reaches the terminal as it is. */
static void groups_view_is_safe(void **state)
{
    struct event *e = fixture_requests();
    struct stage s;
    char *text;

    (void)state;
    free(e->rows.requests[0].message);
    e->rows.requests[0].message = mem_strdup("\033[2J\xe2\x80\xae\nx");
    free(e->rows.requests[0].common);
    e->rows.requests[0].common = mem_strdup("\033]0;x\007");
    open_requests(&s);
    stage_post(&s, e);
    text = stage_draw(&s, 120, 36);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\007'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_view_looks_as_agreed),
        cmocka_unit_test(groups_view_accepts),
        cmocka_unit_test(groups_view_accepts_marked),
        cmocka_unit_test(groups_view_forgets_marks),
        cmocka_unit_test(groups_view_rejects),
        cmocka_unit_test(groups_view_removes_member),
        cmocka_unit_test(groups_view_leaves_me_alone),
        cmocka_unit_test(groups_view_hands_over),
        cmocka_unit_test(groups_view_changes_role),
        cmocka_unit_test(groups_view_creates_and_joins),
        cmocka_unit_test(groups_view_names_harm_last),
        cmocka_unit_test(groups_view_leaves_and_deletes),
        cmocka_unit_test(groups_view_is_where_lists_are),
        cmocka_unit_test(groups_view_filters_and_sorts),
        cmocka_unit_test(groups_view_copies),
        cmocka_unit_test(groups_view_follows_events),
        cmocka_unit_test(groups_view_fits_three_requests),
        cmocka_unit_test(groups_view_lists_all_when_narrow),
        cmocka_unit_test(groups_view_is_safe),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("tui/view_groups", tests, NULL, NULL);
}
