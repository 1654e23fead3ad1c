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

enum reach { REACH_FAR, REACH_LINK, REACH_SELF };

static enum reach reach_of(const struct peermsg_address *a)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (!a->is_v6) {
        if (a->ip[0] == 127) {
            return REACH_SELF;
        }
        return a->ip[0] == 169 && a->ip[1] == 254 ? REACH_LINK : REACH_FAR;
    }
    if (memcmp(a->ip, loopback, sizeof loopback) == 0) {
        return REACH_SELF;
    }
    return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80 ? REACH_LINK
                                                         : REACH_FAR;
}

bool introduce_may_pass(const struct peermsg_address *a,
                        const struct peermsg_address *other)
{
    enum reach reach = reach_of(a);

    return reach == REACH_FAR || reach == reach_of(other);
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
