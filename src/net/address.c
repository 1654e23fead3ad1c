#include "config.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The host part and the port of `a`; false for families other than IP. */
static bool address_parts(const struct sockaddr *a, char host[INET6_ADDRSTRLEN],
                          uint16_t *port, bool *is_v6)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    const void *bytes;

    *is_v6 = false;
    if (a->sa_family == AF_INET) {
        memcpy(&four, a, sizeof(four));
        *port = ntohs(four.sin_port);
        return inet_ntop(AF_INET, &four.sin_addr, host, INET6_ADDRSTRLEN) !=
               NULL;
    }
    if (a->sa_family != AF_INET6) {
        return false;
    }
    memcpy(&six, a, sizeof(six));
    *port = ntohs(six.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
        bytes = &six.sin6_addr.s6_addr[12];
        return inet_ntop(AF_INET, bytes, host, INET6_ADDRSTRLEN) != NULL;
    }
    *is_v6 = true;
    return inet_ntop(AF_INET6, &six.sin6_addr, host, INET6_ADDRSTRLEN) != NULL;
}

void address_host(const struct sockaddr *a, char out[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN];
    uint16_t port;
    bool is_v6;

    if (!address_parts(a, host, &port, &is_v6)) {
        snprintf(out, ADDRESS_TEXT_MAX, "?");
        return;
    }
    snprintf(out, ADDRESS_TEXT_MAX, "%s", host);
}

void address_format(const struct sockaddr *a, char out[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN];
    uint16_t port;
    bool is_v6;

    if (!address_parts(a, host, &port, &is_v6)) {
        snprintf(out, ADDRESS_TEXT_MAX, "?");
        return;
    }
    snprintf(out, ADDRESS_TEXT_MAX, is_v6 ? "[%s]:%u" : "%s:%u", host,
             (unsigned)port);
}

bool address_is_equal(const struct sockaddr *a, const struct sockaddr *b)
{
    char first[ADDRESS_TEXT_MAX];
    char second[ADDRESS_TEXT_MAX];

    address_format(a, first);
    address_format(b, second);
    return strcmp(first, "?") != 0 && strcmp(first, second) == 0;
}
