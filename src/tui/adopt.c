#include "config.h"

#include "tui/adopt.h"

#include <langinfo.h>
#include <stdlib.h>

#include "tui/main_state.h"
#include "tui/setting_store.h"
#include "tui/setup.h"
#include "tui/ui.h"
#include "tui/wording.h"
#include "util/err.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/units.h"

void adopt_everywhere(const struct settings *s)
{
    units_use_decimal(settings_choice(s, SETTING_UNITS) == UNITS_1000);
    wording_use_12_hours(settings_choice(s, SETTING_CLOCK) == CLOCK_12);
    log_set_level(settings_choice(s, SETTING_LOG) == LOG_MORE ? LOG_LEVEL_INFO
                                                              : LOG_LEVEL_WARN);
}

/* Only a change of the setting counts: the pieces may show something else by
 * now, and the characters of a test are its own. */
static bool has_changed(int *adopted, int choice)
{
    bool changed = *adopted != choice;

    *adopted = choice;
    return changed;
}

void adopt_on_screen(struct ui *ui, bool begins)
{
    const struct settings *s = ui->setup->settings;

    adopt_everywhere(s);
    if (has_changed(&ui->adopted_chars, settings_choice(s, SETTING_CHARS)) &&
        !begins) {
        ui->tier = glyph_tier_wanted(settings_value(s, SETTING_CHARS),
                                     nl_langinfo(CODESET), getenv("TERM"));
    }
    if (has_changed(&ui->adopted_grid, settings_choice(s, SETTING_GRID))) {
        piecemap_choose(&ui->main->map, settings_value(s, SETTING_GRID));
    }
    ui->toast.info_ms = 1000 * settings_number(s, SETTING_NOTICE_STAY);
    ui->dirty = true;
    ui->urgent = true;
}

static void say_saved(struct ui *ui, enum setting_id id)
{
    char *path = setting_store_path(ui->setup->settings);

    if (settings_origin(ui->setup->settings, id) == ORIGIN_SESSION) {
        ui_notice(ui, NOTICE_DONE,
                  _("Saved in %s, but the environment or the command line "
                    "sets it too"),
                  path);
    } else if (!setting_at(id)->live) {
        ui_notice(ui, NOTICE_DONE,
                  _("Saved in %s; has its effect at the next start"), path);
    } else {
        ui_notice(ui, NOTICE_DONE, _("Saved in %s"), path);
    }
    free(path);
}

bool adopt_change(struct ui *ui, enum setting_id id, const char *text)
{
    struct settings *s = ui->setup->settings;
    char sentence[WORDING_SENTENCE];
    struct err e = {.code = 0};
    int rv;

    if (s == NULL) {
        return false;
    }
    rv = setting_store(s, id, text, &e);
    if (rv == P2P_EUSAGE) {
        ui_notice(ui, NOTICE_ERROR, "%s",
                  wording_sentence(e.text, sentence, sizeof(sentence)));
        return false;
    }
    adopt_on_screen(ui, false);
    if (rv < 0) {
        ui_notice(ui, NOTICE_WARNING, "%s", e.text);
    } else {
        say_saved(ui, id);
    }
    return true;
}

void adopt_file(struct ui *ui)
{
    struct err e = {.code = 0};
    char *path;

    if (ui->setup->settings == NULL) {
        return;
    }
    if (setting_store_reload(ui->setup->settings, &e) < 0) {
        ui_notice(ui, NOTICE_ERROR, "%s", e.text);
        return;
    }
    adopt_on_screen(ui, false);
    path = setting_store_path(ui->setup->settings);
    ui_notice(ui, NOTICE_DONE, _("Read %s again"), path);
    free(path);
}
