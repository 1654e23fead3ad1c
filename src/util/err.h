/* err: result codes of the whole program and one place for their texts.
 *
 * Functions return 0 or a count, or one of the negative codes below. Texts for
 * people are collected in a struct err on the way up.
 */
#ifndef P2P_UTIL_ERR_H
#define P2P_UTIL_ERR_H

/* X(name, number, machine-readable name, sentence for people); N_() of
 * util/intl.h marks what translators see. */
#define ERR_CODES(X)                                                       \
    X(EAGAIN, -1, "again", N_("nothing to do right now"))                  \
    X(EINVAL, -2, "invalid", N_("not valid"))                              \
    X(ENOENT, -3, "not_found", N_("not found"))                            \
    X(EEXIST, -4, "exists", N_("exists already"))                          \
    X(EACCES, -5, "not_authorised", N_("not authorised"))                  \
    X(EAUTH, -6, "bad_password", N_("user or password is wrong"))          \
    X(EIO, -7, "io", N_("input or output failed"))                         \
    X(ENOSPC, -8, "disk_full", N_("no space left on the disk"))            \
    X(ERANGE, -9, "out_of_range", N_("out of range"))                      \
    X(ETOOBIG, -10, "too_big", N_("larger than the limit"))                \
    X(EPROTO, -11, "protocol", N_("the other side broke the protocol"))    \
    X(EVERIFY, -12, "verify", N_("does not match its checksum"))           \
    X(ETIMEDOUT, -13, "timed_out", N_("timed out"))                        \
    X(ECLOSED, -14, "closed", N_("the connection is closed"))              \
    X(EFULL, -15, "full", N_("there is no more room"))                     \
    X(ECANCELED, -16, "canceled", N_("canceled"))                          \
    X(ENOTRACKER, -17, "no_tracker", N_("no tracker can be reached"))      \
    X(EPIN, -18, "wrong_pin", N_("the tracker's certificate has changed")) \
    X(EBUSY, -19, "busy", N_("busy; try again later"))                     \
    X(ENOTLOGIN, -20, "not_logged_in", N_("not logged in"))                \
    X(ETLS, -21, "tls", N_("the encrypted connection failed"))             \
    X(EUSAGE, -22, "usage", N_("wrong arguments"))                         \
    X(ENOTSUP, -23, "unsupported", N_("not supported"))                    \
    X(ECONNECT, -24, "connect", N_("cannot connect"))                      \
    X(EINTERNAL, -25, "internal", N_("internal error"))

enum {
#define ERR_ENUM(name, number, word, text) P2P_##name = number,
    ERR_CODES(ERR_ENUM)
#undef ERR_ENUM
};

enum { ERR_TEXT_MAX = 512 /* bytes of an error text, with its NUL */ };

/* An error with its explanation; set once, at the place that knows most. */
struct err {
    int code; /* 0 or P2P_E... */
    char text[ERR_TEXT_MAX];
};

/* The sentence for a code (static; English, callers translate it with _()).
 * "unknown error" for numbers that are not in the table. */
const char *err_text(int code);

/* The same for a file or directory: what people say of one. */
const char *err_file_text(int code);

/* The machine-readable word for a code, e.g. "not_authorised"; static. */
const char *err_word(int code);

/* The code for a word of err_word(), or P2P_EINTERNAL when it is not known. */
int err_from_word(const char *word);

/* The code that fits an errno value. */
int err_from_errno(int number);

/* Set `e` (NULL allowed) to `code` and a text made as by printf; a text that
 * does not fit is cut. The text of `e` itself may be among the arguments.
 * Returns `code`, so that callers can return err_set(). */
int err_set(struct err *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like err_set with the code for `number` (an errno) and ": strerror" behind
 * the text. */
int err_set_errno(struct err *e, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* P2P_UTIL_ERR_H */
