#include "config.h"

#include "tui/wording.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wctype.h>

#include "msgq/rows.h"
#include "util/intl.h"
#include "util/text.h"
#include "util/units.h"

/* The words of rows that are the same in every language for programs. */
static const char *const words[] = {
    /* The context in front of a word is no missing comma.
     * NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
    NC_("word", "none"), N_("pending"),  N_("rejected"), N_("reader"),
    N_("member"),        N_("admin"),    N_("owner"),    N_("hashing"),
    N_("queued"),        N_("checking"), N_("loading"),  N_("waiting"),
    N_("paused"),        N_("sharing"),  N_("stopped"),  N_("failed"),
    N_("yes"),           N_("no"),
};

const char *wording_word(const char *word)
{
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *end = strchr(words[i], '\004');

        if (strcmp(end == NULL ? words[i] : end + 1, word) == 0) {
            return intl_in_context(words[i]);
        }
    }
    return word;
}

const char *wording_value(const struct row_field *field)
{
    if (field->value != NULL && (strcmp(field->key, "state") == 0 ||
                                 strcmp(field->key, "connected") == 0)) {
        return wording_word(field->value);
    }
    return field->value;
}

const char *wording_state(enum transfer_state state, uint32_t sources)
{
    switch (state) {
    case TRANSFER_HASHING:
        return _("hashing");
    case TRANSFER_QUEUED:
        return _("queued");
    case TRANSFER_CHECKING:
        return _("checking");
    case TRANSFER_LOADING:
        return _("loading");
    case TRANSFER_WAITING:
        return _("waiting");
    case TRANSFER_PAUSED:
        return _("paused");
    case TRANSFER_SHARING:
        return _("sharing");
    case TRANSFER_STOPPED:
        return _("stopped");
    case TRANSFER_FAILED:
        return _("failed");
    case TRANSFER_NONE:
        break;
    }
    return sources > 0 ? _("not here") : _("no peers");
}

enum glyph wording_state_sign(enum transfer_state state, char *character)
{
    *character = '\0';
    switch (state) {
    case TRANSFER_LOADING:
        return GLYPH_DOWN;
    case TRANSFER_SHARING:
        return GLYPH_UP;
    case TRANSFER_PAUSED:
        return GLYPH_PAUSED;
    case TRANSFER_CHECKING:
    case TRANSFER_HASHING:
        *character = '?';
        break;
    case TRANSFER_FAILED:
        *character = '!';
        break;
    case TRANSFER_NONE:
    case TRANSFER_QUEUED:
    case TRANSFER_WAITING:
    case TRANSFER_STOPPED:
        break;
    }
    return GLYPH_COUNT;
}

const char *wording_peer(const struct row_peer *p)
{
    if (p->banned) {
        return _("banned");
    }
    if (p->is_slow) {
        return _("slow");
    }
    if (p->rate_down > 0) {
        return p->load >= WORDING_BUSY ? _("busy") : _("sending");
    }
    if (p->rate_up > 0) {
        return _("taking");
    }
    if (p->chokes_us) {
        return _("choked");
    }
    return p->is_origin ? _("origin") : _("idle");
}

enum glyph wording_level_sign(enum notice_level level, char *character)
{
    *character = '\0';
    switch (level) {
    case NOTICE_DONE:
        return GLYPH_DONE;
    case NOTICE_ERROR:
        return GLYPH_FAILED;
    case NOTICE_ASK:
        *character = '?';
        break;
    case NOTICE_WARNING:
        *character = '!';
        break;
    case NOTICE_INFO:
        *character = 'i';
        break;
    }
    return GLYPH_COUNT;
}

/* Is the first word one of a language, not an address or a path? */
static bool begins_with_word(const char *text)
{
    size_t n = 0;

    while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] & 0x80) != 0) {
        n++;
    }
    return n > 0 && strchr(" ,;", text[n]) != NULL;
}

const char *wording_sentence(const char *text, char *out, size_t size)
{
    uint32_t first;
    size_t used = text[0] == '\0' ? 0 : text_decode(text, strlen(text), &first);
    char capital[5] = "";

    if (used > 0 && begins_with_word(text)) {
        capital[text_encode((uint32_t)towupper((wint_t)first), capital)] = '\0';
    } else {
        used = 0;
    }
    snprintf(out, size, "%s%s", capital, text + used);
    return out;
}

const char *wording_title(const char *label, char *out, size_t size)
{
    size_t length = strlen(label);

    if (length > 3 && strcmp(label + length - 3, "...") == 0) {
        length -= 3;
    }
    snprintf(out, size, "%.*s", (int)length, label);
    return out;
}

const char *wording_time_left(int64_t seconds, char out[WORDING_MAX])
{
    long long s = seconds;

    if (seconds < 0) {
        out[0] = '\0';
    } else if (seconds < 60) {
        snprintf(out, WORDING_MAX, _("%lld s"), s);
    } else if (seconds < 3600) {
        snprintf(out, WORDING_MAX, _("%lld m"), s / 60);
    } else if (seconds < 86400) {
        snprintf(out, WORDING_MAX, _("%lld h"), s / 3600);
    } else if (seconds < 86400 * 1000LL) {
        snprintf(out, WORDING_MAX, _("%lld d"), s / 86400);
    } else {
        out[0] = '\0';
    }
    return out;
}

const char *wording_amount(uint64_t part, uint64_t whole, char out[WORDING_MAX])
{
    char a[UNITS_TEXT], b[UNITS_TEXT];
    char *unit_a, *unit_b;

    units_size(part, a);
    units_size(whole, b);
    unit_a = strrchr(a, ' ');
    unit_b = strrchr(b, ' ');
    if (unit_a != NULL && unit_b != NULL &&
        (part == 0 || strcmp(unit_a, unit_b) == 0)) {
        *unit_a = '\0';
    }
    snprintf(out, WORDING_MAX, _("%s of %s"), a, b);
    return out;
}

static void local_time(int64_t seconds, struct tm *out)
{
    time_t t = (time_t)seconds;

    memset(out, 0, sizeof(*out));
    if (localtime_r(&t, out) == NULL) {
        memset(out, 0, sizeof(*out)); /* a year too far to count */
    }
}

static bool has_12_hours;

void wording_use_12_hours(bool twelve)
{
    has_12_hours = twelve;
}

int wording_clock_width(bool full)
{
    return (full ? 8 : 5) + (has_12_hours ? 3 : 0);
}

static const char *clock_of_12(const struct tm *tm, bool full,
                               char out[WORDING_MAX])
{
    const char *half = tm->tm_hour < 12 ? "am" : "pm";
    int hour = (tm->tm_hour + 11) % 12 + 1;

    if (full) {
        snprintf(out, WORDING_MAX, "%2d:%02d:%02d %s", hour, tm->tm_min,
                 tm->tm_sec, half);
    } else {
        snprintf(out, WORDING_MAX, "%2d:%02d %s", hour, tm->tm_min, half);
    }
    return out;
}

const char *wording_clock(int64_t seconds, bool full, char out[WORDING_MAX])
{
    struct tm tm;

    local_time(seconds, &tm);
    if (has_12_hours) {
        return clock_of_12(&tm, full, out);
    }
    if (strftime(out, WORDING_MAX, full ? "%H:%M:%S" : "%H:%M", &tm) == 0) {
        out[0] = '\0';
    }
    return out;
}

const char *wording_day(int64_t seconds, int64_t now, char out[WORDING_MAX])
{
    struct tm then, today, yesterday;
    char clock[WORDING_MAX];

    local_time(seconds, &then);
    local_time(now, &today);
    local_time(now - 86400, &yesterday);
    if (then.tm_yday == today.tm_yday && then.tm_year == today.tm_year) {
        wording_clock(seconds, false, clock);
        snprintf(out, WORDING_MAX, _("today %.10s"),
                 clock + strspn(clock, " "));
    } else if (then.tm_yday == yesterday.tm_yday &&
               then.tm_year == yesterday.tm_year) {
        snprintf(out, WORDING_MAX, "%s", _("yesterday"));
    } else if (strftime(out, WORDING_MAX, "%Y-%m-%d", &then) == 0) {
        out[0] = '\0';
    }
    return out;
}

const char *wording_date(int64_t seconds, char out[WORDING_MAX])
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (seconds == 0 || gmtime_r(&t, &tm) == NULL ||
        strftime(out, WORDING_MAX, "%Y-%m-%d", &tm) == 0) {
        out[0] = '\0';
    }
    return out;
}

const char *wording_moment(int64_t seconds, int64_t now, bool full,
                           char out[WORDING_MAX])
{
    struct tm then, today;

    local_time(seconds, &then);
    local_time(now, &today);
    if (then.tm_yday == today.tm_yday && then.tm_year == today.tm_year) {
        return wording_clock(seconds, true, out);
    }
    if (strftime(out, WORDING_MAX, full ? "%m-%d %H:%M" : "%m-%d", &then) ==
        0) {
        out[0] = '\0';
    }
    return out;
}

const char *wording_tracker(const struct row_tracker *t)
{
    if (!t->connected) {
        return t->problem != NULL ? t->problem : _("connecting");
    }
    if (t->is_primary) {
        return _("in use");
    }
    return t->logged_in ? _("up") : _("no login");
}
