#include "config.h"

#include "tui/complete.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action.h"
#include "tui/lineparse.h"
#include "tui/list.h"
#include "tui/main_state.h"
#include "tui/pathname.h"
#include "tui/setting.h"
#include "tui/ui.h"
#include "tui/views.h"
#include "util/mem.h"

static void shorten(char *common, const char *word)
{
    size_t i = 0;

    while (common[i] != '\0' && common[i] == word[i]) {
        i++;
    }
    while (i > 0 && ((unsigned char)common[i] & 0xc0) == 0x80) {
        i--;
    }
    common[i] = '\0';
}

static void add(struct complete *k, const char *word, const char *prefix)
{
    size_t i;

    if (word == NULL || k->count == COMPLETE_MAX ||
        !(k->inside ? list_matches(word, prefix)
                    : strncmp(word, prefix, strlen(prefix)) == 0)) {
        return;
    }
    for (i = 0; i < k->count; i++) {
        if (strcmp(k->words[i], word) == 0) {
            return;
        }
    }
    k->words[k->count++] = mem_strdup(word);
    if (k->common == NULL) {
        k->common = mem_strdup(word);
    } else {
        shorten(k->common, word);
    }
}

/* Could the command do anything with this group? */
static bool fits_group(const struct action *a, const struct row_group *g)
{
    switch (a->local == ACTION_ENGINE ? a->kind : COMMAND_KIND_COUNT) {
    case COMMAND_JOIN_GROUP:
        return g->role == GROUP_NONE || g->role == GROUP_REJECTED;
    case COMMAND_LEAVE_GROUP:
        return g->role >= GROUP_READER ? g->role != GROUP_OWNER
                                       : g->role == GROUP_PENDING;
    case COMMAND_DELETE_GROUP:
    case COMMAND_TRANSFER_GROUP:
        return g->role == GROUP_OWNER;
    case COMMAND_ACCEPT_REQUEST:
    case COMMAND_REJECT_REQUEST:
    case COMMAND_LIST_REQUESTS:
    case COMMAND_SET_ROLE:
    case COMMAND_REMOVE_MEMBER:
        return g->role >= GROUP_ADMIN;
    default:
        return a->local == ACTION_ACCEPT_ALL ? g->role >= GROUP_ADMIN
                                             : g->role >= GROUP_READER;
    }
}

static void add_groups(struct complete *k, const struct ui *ui,
                       const char *prefix)
{
    const struct rows *r = model_rows(&ui->model, ROWS_GROUPS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        if (fits_group(k->action, &r->groups[i])) {
            add(k, r->groups[i].name, prefix);
        }
    }
}

static bool is_about_request(const struct action *a)
{
    return a->local == ACTION_ENGINE && (a->kind == COMMAND_ACCEPT_REQUEST ||
                                         a->kind == COMMAND_REJECT_REQUEST);
}

static bool is_about_member(const struct action *a)
{
    return a->local == ACTION_ENGINE &&
           (a->kind == COMMAND_SET_ROLE || a->kind == COMMAND_REMOVE_MEMBER ||
            a->kind == COMMAND_TRANSFER_GROUP);
}

/* Who asks, who is in, or both: what the command is about. `group` is the word
 * before, if that names one. */
static void add_users(struct complete *k, const struct ui *ui,
                      const char *group, const char *prefix)
{
    const struct rows *r = model_rows(&ui->model, ROWS_REQUESTS);
    bool known = model_group(&ui->model, group) != NULL;
    size_t i;

    for (i = 0; i < r->count && !is_about_member(k->action); i++) {
        if (!known || (r->requests[i].group != NULL &&
                       strcmp(r->requests[i].group, group) == 0)) {
            add(k, r->requests[i].user, prefix);
        }
    }
    r = model_rows_of(&ui->model, ROWS_MEMBERS, known ? group : NULL, NULL);
    for (i = 0; i < r->count && !is_about_request(k->action); i++) {
        add(k, r->members[i].user, prefix);
    }
}

static void add_trackers(struct complete *k, const struct ui *ui,
                         const char *prefix)
{
    const struct rows *r = model_rows(&ui->model, ROWS_TRACKERS);
    size_t i;

    for (i = 0; i < r->count; i++) {
        add(k, r->trackers[i].address, prefix);
    }
}

static void add_files(struct complete *k, const struct ui *ui,
                      const char *prefix)
{
    int i;

    for (i = 0; i < ui->main->item_count; i++) {
        add(k, ui->main->items[i].name, prefix);
    }
}

static void add_path(struct complete *k, const char *prefix)
{
    struct pathname_list l;
    size_t i;

    pathname_complete(prefix, &l);
    for (i = 0; i < l.count && k->count < COMPLETE_MAX; i++) {
        k->words[k->count++] = l.names[i];
        l.names[i] = NULL;
    }
    if (k->common == NULL) {
        k->common = mem_strdup(l.common);
    } else if (l.common != NULL) {
        shorten(k->common, l.common);
    }
    pathname_list_close(&l);
}

static void add_commands(struct complete *k, const char *prefix)
{
    size_t i;

    for (i = 0; i < action_count(); i++) {
        if (action_at(i)->command != NULL) {
            add(k, action_at(i)->command, prefix);
        }
    }
}

static void add_views(struct complete *k, const char *prefix)
{
    const char *name;
    int n = 0;

    for (name = views_name(n); name != NULL; name = views_name(++n)) {
        add(k, name, prefix);
    }
}

static void add_pictures(struct complete *k, const char *prefix)
{
    int n;

    for (n = 0; piecemap_word(n) != NULL; n++) {
        add(k, piecemap_word(n), prefix);
    }
}

static void add_settings(struct complete *k, const char *prefix)
{
    enum setting_id id;

    for (id = 0; id < SETTING_COUNT; id++) {
        add(k, setting_at(id)->key, prefix);
    }
}

static void add_choices(struct complete *k, enum setting_id id,
                        const char *prefix)
{
    const struct setting_choice *c;

    for (c = setting_at(id)->choices; c != NULL && c->word != NULL; c++) {
        add(k, c->word, prefix);
    }
}

static bool is_word(const char *spec, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(spec, word, length) == 0;
}

/* Values of the setting that the word before names. */
static void add_values(struct complete *k, const char *key, const char *prefix)
{
    enum setting_id id = setting_find(key);

    if (id == SETTING_COUNT) {
        return;
    }
    add_choices(k, id, prefix);
    if (setting_at(id)->type == SETTING_BOOL) {
        add(k, "on", prefix);
        add(k, "off", prefix);
    } else if (setting_at(id)->type == SETTING_PATH) {
        add_path(k, prefix);
    }
}

/* Proposals for one place of the argument text, "GROUP" or "[TO]"; `before` is
 * the word before. */
static void add_kind(struct complete *k, const struct ui *ui, const char *spec,
                     size_t length, const char *before, const char *prefix)
{
    if (is_word(spec, length, "GROUP")) {
        add_groups(k, ui, prefix);
    } else if (is_word(spec, length, "USER")) {
        add_users(k, ui, before, prefix);
    } else if (is_word(spec, length, "FILE")) {
        add_files(k, ui, prefix);
    } else if (is_word(spec, length, "HOST:PORT")) {
        add_trackers(k, ui, prefix);
    } else if (is_word(spec, length, "ROLE")) {
        add(k, "admin", prefix);
        add(k, "member", prefix);
        add(k, "reader", prefix);
    } else if (is_word(spec, length, "VIEW")) {
        add_views(k, prefix);
    } else if (is_word(spec, length, "PICTURE")) {
        add_pictures(k, prefix);
    } else if (is_word(spec, length, "KEY")) {
        add_settings(k, prefix);
    } else if (is_word(spec, length, "VALUE")) {
        add_values(k, before, prefix);
    } else if (is_word(spec, length, "THEME")) {
        add_choices(k, SETTING_THEME, prefix);
    } else if (is_word(spec, length, "COMMAND")) {
        add_commands(k, prefix);
    } else if (is_word(spec, length, "PATH") || is_word(spec, length, "TO") ||
               is_word(spec, length, "DIRECTORY")) {
        add_path(k, prefix);
    }
}

/* Word number `index` of the arguments may stand for that place or, where
 * places before may be left out, for a later one. */
static void add_arguments(struct complete *k, const struct ui *ui, size_t index,
                          const char *before, const char *prefix)
{
    const char *spec = k->action->arguments;
    size_t place = 0, skipped = 0;

    while (spec != NULL && *spec != '\0') {
        size_t length = strcspn(spec, " ");
        bool optional = spec[0] == '[';
        const char *name = optional ? spec + 1 : spec;
        size_t size = strcspn(name, "]. ");

        if (place >= index && place <= index + skipped) {
            size_t count = k->count;

            add_kind(k, ui, name, size, before, prefix);
            if (count == 0 && k->count > 0) {
                snprintf(k->place, sizeof(k->place), "%.*s", (int)size, name);
            }
        }
        skipped += optional && place <= index + skipped ? 1 : 0;
        place++;
        spec += length;
        spec += strspn(spec, " ");
    }
}

bool complete_place(const struct ui *ui, const struct action *a, size_t n,
                    struct complete *out)
{
    const char *spec = a->arguments == NULL ? "" : a->arguments;
    size_t size;

    for (; n > 0 && *spec != '\0'; n--) {
        spec += strcspn(spec, " ");
        spec += strspn(spec, " ");
    }
    if (*spec == '\0') {
        return false;
    }
    memset(out, 0, sizeof(*out));
    out->action = a;
    spec += spec[0] == '[' ? 1 : 0;
    size = strcspn(spec, "]. ");
    add_kind(out, ui, spec, size, "", "");
    snprintf(out->place, sizeof(out->place), "%.*s", (int)size, spec);
    return true;
}

/* The same, where every proposal keeps its help text. */
static void add_command_names(struct complete *k, const char *prefix)
{
    const struct action *a;
    size_t n;

    for (n = 0; n < COMPLETE_MAX; n++) {
        a = action_complete(prefix, n);
        if (a == NULL) {
            break;
        }
        k->commands[n] = a;
        k->count++;
        if (strncmp(a->command, prefix, strlen(prefix)) != 0) {
            continue; /* found by an alias: only shown */
        }
        if (k->common == NULL) {
            k->common = mem_strdup(a->command);
        } else {
            shorten(k->common, a->command);
        }
    }
    /* What is the only one is meant, wherever the letters are in it. */
    if (k->common == NULL && k->count == 1) {
        k->common = mem_strdup(k->commands[0]->command);
    }
}

/* "tracker a": the second word belongs to the name of a command. */
static bool is_part_of_name(const char *line)
{
    size_t i, length = strlen(line);

    for (i = 0; strchr(line, ' ') != NULL && i < action_count(); i++) {
        const char *command = action_at(i)->command;

        if (command != NULL && strncmp(command, line, length) == 0 &&
            strlen(command) > length) {
            return true;
        }
    }
    return false;
}

void complete_line(const struct ui *ui, const char *line, struct complete *out)
{
    char **words = NULL;
    size_t count = 0, used, length = strlen(line);
    bool fresh = length == 0 || line[length - 1] == ' ';
    const char *prefix;

    memset(out, 0, sizeof(*out));
    if (lineparse_split(line, &words, &count, NULL) < 0) {
        return; /* an open quote: what was meant is not clear */
    }
    prefix = fresh || count == 0 ? "" : words[count - 1];
    out->kept = fresh ? length : length - strlen(prefix);
    if (is_part_of_name(line)) {
        out->kept = 0;
        add_command_names(out, line);
    } else if (count == 0 || (count == 1 && !fresh)) {
        add_command_names(out, prefix);
    } else {
        out->action = action_find_words(words, count, &used);
        /* A quoted word is as long as it looks only without its quotes. */
        if (out->action != NULL && strcmp(line + out->kept, prefix) == 0) {
            size_t index = count - (fresh ? 0 : 1);

            add_arguments(out, ui, index - used, words[index - 1], prefix);
            if (out->count == 0 && prefix[0] != '\0') {
                out->inside = true;
                add_arguments(out, ui, index - used, words[index - 1], prefix);
            }
        }
    }
    lineparse_free_words(words, count);
}

void complete_close(struct complete *k)
{
    size_t i;

    for (i = 0; i < k->count; i++) {
        free(k->words[i]);
    }
    free(k->common);
    memset(k, 0, sizeof(*k));
}

char *complete_apply(const struct complete *k, const char *line)
{
    const char *typed = line + k->kept;
    size_t length;
    char *quoted, *result;
    bool whole, folder;

    if (k->common == NULL) {
        return NULL;
    }
    whole = k->count == 1;
    if (k->inside && !whole) {
        return NULL; /* what they have in common need not have the word */
    }
    length = strlen(k->common);
    folder = length > 0 && k->common[length - 1] == '/';
    quoted = k->action == NULL ? mem_strdup(k->common) /* may have a blank */
                               : lineparse_quote(k->common);
    if (!whole && strcmp(quoted, k->common) != 0) {
        free(quoted);
        return NULL; /* half a quoted name would be hard to go on with */
    }
    result = mem_printf("%.*s%s%s", (int)k->kept, line, quoted,
                        whole && !folder ? " " : "");
    if (strcmp(k->common, typed) == 0 && !whole) {
        free(result);
        result = NULL;
    }
    free(quoted);
    return result;
}

char *complete_choose(const struct complete *k, const char *line, size_t n)
{
    char *quoted, *result;

    if (n >= k->count) {
        return NULL;
    }
    if (k->action == NULL) {
        return mem_printf("%s ", k->commands[n]->command);
    }
    quoted = lineparse_quote(k->words[n]);
    result = mem_printf("%.*s%s ", (int)k->kept, line, quoted);
    free(quoted);
    return result;
}
