#include "config.h"

#include "util/contact.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/intl.h"
#include "util/mem.h"
#include "util/text.h"

enum {
    CONTACT_FILE_MAX = 1 << 16, /* bytes; 64 lines need a fraction of it */
    CONTACT_SHOWN_MAX = 120,    /* bytes of bad input that errors repeat */
};

static const char pin_scheme[] = "sha256:";

/* Set `e` to P2P_EINVAL, "REASON: INPUT", with the input made safe to show. */
static int refuse(struct err *e, const char *reason, const char *input)
{
    char *safe = text_safe(input, strnlen(input, CONTACT_SHOWN_MAX));
    int rv = err_set(e, P2P_EINVAL, "%s: \"%s\"", reason, safe);

    free(safe);
    return rv;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A copy of [from, to) without blanks at its ends; free() it. */
static char *copy_trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from)) {
        from++;
    }
    while (to > from && is_blank(to[-1])) {
        to--;
    }
    return mem_strndup(from, (size_t)(to - from));
}

static int parse_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long value;

    if (digits < 1 || digits > 5 || text[digits] != '\0') {
        return P2P_EINVAL;
    }
    value = strtoul(text, NULL, 10);
    if (value > UINT16_MAX) {
        return P2P_EINVAL;
    }
    *port = (uint16_t)value;
    return 0;
}

/* An IPv6 address, with "%ZONE" behind a link-local one if need be. */
static bool is_ipv6(const char *host)
{
    static const char zone_characters[] = "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789._-";
    size_t length = strcspn(host, "%");
    char address[INET6_ADDRSTRLEN];
    struct in6_addr binary;

    if (length >= sizeof(address)) {
        return false;
    }
    memcpy(address, host, length);
    address[length] = '\0';
    if (inet_pton(AF_INET6, address, &binary) != 1) {
        return false;
    }
    if (host[length] == '\0') {
        return true;
    }
    host += length + 1;
    return host[0] != '\0' && host[strspn(host, zone_characters)] == '\0';
}

/* An IPv4 address or a name: letters, digits, "-", "_" and ".". What consists
 * of digits and dots alone must be an address. */
static bool is_host_name(const char *host)
{
    struct in_addr binary;
    bool numeric = true;

    if (host[0] == '\0' || host[0] == '-' || host[0] == '.') {
        return false;
    }
    for (const char *at = host; *at != '\0'; at++) {
        bool digit = *at >= '0' && *at <= '9';
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');

        if (!digit && !letter && strchr("-_.", *at) == NULL) {
            return false;
        }
        if (*at == '.' && at[1] == '.') {
            return false;
        }
        numeric = numeric && (digit || *at == '.');
    }
    return !numeric || inet_pton(AF_INET, host, &binary) == 1;
}

/* Split "HOST:PORT" at its end; writes only to out->host and out->port. */
static int parse_address(char *text, struct contact *out, struct err *e)
{
    char *colon = strrchr(text, ':');
    char *host = text;
    bool bracketed = text[0] == '[';
    size_t length;

    if (colon == NULL || (bracketed && (colon == text || colon[-1] != ']'))) {
        return refuse(e, _("expected HOST:PORT"), text);
    }
    length = (size_t)(colon - text);
    if (bracketed) {
        host++;
        length -= 2;
    } else if (memchr(text, ':', length) != NULL) {
        return refuse(e, _("an IPv6 address stands in brackets, as [::1]:PORT"),
                      text);
    }
    if (length >= sizeof(out->host)) {
        return refuse(e, _("the host name is too long"), text);
    }
    if (parse_port(colon + 1, &out->port) < 0) {
        return refuse(e, _("the port is not a number from 1 to 65535"), text);
    }
    memcpy(out->host, host, length);
    out->host[length] = '\0';
    if (bracketed ? !is_ipv6(out->host) : !is_host_name(out->host)) {
        return refuse(e, _("not a host name or an address"), text);
    }
    return 0;
}

static int parse_pin(const char *text, struct contact *out, struct err *e)
{
    size_t scheme = sizeof(pin_scheme) - 1;

    if (strncmp(text, pin_scheme, scheme) != 0 ||
        hex_decode(text + scheme, out->pin, sizeof(out->pin)) < 0) {
        return refuse(e, _("a pin is sha256: and 64 hexadecimal digits"), text);
    }
    out->has_pin = true;
    return 0;
}

/* Parse [from, to), which has no comment in it. */
static int parse_range(const char *from, const char *to, struct contact *out,
                       struct err *e)
{
    char *text = copy_trimmed(from, to);
    struct contact found = {.has_pin = false};
    size_t length = strcspn(text, ", \t\r\n");
    char *pin = NULL;
    int rv;

    if (text[length] != '\0') {
        pin = copy_trimmed(text + length + 1, text + strlen(text));
        /* "HOST:PORT , sha256:..." has blanks and a comma. */
        if (text[length] != ',' && pin[0] == ',') {
            char *rest = copy_trimmed(pin + 1, pin + strlen(pin));

            free(pin);
            pin = rest;
        }
        text[length] = '\0';
    }
    rv = parse_address(text, &found, e);
    if (rv == 0 && found.port == 0) {
        rv = refuse(e, _("the port is not a number from 1 to 65535"), text);
    }
    if (rv == 0 && pin != NULL) {
        rv = parse_pin(pin, &found, e);
    }
    if (rv == 0) {
        *out = found;
    }
    free(pin);
    free(text);
    return rv;
}

int contact_parse(const char *text, struct contact *out, struct err *e)
{
    return parse_range(text, text + strlen(text), out, e);
}

int contact_parse_listen(const char *text, struct contact *out, struct err *e)
{
    struct contact found = {.has_pin = false};
    char *copy;
    int rv = 0;

    if (parse_port(text, &found.port) < 0) {
        copy = mem_strdup(text);
        rv = parse_address(copy, &found, e);
        free(copy);
    }
    if (rv == 0) {
        *out = found;
    }
    return rv;
}

bool contact_same_place(const struct contact *a, const struct contact *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

void contact_format(const struct contact *c, char *out, size_t size)
{
    if (strchr(c->host, ':') != NULL) {
        snprintf(out, size, "[%s]:%u", c->host, (unsigned)c->port);
    } else {
        snprintf(out, size, "%s:%u", c->host, (unsigned)c->port);
    }
}

int contact_parse_list(const char *text, const char *name, struct contact *out,
                       struct err *e)
{
    int count = 0;
    int line = 0;

    while (*text != '\0') {
        const char *next = text + strcspn(text, "\n");
        const char *end = text + strcspn(text, "#\n");
        bool blank;

        line++;
        blank = text + strspn(text, " \t\r") >= end;
        if (!blank && count == CONTACT_LIST_MAX) {
            return err_set(e, P2P_ETOOBIG, _("%s:%d: more than %d trackers"),
                           name, line, CONTACT_LIST_MAX);
        }
        if (!blank) {
            int rv = parse_range(text, end, &out[count], e);

            if (rv < 0) {
                return err_set(e, rv, "%s:%d: %s", name, line,
                               e == NULL ? "" : e->text);
            }
            count++;
        }
        text = *next == '\n' ? next + 1 : next;
    }
    if (count == 0) {
        return err_set(e, P2P_EINVAL,
                       _("%s names no tracker; write HOST:PORT, one a line"),
                       name);
    }
    return count;
}

int contact_load_list(const char *path, struct contact *out, struct err *e)
{
    uint8_t *data = NULL;
    size_t size = 0;
    int rv;

    rv = fd_read_file(path, CONTACT_FILE_MAX, &data, &size);
    if (rv < 0) {
        return err_set(e, rv, _("cannot read %s: %s"), path,
                       _(err_file_text(rv)));
    }
    if (memchr(data, '\0', size) != NULL) {
        rv = err_set(e, P2P_EINVAL, _("%s:1: not a text file"), path);
    } else {
        rv = contact_parse_list((const char *)data, path, out, e);
    }
    free(data);
    return rv;
}
