/* Tests of util/err. */
#include "config.h"

#include "util/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each code has a word that leads back to it and a text. */
static void err_word_leads_back(void **state)
{
    (void)state;
    for (int code = -1; code >= -25; code--) {
        assert_int_equal(err_from_word(err_word(code)), code);
        assert_string_not_equal(err_text(code), "unknown error");
    }
    assert_string_equal(err_word(P2P_EACCES), "not_authorised");
}

/* Numbers and words from elsewhere do no harm. */
static void err_text_of_unknown(void **state)
{
    (void)state;
    assert_string_equal(err_text(0), "unknown error");
    assert_string_equal(err_text(-999), "unknown error");
    assert_string_equal(err_text(42), "unknown error");
    assert_string_equal(err_word(-999), "internal");
    assert_int_equal(err_from_word("no such word"), P2P_EINTERNAL);
    assert_int_equal(err_from_word(""), P2P_EINTERNAL);
}

/* The usual numbers map to what they mean; the rest is an input error. */
static void err_from_errno_table(void **state)
{
    (void)state;
    assert_int_equal(err_from_errno(ENOENT), P2P_ENOENT);
    assert_int_equal(err_from_errno(ENOSPC), P2P_ENOSPC);
    assert_int_equal(err_from_errno(EDQUOT), P2P_ENOSPC);
    assert_int_equal(err_from_errno(EACCES), P2P_EACCES);
    assert_int_equal(err_from_errno(ECONNREFUSED), P2P_ECONNECT);
    assert_int_equal(err_from_errno(ECONNRESET), P2P_ECLOSED);
    assert_int_equal(err_from_errno(EAGAIN), P2P_EAGAIN);
    assert_int_equal(err_from_errno(EIO), P2P_EIO);
    assert_int_equal(err_from_errno(99999), P2P_EIO);
}

/* The code comes back, so that callers can return the call. */
static void err_set_returns_the_code(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_set(&e, P2P_EINVAL, "line %d", 3), P2P_EINVAL);
    assert_int_equal(e.code, P2P_EINVAL);
    assert_string_equal(e.text, "line 3");
    assert_int_equal(err_set(NULL, P2P_EIO, "nobody reads"), P2P_EIO);
    assert_int_equal(err_set_errno(NULL, ENOENT, "nobody"), P2P_ENOENT);
}

/* A text that is too long is cut, with its NUL. */
static void err_set_cuts(void **state)
{
    static char text[3 * ERR_TEXT_MAX];
    struct err e;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    err_set(&e, P2P_EIO, "%s", text);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
    err_set_errno(&e, ENOENT, "%s", text);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

/* The system's reason stands behind our text. */
static void err_set_errno_appends(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_set_errno(&e, ENOENT, "cannot open %s", "x"),
                     P2P_ENOENT);
    assert_string_equal(e.text, "cannot open x: No such file or directory");
}

/* Context goes in front of the text that is already there. */
static void err_set_own_text(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, P2P_EIO, "inner");
    err_set(&e, P2P_EIO, "outer: %s", e.text);
    assert_string_equal(e.text, "outer: inner");
    for (int i = 0; i < 200; i++) {
        err_set(&e, P2P_EIO, "more: %s", e.text);
    }
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
    assert_int_equal(strncmp(e.text, "more: more: ", 12), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_word_leads_back),
        cmocka_unit_test(err_text_of_unknown),
        cmocka_unit_test(err_from_errno_table),
        cmocka_unit_test(err_set_returns_the_code),
        cmocka_unit_test(err_set_cuts),
        cmocka_unit_test(err_set_errno_appends),
        cmocka_unit_test(err_set_own_text),
    };
    return cmocka_run_group_tests_name("util/err", tests, NULL, NULL);
}
