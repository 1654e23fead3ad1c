#include "config.h"

#include "net/gather.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/bio.h>

#include "util/mem.h"

enum {
    /* Two full records: 16384 bytes, 5 of header, 1 of type, 16 of tag. More
     * cost more in cache misses than they save in system calls: 3, 4 and 8
     * records were measured. */
    GATHER_RECORD = 16384 + 22,
    GATHER_SIZE = 2 * GATHER_RECORD,
    /* The answers to some 300 requests for new keys: OpenSSL writes them
     * while it reads, whatever the state of the descriptor. */
    GATHER_ANSWERS = 8192,
    GATHER_ROOM = GATHER_SIZE + GATHER_ANSWERS,
};

struct gather {
    int fd;
    bool is_on;     /* collecting */
    bool is_kept;   /* what the descriptor does not take is kept */
    uint8_t *bytes; /* GATHER_ROOM; may be NULL while empty */
    size_t start;   /* bytes of it that are sent */
    size_t end;     /* bytes of it that are filled */
};

static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

/* Send what is there. 0 or an errno. */
static int drain(struct gather *g)
{
    while (g->start < g->end) {
        ssize_t put =
            send(g->fd, g->bytes + g->start, g->end - g->start, MSG_NOSIGNAL);

        if (put < 0) {
            return errno == EWOULDBLOCK || errno == EINTR ? EAGAIN : errno;
        }
        g->start += (size_t)put;
    }
    g->start = 0;
    g->end = 0;
    return 0;
}

/* Past the buffer. True when it need not be kept: *put is the result. */
static bool write_past(struct gather *g, BIO *b, const char *data, size_t size,
                       ssize_t *put)
{
    *put = send(g->fd, data, size, MSG_NOSIGNAL);
    if (*put >= 0 || (errno != EAGAIN && errno != EINTR)) {
        return true;
    }
    if (!g->is_kept) {
        BIO_set_retry_write(b);
    }
    return !g->is_kept;
}

static int on_write(BIO *b, const char *data, int size)
{
    struct gather *g = BIO_get_data(b);
    size_t part = (size_t)size;
    ssize_t put;
    int rv = 0;

    BIO_clear_retry_flags(b);
    if (!g->is_on && g->end == 0 && write_past(g, b, data, part, &put)) {
        return (int)put;
    }
    if (g->bytes == NULL) {
        g->bytes = mem_alloc(GATHER_ROOM);
    }
    if (g->end == GATHER_ROOM) {
        rv = drain(g);
    }
    if (rv != 0) {
        if (rv == EAGAIN) {
            BIO_set_retry_write(b);
        }
        errno = rv;
        return -1;
    }
    part = part < GATHER_ROOM - g->end ? part : GATHER_ROOM - g->end;
    memcpy(g->bytes + g->end, data, part);
    g->end += part;
    return (int)part;
}

/* OpenSSL flushes after each flight of the handshake; there is nothing that
 * would wait for it. */
static long on_control(BIO *b, int command, long number, void *pointer)
{
    (void)b;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gather");
    if (method == NULL || BIO_meth_set_write(method, on_write) != 1 ||
        BIO_meth_set_ctrl(method, on_control) != 1) {
        fprintf(stderr, "OpenSSL cannot make a BIO method\n");
        abort();
    }
}

struct gather *gather_new(int fd)
{
    struct gather *g = mem_calloc(1, sizeof(*g));

    g->fd = fd;
    return g;
}

void gather_free(struct gather *g)
{
    if (g != NULL) {
        free(g->bytes);
        free(g);
    }
}

struct bio_st *gather_bio(struct gather *g)
{
    BIO *b;

    pthread_once(&method_once, make_method);
    b = BIO_new(method);
    if (b == NULL) {
        fprintf(stderr, "OpenSSL cannot make a BIO\n");
        abort(); /* out of memory */
    }
    BIO_set_data(b, g);
    BIO_set_init(b, 1);
    return b;
}

void gather_start(struct gather *g, uint8_t **spare)
{
    g->is_on = true;
    if (g->bytes == NULL) {
        g->bytes = *spare != NULL ? *spare : mem_alloc(GATHER_ROOM);
        *spare = NULL;
    }
}

void gather_keep(struct gather *g, bool is_kept)
{
    g->is_kept = is_kept;
}

int gather_make_room(struct gather *g)
{
    return g->end + GATHER_RECORD > GATHER_SIZE ? drain(g) : 0;
}

int gather_flush(struct gather *g, uint8_t **spare)
{
    int rv;

    g->is_on = false;
    rv = drain(g);
    if (rv == 0 && g->bytes != NULL) {
        free(*spare);
        *spare = g->bytes;
        g->bytes = NULL;
    }
    return rv;
}

size_t gather_unsent(const struct gather *g)
{
    return g->end - g->start;
}
