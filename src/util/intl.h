/* intl: the gettext shorthand of files with text for people. */
#ifndef P2P_UTIL_INTL_H
#define P2P_UTIL_INTL_H

#include <libintl.h>

#define _(text) gettext(text)

/* Marked for translators, translated where it is used. */
#define N_(text) text

#endif /* P2P_UTIL_INTL_H */
