/* contact: HOST:PORT with an optional pin, and lists of them in a file. */
#ifndef P2P_UTIL_CONTACT_H
#define P2P_UTIL_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum {
    CONTACT_HOST_MAX = 254, /* bytes of a host name with its NUL (RFC 1035) */
    CONTACT_LIST_MAX = 64,  /* trackers in a file */
    CONTACT_PIN_SIZE = 32,  /* SHA-256 of the certificate */
};

struct contact {
    char host[CONTACT_HOST_MAX]; /* name or address, IPv6 without brackets */
    uint16_t port;               /* 0 only where the caller allows it */
    bool has_pin;
    uint8_t pin[CONTACT_PIN_SIZE];
};

/* Read "HOST:PORT[,sha256:HEX]" or "[v6]:PORT ..."; between address and pin
 * stands a comma or blanks. P2P_EINVAL with a reason in `e`. */
int contact_parse(const char *text, struct contact *out, struct err *e);

/* Read "[ADDR:]PORT"; the host is "" when no address is given. */
int contact_parse_listen(const char *text, struct contact *out, struct err *e);

/* The same host and port? The pin does not count: it may not be known yet. */
bool contact_same_place(const struct contact *a, const struct contact *b);

/* "host:port" or "[v6]:port" into `out` (CONTACT_HOST_MAX + 10 bytes do). */
void contact_format(const struct contact *c, char *out, size_t size);

/* Read a trackers file (text of it, or the file): a contact a line, blank
 * lines and "#" comments allowed. Writes at most CONTACT_LIST_MAX contacts to
 * `out` and returns how many, or P2P_EINVAL/P2P_ETOOBIG/... with "FILE:LINE:"
 * and a reason in `e`. A file without a tracker is an error. */
int contact_parse_list(const char *text, const char *name, struct contact *out,
                       struct err *e);
int contact_load_list(const char *path, struct contact *out, struct err *e);

#endif /* P2P_UTIL_CONTACT_H */
