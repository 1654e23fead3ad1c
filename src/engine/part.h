/* part: the NAME.part a download lies in: how it is made and known again.
 *
 * It carries the item's hash as an extended attribute where the file system
 * has those, so that one left by a crash is found again and a user's own file
 * of that name is never touched.
 */
#ifndef P2P_ENGINE_PART_H
#define P2P_ENGINE_PART_H

#include <stdbool.h>

struct manifest;

enum part_owner { PART_FOREIGN, PART_OURS, PART_UNKNOWN /* no attribute */ };

/* Open the top of the item (a file or a directory) by name; -1 with errno. */
int part_open(const struct manifest *m, int dir, const char *name);

/* Whose is what was opened? */
enum part_owner part_owner(const struct manifest *m, int fd);

/* Make it: -1 with errno, EEXIST when something has its name. */
int part_make(const struct manifest *m, int dir, const char *part);

/* Take one that is there: when it is ours, or nobody's and nothing is in it. */
bool part_adopt(const struct manifest *m, int dir, const char *part);

#endif /* P2P_ENGINE_PART_H */
