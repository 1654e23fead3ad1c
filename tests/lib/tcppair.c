#include "config.h"

#include "lib/tcppair.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        abort();
    }
}

void tcppair_make(int fds[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof(a);
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listening, (struct sockaddr *)&a, size) == 0, "bind");
    must(listen(listening, 1) == 0, "listen");
    must(getsockname(listening, (struct sockaddr *)&a, &size) == 0, "name");
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(connect(fds[0], (struct sockaddr *)&a, size) == 0, "connect");
    fds[1] = accept(listening, NULL, NULL);
    must(fds[1] >= 0, "accept");
    close(listening);
    must(fd_set_nonblocking(fds[0]) == 0, "non-blocking");
    must(fd_set_nonblocking(fds[1]) == 0, "non-blocking");
}
