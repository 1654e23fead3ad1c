#include "config.h"

#include "engine/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "crypto/sha256.h"
#include "engine/denials.h"
#include "util/buf.h"
#include "util/conf.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/log.h"
#include "util/mem.h"

enum {
    PROFILE_FILE_MAX = 64 * 1024, /* bytes; far above any file kept here */
    PROFILE_PORT_MAX = 16,        /* bytes of the file "port" */
    PROFILE_PINS_MAX = 1024,      /* trackers remembered */
};

struct profile {
    char *dir;
    int lock;
    char *user, *user_id, *token;
    struct key *key; /* of user_id; loaded when first asked for */
    struct contact *pins;
    size_t pin_count;
};

static char *path_of(const struct profile *p, const char *name)
{
    return mem_printf("%s/%s", p->dir, name);
}

/* A loose state directory would show tokens and keys to other users. */
static int check_private(const char *dir, struct err *e)
{
    struct stat st;

    if (stat(dir, &st) != 0) {
        return err_set_errno(e, errno, _("cannot look at %s"), dir);
    }
    if (st.st_uid != geteuid()) {
        return err_set(e, P2P_EACCES, _("%s belongs to another user"), dir);
    }
    if ((st.st_mode & 077) != 0 && chmod(dir, 0700) != 0) {
        return err_set_errno(e, errno, _("cannot make %s private"), dir);
    }
    return 0;
}

/* key = "name" with quotes and backslashes escaped; free(). */
static char *name_line(const char *key, const char *name)
{
    char *quoted = mem_alloc(2 * strlen(name) + 1);
    char *to = quoted;
    char *line;

    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\') {
            *to++ = '\\';
        }
        *to++ = *name;
    }
    *to = '\0';
    line = mem_printf("%s = \"%s\"\n", key, quoted);
    free(quoted);
    return line;
}

static void load_session(struct profile *p)
{
    struct conf *c = NULL;
    char *path = path_of(p, "session");
    struct err e = {0};
    int rv;

    rv = conf_load(path, &c, &e);
    if (rv == 0) {
        p->user = mem_strdup(conf_get(c, "user"));
        p->user_id = mem_strdup(conf_get(c, "user_id"));
        p->token = mem_strdup(conf_get(c, "token"));
        if (p->user == NULL || p->user_id == NULL || p->token == NULL) {
            log_warn("profile", "%s is not complete; log in again", path);
            profile_clear_login(p);
        }
    } else if (rv != P2P_ENOENT) {
        log_warn("profile", "%s", e.text);
    }
    conf_free(c);
    free(path);
}

static void add_pin(struct profile *p, const struct contact *c)
{
    if (p->pin_count == PROFILE_PINS_MAX) {
        memmove(p->pins, p->pins + 1, (PROFILE_PINS_MAX - 1) * sizeof *p->pins);
        p->pin_count--;
    }
    p->pins = mem_resize(p->pins, p->pin_count + 1, sizeof *p->pins);
    p->pins[p->pin_count++] = *c;
}

static void load_pins(struct profile *p)
{
    char *path = path_of(p, "known-trackers");
    uint8_t *text = NULL;
    struct contact c;
    char *save = NULL;
    char *line;

    if (fd_read_file(path, PROFILE_FILE_MAX * 4, &text, NULL) == 0) {
        for (line = strtok_r((char *)text, "\n", &save); line != NULL;
             line = strtok_r(NULL, "\n", &save)) {
            if (contact_parse(line, &c, NULL) == 0 && c.has_pin) {
                add_pin(p, &c);
            }
        }
    }
    free(text);
    free(path);
}

int profile_open(const char *state_dir, struct profile **out, struct err *e)
{
    struct profile *p = mem_calloc(1, sizeof *p);
    char *path = NULL;
    int rv;

    p->lock = -1;
    p->dir = mem_strdup(state_dir);
    rv = fd_make_dirs(p->dir);
    if (rv < 0) {
        rv = err_set(e, rv, _("cannot make the directory %s: %s"), p->dir,
                     _(err_file_text(rv)));
        goto out;
    }
    rv = check_private(p->dir, e);
    if (rv < 0) {
        goto out;
    }
    path = path_of(p, "lock");
    p->lock = fd_lock_file(path);
    if (p->lock < 0) {
        rv =
            p->lock == P2P_EBUSY
                ? err_set(e, P2P_EBUSY,
                          _("another p2ptui is using the profile in %s; end it "
                            "or choose another one with --profile"),
                          p->dir)
                : err_set(e, p->lock, _("cannot lock %s: %s"), path,
                          _(err_text(p->lock)));
        goto out;
    }
    load_session(p);
    load_pins(p);
    *out = p;
    p = NULL;
    rv = 0;

out:
    free(path);
    profile_close(p);
    return rv;
}

void profile_close(struct profile *p)
{
    if (p == NULL) {
        return;
    }
    if (p->lock >= 0) {
        close(p->lock);
    }
    key_free(p->key);
    free(p->user);
    free(p->user_id);
    mem_free_secret(p->token);
    free(p->pins);
    free(p->dir);
    free(p);
}

const char *profile_dir(const struct profile *p)
{
    return p->dir;
}

const char *profile_user(const struct profile *p)
{
    return p->user;
}

const char *profile_user_id(const struct profile *p)
{
    return p->user_id;
}

const char *profile_token(const struct profile *p)
{
    return p->token;
}

int profile_write_private(const char *path, const char *text, struct err *e)
{
    int rv = fd_replace_file(path, text, strlen(text), 0600);

    if (rv < 0) {
        return err_set(e, rv, _("cannot write %s: %s"), path, _(err_text(rv)));
    }
    return 0;
}

uint16_t profile_port(const struct profile *p)
{
    char *path = path_of(p, "port");
    uint8_t *text = NULL;
    char *end = NULL;
    unsigned long port = 0;

    if (fd_read_file(path, PROFILE_PORT_MAX, &text, NULL) == 0) {
        port = strtoul((char *)text, &end, 10);
        if (port > UINT16_MAX || strcmp(end, "\n") != 0) {
            log_warn("profile", "%s is damaged and not used", path);
            port = 0;
        }
    }
    free(text);
    free(path);
    return (uint16_t)port;
}

int profile_save_port(struct profile *p, uint16_t port, struct err *e)
{
    char *path = path_of(p, "port");
    char *text = mem_printf("%u\n", (unsigned)port);
    int rv = profile_write_private(path, text, e);

    free(text);
    free(path);
    return rv;
}

static void drop_login(struct profile *p)
{
    key_free(p->key);
    p->key = NULL;
    free(p->user);
    free(p->user_id);
    mem_free_secret(p->token);
    p->user = NULL;
    p->user_id = NULL;
    p->token = NULL;
}

int profile_set_login(struct profile *p, const char *user, const char *user_id,
                      const char *token, struct err *e)
{
    char *path = path_of(p, "session");
    char *line = name_line("user", user);
    char *text =
        mem_printf("%suser_id = %s\ntoken = %s\n", line, user_id, token);
    int rv = profile_write_private(path, text, e);

    if (rv == 0) {
        drop_login(p);
        p->user = mem_strdup(user);
        p->user_id = mem_strdup(user_id);
        p->token = mem_strdup(token);
    }
    mem_free_secret(text);
    free(line);
    free(path);
    return rv;
}

void profile_clear_login(struct profile *p)
{
    char *path = path_of(p, "session");

    drop_login(p);
    if (unlink(path) != 0 && errno != ENOENT) {
        log_warn("profile", "cannot remove %s: %s", path, strerror(errno));
    }
    free(path);
}

/* User and group ids come from the tracker; only plain ones become a name. */
static bool is_plain_id(const char *id)
{
    size_t length = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz-");

    return length > 0 && length <= 64 && id[length] == '\0';
}

int profile_key(struct profile *p, struct key **out, struct err *e)
{
    char *dir = NULL, *path = NULL, *pem = NULL;
    uint8_t *text = NULL;
    int rv;

    if (p->user_id == NULL || !is_plain_id(p->user_id)) {
        return err_set(e, P2P_ENOTLOGIN, "not logged in");
    }
    if (p->key != NULL) {
        *out = p->key;
        return 0;
    }
    dir = path_of(p, "keys");
    path = mem_printf("%s/%s.pem", dir, p->user_id);
    rv = fd_read_file(path, PROFILE_FILE_MAX, &text, NULL);
    if (rv == 0) {
        rv = key_from_pem((char *)text, &p->key, e);
    } else if (rv == P2P_ENOENT) {
        p->key = key_new();
        pem = key_to_pem(p->key);
        rv = fd_make_dirs(dir);
        if (rv == 0) {
            rv = profile_write_private(path, pem, e);
        }
    } else {
        rv = err_set(e, rv, _("cannot read %s: %s"), path, _(err_text(rv)));
    }
    if (rv == 0) {
        *out = p->key;
    } else {
        key_free(p->key);
        p->key = NULL;
    }
    mem_free_secret(pem);
    mem_free_secret((char *)text);
    free(path);
    free(dir);
    return rv;
}

static int load_contacts(const struct profile *p, const char *name,
                         struct contact *out)
{
    char *path = path_of(p, name);
    struct err e = {0};
    int rv = contact_load_list(path, out, &e);

    if (rv < 0 && rv != P2P_ENOENT) {
        log_warn("profile", "%s", e.text);
    }
    free(path);
    return rv < 0 ? 0 : rv;
}

int profile_trackers(const struct profile *p, struct contact *out)
{
    return load_contacts(p, "trackers", out);
}

int profile_added_trackers(const struct profile *p, struct contact *out)
{
    return load_contacts(p, "added-trackers", out);
}

static void put_contact(struct buf *b, const struct contact *c)
{
    char address[CONTACT_HOST_MAX + 16];
    char hex[2 * CONTACT_PIN_SIZE + 1];

    contact_format(c, address, sizeof address);
    if (c->has_pin) {
        hex_encode(c->pin, CONTACT_PIN_SIZE, hex);
        buf_printf(b, "%s sha256:%s\n", address, hex);
    } else {
        buf_printf(b, "%s\n", address);
    }
}

static int save_contacts(struct profile *p, const char *name,
                         const struct contact *list, size_t count,
                         struct err *e)
{
    char *path = path_of(p, name);
    struct buf b;
    size_t i;
    int rv;

    buf_init(&b, 1 << 20);
    for (i = 0; i < count; i++) {
        put_contact(&b, &list[i]);
    }
    rv = fd_replace_file(path, buf_head(&b), buf_length(&b), 0600);
    if (rv < 0) {
        err_set(e, rv, _("cannot write %s: %s"), path, _(err_text(rv)));
    }
    buf_close(&b);
    free(path);
    return rv;
}

int profile_save_trackers(struct profile *p, const struct contact *list,
                          size_t count, struct err *e)
{
    return save_contacts(p, "trackers", list, count, e);
}

/* An empty list is no file: one without a tracker would be an error. */
static int save_or_remove(struct profile *p, const char *name,
                          const struct contact *list, size_t count,
                          struct err *e)
{
    char *path;
    int rv = 0;

    if (count > 0) {
        return save_contacts(p, name, list, count, e);
    }
    path = path_of(p, name);
    if (unlink(path) != 0 && errno != ENOENT) {
        rv = err_set(e, P2P_EIO, _("cannot remove %s: %s"), path,
                     strerror(errno));
    }
    free(path);
    return rv;
}

int profile_save_added_trackers(struct profile *p, const struct contact *list,
                                size_t count, struct err *e)
{
    return save_or_remove(p, "added-trackers", list, count, e);
}

static int forget_in(struct profile *p, const char *name,
                     const struct contact *c, struct err *e)
{
    struct contact list[CONTACT_LIST_MAX];
    int count = load_contacts(p, name, list);
    int i, kept = 0;

    for (i = 0; i < count; i++) {
        if (!contact_same_place(&list[i], c)) {
            list[kept++] = list[i];
        }
    }
    return kept < count ? save_or_remove(p, name, list, (size_t)kept, e) : 0;
}

int profile_forget_tracker(struct profile *p, const struct contact *c,
                           struct err *e)
{
    int rv = forget_in(p, "trackers", c, e);

    return rv < 0 ? rv : forget_in(p, "added-trackers", c, e);
}

static struct contact *find_pin(const struct profile *p,
                                const struct contact *c)
{
    size_t i;

    for (i = 0; i < p->pin_count; i++) {
        if (contact_same_place(&p->pins[i], c)) {
            return &p->pins[i];
        }
    }
    return NULL;
}

bool profile_find_pin(const struct profile *p, const struct contact *c,
                      uint8_t pin[32])
{
    const struct contact *known = find_pin(p, c);

    if (known == NULL) {
        return false;
    }
    memcpy(pin, known->pin, CONTACT_PIN_SIZE);
    return true;
}

int profile_add_pin(struct profile *p, const struct contact *c,
                    const uint8_t pin[32], struct err *e)
{
    struct contact *known = find_pin(p, c);
    struct contact fresh = *c;

    fresh.has_pin = true;
    memcpy(fresh.pin, pin, CONTACT_PIN_SIZE);
    if (known != NULL) {
        *known = fresh;
    } else {
        add_pin(p, &fresh);
    }
    return save_contacts(p, "known-trackers", p->pins, p->pin_count, e);
}

bool profile_token_is_for(const struct profile *p, const struct contact *c,
                          const uint8_t pin[32])
{
    struct contact list[CONTACT_LIST_MAX];
    uint8_t known[CONTACT_PIN_SIZE];
    int count = profile_trackers(p, list);
    int i;

    for (i = 0; i < count; i++) {
        if (contact_same_place(&list[i], c)) {
            return true;
        }
        if (!list[i].has_pin && !profile_find_pin(p, &list[i], known)) {
            continue;
        }
        if (list[i].has_pin) {
            memcpy(known, list[i].pin, sizeof known);
        }
        if (memcmp(known, pin, sizeof known) == 0) {
            return true;
        }
    }
    return false;
}

/* Group names may hold any letter, so their directory is named by a hash. The
 * user is part of it: another account has other certificates. */
static char *group_dir(const struct profile *p, const char *group)
{
    char *label = mem_printf("%s/%s", p->user_id, group);
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    sha256_digest(label, strlen(label), digest);
    hex_encode(digest, 16, hex);
    free(label);
    return mem_printf("%s/groups/%s", p->dir, hex);
}

static int save_in(const char *dir, const char *name, const char *text,
                   struct err *e)
{
    char *path = mem_printf("%s/%s", dir, name);
    int rv = profile_write_private(path, text, e);

    free(path);
    return rv;
}

int profile_save_group(struct profile *p, const char *group,
                       const char *group_id, const char *cert_pem,
                       const char *root_pem, struct err *e)
{
    char *dir;
    char *line, *about;
    int rv;

    if (p->user_id == NULL) {
        return err_set(e, P2P_ENOTLOGIN, "not logged in");
    }
    dir = group_dir(p, group);
    line = name_line("group", group);
    about = mem_printf("%sgroup_id = %s\n", line, group_id);
    free(line);
    rv = fd_make_dirs(dir);
    if (rv < 0) {
        err_set(e, rv, _("cannot make %s: %s"), dir, _(err_text(rv)));
    }
    if (rv == 0) {
        rv = save_in(dir, "root.pem", root_pem, e);
    }
    if (rv == 0) {
        rv = save_in(dir, "group", about, e);
    }
    if (rv == 0) { /* last: its presence says that the others are there */
        rv = save_in(dir, "cert.pem", cert_pem, e);
    }
    free(about);
    free(dir);
    return rv;
}

static char *load_from(const char *dir, const char *name, size_t max)
{
    char *path = mem_printf("%s/%s", dir, name);
    uint8_t *text = NULL;
    int rv = fd_read_file(path, max, &text, NULL);

    free(path);
    return rv == 0 ? (char *)text : NULL;
}

int profile_load_group(const struct profile *p, const char *group,
                       char **cert_pem, char **root_pem)
{
    char *dir, *cert, *root;

    if (p->user_id == NULL) {
        return P2P_ENOTLOGIN;
    }
    dir = group_dir(p, group);
    cert = load_from(dir, "cert.pem", PROFILE_FILE_MAX);
    root = load_from(dir, "root.pem", PROFILE_FILE_MAX);
    free(dir);
    if (cert == NULL || root == NULL) {
        free(cert);
        free(root);
        return P2P_ENOENT;
    }
    *cert_pem = cert;
    *root_pem = root;
    return 0;
}

int profile_save_denied(struct profile *p, const char *group, const char *text,
                        struct err *e)
{
    char *dir;
    int rv;

    if (p->user_id == NULL) {
        return err_set(e, P2P_ENOTLOGIN, "not logged in");
    }
    dir = group_dir(p, group);
    rv = save_in(dir, "denied", text, e);
    free(dir);
    return rv;
}

char *profile_load_denied(const struct profile *p, const char *group)
{
    char *dir, *text;

    if (p->user_id == NULL) {
        return NULL;
    }
    dir = group_dir(p, group);
    text = load_from(dir, "denied", DENIALS_TEXT);
    free(dir);
    return text;
}

void profile_forget_group(struct profile *p, const char *group)
{
    static const char *const names[] = {"cert.pem", "denied", "group",
                                        "root.pem"};
    char *dir, *path;
    size_t i;

    if (p->user_id == NULL) {
        return;
    }
    dir = group_dir(p, group);
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        path = mem_printf("%s/%s", dir, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(dir);
    free(dir);
}
