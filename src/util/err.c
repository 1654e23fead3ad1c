#include "config.h"

#include "util/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/intl.h"

struct err_entry {
    int code;
    const char *word;
    const char *text;
};

#define ERR_ENTRY(name, number, word, text) {number, word, text},
static const struct err_entry err_table[] = {ERR_CODES(ERR_ENTRY)};
#undef ERR_ENTRY

enum { ERR_COUNT = sizeof(err_table) / sizeof(err_table[0]) };

static const struct err_entry *find_code(int code)
{
    for (size_t i = 0; i < ERR_COUNT; i++) {
        if (err_table[i].code == code) {
            return &err_table[i];
        }
    }
    return NULL;
}

const char *err_text(int code)
{
    const struct err_entry *entry = find_code(code);

    if (entry == NULL) {
        return N_("unknown error");
    }
    return entry->text;
}

const char *err_file_text(int code)
{
    switch (code) {
    case P2P_ENOENT:
        return N_("there is no such file or directory");
    case P2P_EEXIST:
        return N_("something else of this name is there");
    case P2P_EACCES:
        return N_("permission denied");
    default:
        return err_text(code);
    }
}

const char *err_word(int code)
{
    const struct err_entry *entry = find_code(code);

    if (entry == NULL) {
        return "internal";
    }
    return entry->word;
}

int err_from_word(const char *word)
{
    for (size_t i = 0; i < ERR_COUNT; i++) {
        if (strcmp(err_table[i].word, word) == 0) {
            return err_table[i].code;
        }
    }
    return P2P_EINTERNAL;
}

/* A table rather than a switch, because some of the names may be the same
 * number (EAGAIN and EWOULDBLOCK). */
static const struct {
    int number;
    int code;
} errno_table[] = {
    {EAGAIN, P2P_EAGAIN},         {EWOULDBLOCK, P2P_EAGAIN},
    {EINTR, P2P_EAGAIN},          {EINVAL, P2P_EINVAL},
    {EISDIR, P2P_EINVAL},         {ENAMETOOLONG, P2P_EINVAL},
    {ELOOP, P2P_EINVAL},          {ENOENT, P2P_ENOENT},
    {ENOTDIR, P2P_ENOENT},        {ENODEV, P2P_ENOENT},
    {ENXIO, P2P_ENOENT},          {EEXIST, P2P_EEXIST},
    {ENOTEMPTY, P2P_EEXIST},      {EADDRINUSE, P2P_EEXIST},
    {EACCES, P2P_EACCES},         {EPERM, P2P_EACCES},
    {EROFS, P2P_EACCES},          {ENOSPC, P2P_ENOSPC},
    {EDQUOT, P2P_ENOSPC},         {ERANGE, P2P_ERANGE},
    {EOVERFLOW, P2P_ERANGE},      {EFBIG, P2P_ETOOBIG},
    {EMSGSIZE, P2P_ETOOBIG},      {E2BIG, P2P_ETOOBIG},
    {EPROTO, P2P_EPROTO},         {EBADMSG, P2P_EPROTO},
    {ETIMEDOUT, P2P_ETIMEDOUT},   {EPIPE, P2P_ECLOSED},
    {ECONNRESET, P2P_ECLOSED},    {ECONNABORTED, P2P_ECLOSED},
    {ENOTCONN, P2P_ECLOSED},      {EMFILE, P2P_EFULL},
    {ENFILE, P2P_EFULL},          {ENOBUFS, P2P_EFULL},
    {ENOMEM, P2P_EFULL},          {ECANCELED, P2P_ECANCELED},
    {EBUSY, P2P_EBUSY},           {ETXTBSY, P2P_EBUSY},
    {ENOTSUP, P2P_ENOTSUP},       {EOPNOTSUPP, P2P_ENOTSUP},
    {ENOSYS, P2P_ENOTSUP},        {EAFNOSUPPORT, P2P_ENOTSUP},
    {ECONNREFUSED, P2P_ECONNECT}, {EHOSTUNREACH, P2P_ECONNECT},
    {EHOSTDOWN, P2P_ECONNECT},    {ENETUNREACH, P2P_ECONNECT},
    {ENETDOWN, P2P_ECONNECT},     {EADDRNOTAVAIL, P2P_ECONNECT},
};

int err_from_errno(int number)
{
    for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++) {
        if (errno_table[i].number == number) {
            return errno_table[i].code;
        }
    }
    return P2P_EIO;
}

/* Through a buffer of its own, because callers put a text in front of the one
 * that is there: err_set(e, rv, "x: %s", e->text). */
static void __attribute__((format(printf, 3, 0)))
set_text(struct err *e, int code, const char *format, va_list args)
{
    char text[ERR_TEXT_MAX];

    vsnprintf(text, sizeof(text), format, args);
    memcpy(e->text, text, strlen(text) + 1);
    e->code = code;
}

int err_set(struct err *e, int code, const char *format, ...)
{
    va_list args;

    if (e == NULL) {
        return code;
    }
    va_start(args, format);
    set_text(e, code, format, args);
    va_end(args);
    return code;
}

int err_set_errno(struct err *e, int number, const char *format, ...)
{
    int code = err_from_errno(number);
    size_t length;
    va_list args;

    if (e == NULL) {
        return code;
    }
    va_start(args, format);
    set_text(e, code, format, args);
    va_end(args);
    length = strlen(e->text);
    snprintf(e->text + length, sizeof(e->text) - length, ": %s",
             strerror(number));
    return code;
}
