#include "config.h"

#include "tui/setting.h"

#include "util/intl.h"

#define END        \
    {              \
        NULL, NULL \
    }

static const struct setting_choice themes[] = {
    {"terminal", N_("terminal colours")},
    {"dark", N_("light on dark")},
    {"light", N_("dark on light")},
    {"contrast", N_("high contrast")},
    END,
};
static const struct setting_choice characters[] = {
    {"auto", N_("automatic")},
    {"full", N_("full")},
    {"basic", N_("basic")},
    {"ascii", N_("ascii")},
    END,
};
static const struct setting_choice colors[] = {
    {"auto", N_("automatic")},
    {"always", N_("always")},
    {"never", N_("never")},
    {"8", "8"},
    {"16", "16"},
    {"256", "256"},
    END,
};
static const struct setting_choice palettes[] = {
    {"safe", N_("safe for all eyes")},
    {"vivid", N_("red and green")},
    END,
};
static const struct setting_choice keybars[] = {
    {"letters", N_("letters")},
    {"fkeys", N_("F-keys")},
    {"off", N_("off")},
    END,
};
static const struct setting_choice grids[] = {
    {"state", N_("state")},
    {"copies", N_("copies")},
    {"sources", N_("sources")},
    {"percent", N_("percent")},
    END,
};
static const struct setting_choice units[] = {
    {"binary", N_("MiB, GiB")},
    {"decimal", N_("MB, GB")},
    END,
};
static const struct setting_choice clocks[] = {
    {"24", N_("24 hours")},
    {"12", N_("12 hours")},
    END,
};
/* Languages are named in themselves; po/LINGUAS lists those that exist. */
static const struct setting_choice languages[] = {
    {"auto", N_("automatic")},
    {"en", "English"},
    {"de", "Deutsch"},
    {"es", "Español"},
    {"sr", "Српски"},
    {"zh_CN", "简体中文"},
    END,
};
static const struct setting_choice notice_times[] = {
    {"never", N_("never")},
    {"unfocused", N_("when I look elsewhere")},
    {"always", N_("always")},
    END,
};
static const struct setting_choice notice_ways[] = {
    {"bell", N_("bell")}, {"osc9", "OSC 9"},          {"osc777", "OSC 777"},
    {"osc99", "OSC 99"},  {"command", N_("command")}, END,
};
static const struct setting_choice titles[] = {
    {"auto", N_("automatic")},
    {"on", N_("on")},
    {"off", N_("off")},
    END,
};
static const struct setting_choice logs[] = {
    {"usual", N_("usual")},
    {"more", N_("more")},
    END,
};

/* clang-format off */
static const struct setting table[SETTING_COUNT] = {
    /* ---- Look ---- */
    [SETTING_THEME] = {
        "look.theme", NULL, "terminal", N_("Theme"), "",
        N_("The colours of text and background. \"terminal colours\" leaves both as your terminal has them."),
        themes, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_CHARS] = {
        "look.chars", "chars", "auto", N_("Characters"), "",
        N_("The signs of frames, bars and pieces. \"basic\" is for the Linux console, \"ascii\" for fonts that lack the others."),
        characters, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_COLOR] = {
        "look.color", "color", "auto", N_("Colours"), "",
        N_("How many colours are used. \"automatic\" asks the terminal, and takes none when NO_COLOR is set."),
        colors, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_PALETTE] = {
        "look.palette", NULL, "safe", N_("Palette"), "",
        N_("\"safe for all eyes\" never sets red against green. Every state has a sign or word too."),
        palettes, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_KEYBAR] = {
        "look.keys", NULL, "letters", N_("Bottom line"), "",
        N_("Which keys the bottom line names: letters, function keys where there is one, or none at all."),
        keybars, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_GRID] = {
        "look.grid", NULL, "state", N_("Piece grid shows"), "",
        N_("What the cells of the pieces tell first; the key o goes on to the next."),
        grids, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_BORDERS] = {
        "look.borders", NULL, "on", N_("Borders"), "",
        N_("Lines around and between the panes. Without them the same places stay blank."),
        NULL, SECTION_LOOK, SETTING_BOOL, 0, 0, true},
    [SETTING_UNITS] = {
        "look.units", NULL, "binary", N_("Sizes in"), "",
        N_("1 MiB is 1,048,576 bytes, 1 MB is 1,000,000 bytes. Sizes that you type always count in 1024."),
        units, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_CLOCK] = {
        "look.clock", NULL, "24", N_("Times"), "",
        N_("14:05 or 2:05 pm."),
        clocks, SECTION_LOOK, SETTING_CHOICE, 0, 0, true},
    [SETTING_REFRESH] = {
        "look.refresh", NULL, "4", N_("Refresh"), N_("a second"),
        N_("How often transfers move on the screen, 1 to 10 times a second. Keys are always answered at once."),
        NULL, SECTION_LOOK, SETTING_NUMBER, 1, 10, true},
    [SETTING_PLAIN] = {
        "look.plain", NULL, "off", N_("Screen reader mode"), N_("no frames, one list at a time"),
        N_("Shows one pane at a time as a list without frames, which a screen reader can follow. Tab goes to the next."),
        NULL, SECTION_LOOK, SETTING_BOOL, 0, 0, true},
    [SETTING_LANGUAGE] = {
        "look.language", NULL, "auto", N_("Language"), "",
        N_("\"automatic\" takes that of your system (LANGUAGE, LC_ALL, LANG)."),
        languages, SECTION_LOOK, SETTING_CHOICE, 0, 0, false},

    /* ---- Keys and mouse ---- */
    [SETTING_MOUSE] = {
        "keys.mouse", NULL, "on", N_("Mouse"), N_("click, wheel"),
        N_("Off leaves the mouse to the terminal, to select text. The key M does the same for a while."),
        NULL, SECTION_KEYS, SETTING_BOOL, 0, 0, true},
    [SETTING_HISTORY] = {
        "keys.history", NULL, "on", N_("Keep typed lines"), N_("never passwords"),
        N_("Lines typed after : come back with the Up key, at the next start too."),
        NULL, SECTION_KEYS, SETTING_BOOL, 0, 0, true},
    [SETTING_COPY_TMUX] = {
        "keys.copy-tmux", NULL, "off", N_("Copy through tmux"), "",
        N_("Wraps what y copies for tmux, which passes it on when its allow-passthrough is on."),
        NULL, SECTION_KEYS, SETTING_BOOL, 0, 0, true},
    [SETTING_ASK_QUIT] = {
        "keys.ask-quit", NULL, "on", N_("Ask before quitting"), N_("while transfers run"),
        N_("Asks before q ends what is loaded or shared. It goes on at the next start in any case."),
        NULL, SECTION_KEYS, SETTING_BOOL, 0, 0, true},

    /* ---- Downloads ---- */
    [SETTING_DOWNLOAD_DIR] = {
        "download.dir", "download-dir", "", N_("Directory"), "",
        N_("Where downloads go that name no place. Empty is the directory p2ptui was started in."),
        NULL, SECTION_DOWNLOADS, SETTING_PATH, 0, 0, true},
    [SETTING_ASK_REMOVE] = {
        "download.ask-remove", NULL, "on", N_("Ask before removing"), "",
        N_("Asks before a file is deleted from this computer."),
        NULL, SECTION_DOWNLOADS, SETTING_BOOL, 0, 0, true},

    /* ---- Network ---- */
    [SETTING_LISTEN] = {
        "net.listen", "listen", "", N_("Listen on"), N_("[address:]port"),
        N_("Where other members connect to. Empty is a free port, which suits no firewall rule."),
        NULL, SECTION_NETWORK, SETTING_TEXT, 0, 0, false},

    /* ---- Trackers ---- */
    [SETTING_TRACKER] = {
        "tracker", "tracker", "", N_("Trackers"), "",
        N_("host:port[,sha256:pin], with blanks between. Empty are those that were used the last time."),
        NULL, SECTION_TRACKERS, SETTING_LIST, 0, 0, false},
    [SETTING_TRACKERS] = {
        "trackers", "trackers", "", N_("Trackers of a file"), "",
        N_("A file with a tracker on each line, besides those above."),
        NULL, SECTION_TRACKERS, SETTING_PATH, 0, 0, false},

    /* ---- Sharing ---- */
    [SETTING_ASK_STOP] = {
        "share.ask-stop", NULL, "on", N_("Ask before stopping"), "",
        N_("Asks before you stop sharing a file."),
        NULL, SECTION_SHARING, SETTING_BOOL, 0, 0, true},
    [SETTING_ASK_UNPUBLISH] = {
        "share.ask-unpublish", NULL, "on", N_("Ask before unpublishing"), "",
        N_("Asks before a file is taken out of the group for everyone."),
        NULL, SECTION_SHARING, SETTING_BOOL, 0, 0, true},

    /* ---- Notices ---- */
    [SETTING_NOTICE_WHEN] = {
        "notice.when", NULL, "unfocused", N_("Call me"), "",
        N_("When the terminal calls you: somebody waits for you, or something failed."),
        notice_times, SECTION_NOTICES, SETTING_CHOICE, 0, 0, true},
    [SETTING_NOTICE_HOW] = {
        "notice.how", NULL, "bell", N_("By"), "",
        N_("OSC 9, 777 and 99 are notices of the desktop; which one works depends on the terminal."),
        notice_ways, SECTION_NOTICES, SETTING_CHOICE, 0, 0, true},
    [SETTING_NOTICE_COMMAND] = {
        "notice.command", NULL, "", N_("Command"), N_("gets the text as $1"),
        N_("A program that is started for each notice when \"By\" is \"command\"; for example notify-send."),
        NULL, SECTION_NOTICES, SETTING_TEXT, 0, 0, true},
    [SETTING_NOTICE_STAY] = {
        "notice.stay", NULL, "6", N_("News stay"), N_("seconds"),
        N_("How long news stay above the bottom line, 2 to 60 seconds. Warnings stay longer, errors until a key."),
        NULL, SECTION_NOTICES, SETTING_NUMBER, 2, 60, true},
    [SETTING_TITLE] = {
        "notice.title", NULL, "auto", N_("Window title"), "",
        N_("Shows what is loaded in the title of the terminal's window."),
        titles, SECTION_NOTICES, SETTING_CHOICE, 0, 0, true},

    /* ---- Account ---- */
    [SETTING_PASSWORD_FILE] = {
        "account.password-file", "password-file", "", N_("Password file"), "",
        N_("Its first line is the password. Only you may be able to read it (chmod 600)."),
        NULL, SECTION_ACCOUNT, SETTING_PATH, 0, 0, false},
    [SETTING_ASK_LEAVE] = {
        "account.ask-leave", NULL, "on", N_("Ask before leaving"), N_("a group"),
        N_("Asks before you leave a group. Deleting a group always asks."),
        NULL, SECTION_ACCOUNT, SETTING_BOOL, 0, 0, true},
    [SETTING_ASK_MEMBER] = {
        "account.ask-member", NULL, "on", N_("Ask before removing"), N_("a member"),
        N_("Asks before a member is removed from a group."),
        NULL, SECTION_ACCOUNT, SETTING_BOOL, 0, 0, true},
    [SETTING_ASK_LOGOUT] = {
        "account.ask-logout", NULL, "on", N_("Ask before log out"), N_("while transfers run"),
        N_("Asks before a log out ends what is loaded or shared."),
        NULL, SECTION_ACCOUNT, SETTING_BOOL, 0, 0, true},

    /* ---- Advanced ---- */
    [SETTING_LOG] = {
        "log.level", NULL, "usual", N_("Log"), "",
        N_("How much is written to the log: warnings and errors, or also what goes well."),
        logs, SECTION_ADVANCED, SETTING_CHOICE, 0, 0, true},
};
/* clang-format on */

const struct setting *setting_at(enum setting_id id)
{
    return &table[id];
}

const char *setting_section_name(enum setting_section section)
{
    static const char *const names[SECTION_COUNT] = {
        [SECTION_LOOK] = N_("Look"),
        [SECTION_KEYS] = N_("Keys and mouse"),
        [SECTION_DOWNLOADS] = N_("Downloads"),
        [SECTION_NETWORK] = N_("Network"),
        [SECTION_TRACKERS] = N_("Trackers"),
        [SECTION_SHARING] = N_("Sharing"),
        [SECTION_NOTICES] = N_("Notices"),
        [SECTION_ACCOUNT] = N_("Account"),
        [SECTION_ADVANCED] = N_("Advanced"),
    };

    return _(names[section]);
}

const char *setting_origin_name(enum setting_origin origin)
{
    static const char *const names[ORIGIN_COUNT] = {
        [ORIGIN_BUILT_IN] = N_("built in"),
        [ORIGIN_SYSTEM] = N_("system file"),
        [ORIGIN_FILE] = N_("your file"),
        [ORIGIN_ENVIRONMENT] = N_("environment"),
        [ORIGIN_LINE] = N_("command line"),
        [ORIGIN_SESSION] = N_("changed now"),
    };

    return _(names[origin]);
}
