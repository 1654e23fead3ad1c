/* A contact that is taken can be written and read again, and lists give
 * contacts that would be taken one by one. */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/contact.h"
#include "util/err.h"
#include "util/hex.h"

static void check_equal(const struct contact *a, const struct contact *b)
{
    REQUIRE(strcmp(a->host, b->host) == 0);
    REQUIRE(a->port == b->port);
    REQUIRE(a->has_pin == b->has_pin);
    REQUIRE(!a->has_pin || memcmp(a->pin, b->pin, sizeof(a->pin)) == 0);
}

/* Write the contact with its pin and read it. */
static void check_round_trip(const struct contact *c)
{
    char text[CONTACT_HOST_MAX + 10 + 8 + 2 * CONTACT_PIN_SIZE + 1];
    struct contact again;
    struct err e;

    REQUIRE(memchr(c->host, '\0', sizeof(c->host)) != NULL);
    contact_format(c, text, CONTACT_HOST_MAX + 10);
    if (c->has_pin) {
        size_t n = strlen(text);

        memcpy(text + n, ",sha256:", 8);
        hex_encode(c->pin, sizeof(c->pin), text + n + 8);
    }
    REQUIRE(contact_parse(text, &again, &e) == 0);
    check_equal(c, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct contact list[CONTACT_LIST_MAX];
    struct contact c;
    struct err e;
    char *text = malloc(size + 1);
    int count;

    REQUIRE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    if (contact_parse(text, &c, &e) == 0) {
        REQUIRE(c.host[0] != '\0');
        check_round_trip(&c);
    }
    if (contact_parse_listen(text, &c, &e) == 0) {
        REQUIRE(!c.has_pin);
        if (c.host[0] != '\0' && c.port != 0) {
            check_round_trip(&c);
        }
    }
    count = contact_parse_list(text, "name", list, &e);
    REQUIRE(count != 0 && count <= CONTACT_LIST_MAX);
    for (int i = 0; i < count; i++) {
        check_round_trip(&list[i]);
    }
    free(text);
    return 0;
}
