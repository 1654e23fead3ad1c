/* The message p2p_peers of peermsg.h. The form is that of BEP 11 without its
 * flags: compact addresses, so that nothing but where somebody listens is told.
 */
#include "config.h"

#include "wire/peermsg.h"

#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "wire/bencode.h"

enum {
    V4 = 4 + 2,
    V6 = 16 + 2, /* bytes of a compact address */
    PEERS_BYTES = 2 * PEERMSG_PEERS_MAX * V6 + 64,
};

bool peermsg_same_address(const struct peermsg_address *a,
                          const struct peermsg_address *b)
{
    return a->is_v6 == b->is_v6 && a->port == b->port &&
           memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* Those of one family, one behind the other; nothing when there are none. */
static void put_list(struct buf *b, const char *key,
                     const struct peermsg_address *list, size_t count,
                     bool is_v6)
{
    uint8_t bytes[PEERMSG_PEERS_MAX * V6];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        size_t ip = is_v6 ? V6 - 2 : V4 - 2;

        if (list[i].is_v6 != is_v6) {
            continue;
        }
        memcpy(bytes + size, list[i].ip, ip);
        bytes[size + ip] = (uint8_t)(list[i].port >> 8);
        bytes[size + ip + 1] = (uint8_t)list[i].port;
        size += ip + 2;
    }
    if (size > 0) {
        bencode_put_text(b, key);
        bencode_put_string(b, bytes, size);
    }
}

int peermsg_put_peers(struct buf *b, uint8_t id, const struct peermsg_peers *p)
{
    struct buf text;
    int rv;

    if (p->added_count > PEERMSG_PEERS_MAX ||
        p->dropped_count > PEERMSG_PEERS_MAX) {
        return P2P_ETOOBIG;
    }
    buf_init(&text, PEERS_BYTES);
    bencode_put_begin_dict(&text);
    put_list(&text, "added", p->added, p->added_count, false);
    put_list(&text, "added6", p->added, p->added_count, true);
    put_list(&text, "dropped", p->dropped, p->dropped_count, false);
    put_list(&text, "dropped6", p->dropped, p->dropped_count, true);
    bencode_put_end(&text);
    rv = peermsg_put_extended(b, id, buf_head(&text), buf_length(&text));
    buf_close(&text);
    return rv;
}

/* ::ffff:a.b.c.d would be a second name for a.b.c.d, past every check of it. */
static bool is_mapped(const struct peermsg_address *a)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return a->is_v6 && memcmp(a->ip, prefix, sizeof prefix) == 0;
}

static int read_list(const struct bencode *dict, const char *key, bool is_v6,
                     struct peermsg_address *out, size_t *count)
{
    const size_t size = is_v6 ? V6 : V4;
    struct bencode value;

    if (!bencode_find(dict, key, &value)) {
        return 0;
    }
    if (value.type != BENCODE_STRING || value.length % size != 0 ||
        value.length / size > PEERMSG_PEERS_MAX - *count) {
        return P2P_EPROTO;
    }
    for (size_t at = 0; at < value.length; at += size) {
        const uint8_t *port = value.text + at + size - 2;
        struct peermsg_address a = {.is_v6 = is_v6};

        memcpy(a.ip, value.text + at, size - 2);
        a.port = (uint16_t)(port[0] << 8 | port[1]);
        if (a.port == 0 || is_mapped(&a)) {
            return P2P_EPROTO;
        }
        out[*count] = a;
        (*count)++;
    }
    return 0;
}

int peermsg_read_peers(const uint8_t *data, size_t size,
                       struct peermsg_peers *out)
{
    struct peermsg_peers p = {.added_count = 0};
    struct bencode dict;

    if (size > PEERMSG_EXTENDED_MAX || bencode_parse(data, size, &dict) < 0 ||
        dict.type != BENCODE_DICT ||
        read_list(&dict, "added", false, p.added, &p.added_count) < 0 ||
        read_list(&dict, "added6", true, p.added, &p.added_count) < 0 ||
        read_list(&dict, "dropped", false, p.dropped, &p.dropped_count) < 0 ||
        read_list(&dict, "dropped6", true, p.dropped, &p.dropped_count) < 0) {
        return P2P_EPROTO;
    }
    *out = p;
    return 0;
}
