#include "config.h"

#include "tui/setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/pathname.h"
#include "util/buf.h"
#include "util/conf.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

/* ---- The table -------------------------------------------------------- */

enum setting_id setting_find(const char *name)
{
    enum setting_id id;

    for (id = 0; id < SETTING_COUNT; id++) {
        const struct setting *a = setting_at(id);

        if (strcmp(a->key, name) == 0 ||
            (a->option != NULL && strcmp(a->option, name) == 0)) {
            return id;
        }
    }
    return SETTING_COUNT;
}

const char *setting_variable(enum setting_id id, char out[SETTING_NAME_MAX])
{
    const struct setting *a = setting_at(id);
    char *at;

    snprintf(out, SETTING_NAME_MAX, "P2PTUI_%s",
             a->option != NULL ? a->option : a->key);
    for (at = out; *at != '\0'; at++) {
        if (*at == '.' || *at == '-') {
            *at = '_';
        } else if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
    return out;
}

/* ---- What may be a value ---------------------------------------------- */

/* 1, 0, or -1 for neither. */
static int parse_bool(const char *text)
{
    static const char *const yes[] = {"on", "yes", "true", "1"};
    static const char *const no[] = {"off", "no", "false", "0"};
    size_t i;

    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(text, yes[i]) == 0) {
            return 1;
        }
        if (strcmp(text, no[i]) == 0) {
            return 0;
        }
    }
    return -1;
}

static int parse_number(const char *text, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return errno != 0 || end == text || *end != '\0' ? P2P_EINVAL : 0;
}

static int choice_index(const struct setting *a, const char *text)
{
    int i;

    for (i = 0; a->choices[i].word != NULL; i++) {
        if (strcmp(a->choices[i].word, text) == 0) {
            return i;
        }
    }
    return -1;
}

static int choice_count(const struct setting *a)
{
    int count = 1; /* there is one at least */

    while (a->choices[count].word != NULL) {
        count++;
    }
    return count;
}

static int refuse_choice(const struct setting *a, const char *text,
                         struct err *e)
{
    char words[256] = "";
    char *safe = text_safe_string(text);
    size_t used = 0;
    int i, rv;

    for (i = 0; a->choices[i].word != NULL && used < sizeof(words); i++) {
        used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s",
                                 i > 0 ? ", " : "", a->choices[i].word);
    }
    rv = err_set(e, P2P_EUSAGE, _("%s does not know '%s'; it may be %s"),
                 a->key, safe, words);
    free(safe);
    return rv;
}

static int check_listen(const char *text, struct err *e)
{
    struct contact c;

    if (contact_parse_listen(text, &c, NULL) < 0) {
        return err_set(e, P2P_EUSAGE,
                       _("expected [ADDRESS:]PORT to listen on, with a port "
                         "from 0 to 65535: \"%s\""),
                       text);
    }
    return 0;
}

/* The words of a list, one at a time, as the file has them. */
static char *next_word(const char **rest)
{
    const char *at = *rest + strspn(*rest, " ");
    size_t length = strcspn(at, " ");

    *rest = at + length;
    return length == 0 ? NULL : mem_strndup(at, length);
}

static int check_list(const char *text, struct err *e)
{
    struct contact c;
    char *word = next_word(&text);
    int rv = 0;

    while (word != NULL && rv == 0) {
        rv = contact_parse(word, &c, e) < 0 ? P2P_EUSAGE : 0;
        free(word);
        word = rv < 0 ? NULL : next_word(&text);
    }
    return rv;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < ' ' || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static int check_typed(enum setting_id id, const char *text, struct err *e)
{
    const struct setting *a = setting_at(id);

    if (strlen(text) >= SETTING_VALUE_MAX || !is_printable(text)) {
        return err_set(e, P2P_EUSAGE,
                       _("the value of %s is too long or has a control "
                         "character"),
                       a->key);
    }
    if (text[0] == '\0') {
        return 0;
    }
    if (id == SETTING_LISTEN) {
        return check_listen(text, e);
    }
    return a->type == SETTING_LIST ? check_list(text, e) : 0;
}

int setting_check(enum setting_id id, const char *text, struct err *e)
{
    const struct setting *a = setting_at(id);
    char *safe;
    long number;
    int rv = 0;

    switch (a->type) {
    case SETTING_CHOICE:
        return choice_index(a, text) < 0 ? refuse_choice(a, text, e) : 0;
    case SETTING_BOOL:
        if (parse_bool(text) < 0) {
            safe = text_safe_string(text);
            rv = err_set(e, P2P_EUSAGE, _("%s is on or off, not '%s'"), a->key,
                         safe);
            free(safe);
        }
        return rv;
    case SETTING_NUMBER:
        if (parse_number(text, &number) < 0 || number < a->least ||
            number > a->most) {
            return err_set(e, P2P_EUSAGE, _("%s is a number from %ld to %ld"),
                           a->key, a->least, a->most);
        }
        return 0;
    default:
        return check_typed(id, text, e);
    }
}

/* ---- Places ----------------------------------------------------------- */

void settings_init(struct settings *s)
{
    memset(s, 0, sizeof(*s));
}

void settings_close(struct settings *s)
{
    enum setting_id id;
    enum setting_origin origin;

    for (id = 0; id < SETTING_COUNT; id++) {
        for (origin = 0; origin < ORIGIN_COUNT; origin++) {
            free(s->values[id][origin]);
        }
    }
    free(s->path);
    settings_init(s);
}

/* One way to write each value: on and off, numbers without zeros in front,
 * a comma between a tracker and its pin. */
static char *settle(const struct setting *a, const char *text)
{
    char *value, *at, *pin;
    long number;

    if (a->type == SETTING_BOOL) {
        return mem_strdup(parse_bool(text) == 1 ? "on" : "off");
    }
    if (a->type == SETTING_NUMBER && parse_number(text, &number) == 0) {
        return mem_printf("%ld", number);
    }
    value = mem_strdup(text);
    if (a->type != SETTING_LIST) {
        return value;
    }
    for (at = value; *at != '\0'; at++) {
        *at = *at == '\t' ? ' ' : *at;
    }
    for (at = value; (pin = strstr(at, " sha256:")) != NULL; at = pin + 1) {
        char *end = pin;

        while (end > value && end[-1] == ' ') {
            end--;
        }
        *end = ',';
        memmove(end + 1, pin + 1, strlen(pin + 1) + 1);
    }
    return value;
}

int settings_put(struct settings *s, enum setting_id id,
                 enum setting_origin origin, const char *text, struct err *e)
{
    const struct setting *a = setting_at(id);
    char **place = &s->values[id][origin];
    char *value = settle(a, text);
    int rv = setting_check(id, a->type == SETTING_BOOL ? text : value, e);

    if (rv < 0) {
        free(value);
        return rv;
    }
    if (a->type == SETTING_LIST && *place != NULL && **place != '\0') {
        char *more = mem_printf("%s %s", *place, value);

        free(value);
        value = more;
    }
    free(*place);
    *place = value;
    s->revision++;
    return 0;
}

void settings_unset(struct settings *s, enum setting_id id,
                    enum setting_origin origin)
{
    free(s->values[id][origin]);
    s->values[id][origin] = NULL;
    s->revision++;
}

enum setting_origin settings_origin(const struct settings *s,
                                    enum setting_id id)
{
    int origin;

    for (origin = ORIGIN_COUNT - 1; s != NULL && origin > 0; origin--) {
        if (s->values[id][origin] != NULL) {
            return (enum setting_origin)origin;
        }
    }
    return ORIGIN_BUILT_IN;
}

/* ---- Reading ---------------------------------------------------------- */

const char *settings_value(const struct settings *s, enum setting_id id)
{
    enum setting_origin origin = settings_origin(s, id);

    return origin == ORIGIN_BUILT_IN ? setting_at(id)->initial
                                     : s->values[id][origin];
}

int settings_choice(const struct settings *s, enum setting_id id)
{
    return choice_index(setting_at(id), settings_value(s, id));
}

bool settings_on(const struct settings *s, enum setting_id id)
{
    return parse_bool(settings_value(s, id)) == 1;
}

long settings_number(const struct settings *s, enum setting_id id)
{
    long number = 0;

    parse_number(settings_value(s, id), &number);
    return number;
}

char *settings_path(const struct settings *s, enum setting_id id)
{
    const char *path = settings_value(s, id);

    if (path[0] == '\0') {
        return NULL;
    }
    return pathname_absolute(path);
}

static char *step_number(const struct setting *a, long number, int step)
{
    number += step;
    number = number < a->least ? a->least : number;
    return mem_printf("%ld", number > a->most ? a->most : number);
}

char *settings_step(const struct settings *s, enum setting_id id, int step)
{
    const struct setting *a = setting_at(id);
    int count;

    switch (a->type) {
    case SETTING_CHOICE:
        count = choice_count(a);
        return mem_strdup(
            a->choices[(settings_choice(s, id) + step % count + count) % count]
                .word);
    case SETTING_BOOL:
        return mem_strdup(settings_on(s, id) ? "off" : "on");
    case SETTING_NUMBER:
        return step_number(a, settings_number(s, id), step);
    default:
        return NULL;
    }
}

char *settings_shown(const struct settings *s, enum setting_id id)
{
    const struct setting *a = setting_at(id);
    int choice;

    switch (a->type) {
    case SETTING_CHOICE:
        choice = settings_choice(s, id);
        return mem_strdup(_(a->choices[choice < 0 ? 0 : choice].label));
    case SETTING_BOOL:
        return mem_strdup(settings_on(s, id) ? _("on") : _("off"));
    default:
        return mem_strdup(settings_value(s, id));
    }
}

/* ---- As a file -------------------------------------------------------- */

static char *one_line(const char *key, const char *value)
{
    char *quoted = conf_quote(value);
    char *line = mem_printf("%s = %s\n", key, quoted);

    free(quoted);
    return line;
}

char *setting_line(const char *key, const char *value)
{
    enum setting_id id = setting_find(key);
    char *word, *line, *all;

    if (id == SETTING_COUNT || setting_at(id)->type != SETTING_LIST ||
        value[0] == '\0') {
        return one_line(key, value);
    }
    all = mem_strdup("");
    for (word = next_word(&value); word != NULL; word = next_word(&value)) {
        char *before = all;

        line = one_line(key, word);
        all = mem_printf("%s%s", before, line);
        free(before);
        free(line);
        free(word);
    }
    return all;
}

/* "key = value" and, behind it, where the value comes from. */
static void print_line(struct buf *out, const char *line, const char *origin,
                       bool is_nothing)
{
    size_t length = strcspn(line, "\n");
    char *text = mem_printf("%s%.*s", is_nothing ? "#" : "", (int)length, line);

    buf_printf(out, "%-32s  # %s\n", text, origin);
    free(text);
}

void settings_print_one(const struct settings *s, enum setting_id id,
                        struct buf *out)
{
    enum setting_origin origin = settings_origin(s, id);
    const char *value = settings_value(s, id);
    char *lines = setting_line(setting_at(id)->key, value);
    const char *at = lines;

    while (*at != '\0') {
        print_line(out, at, setting_origin_name(origin), value[0] == '\0');
        at += strcspn(at, "\n");
        at += *at == '\n' ? 1 : 0;
    }
    free(lines);
}

void settings_print(const struct settings *s, struct buf *out)
{
    enum setting_section section;
    enum setting_id id;

    for (section = 0; section < SECTION_COUNT; section++) {
        buf_printf(out, "%s# %s\n", section > 0 ? "\n" : "",
                   setting_section_name(section));
        for (id = 0; id < SETTING_COUNT; id++) {
            if (setting_at(id)->section == section) {
                settings_print_one(s, id, out);
            }
        }
    }
}
