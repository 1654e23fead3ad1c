/* A head that is taken was waited for at every earlier byte and does not
 * depend on what follows; a head that is refused stays refused. */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/httpreq.h"

static struct httpreq request;
static struct httpreq other;

static bool is_status(int rv)
{
    return rv == -400 || rv == -411 || rv == -413 || rv == -414 || rv == -431 ||
           rv == -501 || rv == -505;
}

/* No control character survives in what the caller gets. */
static void check_text(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);

    REQUIRE(end != NULL);
    for (; text < end; text++) {
        REQUIRE((unsigned char)*text >= ' ' && *text != 0x7f);
    }
}

/* An answer is one head and one body. */
static void check_answer(const struct httpreq *r)
{
    struct buf b;
    uint8_t *head_end;

    buf_init(&b, 4096);
    REQUIRE(httpreq_answer(&b, r, 200, "text/plain", "body", 4) == 0);
    head_end = memmem(buf_head(&b), buf_length(&b), "\r\n\r\n", 4);
    REQUIRE(head_end != NULL);
    REQUIRE((size_t)(head_end - buf_head(&b)) + 4 +
                (strcmp(r->method, "HEAD") == 0 ? 0 : 4) ==
            buf_length(&b));
    buf_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t shorter = size < 64 ? 1 : size / 64;
    int rv = httpreq_parse(text, size, &request);

    if (rv < 0) {
        REQUIRE(is_status(rv));
        for (size_t n = 0; n < size; n += shorter) {
            int early = httpreq_parse(text, n, &other);

            REQUIRE(early == 0 || is_status(early));
        }
        return 0;
    }
    if (rv == 0) {
        REQUIRE(size <= HTTPREQ_HEAD_MAX);
        return 0;
    }
    REQUIRE((size_t)rv <= size && rv <= HTTPREQ_HEAD_MAX);
    REQUIRE(memcmp(text + rv - 4, "\r\n\r\n", 4) == 0);
    for (size_t n = 0; n < (size_t)rv; n += shorter) {
        REQUIRE(httpreq_parse(text, n, &other) == 0);
    }
    REQUIRE(httpreq_parse(text, (size_t)rv - 1, &other) == 0);
    REQUIRE(httpreq_parse(text, (size_t)rv, &other) == rv);
    REQUIRE(strcmp(request.method, other.method) == 0);
    REQUIRE(strcmp(request.path, other.path) == 0);
    REQUIRE(strcmp(request.query, other.query) == 0);
    REQUIRE(request.path[0] == '/' && request.method[0] != '\0');
    check_text(request.method, sizeof(request.method));
    check_text(request.path, sizeof(request.path));
    check_text(request.query, sizeof(request.query));
    check_answer(&request);
    return 0;
}
