#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../lib/certcraft.h"
#include "crypto/cert.h"
#include "crypto/tlsctx.h"
#include "engine/membership.h"
#include "util/clock.h"
#include "util/err.h"

enum { DAY = 86400 };

/* Contexts look at the real time. */
#define NOW (f->now)

struct fixture {
    struct certcraft_group g;
    struct tlsctx *tls;
    struct cert *leaf; /* of anna, id u-anna, issued NOW */
    int64_t now;
    struct err e;
    char user[65], id[65];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof *f);
    f->now = clock_wall();
    certcraft_group_init(&f->g, "lab", NOW);
    assert_int_equal(
        tlsctx_new_group(f->g.key, f->g.member, f->g.root, &f->tls, &f->e), 0);
    f->leaf =
        certcraft_sign(&f->g, f->g.key, "anna", "u-anna", NOW, NOW + 3 * DAY);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    cert_free(f->leaf);
    tlsctx_unref(f->tls);
    certcraft_group_close(&f->g);
    return 0;
}

static struct membership *
make(struct fixture *f, const struct membership_denial *denials, size_t count)
{
    return membership_new("lab", "u-me", f->tls, NOW + DAY, denials, count);
}

/* What was given comes back; references keep it alive. */
static void membership_new_keeps_values(void **state)
{
    struct fixture *f = *state;
    struct membership *m = make(f, NULL, 0);

    assert_ptr_equal(membership_ref(m), m);
    membership_unref(m);
    assert_ptr_equal(membership_tls(m), f->tls);
    assert_string_equal(membership_group(m), "lab");
    assert_string_equal(membership_own_user_id(m), "u-me");
    assert_int_equal(membership_not_after(m), NOW + DAY);
    assert_false(membership_is_denied(m, "u-anna", 0));
    membership_unref(m);
    membership_unref(NULL);
}

/* A member is let in and named. */
static void membership_check_member(void **state)
{
    struct fixture *f = *state;
    struct membership *m = make(f, NULL, 0);

    assert_int_equal(
        membership_check(m, f->leaf, NOW + 1, f->user, f->id, &f->e), 0);
    assert_string_equal(f->user, "anna");
    assert_string_equal(f->id, "u-anna");
    membership_unref(m);
}

/* After the end of the certificate the connection is refused. */
static void membership_check_expired(void **state)
{
    struct fixture *f = *state;
    struct membership *m = make(f, NULL, 0);

    assert_int_equal(
        membership_check(m, f->leaf, NOW + 3 * DAY + 1, f->user, f->id, &f->e),
        P2P_EACCES);
    assert_non_null(strstr(f->e.text, "expired"));
    assert_string_equal(f->user, ""); /* untouched */
    membership_unref(m);
}

/* A denial holds for certificates issued before it, not for later ones. */
static void membership_check_denied(void **state)
{
    struct fixture *f = *state;
    const struct membership_denial denials[] = {
        {"u-zoe", NOW + 50}, {"u-anna", NOW - 5}, {"u-anna", NOW + 1},
        {"u-ann", NOW + 9},  {"u-annabel", 1},    {"u-anna", NOW - 900},
    };
    struct membership *m = make(f, denials, 6);

    assert_int_equal(
        membership_check(m, f->leaf, NOW + 5, f->user, f->id, &f->e),
        P2P_EACCES);
    assert_non_null(strstr(f->e.text, "anna"));
    assert_true(membership_is_denied(m, "u-anna", NOW));
    assert_false(membership_is_denied(m, "u-anna", NOW + 1));
    assert_true(membership_is_denied(m, "u-zoe", NOW));
    assert_false(membership_is_denied(m, "u-annabel", NOW));
    assert_false(membership_is_denied(m, "u-bert", 0));
    assert_false(membership_is_denied(m, "", 0));
    membership_unref(m);
}

/* A certificate without a member's identity is refused. */
static void membership_check_not_a_member(void **state)
{
    struct fixture *f = *state;
    struct membership *m = make(f, NULL, 0);

    assert_int_equal(membership_check(m, f->g.root, NOW, f->user, f->id, &f->e),
                     P2P_EACCES);
    membership_unref(m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(membership_new_keeps_values),   TEST(membership_check_member),
        TEST(membership_check_expired),      TEST(membership_check_denied),
        TEST(membership_check_not_a_member),
    };

    return cmocka_run_group_tests_name("engine/membership", tests, NULL, NULL);
}
