/* translated: draws every view, menu, dialog and page of help in one language
 * at 80x24 and complains about what a reader of it would stumble over: menu
 * letters that are not unique, texts that are cut where the English one is
 * not, and, in the pseudo language, text that no translator ever saw.
 *
 * usage: translated LANGUAGE LOCALEDIR; run by tests/tui/translations.
 */
#include "config.h"

#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/tui/files.h"
#include "tests/tui/fixture.h"
#include "tests/tui/stage.h"
#include "tests/tui/trackers.h"
#include "tui/action.h"
#include "tui/dialog.h"
#include "tui/key.h"
#include "tui/menu.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "tui/views.h"
#include "util/intl.h"
#include "util/mem.h"

enum {
    WIDTH = 80,
    HEIGHT = 24,
    BAR_ROOM = 59, /* columns of the menu bar, so that the session has room */
    WORD_LEAST = 4,
};

static const char *language;
static bool is_pseudo;
static int failures;

/* libintl looks again for the language when this changes. */
extern int _nl_msg_cat_cntr;

static void speak(const char *which)
{
    setenv("LANGUAGE", which, 1);
    _nl_msg_cat_cntr++;
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format,
                                                           ...)
{
    va_list arguments;

    printf("%s: ", language);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    failures++;
}

/* ---- What is on a screen ----------------------------------------------- */

static int count_of(const char *text, const char *sign)
{
    int count = 0;

    for (text = strstr(text, sign); text != NULL; text = strstr(text, sign)) {
        count++;
        text += strlen(sign);
    }
    return count;
}

/* Words that stand there in every language: names of the fixture, commands,
 * keys and units. Of a `covered` word only a part is seen. */
static bool is_known(const char *word, size_t length, bool covered)
{
    static char *known;
    char *wanted;
    bool found;

    if (known == NULL) {
        const char *srcdir = getenv("srcdir");
        char *path = mem_printf("%s/tests/tui/untranslated.txt",
                                srcdir == NULL ? "." : srcdir);
        FILE *f = fopen(path, "r");
        size_t size;

        known = mem_calloc(1, 1 << 16);
        size = f == NULL ? 0 : fread(known + 1, 1, (1 << 16) - 3, f);
        known[0] = '\n';
        known[size + 1] = '\n';
        if (f != NULL) {
            fclose(f);
        }
        free(path);
    }
    wanted = covered ? mem_strndup(word, length)
                     : mem_printf("\n%.*s\n", (int)length, word);
    found = strstr(known, wanted) != NULL;
    free(wanted);
    return found;
}

/* Bytes of a letter at `text`: of ASCII or with an accent; 0: none. */
static size_t letter(const char *text)
{
    unsigned char c = (unsigned char)text[0];

    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') {
        return 1;
    }
    return c == 0xc3 && text[1] != '\0' ? 2 : 0;
}

/* A sign of a frame, or the one for what is cut. */
static bool is_frame(const char *text)
{
    return strncmp(text, "\xe2\x94", 2) == 0 || strncmp(text, "…", 3) == 0;
}

/* Letters of peers in the pieces. */
static bool is_grid(const char *text, size_t length)
{
    return strspn(text, "abcdef") >= length;
}

/* Part of the name of a file or a setting: "keys.mouse". */
static bool is_dotted(const char *begin, const char *text, size_t length)
{
    return (text > begin && text[-1] == '.') ||
           (text[length] == '.' && letter(text + length + 1) > 0);
}

/* In the pseudo language every vowel has an accent: a word with a bare one was
 * never offered to a translator. */
static void look_for_english(const char *screen, const char *text)
{
    const char *begin = text;

    while (*text != '\0') {
        size_t length = 0, plain = strcspn(text, "\xc3");
        bool covered;

        while (letter(text + length) > 0) {
            length += letter(text + length);
        }
        /* The frame of a dialog or menu may lie over the rest of a word. */
        covered = is_frame(text + length) ||
                  (text - begin >= 3 && is_frame(text - 3));
        if (length >= WORD_LEAST && plain >= length &&
            strcspn(text, "aeiouAEIOU") < length && !is_grid(text, length) &&
            !is_dotted(begin, text, length) &&
            !is_known(text, length, covered)) {
            complain("%s: \"%.*s\" is not translated", screen, (int)length,
                     text);
        }
        text += length > 0 ? length : 1;
    }
}

/* ---- Screens ----------------------------------------------------------- */

static struct stage s;

/* Everything is done twice: in English, to know what is cut there too, then in
 * the language. What is cut on each of the English screens: */
static bool in_english;
static int *cuts;
static size_t screens, at_screen;

/* The keys of a dialog are left out, without a sign, where they do not fit. */
static void check_hint(const char *screen)
{
    const struct dialog *d = ui_dialog(screen_ui(s.screen));
    const char *hint = d == NULL ? NULL : dialog_hint(d);

    if (hint != NULL && cell_text_width(hint, strlen(hint)) >= WIDTH) {
        complain("%s: the keys are longer than a line: %s", screen, hint);
    }
}

/* Some words are only on wide screens, or only on small ones. */
static void look_at_sizes(const char *screen)
{
    static const struct {
        int width, height;
    } sizes[] = {{WIDTH, HEIGHT}, {120, 36}, {40, 12}};
    size_t i;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *text = stage_draw(&s, sizes[i].width, sizes[i].height);

        look_for_english(screen, text);
        free(text);
    }
}

static void check(const char *screen)
{
    char *text = stage_draw(&s, WIDTH, HEIGHT);
    int count = count_of(text, "…");

    if (in_english) {
        cuts = mem_resize(cuts, screens + 1, sizeof(*cuts));
        cuts[screens++] = count;
    } else if (at_screen >= screens || count > cuts[at_screen]) {
        complain("%s: something is cut\n%s", screen, text);
    }
    if (!in_english) {
        at_screen++;
        check_hint(screen);
    }
    free(text);
    if (is_pseudo && !in_english) {
        look_at_sizes(screen);
    }
}

static void check_menus(void)
{
    int menu, i;

    for (menu = ACTION_MENU_ACCOUNT; menu < ACTION_MENU_COUNT; menu++) {
        const char *title = action_menu_title((enum action_menu)menu);
        char name[64];

        for (i = ACTION_MENU_ACCOUNT; i < menu && !is_pseudo; i++) {
            const char *before = action_menu_title((enum action_menu)i);

            if (menu_letter(before) == menu_letter(title)) {
                complain("menus %s and %s have the same letter", before, title);
            }
        }
        stage_key(&s, 'm');
        while ((int)screen_menu(s.screen)->which != menu) {
            stage_key(&s, KEY_ARROW_RIGHT);
        }
        snprintf(name, sizeof(name), "menu %s",
                 action_menu_title((enum action_menu)menu));
        check(name);
        stage_key(&s, KEY_ESCAPE);
    }
    if (menu_bar_width() > BAR_ROOM && !is_pseudo) {
        complain("the menu bar takes %d columns, %d are there",
                 menu_bar_width(), BAR_ROOM);
    }
}

/* What a hint calls a key in this language is that key for the mouse too. */
static void check_keys(void)
{
    static const int named[] = {
        KEY_SPACE,      KEY_RETURN,      KEY_TAB,     KEY_BACK_TAB,
        KEY_ESCAPE,     KEY_ARROW_UP,    KEY_PAGE_UP, KEY_ARROW_DOWN,
        KEY_ARROW_LEFT, KEY_ARROW_RIGHT, KEY_GO_HOME, KEY_PAGE_DOWN,
        KEY_GO_END,     KEY_ERASE,       KEY_DELETE,
    };
    size_t k;

    for (k = 0; k < sizeof(named) / sizeof(named[0]); k++) {
        char label[KEY_NAME_MAX], shown[KEY_SHOWN_MAX];

        key_shown(key_label(named[k], label), shown, sizeof(shown));
        if (strchr(shown, ' ') != NULL ||
            key_from_name(shown, strlen(shown)) != named[k]) {
            complain("the key %s is not found as \"%s\"", label, shown);
        }
    }
}

/* Build a dialog in the language: its texts are translated when it opens. */
static void check_action(const struct action *a)
{
    if (a->local == ACTION_QUIT || a->kind == COMMAND_LOGOUT) {
        return;
    }
    stage_type(&s, ":");
    stage_type(&s, a->command);
    stage_key(&s, KEY_RETURN);
    stage_answer_all(&s);
    check(a->command);
    stage_key(&s, KEY_ESCAPE);
    stage_key(&s, KEY_ESCAPE);
    views_show(screen_ui(s.screen), VIEW_MAIN);
}

/* Away from whatever was opened, back to the view. */
static void close_all(const char *view)
{
    int tries;

    for (tries = 0; tries < UI_DIALOGS; tries++) {
        stage_key(&s, KEY_ESCAPE);
    }
    stage_answer_all(&s);
    views_show_name(screen_ui(s.screen), view);
}

/* What each key does in a view: most dialogs open with one. */
static void check_keys_in(const char *view)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        const struct action *a = action_at(i);
        int key = a->key == NULL ? KEY_NONE
                                 : key_from_name(a->key, strcspn(a->key, " "));
        char *screen;

        if (key == KEY_NONE || key == KEY_CTRL_Z) {
            continue;
        }
        screen = mem_printf("view %s, key %s", view, a->key);
        stage_key(&s, key);
        stage_answer_all(&s);
        check(screen);
        free(screen);
        close_all(view);
        if (a->local == ACTION_ZOOM) {
            stage_key(&s, key); /* all panes again */
        }
    }
}

static void check_views(void)
{
    const char *name;
    int n = 0;

    for (name = views_name(n); name != NULL; name = views_name(++n)) {
        char *screen = mem_printf("view %s", name);

        views_show_name(screen_ui(s.screen), name);
        stage_answer_all(&s);
        check(screen);
        free(screen);
        check_keys_in(name);
    }
    views_show(screen_ui(s.screen), VIEW_MAIN);
}

/* The trackers agree, one is away and another catches up, or they stand alone.
 */
static void check_trackers(void)
{
    struct event *const rows[] = {fixture_cluster(), fixture_failover(12),
                                  fixture_lone(), fixture_two_lone()};
    size_t i;

    views_show_name(screen_ui(s.screen), "cluster");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stage_post(&s, rows[i]);
        check("trackers");
        stage_key(&s, KEY_RETURN);
        stage_answer_all(&s);
        check("details of a tracker");
        close_all("cluster");
    }
    views_show(screen_ui(s.screen), VIEW_MAIN);
}

/* Questions and forms that no key of a view opens. */
static void check_lines(void)
{
    static const char *const lines[] = {
        "remove debian-12.11-netinst.iso",
        "forget debian-12.11-netinst.iso",
        "stop_share design-notes.pdf",
        "unpublish dev_team design-notes.pdf",
        "leave_group film-club",
        "leave_group robotics",
        "delete_group dev_team",
        "transfer_group dev_team bob",
        "remove_member dev_team carol",
        "drop_peer dev_team debian-12.11-netinst.iso bob",
        "logout",
        "info debian-12.11-netinst.iso",
        "help login",
    };
    size_t i;

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        stage_type(&s, ":");
        stage_type(&s, lines[i]);
        check(lines[i]);
        stage_key(&s, KEY_RETURN);
        stage_answer_all(&s);
        check(lines[i]);
        close_all("main");
    }
}

static int take_tracker(void *arg, const char *text, struct err *e)
{
    (void)arg;
    (void)text;
    (void)e;
    return 0;
}

/* The same files in every run. */
static void use_files(void)
{
    s.setup.files = &files_source;
    s.setup.home = "/home/alice";
    s.setup.share_dir = "/home/alice/Public";
}

/* The first start, page by page, and the login of a later one. */
static void check_first_steps(void)
{
    struct tui_setup setup = {.first_run = true,
                              .user = "alice",
                              .download_dir = "/home/alice",
                              .on_tracker = take_tracker};

    stage_open_with(&s, &setup);
    use_files();
    check("first step");
    stage_type(&s, "t2.lab:7070");
    stage_key(&s, KEY_RETURN);
    check("connecting");
    stage_post(&s, fixture_session(false));
    stage_answer_all(&s);
    check("certificate");
    stage_key(&s, KEY_RETURN);
    check("new account");
    stage_close(&s);
    setup.first_run = false;
    stage_open_with(&s, &setup);
    stage_post(&s, fixture_session(false));
    check("login");
    stage_type(&s, "wrong");
    stage_key(&s, KEY_RETURN);
    stage_answer_all(&s);
    check("wrong password");
    stage_key(&s, KEY_ESCAPE);
    check("not logged in");
    stage_close(&s);
}

static void check_all(void)
{
    size_t i;

    stage_open(&s, GLYPH_FULL);
    use_files();
    stage_key(&s, KEY_ESCAPE);
    check_views();
    check_menus();
    check_trackers();
    check_lines();
    for (i = 0; i < action_count(); i++) {
        if (action_at(i)->command != NULL) {
            check_action(action_at(i));
        }
    }
    stage_close(&s);
    check_first_steps();
}

int main(int argc, char **argv)
{
    char *place;

    if (argc != 3 || setlocale(LC_ALL, "C.UTF-8") == NULL) {
        return 2;
    }
    language = argv[1];
    is_pseudo = strcmp(language, "pseudo") == 0;
    bindtextdomain(PACKAGE, argv[2]);
    bind_textdomain_codeset(PACKAGE, "UTF-8");
    textdomain(PACKAGE);
    setenv("TZ", "UTC", 1);
    tzset();
    speak(language);
    if (strcmp(_("Account"), "Account") == 0) {
        complain("the translation in %s is not found", argv[2]);
        return 1;
    }
    /* Names of files are proposed too: let them be the same in every run. */
    is_known("", 0, false);
    place = mem_printf("%s/%s/LC_MESSAGES", argv[2], language);
    if (chdir(place) != 0) {
        perror(place);
        return 2;
    }
    free(place);
    speak("en");
    in_english = true;
    check_all();
    speak(language);
    in_english = false;
    check_all();
    check_keys();
    free(cuts);
    printf("%s: %d complaints\n", language, failures);
    return failures == 0 ? 0 : 1;
}
