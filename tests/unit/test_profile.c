#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "engine/profile.h"
#include "lib/sample.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/mem.h"

#define ID "0123456789abcdef"
#define TOKEN "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct fixture {
    char *parent;
    char *dir; /* does not exist at first */
    struct profile *p;
    mode_t umask;
};

static void open_it(struct fixture *f)
{
    struct err e = {0};

    assert_int_equal(profile_open(f->dir, &f->p, &e), 0);
}

static void open_again(struct fixture *f)
{
    profile_close(f->p);
    f->p = NULL;
    open_it(f);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);

    f->umask = umask(0); /* modes must not depend on it */
    f->parent = sample_directory();
    f->dir = mem_printf("%s/state/p2ptui/default", f->parent);
    open_it(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    profile_close(f->p);
    umask(f->umask);
    free(f->dir);
    sample_remove(f->parent);
    free(f);
    return 0;
}

static unsigned mode_of(const struct fixture *f, const char *name)
{
    char *path = mem_printf("%s/%s", f->dir, name);
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    free(path);
    return st.st_mode & 0777;
}

static void log_in(struct fixture *f)
{
    struct err e = {0};

    assert_int_equal(
        profile_set_login(f->p, "anna \"the\" o'\\x\\", ID, TOKEN, &e), 0);
}

static struct contact contact_of(const char *text)
{
    struct contact c;
    struct err e = {0};

    assert_int_equal(contact_parse(text, &c, &e), 0);
    return c;
}

/* ---- The directory ------------------------------------------------------- */

/* All that is secret is for its owner alone, whatever the umask. */
static void profile_open_private(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of("tracker.example:16666");
    uint8_t pin[32] = {1};
    struct err e = {0};
    struct key *key;

    log_in(f);
    assert_int_equal(profile_key(f->p, &key, &e), 0);
    assert_int_equal(profile_add_pin(f->p, &c, pin, &e), 0);
    assert_int_equal(profile_save_trackers(f->p, &c, 1, &e), 0);
    assert_int_equal(mode_of(f, "."), 0700);
    assert_int_equal(mode_of(f, "lock"), 0600);
    assert_int_equal(mode_of(f, "session"), 0600);
    assert_int_equal(mode_of(f, "keys"), 0700);
    assert_int_equal(mode_of(f, "keys/" ID ".pem"), 0600);
    assert_int_equal(mode_of(f, "known-trackers"), 0600);
    assert_int_equal(mode_of(f, "trackers"), 0600);
}

/* A directory that somebody opened up is closed again. */
static void profile_open_loose_directory(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(chmod(f->dir, 0755), 0);
    open_again(f);
    assert_int_equal(mode_of(f, "."), 0700);
}

/* One process per profile: the second is refused and told what to do, and the
 * lock ends with the first. */
static void profile_open_twice(void **state)
{
    struct fixture *f = *state;
    struct profile *second = NULL;
    struct err e = {0};

    assert_int_equal(profile_open(f->dir, &second, &e), P2P_EBUSY);
    assert_null(second);
    assert_non_null(strstr(e.text, f->dir));
    assert_non_null(strstr(e.text, "--profile"));
    open_again(f);
}

/* A place where nothing can be made is named. */
static void profile_open_impossible(void **state)
{
    struct fixture *f = *state;
    char *path = mem_printf("%s/lock/below", f->dir);
    struct profile *second = NULL;
    struct err e = {0};

    assert_true(profile_open(path, &second, &e) < 0);
    assert_null(second);
    assert_non_null(strstr(e.text, path));
    free(path);
}

/* ---- The login ----------------------------------------------------------- */

/* A login lasts over a restart, with a name of any letters. */
static void profile_set_login_lasts(void **state)
{
    struct fixture *f = *state;

    log_in(f);
    open_again(f);
    assert_string_equal(profile_user(f->p), "anna \"the\" o'\\x\\");
    assert_string_equal(profile_user_id(f->p), ID);
    assert_string_equal(profile_token(f->p), TOKEN);
}

/* A cleared login leaves no trace. */
static void profile_clear_login_lasts(void **state)
{
    struct fixture *f = *state;
    char *path = mem_printf("%s/session", f->dir);

    log_in(f);
    profile_clear_login(f->p);
    assert_null(profile_user(f->p));
    assert_null(profile_token(f->p));
    assert_int_not_equal(access(path, F_OK), 0);
    profile_clear_login(f->p);
    open_again(f);
    assert_null(profile_token(f->p));
    free(path);
}

static void write_session(struct fixture *f, const char *text)
{
    char *path = mem_printf("%s/session", f->dir);
    struct err e = {0};

    assert_int_equal(profile_write_private(path, text, &e), 0);
    free(path);
}

/* Half a login counts as none; the program starts. */
static void profile_open_broken_session(void **state)
{
    static const char *const texts[] = {"", "user = anna\n", "\x01\xff\n",
                                        "user = a\nuser_id = b\n"};
    struct fixture *f = *state;
    size_t i;

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_session(f, texts[i]);
        open_again(f);
        assert_null(profile_user(f->p));
        assert_null(profile_token(f->p));
    }
}

/* When the disk takes nothing the login of before stays whole. */
static void profile_set_login_no_room(void **state)
{
    struct fixture *f = *state;
    char *path = mem_printf("%s/session", f->dir);
    struct err e = {0};

    /* A directory in the way stands for a disk that refuses, also for root. */
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(profile_set_login(f->p, "bert", ID, TOKEN, &e) < 0);
    assert_non_null(strstr(e.text, path));
    assert_null(profile_user(f->p));
    assert_int_equal(rmdir(path), 0);
    free(path);
}

/* ---- Keys ---------------------------------------------------------------- */

/* Each user has one key, which stays; another user gets another one. */
static void profile_key_per_user(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct key *key;
    char *first, *again, *other;

    assert_int_equal(profile_key(f->p, &key, &e), P2P_ENOTLOGIN);
    log_in(f);
    assert_int_equal(profile_key(f->p, &key, &e), 0);
    first = key_to_pem(key);
    open_again(f);
    assert_int_equal(profile_key(f->p, &key, &e), 0);
    again = key_to_pem(key);
    assert_int_equal(profile_set_login(f->p, "bert", "b", TOKEN, &e), 0);
    assert_int_equal(profile_key(f->p, &key, &e), 0);
    other = key_to_pem(key);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    free(first);
    free(again);
    free(other);
}

/* A tracker cannot choose a place outside with a user id. */
static void profile_key_hostile_id(void **state)
{
    static const char *const ids[] = {"../../x", "a/b",  "",   ".",
                                      "A",       "a\nb", "..", NULL};
    struct fixture *f = *state;
    struct err e = {0};
    struct key *key;
    size_t i;

    for (i = 0; ids[i] != NULL; i++) {
        assert_int_equal(profile_set_login(f->p, "anna", ids[i], TOKEN, &e), 0);
        assert_true(profile_key(f->p, &key, &e) < 0);
    }
}

/* A key file that is no key is an error, not replaced: certificates hang on
 * it. */
static void profile_key_broken(void **state)
{
    struct fixture *f = *state;
    char *path = mem_printf("%s/keys/" ID ".pem", f->dir);
    struct err e = {0};
    struct key *key;

    log_in(f);
    assert_int_equal(profile_key(f->p, &key, &e), 0);
    assert_int_equal(profile_write_private(path, "no key", &e), 0);
    open_again(f);
    assert_true(profile_key(f->p, &key, &e) < 0);
    assert_true(e.text[0] != '\0');
    free(path);
}

/* ---- Trackers ------------------------------------------------------------ */

/* Pins are kept by address and replaced, not doubled. */
static void profile_add_pin_replaces(void **state)
{
    struct fixture *f = *state;
    struct contact c = contact_of("[::1]:7000");
    struct contact other = contact_of("[::1]:7001");
    uint8_t one[32] = {1}, two[32] = {2}, found[32];
    char *path = mem_printf("%s/known-trackers", f->dir);
    struct err e = {0};
    struct stat st;

    assert_false(profile_find_pin(f->p, &c, found));
    assert_int_equal(profile_add_pin(f->p, &c, one, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(profile_add_pin(f->p, &c, two, &e), 0);
    open_again(f);
    assert_true(profile_find_pin(f->p, &c, found));
    assert_memory_equal(found, two, sizeof two);
    assert_false(profile_find_pin(f->p, &other, found));
    free(path);
}

/* The trackers of the last time come back in their order, with their pins. */
static void profile_save_trackers_lasts(void **state)
{
    struct fixture *f = *state;
    struct contact list[2] = {contact_of("b.example:1"),
                              contact_of("[2001:db8::1]:65535")};
    struct contact *out = mem_calloc(CONTACT_LIST_MAX, sizeof *out);
    struct err e = {0};

    assert_int_equal(profile_trackers(f->p, out), 0);
    list[1].has_pin = true;
    memset(list[1].pin, 7, sizeof list[1].pin);
    assert_int_equal(profile_save_trackers(f->p, list, 2, &e), 0);
    open_again(f);
    assert_int_equal(profile_trackers(f->p, out), 2);
    assert_string_equal(out[0].host, "b.example");
    assert_false(out[0].has_pin);
    assert_string_equal(out[1].host, "2001:db8::1");
    assert_int_equal(out[1].port, 65535);
    assert_memory_equal(out[1].pin, list[1].pin, sizeof list[1].pin);
    free(out);
}

/* ---- Groups -------------------------------------------------------------- */

/* Certificates are kept by group and user, whatever letters the name has. */
static void profile_save_group_by_user(void **state)
{
    struct fixture *f = *state;
    char *cert, *root;
    struct err e = {0};

    assert_true(profile_save_group(f->p, "lab", "1", "c", "r", &e) < 0);
    log_in(f);
    assert_int_equal(
        profile_save_group(f->p, "../../la b\xc3\xa4", "1", "cert", "root", &e),
        0);
    open_again(f);
    assert_int_equal(
        profile_load_group(f->p, "../../la b\xc3\xa4", &cert, &root), 0);
    assert_string_equal(cert, "cert");
    assert_string_equal(root, "root");
    free(cert);
    free(root);
    assert_int_equal(profile_load_group(f->p, "lab", &cert, &root), P2P_ENOENT);
    assert_int_equal(profile_set_login(f->p, "bert", "b", TOKEN, &e), 0);
    assert_int_equal(
        profile_load_group(f->p, "../../la b\xc3\xa4", &cert, &root),
        P2P_ENOENT);
}

/* A forgotten group leaves nothing, and can be forgotten twice. */
static void profile_forget_group_twice(void **state)
{
    struct fixture *f = *state;
    char *denied;
    char *cert, *root;
    struct err e = {0};

    log_in(f);
    assert_int_equal(profile_save_group(f->p, "lab", "1", "c", "r", &e), 0);
    assert_null(profile_load_denied(f->p, "lab"));
    assert_int_equal(profile_save_denied(f->p, "lab", "u1 7\n", &e), 0);
    denied = profile_load_denied(f->p, "lab");
    assert_string_equal(denied, "u1 7\n");
    free(denied);
    profile_forget_group(f->p, "lab");
    assert_null(profile_load_denied(f->p, "lab"));
    profile_forget_group(f->p, "lab");
    assert_int_equal(profile_load_group(f->p, "lab", &cert, &root), P2P_ENOENT);
}

/* What the user adds lasts beside the trackers of the login, and is forgotten
 * in both places; an empty list is no error. */
static void profile_added_trackers_last(void **state)
{
    struct fixture *f = *state;
    struct contact list[3] = {0}, read[CONTACT_LIST_MAX];
    struct err e = {0};
    int i;

    for (i = 0; i < 3; i++) {
        snprintf(list[i].host, sizeof list[i].host, "t%d.example", i);
        list[i].port = 16666;
    }
    assert_int_equal(profile_added_trackers(f->p, read), 0);
    assert_int_equal(profile_save_trackers(f->p, list, 2, &e), 0);
    assert_int_equal(profile_save_added_trackers(f->p, list + 1, 2, &e), 0);
    open_again(f);
    assert_int_equal(profile_added_trackers(f->p, read), 2);
    assert_string_equal(read[0].host, "t1.example");
    assert_int_equal(profile_forget_tracker(f->p, &list[1], &e), 0);
    assert_int_equal(profile_trackers(f->p, read), 1);
    assert_string_equal(read[0].host, "t0.example");
    assert_int_equal(profile_added_trackers(f->p, read), 1);
    assert_string_equal(read[0].host, "t2.example");
    assert_int_equal(profile_forget_tracker(f->p, &list[0], &e), 0);
    assert_int_equal(profile_forget_tracker(f->p, &list[2], &e), 0);
    open_again(f);
    assert_int_equal(profile_trackers(f->p, read), 0);
    assert_int_equal(profile_added_trackers(f->p, read), 0);
}

/* S0-42: the port of the last run lasts; a damaged file is no port. */
static void profile_save_port_lasts(void **state)
{
    static const char *const bad[] = {"",     "x\n",  "70000\n",
                                      "-5\n", "7 \n", "7"};
    struct fixture *f = *state;
    struct err e = {0};
    char *path;

    assert_int_equal(profile_port(f->p), 0);
    assert_int_equal(profile_save_port(f->p, 65535, &e), 0);
    open_again(f);
    assert_int_equal(profile_port(f->p), 65535);
    path = mem_printf("%s/port", profile_dir(f->p));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(profile_write_private(path, bad[i], &e), 0);
        assert_int_equal(profile_port(f->p), 0);
    }
    free(path);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(profile_open_private),        T(profile_open_loose_directory),
        T(profile_open_twice),          T(profile_open_impossible),
        T(profile_set_login_lasts),     T(profile_clear_login_lasts),
        T(profile_open_broken_session), T(profile_set_login_no_room),
        T(profile_key_per_user),        T(profile_key_hostile_id),
        T(profile_key_broken),          T(profile_add_pin_replaces),
        T(profile_save_trackers_lasts), T(profile_save_group_by_user),
        T(profile_forget_group_twice),  T(profile_save_port_lasts),
        T(profile_added_trackers_last),
    };
#undef T

    return cmocka_run_group_tests_name("engine/profile", tests, NULL, NULL);
}
