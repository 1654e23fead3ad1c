/* address: socket addresses as text, IPv4 in IPv6 shown as plain IPv4. */
#ifndef P2P_NET_ADDRESS_H
#define P2P_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

enum { ADDRESS_TEXT_MAX = 64 /* "[v6]:port" with its NUL */ };

/* "127.0.0.1" or "::1" into `out`; "?" for other families. */
void address_host(const struct sockaddr *a, char out[ADDRESS_TEXT_MAX]);

/* "127.0.0.1:80" or "[::1]:80"; "?" for other families. */
void address_format(const struct sockaddr *a, char out[ADDRESS_TEXT_MAX]);

/* True when both name the same host and port. */
bool address_is_equal(const struct sockaddr *a, const struct sockaddr *b);

#endif /* P2P_NET_ADDRESS_H */
