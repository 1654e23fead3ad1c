/* intl: the gettext shorthand of files with text for people. */
#ifndef P2P_UTIL_INTL_H
#define P2P_UTIL_INTL_H

#include <libintl.h>
#include <string.h>

#define _(text) gettext(text)

/* Marked for translators, translated where it is used. */
#define N_(text) text

/* The same for a word that means several things: translators see the context
 * too. Translated with intl_in_context(). */
#define NC_(context, text) context "\004" text

/* The translation of what NC_() or N_() marked, or its text without the
 * context. */
static inline const char *intl_in_context(const char *marked)
{
    const char *text = gettext(marked), *end = strchr(marked, '\004');

    return text == marked && end != NULL ? end + 1 : text;
}

#endif /* P2P_UTIL_INTL_H */
