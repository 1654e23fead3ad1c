/* lineparse: a typed line into an action and the command it makes. Pure; used
 * by the ":" line, --plain and -c alike.
 *
 * Words are separated by blanks; quotes ("..." and '...') and backslashes keep
 * blanks inside a word. An action's argument text names its fields:
 *   USER GROUP FILE     user, group, name
 *   KEY                 name
 *   PATH TO DIRECTORY   path (made absolute; "~/" is the home directory)
 *   PASSWORD NEW_PASSWORD  secret, secret2
 *   MESSAGE REASON ROLE TEXT COMMAND VALUE THEME PICTURE   text
 *   PIECE PIECE_SIZE    number
 * "[X]" may be left out, the first ones first; "X..." takes the rest of the
 * line.
 */
#ifndef P2P_TUI_LINEPARSE_H
#define P2P_TUI_LINEPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct action;
struct command;
struct err;

enum {
    LINEPARSE_LINE_MAX = 8192, /* bytes of a line; twice a longest path */
    LINEPARSE_WORDS_MAX = 64,
};

struct lineparse {
    const struct action *action; /* NULL for an empty line or a comment */
    struct command *command;     /* fields filled from the words (kind is the
                                    action's; meaningless for local ones) */
    bool had_secret;             /* the line held a password: keep it out of
                                    histories */
};

/* Parse `line`. `group` is the group in use (NULL: none): it fills GROUP when
 * the words leave it out. P2P_EUSAGE with a sentence that says what to type.
 * On 0 release with lineparse_close(). */
int lineparse_line(const char *line, const char *group, struct lineparse *out,
                   struct err *e);
void lineparse_close(struct lineparse *p);

/* Does the command want a password that the line left out? Which one, as a
 * field of struct command: 1 secret, 2 secret2, 0 none. */
int lineparse_missing_secret(const struct lineparse *p);

/* Split into words (new memory, lineparse_free_words). P2P_EUSAGE for an open
 * quote, P2P_ETOOBIG. */
int lineparse_split(const char *line, char ***words, size_t *count,
                    struct err *e);
void lineparse_free_words(char **words, size_t count);

/* `word` with quotes added when it needs them; free(). */
char *lineparse_quote(const char *word);

#endif /* P2P_TUI_LINEPARSE_H */
