#include "config.h"

#include "engine/trackertext.h"

#include <stdio.h>
#include <string.h>

#include "util/intl.h"

/* All that tracker/plan.c and the rpc_*.c refuse with, which tests/check-po
 * makes sure of; "%d" stands for the one number of a sentence. */
static const char *const sentences[] = {
    N_("the name is not valid"),
    N_("the name is taken"),
    N_("there are too many accounts"),
    N_("the account is not valid"),
    N_("the token is not valid"),
    N_("there is a group of this name"),
    N_("you own %d groups already"),
    N_("the group is not valid"),
    N_("you are a member already"),
    N_("your request is waiting already"),
    N_("the message is too long"),
    N_("your request was rejected; ask again in %d minutes"),
    N_("too many attempts; try again in %d s"),
    N_("too many requests are waiting"),
    N_("the role must be reader or member"),
    N_("there is no such request"),
    N_("the group is full"),
    N_("the reason is too long"),
    N_("hand the group over or delete it first"),
    N_("you are not a member of this group"),
    N_("the role must be reader, member or admin"),
    N_("no such member"),
    N_("hand the group over instead"),
    N_("only the owner decides about admins"),
    N_("you own the group already"),
    N_("the new owner has %d groups already"),
    N_("the serial number is not new"),
    N_("the item is not valid"),
    N_("the group has an item of this name already"),
    N_("this item is published already"),
    N_("the group has %d items already"),
    N_("no such item"),
    N_("only the publisher, an admin or the owner may do this"),
    N_("the operation id was used for something else"),
    N_("no such group"),
    N_("the session has ended; log in"),
    N_("unknown command"),
    N_("no such method"),
    N_("not a call"),
    N_("the line is too long"),
    N_("no such user"),
    N_("a password has at least %d characters"),
    N_("cannot make the group's certificate"),
    N_("no such role"),
    N_("the manifest is for an item of another name"),
    N_("the manifest is not private"),
    N_("the manifest does not carry the group's certificate"),
    N_("parameter items must be a list of at most %d"),
    N_("announce the item first"),
    N_("you cannot remove the owner"),
    N_("you cannot remove an admin"),
};

/* Is `said` the sentence with a number? Its digits begin at `at`, where the
 * sentence has its "%d". */
static size_t digits_of(const char *said, const char *sentence, size_t at)
{
    const char *rest = sentence + at + 2;
    size_t length;

    if (strncmp(said, sentence, at) != 0) {
        return 0;
    }
    length = strspn(said + at, "0123456789");
    return strcmp(said + at + length, rest) == 0 ? length : 0;
}

const char *trackertext(const char *said, char *out, size_t size)
{
    size_t i;

    for (i = 0; said != NULL && i < sizeof(sentences) / sizeof(sentences[0]);
         i++) {
        const char *number = strstr(sentences[i], "%d");
        size_t at = number == NULL ? 0 : (size_t)(number - sentences[i]);
        size_t digits = number == NULL ? 0 : digits_of(said, sentences[i], at);
        const char *text = _(sentences[i]), *place = strstr(text, "%d");

        if (number == NULL && strcmp(said, sentences[i]) == 0) {
            return text;
        }
        if (digits > 0 && place != NULL) {
            snprintf(out, size, "%.*s%.*s%s", (int)(place - text), text,
                     (int)digits, said + at, place + 2);
            return out;
        }
    }
    return said;
}
