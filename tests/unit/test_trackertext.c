/* What trackers say: known sentences are found, and nothing else is touched. */
#include "config.h"

#include <libintl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/trackertext.h"

/* The language of these tests: the number stands first in it. */
static char *translated(const char *text)
{
    static char no_group[] = "ne estas tia grupo";
    static char too_often[] = "post %d s provu denove";

    if (strcmp(text, "no such group") == 0) {
        return no_group;
    }
    if (strcmp(text, "too many attempts; try again in %d s") == 0) {
        return too_often;
    }
    return (char *)(uintptr_t)text;
}

/* Whichever of these gettext() is a macro for. */
#undef gettext
#undef dgettext
#undef dcgettext
char *gettext(const char *text)
{
    return translated(text);
}

char *dgettext(const char *domain, const char *text)
{
    (void)domain;
    return translated(text);
}

char *dcgettext(const char *domain, const char *text, int category)
{
    (void)domain;
    (void)category;
    return translated(text);
}

static void trackertext_known(void **state)
{
    char out[64];

    (void)state;
    assert_string_equal(trackertext("no such group", out, sizeof(out)),
                        "ne estas tia grupo");
}

/* The number goes where the language wants it; what does not fit is cut. */
static void trackertext_number(void **state)
{
    char out[64], few[8];

    (void)state;
    assert_string_equal(
        trackertext("too many attempts; try again in 42 s", out, sizeof(out)),
        "post 42 s provu denove");
    assert_string_equal(
        trackertext("too many attempts; try again in 42 s", few, sizeof(few)),
        "post 42");
}

/* What only looks like it, and formats of others, are passed on untouched. */
static void trackertext_foreign(void **state)
{
    static const char *const foreign[] = {
        "",
        "no such group!",
        "no such",
        "%s%n",
        "too many attempts; try again in %d s",
        "too many attempts; try again in x s",
        "too many attempts; try again in 42 s, or not",
        "too many attempts; try again in ",
    };
    char out[64];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        assert_ptr_equal(trackertext(foreign[i], out, sizeof(out)), foreign[i]);
    }
    assert_null(trackertext(NULL, out, sizeof(out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trackertext_known),
        cmocka_unit_test(trackertext_number),
        cmocka_unit_test(trackertext_foreign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
