#include "config.h"

#include "engine/introduce.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "util/contact.h"

static bool is_among(const struct peermsg_address *a,
                     const struct peermsg_address *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (peermsg_same_address(a, &list[i])) {
            return true;
        }
    }
    return false;
}

/* Those told of who have left. */
static void drop(struct introduce *i, const struct peermsg_address *live,
                 size_t count, struct peermsg_peers *out)
{
    size_t kept = 0;

    for (size_t k = 0; k < i->count; k++) {
        if (is_among(&i->told[k], live, count)) {
            i->told[kept++] = i->told[k];
        } else {
            out->dropped[out->dropped_count++] = i->told[k];
        }
    }
    i->count = kept;
}

bool introduce_update(struct introduce *i, const struct peermsg_address *live,
                      size_t count, int64_t now_ms, struct peermsg_peers *out)
{
    memset(out, 0, sizeof *out);
    if (now_ms < i->next_ms) {
        return false;
    }
    drop(i, live, count, out);
    for (size_t k = 0; k < count && i->count < PEERMSG_PEERS_MAX; k++) {
        if (!is_among(&live[k], i->told, i->count)) {
            i->told[i->count++] = live[k];
            out->added[out->added_count++] = live[k];
        }
    }
    if (out->added_count == 0 && out->dropped_count == 0) {
        return false;
    }
    i->next_ms = now_ms + INTRODUCE_EVERY_MS;
    return true;
}

/* From how far away does an address mean the same computer? */
enum reach { REACH_FAR, REACH_HOME, REACH_LINK, REACH_SELF };

/* RFC 1918 and the one of providers (RFC 6598). */
static bool is_home_v4(const uint8_t *ip)
{
    return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
           (ip[0] == 192 && ip[1] == 168) ||
           (ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

static enum reach reach_v4(const uint8_t *ip)
{
    if (ip[0] == 127) {
        return REACH_SELF;
    }
    if (ip[0] == 169 && ip[1] == 254) {
        return REACH_LINK;
    }
    return is_home_v4(ip) ? REACH_HOME : REACH_FAR;
}

static enum reach reach_v6(const uint8_t *ip)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (memcmp(ip, loopback, sizeof loopback) == 0) {
        return REACH_SELF;
    }
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) {
        return REACH_LINK;
    }
    /* Unique local ones, and the site-local ones before them. */
    return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && ip[1] >= 0xc0)
               ? REACH_HOME
               : REACH_FAR;
}

static enum reach reach_of(const struct peermsg_address *a)
{
    return a->is_v6 ? reach_v6(a->ip) : reach_v4(a->ip);
}

bool introduce_may_pass(const struct peermsg_address *a,
                        const struct peermsg_address *other)
{
    enum reach reach = reach_of(a), there = reach_of(other);

    if (a->port < INTRODUCE_PORT_MIN) {
        return false;
    }
    return reach == REACH_FAR || reach == there ||
           (reach == REACH_HOME && there != REACH_FAR);
}

bool introduce_from_text(const char *text, struct peermsg_address *out)
{
    struct peermsg_address a = {.is_v6 = false};
    struct contact c;

    if (contact_parse(text, &c, NULL) < 0 || c.port == 0) {
        return false;
    }
    if (inet_pton(AF_INET, c.host, a.ip) != 1) {
        a.is_v6 = true;
        if (inet_pton(AF_INET6, c.host, a.ip) != 1) {
            return false;
        }
    }
    a.port = c.port;
    *out = a;
    return true;
}

void introduce_to_text(const struct peermsg_address *a,
                       char out[INTRODUCE_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(a->is_v6 ? AF_INET6 : AF_INET, a->ip, host, sizeof host);
    (void)snprintf(out, INTRODUCE_TEXT, a->is_v6 ? "[%s]:%u" : "%s:%u", host,
                   (unsigned)a->port);
}
