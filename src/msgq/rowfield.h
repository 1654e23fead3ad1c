/* rowfield: a field of a plain struct, for code that frees, copies, writes and
 * reads rows and events without knowing each of them.
 */
#ifndef P2P_MSGQ_ROWFIELD_H
#define P2P_MSGQ_ROWFIELD_H

#include <stddef.h>

enum rowfield_type {
    ROWFIELD_END,  /* behind the last field of a table */
    ROWFIELD_TEXT, /* char *, owned, NULL allowed */
    ROWFIELD_BOOL,
    ROWFIELD_CHAR,
    ROWFIELD_ENUM, /* as a number below `count`; int-sized */
    ROWFIELD_I32,
    ROWFIELD_U16,
    ROWFIELD_U32,
    ROWFIELD_I64,
    ROWFIELD_U64,
    ROWFIELD_U32S, /* an array of `count` */
    ROWFIELD_U64S,
};

struct rowfield {
    enum rowfield_type type;
    const char *key; /* stable word */
    size_t offset, count;
};

#endif /* P2P_MSGQ_ROWFIELD_H */
