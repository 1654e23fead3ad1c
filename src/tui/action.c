#include "config.h"

#include "tui/action.h"

#include <stdlib.h>
#include <string.h>

#include "tui/view.h"
#include "util/intl.h"
#include "util/mem.h"

enum { ACTION_NEAR = 3 /* most edits a mistyped command may need */ };

/* Fields in the order of struct action, one action a block. */
#define ENGINE(kind) ACTION_ENGINE, COMMAND_##kind
#define LOCAL(what) ACTION_##what, COMMAND_KIND_COUNT
#define SHOW(view) ACTION_VIEW_FIRST + VIEW_##view, COMMAND_KIND_COUNT
#define GROUPS ACTION_IN_GROUPS
#define REQUESTS ACTION_IN_REQUESTS
#define MEMBERS ACTION_IN_MEMBERS
#define OF_GROUP (GROUPS | REQUESTS | MEMBERS)
#define FILES ACTION_IN_FILES
#define PEERS ACTION_IN_PEERS
#define TAKERS ACTION_IN_TAKERS
#define TRACKERS ACTION_IN_TRACKERS
#define ANYWHERE ACTION_ANYWHERE

/* clang-format off */
static const struct action actions[] = {
    /* ---- Account ---- */
    {"account.login", ACTION_MENU_ACCOUNT, N_("Log in..."), NULL, NULL,
     "login", NULL, "USER [PASSWORD]",
     N_("log in; the login lasts until you log out"),
     ANYWHERE, ENGINE(LOGIN), false},
    {"account.create", ACTION_MENU_ACCOUNT, N_("Create account..."), NULL, NULL,
     "create_user", "register", "USER [PASSWORD]",
     N_("create an account at the tracker and log in"),
     ANYWHERE, ENGINE(CREATE_USER), false},
    {"account.password", ACTION_MENU_ACCOUNT, N_("Change password..."), NULL, NULL,
     "passwd", NULL, "[PASSWORD] [NEW_PASSWORD]",
     N_("change your password; other logins of yours end"),
     ANYWHERE, ENGINE(PASSWD), false},
    {"account.show", ACTION_MENU_ACCOUNT, N_("Account and keys"), NULL, NULL,
     "whoami", NULL, "",
     N_("show who you are, your tracker and its pin"),
     ANYWHERE, ENGINE(WHOAMI), false},
    {"account.logout", ACTION_MENU_ACCOUNT, N_("Log out"), NULL, NULL,
     "logout", NULL, "",
     N_("end the login; transfers stop until you log in again"),
     ANYWHERE, ENGINE(LOGOUT), true},
    {"screen.suspend", ACTION_MENU_ACCOUNT, N_("To the shell"), "^Z", NULL,
     "suspend", NULL, "",
     N_("stop the screen and go to the shell; 'fg' comes back"),
     ANYWHERE, LOCAL(SUSPEND), true},
    {"screen.quit", ACTION_MENU_ACCOUNT, N_("Quit"), "q F10", NULL,
     "quit", "exit", "",
     N_("stop everything cleanly and leave; it goes on at the next start"),
     ANYWHERE, LOCAL(QUIT), false},

    /* ---- Group ---- */
    {"group.list", ACTION_MENU_GROUP, N_("All groups"), NULL, NULL,
     "list_groups", "groups", "",
     N_("list all groups and what you are in them"),
     ANYWHERE, ENGINE(LIST_GROUPS), false},
    {"group.mine", ACTION_MENU_GROUP, N_("My groups"), NULL, NULL,
     "list_my_groups", "mygroups", "",
     N_("list the groups you are in or have asked to join"),
     ANYWHERE, ENGINE(LIST_MY_GROUPS), false},
    {"group.open", ACTION_MENU_NONE, N_("Open"), "Enter", NULL,
     NULL, NULL, "",
     N_("show the files of the group, or ask to join it"),
     GROUPS, LOCAL(OPEN_GROUP), false},
    {"group.create", ACTION_MENU_GROUP, N_("Create..."), "c", N_("Create"),
     "create_group", NULL, "GROUP",
     N_("create a group; you are its owner"),
     ANYWHERE, ENGINE(CREATE_GROUP), false},
    {"group.join", ACTION_MENU_GROUP, N_("Ask to join..."), "J", N_("Join"),
     "join_group", "join", "GROUP [MESSAGE...]",
     N_("ask the owner of a group to let you in"),
     ANYWHERE, ENGINE(JOIN_GROUP), false},
    {"group.requests", ACTION_MENU_GROUP, N_("Requests"), "r", N_("Requests"),
     "list_requests", "requests", "[GROUP]",
     N_("list who waits to join the groups you decide for"),
     ANYWHERE, ENGINE(LIST_REQUESTS), true},
    {"group.accept", ACTION_MENU_GROUP, N_("Accept"), "a", N_("Accept"),
     "accept_request", "accept approve", "GROUP USER [ROLE]",
     N_("let USER into GROUP; ROLE is member or reader"),
     GROUPS | REQUESTS, ENGINE(ACCEPT_REQUEST), false},
    {"group.accept_all", ACTION_MENU_GROUP, N_("Accept marked"), "A", NULL,
     "accept_all", NULL, "GROUP",
     N_("let everyone who asked into GROUP, or who is marked"),
     GROUPS | REQUESTS, LOCAL(ACCEPT_ALL), false},
    {"group.reject", ACTION_MENU_GROUP, N_("Reject..."), "x", N_("Reject"),
     "reject_request", "reject", "GROUP USER [REASON...]",
     N_("refuse USER, with a reason if you like"),
     REQUESTS, ENGINE(REJECT_REQUEST), false},
    {"group.members", ACTION_MENU_GROUP, N_("Members"), NULL, NULL,
     "members", NULL, "GROUP",
     N_("list the members of a group and who is online"),
     OF_GROUP, ENGINE(MEMBERS), false},
    {"group.set_role", ACTION_MENU_GROUP, N_("Change role..."), "R", N_("Role"),
     "set_role", NULL, "GROUP USER ROLE",
     N_("make USER a reader, member or admin of GROUP"),
     MEMBERS, ENGINE(SET_ROLE), false},
    {"group.remove_member", ACTION_MENU_GROUP, N_("Remove member..."), "x", N_("Remove"),
     "remove_member", NULL, "GROUP USER",
     N_("take USER out of GROUP; running transfers to USER end at once"),
     MEMBERS, ENGINE(REMOVE_MEMBER), false},
    {"group.transfer", ACTION_MENU_GROUP, N_("Hand over..."), "o", NULL,
     "transfer_group", NULL, "GROUP USER",
     N_("make USER the owner of GROUP"),
     GROUPS | MEMBERS, ENGINE(TRANSFER_GROUP), false},
    {"group.leave", ACTION_MENU_GROUP, N_("Leave..."), "L", N_("Leave"),
     "leave_group", "leave", "GROUP",
     N_("leave a group; what you share there is withdrawn"),
     OF_GROUP, ENGINE(LEAVE_GROUP), true},
    {"group.delete", ACTION_MENU_GROUP, N_("Delete..."), "D", N_("Delete"),
     "delete_group", NULL, "GROUP",
     N_("delete a group for everyone; only its owner can"),
     OF_GROUP, ENGINE(DELETE_GROUP), false},
    {"group.use", ACTION_MENU_NONE, N_("Use"), NULL, NULL,
     "use", NULL, "[GROUP]",
     N_("choose the group that commands without one mean"),
     ANYWHERE, LOCAL(USE_GROUP), false},
    {"group.export", ACTION_MENU_GROUP, N_("Export membership..."), NULL, NULL,
     "export_member", NULL, "GROUP DIRECTORY",
     N_("write your key, certificate and the group's root as PEM files"),
     GROUPS, ENGINE(EXPORT_MEMBER), true},

    /* ---- File ---- */
    {"file.share", ACTION_MENU_FILE, N_("Share files..."), "s F7", N_("Share"),
     "upload_file", "share", "PATH [GROUP] [PIECE_SIZE]",
     N_("hash a file or directory of this computer and offer it to GROUP"),
     ANYWHERE, ENGINE(UPLOAD_FILE), false},
    {"file.hashing", ACTION_MENU_FILE, N_("What is hashed..."), NULL, NULL,
     "hashing", NULL, "",
     N_("show the files that are being hashed to be shared"),
     ANYWHERE, LOCAL(HASHING), false},
    {"file.download", ACTION_MENU_FILE, N_("Download"), "d F5", N_("Download"),
     "download_file", "download get", "[GROUP] FILE [TO]",
     N_("load a file from the members who have it, into TO"),
     FILES, ENGINE(DOWNLOAD_FILE), false},
    {"file.download_to", ACTION_MENU_FILE, N_("Download to..."), "D", NULL,
     NULL, NULL, "",
     N_("download, and ask where to"),
     FILES, LOCAL(DOWNLOAD_TO), false},
    {"file.info", ACTION_MENU_FILE, N_("Details"), "Enter", NULL,
     "info", NULL, "[GROUP] FILE",
     N_("show everything that is known of a file"),
     FILES, ENGINE(INFO), false},
    {"file.list", ACTION_MENU_FILE, N_("Files of the group"), NULL, NULL,
     "list_files", "files ls", "GROUP",
     N_("list what members share in a group"),
     ANYWHERE, ENGINE(LIST_FILES), false},
    {"file.mine", ACTION_MENU_FILE, N_("My shared files"), NULL, NULL,
     "list", NULL, "",
     N_("list what you share"),
     ANYWHERE, ENGINE(LIST), false},
    {"file.serve", ACTION_MENU_FILE, N_("Serve directory..."), NULL, NULL,
     "serve", NULL, "DIRECTORY [GROUP]",
     N_("share every file of a directory, follow its changes, be asked last"),
     ANYWHERE, ENGINE(SERVE), true},
    {"file.unserve", ACTION_MENU_FILE, N_("Stop serving..."), NULL, NULL,
     "unserve", NULL, "DIRECTORY [GROUP]",
     N_("stop serving a directory; its files stay in the group's list"),
     ANYWHERE, ENGINE(UNSERVE), false},
    {"file.stop", ACTION_MENU_FILE, N_("Stop sharing..."), "x F8", N_("Stop"),
     "stop_share", "unshare", "[GROUP] FILE",
     N_("stop serving a file; it stays on your disk and in the group's list"),
     FILES, ENGINE(STOP_SHARE), true},
    {"file.unpublish", ACTION_MENU_FILE, N_("Unpublish..."), NULL, NULL,
     "unpublish", NULL, "GROUP FILE",
     N_("take a file out of the group for everyone"),
     FILES, ENGINE(UNPUBLISH), false},
    {"file.verify", ACTION_MENU_FILE, N_("Verify again"), "v", NULL,
     "verify", NULL, "[GROUP] FILE",
     N_("hash the file on disk again and compare"),
     FILES, ENGINE(VERIFY), false},
    {"file.copy", ACTION_MENU_FILE, N_("Copy name, hash..."), "y", NULL,
     "copy", NULL, "",
     N_("copy the chosen name, or a member's key, for pasting elsewhere"),
     ANYWHERE, LOCAL(COPY), true},
    {"file.export", ACTION_MENU_FILE, N_("Export .torrent..."), NULL, NULL,
     "export", NULL, "GROUP FILE PATH",
     N_("write the item as a .torrent file for other programs"),
     FILES, ENGINE(EXPORT), false},

    /* ---- Transfer ---- */
    {"transfer.list", ACTION_MENU_TRANSFER, N_("All transfers"), NULL, NULL,
     "show_downloads", "downloads", "",
     N_("list everything that is loaded or shared here"),
     ANYWHERE, ENGINE(SHOW_DOWNLOADS), false},
    {"transfer.pause", ACTION_MENU_TRANSFER, N_("Pause or go on"), "p", N_("Pause"),
     "pause", NULL, "[GROUP] [FILE]",
     N_("stop loading a file until you resume it; without a file, all"),
     FILES, ENGINE(PAUSE), false},
    {"transfer.resume", ACTION_MENU_NONE, N_("Go on"), NULL, NULL,
     "resume", NULL, "[GROUP] [FILE]",
     N_("go on loading or serving a file; without a file, all"),
     FILES, ENGINE(RESUME), false},
    {"transfer.pause_all", ACTION_MENU_TRANSFER, N_("Pause all"), "P", NULL,
     NULL, NULL, "",
     N_("stop all loading; when all is paused, go on with all"),
     FILES | TAKERS, LOCAL(PAUSE_ALL), false},
    {"transfer.pieces", ACTION_MENU_TRANSFER, N_("Other view of pieces"), "o", N_("View"),
     "pieces", NULL, "[PICTURE]",
     N_("show pieces by state, copies, sources or percent"),
     ACTION_IN_PIECES, LOCAL(PIECES_VIEW), false},
    {"transfer.pieces_of", ACTION_MENU_NONE, N_("Other view of pieces"), "o", NULL,
     NULL, NULL, "",
     N_("show the pieces of the chosen file in the next way"),
     FILES | PEERS, LOCAL(PIECES_VIEW), false},
    {"transfer.zoom_in", ACTION_MENU_NONE, N_("Closer"), "+", N_("Zoom"),
     NULL, NULL, "",
     N_("show the row of pieces with the cursor in the whole map"),
     ACTION_IN_PIECES, LOCAL(ZOOM_IN), false},
    {"transfer.zoom_out", ACTION_MENU_NONE, N_("Farther"), "-", NULL,
     NULL, NULL, "",
     N_("show the pieces that were shown before"),
     ACTION_IN_PIECES, LOCAL(ZOOM_OUT), false},
    {"transfer.peers", ACTION_MENU_TRANSFER, N_("Peers"), NULL, NULL,
     "peers", NULL, "[GROUP] FILE",
     N_("list who is connected for a file, with load and rates"),
     FILES, ENGINE(PEERS), false},
    {"transfer.locate", ACTION_MENU_NONE, N_("Locate a piece"), NULL, NULL,
     "locate", NULL, "GROUP FILE PIECE",
     N_("ask the tracker who has a piece"),
     FILES, ENGINE(LOCATE), false},
    {"transfer.announce", ACTION_MENU_TRANSFER, N_("Ask for peers now"), "a", NULL,
     "announce", NULL, "[GROUP] FILE",
     N_("ask the tracker who has a file, and call them again now"),
     FILES, ENGINE(ANNOUNCE), false},
    {"transfer.drop_peer", ACTION_MENU_TRANSFER, N_("Drop this peer..."), "b", N_("Drop"),
     "drop_peer", NULL, "GROUP FILE USER",
     N_("end the connections of USER for a file, and refuse it for 10 minutes"),
     PEERS | TAKERS, ENGINE(DROP_PEER), false},
    {"transfer.remove", ACTION_MENU_TRANSFER, N_("Remove..."), NULL, NULL,
     "remove", NULL, "[GROUP] FILE",
     N_("forget a file and delete its data from this computer"),
     FILES, ENGINE(REMOVE), true},
    {"transfer.forget", ACTION_MENU_NONE, N_("Forget..."), NULL, NULL,
     "forget", NULL, "[GROUP] FILE",
     N_("forget a file; its data stays on this computer"),
     FILES, ENGINE(FORGET), false},
    {"transfer.clear", ACTION_MENU_TRANSFER, N_("Clear finished..."), "C", NULL,
     "clear", NULL, "",
     N_("forget files that are complete and no longer shared; data stays"),
     FILES, ENGINE(CLEAR), false},

    /* ---- View ---- */
    {"view.main", ACTION_MENU_VIEW, N_("Main"), "1", NULL,
     NULL, NULL, "",
     N_("show groups, files, pieces and peers"),
     ANYWHERE, SHOW(MAIN), false},
    {"view.transfers", ACTION_MENU_VIEW, N_("Transfers"), "2", NULL,
     NULL, NULL, "",
     N_("show what is loaded and shared, in all groups, and who takes it"),
     ANYWHERE, SHOW(TRANSFERS), false},
    {"view.groups", ACTION_MENU_VIEW, N_("Groups"), "3", NULL,
     NULL, NULL, "",
     N_("show all groups, who asks to join, and who is in them"),
     ANYWHERE, SHOW(GROUPS), false},
    {"view.cluster", ACTION_MENU_VIEW, N_("Cluster"), "4", NULL,
     NULL, NULL, "",
     N_("show the trackers, how they are, and what happened to them"),
     ANYWHERE, SHOW(CLUSTER), false},
    {"view.log", ACTION_MENU_VIEW, N_("Log"), "5", NULL,
     "log", NULL, "",
     N_("show what happened"),
     ANYWHERE, SHOW(LOG), false},
    {"view.notice", ACTION_MENU_NONE, N_("Whole line"), "Enter", N_("Show"),
     NULL, NULL, "",
     N_("show the chosen line of the log in full, to read or copy it"),
     ACTION_IN_LOG, LOCAL(OPEN_NOTICE), false},
    {"view.write_log", ACTION_MENU_NONE, N_("Write to a file"), "w", N_("Write"),
     "write_log", NULL, "PATH",
     N_("write the lines that the log shows to a new file"),
     ACTION_IN_LOG, LOCAL(WRITE_LOG), false},
    {"view.settings", ACTION_MENU_VIEW, N_("Settings"), "6 F2", NULL,
     "settings", NULL, "",
     N_("show what can be set, and change it"),
     ANYWHERE, SHOW(SETTINGS), false},
    {"setting.change", ACTION_MENU_NONE, N_("Change"), "Space", N_("Change"),
     NULL, NULL, "",
     N_("change the chosen setting; Left and Right choose a value"),
     ACTION_IN_SETTINGS, LOCAL(SETTING_CHANGE), false},
    {"setting.default", ACTION_MENU_NONE, N_("Default"), "d", N_("Default"),
     NULL, NULL, "",
     N_("give the chosen setting back its default"),
     ACTION_IN_SETTINGS, LOCAL(SETTING_DEFAULT), false},
    {"setting.set", ACTION_MENU_NONE, N_("Set"), NULL, NULL,
     "set", NULL, "[KEY] [VALUE...]",
     N_("change a setting, show it, or show all of them"),
     ANYWHERE, LOCAL(SET), false},
    {"setting.unset", ACTION_MENU_NONE, N_("Unset"), NULL, NULL,
     "unset", NULL, "KEY",
     N_("give a setting back its default"),
     ANYWHERE, LOCAL(UNSET), false},
    {"setting.edit", ACTION_MENU_NONE, N_("Edit the file"), "e", N_("Edit"),
     "edit_settings", NULL, "",
     N_("open the configuration file in your editor, then read it again"),
     ACTION_IN_SETTINGS, LOCAL(EDIT_SETTINGS), false},
    {"view.show", ACTION_MENU_NONE, N_("Show a view"), NULL, NULL,
     "view", NULL, "VIEW",
     N_("go to a view by its name"),
     ANYWHERE, LOCAL(VIEW), false},
    {"view.next_pane", ACTION_MENU_VIEW, N_("Next pane"), "Tab", N_("Pane"),
     NULL, NULL, "",
     N_("go to the next pane"),
     ANYWHERE, LOCAL(NEXT_PANE), true},
    {"view.pane_before", ACTION_MENU_NONE, N_("Previous pane"), "S-Tab", NULL,
     NULL, NULL, "",
     N_("go to the previous pane"),
     ANYWHERE, LOCAL(PANE_BEFORE), false},
    {"view.zoom", ACTION_MENU_VIEW, N_("This pane alone"), "z", NULL,
     NULL, NULL, "",
     N_("show this pane alone, or all again"),
     ANYWHERE, LOCAL(ZOOM), false},
    {"view.find", ACTION_MENU_VIEW, N_("Find..."), "/ F3", N_("Find"),
     "find", NULL, "TEXT...",
     N_("go to the next name with TEXT in it"),
     ANYWHERE, LOCAL(FIND), false},
    {"view.find_next", ACTION_MENU_NONE, N_("Find next"), "n", NULL,
     NULL, NULL, "",
     N_("go to the next name with the text that was looked for"),
     ANYWHERE, LOCAL(FIND_NEXT), false},
    {"view.find_before", ACTION_MENU_NONE, N_("Find previous"), "N", NULL,
     NULL, NULL, "",
     N_("go to the previous name with the text that was looked for"),
     ANYWHERE, LOCAL(FIND_BEFORE), false},
    {"view.filter", ACTION_MENU_VIEW, N_("Filter..."), "f F4", NULL,
     "filter", NULL, "[TEXT...]",
     N_("show only names with TEXT in them; without TEXT, all"),
     ANYWHERE, LOCAL(FILTER), false},
    {"view.sort", ACTION_MENU_VIEW, N_("Sort by..."), "F6", NULL,
     "sort", NULL, "",
     N_("choose the column that the list is sorted by"),
     ANYWHERE, LOCAL(SORT), false},
    {"view.sort_next", ACTION_MENU_NONE, N_("Sort by the next"), ">", NULL,
     NULL, NULL, "",
     N_("sort by the next column"),
     ANYWHERE, LOCAL(SORT_NEXT), false},
    {"view.sort_before", ACTION_MENU_NONE, N_("Sort by the one before"), "<", NULL,
     NULL, NULL, "",
     N_("sort by the column before"),
     ANYWHERE, LOCAL(SORT_BEFORE), false},
    {"view.reverse", ACTION_MENU_VIEW, N_("Reverse order"), "I", NULL,
     NULL, NULL, "",
     N_("turn the order of the list round"),
     ANYWHERE, LOCAL(SORT_REVERSE), false},
    {"setting.theme", ACTION_MENU_VIEW, N_("Theme..."), NULL, NULL,
     "theme", NULL, "THEME",
     N_("choose the colours: terminal, dark, light or contrast"),
     ANYWHERE, LOCAL(THEME), true},
    {"view.characters", ACTION_MENU_VIEW, N_("Characters..."), NULL, NULL,
     NULL, NULL, "",
     N_("choose the characters for frames, bars and signs"),
     ANYWHERE, LOCAL(CHARACTERS), false},
    {"view.mouse", ACTION_MENU_VIEW, N_("Mouse on or off"), "M", NULL,
     "mouse", NULL, "",
     N_("let the mouse go, so that text can be selected, or use it again"),
     ANYWHERE, LOCAL(MOUSE), false},
    {"view.reader", ACTION_MENU_VIEW, N_("Screen reader mode"), NULL, NULL,
     NULL, NULL, "",
     N_("no frames and one list at a time, or all again"),
     ANYWHERE, LOCAL(READER), false},
    {"view.redraw", ACTION_MENU_VIEW, N_("Draw again"), "^L", NULL,
     "redraw", NULL, "",
     N_("draw the whole screen again"),
     ANYWHERE, LOCAL(REDRAW), false},

    /* ---- Cluster ---- */
    {"tracker.list", ACTION_MENU_CLUSTER, N_("Trackers"), NULL, NULL,
     "trackers", NULL, "",
     N_("show the trackers, their pins and how fast they answer"),
     ANYWHERE, ENGINE(TRACKERS), false},
    {"tracker.details", ACTION_MENU_NONE, N_("Details"), "Enter", N_("Details"),
     NULL, NULL, "",
     N_("show everything that is known of the tracker"),
     TRACKERS, LOCAL(TRACKER_DETAILS), false},
    {"tracker.use", ACTION_MENU_CLUSTER, N_("Use this tracker"), "w", N_("Use this"),
     "tracker use", NULL, "HOST:PORT",
     N_("let this tracker answer your commands"),
     TRACKERS, ENGINE(TRACKER_USE), false},
    {"tracker.add", ACTION_MENU_CLUSTER, N_("Add a tracker..."), NULL, NULL,
     "tracker add", NULL, "HOST:PORT[,sha256:HEX]",
     N_("connect to one more tracker, now and at every start"),
     ANYWHERE, ENGINE(TRACKER_ADD), false},
    {"tracker.forget", ACTION_MENU_CLUSTER, N_("Forget a tracker..."), NULL,
     NULL, "tracker forget", NULL, "HOST:PORT",
     N_("take a tracker out of the list"),
     ANYWHERE, ENGINE(TRACKER_FORGET), false},
    {"tracker.retry", ACTION_MENU_CLUSTER, N_("Try again now"), "r", N_("Retry"),
     "tracker retry", NULL, "",
     N_("connect at once to all trackers that are away"),
     TRACKERS, ENGINE(TRACKER_RETRY), false},
    {"tracker.cert", ACTION_MENU_CLUSTER, N_("Certificate"), NULL, NULL,
     "tracker cert", NULL, "[HOST:PORT]",
     N_("show the pin of a tracker's certificate, and how long it is valid"),
     ANYWHERE, ENGINE(TRACKER_CERT), false},
    {"tracker.copy", ACTION_MENU_NONE, N_("Copy"), "y", N_("Copy"),
     NULL, NULL, "",
     N_("copy the address and pin of the tracker, as 'tracker add' takes them"),
     TRACKERS, LOCAL(COPY), false},
    {"tracker.events", ACTION_MENU_CLUSTER, N_("Events"), NULL, NULL,
     "log cluster", NULL, "",
     N_("show what happened to trackers"),
     ANYWHERE, LOCAL(LOG_CLUSTER), false},

    /* ---- Help ---- */
    {"help.keys", ACTION_MENU_HELP, N_("Keys here"), "?", NULL,
     NULL, NULL, "",
     N_("show the keys of this place"),
     ANYWHERE, LOCAL(HELP_KEYS), false},
    {"help.manual", ACTION_MENU_HELP, N_("Manual"), "F1", NULL,
     "manual", NULL, "",
     N_("read the manual page of p2ptui"),
     ANYWHERE, LOCAL(MANUAL), false},
    {"help.commands", ACTION_MENU_HELP, N_("All commands"), NULL, NULL,
     "help", "?", "[COMMAND...]",
     N_("list all commands, or explain one"),
     ANYWHERE, LOCAL(HELP), false},
    {"help.signs", ACTION_MENU_HELP, N_("Signs and colours"), NULL, NULL,
     NULL, NULL, "",
     N_("explain the signs, letters and colours of the screen"),
     ANYWHERE, LOCAL(HELP_SIGNS), false},
    {"help.wizard", ACTION_MENU_HELP, N_("First steps again"), NULL, NULL,
     "wizard", NULL, "",
     N_("go through tracker, account and group once more"),
     ANYWHERE, LOCAL(WIZARD), true},
    {"help.report", ACTION_MENU_HELP, N_("Report a problem..."), NULL, NULL,
     "report", NULL, "",
     N_("show what a report should say, and where to send it"),
     ANYWHERE, LOCAL(REPORT), false},
    {"help.version", ACTION_MENU_HELP, N_("About"), NULL, NULL,
     "version", NULL, "",
     N_("show which version this is"),
     ANYWHERE, LOCAL(VERSION), false},
};
/* clang-format on */

size_t action_count(void)
{
    return sizeof actions / sizeof actions[0];
}

const struct action *action_at(size_t n)
{
    return &actions[n];
}

bool action_takes_away(const struct action *a)
{
    if (a->local != ACTION_ENGINE) {
        return false;
    }
    switch (a->kind) {
    case COMMAND_DELETE_GROUP:
    case COMMAND_LEAVE_GROUP:
    case COMMAND_REMOVE_MEMBER:
    case COMMAND_STOP_SHARE:
    case COMMAND_UNPUBLISH:
    case COMMAND_REMOVE:
    case COMMAND_FORGET:
    case COMMAND_DROP_PEER:
    case COMMAND_TRACKER_FORGET:
        return true;
    default:
        return false;
    }
}

/* Walk words separated by blanks. Returns the next word's start or NULL. */
static const char *next_word(const char **rest, size_t *length)
{
    const char *word;

    if (*rest == NULL) {
        return NULL;
    }
    word = *rest + strspn(*rest, " ");
    *length = strcspn(word, " ");
    *rest = word + *length;
    return *length > 0 ? word : NULL;
}

static bool has_word(const char *words, const char *wanted)
{
    size_t length;
    const char *word = next_word(&words, &length);

    while (word != NULL) {
        if (length == strlen(wanted) && memcmp(word, wanted, length) == 0) {
            return true;
        }
        word = next_word(&words, &length);
    }
    return false;
}

const struct action *action_find_command(const char *word)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        if (actions[i].command != NULL &&
            (strcmp(actions[i].command, word) == 0 ||
             has_word(actions[i].aliases, word))) {
            return &actions[i];
        }
    }
    return NULL;
}

const struct action *action_find_words(char *const *words, size_t count,
                                       size_t *used)
{
    const struct action *a = NULL;
    char *two;

    *used = 2;
    if (count >= 2) {
        two = mem_printf("%s %s", words[0], words[1]);
        a = action_find_command(two);
        free(two);
    }
    if (a == NULL && count >= 1) {
        *used = 1;
        a = action_find_command(words[0]);
    }
    *used = a != NULL ? *used : 0;
    return a;
}

const struct action *action_find(const char *id)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        if (strcmp(actions[i].id, id) == 0) {
            return &actions[i];
        }
    }
    return NULL;
}

const struct action *action_for_kind(enum command_kind kind)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        if (actions[i].local == ACTION_ENGINE && actions[i].kind == kind) {
            return &actions[i];
        }
    }
    return NULL;
}

const struct action *action_for_key(const char *key, unsigned context)
{
    const struct action *anywhere = NULL;
    size_t i;

    for (i = 0; i < action_count(); i++) {
        if (!has_word(actions[i].key, key)) {
            continue;
        }
        if (actions[i].contexts == ACTION_ANYWHERE) {
            anywhere = anywhere == NULL ? &actions[i] : anywhere;
        } else if ((actions[i].contexts & context) != 0) {
            return &actions[i];
        }
    }
    return anywhere;
}

/* Levenshtein distance of short words; long ones count as far away. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t row[LONGEST + 1];
    size_t la = strlen(a), lb = strlen(b), i, j, above, corner, best;

    if (la > LONGEST || lb > LONGEST) {
        return LONGEST;
    }
    for (j = 0; j <= lb; j++) {
        row[j] = j;
    }
    for (i = 1; i <= la; i++) {
        corner = row[0];
        row[0] = i;
        for (j = 1; j <= lb; j++) {
            above = row[j];
            best = corner + (a[i - 1] != b[j - 1] ? 1 : 0);
            if (above + 1 < best) {
                best = above + 1;
            }
            if (row[j - 1] + 1 < best) {
                best = row[j - 1] + 1;
            }
            row[j] = best;
            corner = above;
        }
    }
    return row[lb];
}

const struct action *action_nearest(const char *word)
{
    const struct action *nearest = NULL;
    size_t limit =
        strlen(word) / 2 < ACTION_NEAR ? strlen(word) / 2 : ACTION_NEAR;
    size_t best = limit + 1, d, i;

    for (i = 0; i < action_count(); i++) {
        if (actions[i].command == NULL) {
            continue;
        }
        d = distance(word, actions[i].command);
        if (strstr(actions[i].command, word) != NULL && d > limit) {
            d = limit;
        }
        if (d < best) {
            best = d;
            nearest = &actions[i];
        }
    }
    return nearest;
}

static bool begins(const char *words, const char *prefix)
{
    size_t length;
    const char *word = next_word(&words, &length);

    while (word != NULL) {
        if (length >= strlen(prefix) &&
            memcmp(word, prefix, strlen(prefix)) == 0) {
            return true;
        }
        word = next_word(&words, &length);
    }
    return false;
}

static bool has_beginning(const struct action *a, const char *typed)
{
    return strncmp(a->command, typed, strlen(typed)) == 0 ||
           begins(a->aliases, typed);
}

/* One letter is in nearly every name. */
static bool has_inside(const struct action *a, const char *typed)
{
    return typed[0] != '\0' && typed[1] != '\0' && !has_beginning(a, typed) &&
           strstr(a->command, typed) != NULL;
}

const struct action *action_complete(const char *typed, size_t n)
{
    size_t i;

    for (i = 0; i < 2 * action_count(); i++) {
        const struct action *a = &actions[i % action_count()];

        if (a->command == NULL ||
            !(i < action_count() ? has_beginning(a, typed)
                                 : has_inside(a, typed))) {
            continue;
        }
        if (n == 0) {
            return a;
        }
        n--;
    }
    return NULL;
}

const char *action_menu_title(enum action_menu menu)
{
    static const char *const titles[ACTION_MENU_COUNT] = {
        [ACTION_MENU_ACCOUNT] = NC_("menu", "Account"),
        [ACTION_MENU_GROUP] = NC_("menu", "Group"),
        [ACTION_MENU_FILE] = NC_("menu", "File"),
        [ACTION_MENU_TRANSFER] = NC_("menu", "Transfer"),
        [ACTION_MENU_VIEW] = NC_("menu", "View"),
        [ACTION_MENU_CLUSTER] = NC_("menu", "Cluster"),
        [ACTION_MENU_HELP] = NC_("menu", "Help"),
    };

    /* TRANSLATORS: where letters do not begin the words, "Account(A)" names the
     * letter of a menu. */
    return menu == ACTION_MENU_NONE ? "" : intl_in_context(titles[menu]);
}
