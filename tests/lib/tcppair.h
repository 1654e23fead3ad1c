/* tcppair: two connected TCP sockets on 127.0.0.1. */
#ifndef P2P_TESTS_LIB_TCPPAIR_H
#define P2P_TESTS_LIB_TCPPAIR_H

/* Both non-blocking; the caller closes them. Ends the process on failure. */
void tcppair_make(int fds[2]);

#endif /* P2P_TESTS_LIB_TCPPAIR_H */
