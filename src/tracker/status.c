#include "config.h"

#include "tracker/status.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tracker/metrics.h"
#include "util/buf.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/fd.h"

enum { STATUS_WAIT = 5 /* seconds for each step */, STATUS_CHUNK = 4096 };

static const struct {
    const char *metric;
    const char *name;
} lines[] = {
    {"p2p_tracker_users", "accounts"},
    {"p2p_tracker_groups", "groups"},
    {"p2p_tracker_items", "items"},
    {"p2p_tracker_sessions", "sessions"},
    {"p2p_tracker_users_online", "users online"},
    {"p2p_tracker_swarms", "swarms"},
    {"p2p_tracker_peers", "peers"},
    {"p2p_tracker_applied_index", "applied index"},
    {"p2p_tracker_database_bytes", "database bytes"},
    {"p2p_tracker_writable", "writable"},
};

static int dial(const struct contact *c, struct err *e)
{
    static const struct timeval wait = {STATUS_WAIT, 0};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char address[CONTACT_HOST_MAX + 10];
    char port[8];
    int fd = -1;

    contact_format(c, address, sizeof(address));
    snprintf(port, sizeof(port), "%u", (unsigned)c->port);
    if (getaddrinfo(c->host, port, &hints, &list) != 0 || list == NULL) {
        return err_set(e, P2P_ECONNECT, "%s is not an address", address);
    }
    fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    }
    if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
        err_set(e, P2P_ECONNECT, "no tracker answers on %s: %s", address,
                strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        fd = P2P_ECONNECT;
    }
    freeaddrinfo(list);
    return fd;
}

/* The whole answer to a GET, with a NUL behind it. */
static int ask(int fd, struct buf *answer, struct err *e)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    ssize_t n = 0;

    if (fd_write_all(fd, request, sizeof(request) - 1) < 0) {
        return err_set(e, P2P_ECONNECT, "the tracker does not answer");
    }
    do {
        uint8_t *at = buf_reserve(answer, STATUS_CHUNK);

        if (at == NULL) {
            return err_set(e, P2P_EPROTO, "the answer is too long");
        }
        n = read(fd, at, STATUS_CHUNK);
        if (n > 0) {
            buf_commit(answer, (size_t)n);
        }
    } while (n > 0 || (n < 0 && errno == EINTR));
    if (n < 0) {
        return err_set(e, P2P_ECONNECT, "the tracker does not answer");
    }
    return buf_append(answer, "", 1);
}

/* Where the value of a metric stands, or NULL. */
static const char *find(const char *text, const char *metric)
{
    size_t length = strlen(metric);
    const char *at = text;

    while ((at = strstr(at, metric)) != NULL) {
        if (at > text && at[-1] == '\n' &&
            (at[length] == ' ' || at[length] == '{')) {
            return at + length + 1;
        }
        at += length;
    }
    return NULL;
}

static int print_answer(const char *text, FILE *out, struct err *e)
{
    const char *version = find(text, "p2p_tracker_build_info");
    size_t i;

    if (strncmp(text, "HTTP/1.1 200 ", 13) != 0 || version == NULL) {
        return err_set(e, P2P_EPROTO, "what answers is not a tracker");
    }
    version += strcspn(version, "\"\n");
    version += *version == '"';
    fprintf(out, "version: %.*s\n", (int)strcspn(version, "\"\n"), version);
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *value = find(text, lines[i].metric);

        if (value != NULL) {
            fprintf(out, "%s: %.*s\n", lines[i].name,
                    (int)strcspn(value, "\r\n"), value);
        }
    }
    return 0;
}

int status_print(const struct contact *http, FILE *out, struct err *e)
{
    struct buf answer;
    int fd = dial(http, e);
    int rv;

    if (fd < 0) {
        return fd;
    }
    buf_init(&answer, METRICS_MAX + STATUS_CHUNK);
    rv = ask(fd, &answer, e);
    if (rv == 0) {
        rv = print_answer((const char *)buf_head(&answer), out, e);
    }
    buf_close(&answer);
    close(fd);
    return rv;
}
