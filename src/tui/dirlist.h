/* dirlist: directories of this computer, for the browser. */
#ifndef P2P_TUI_DIRLIST_H
#define P2P_TUI_DIRLIST_H

struct browser_source;

/* A slice takes DIRLIST_SLICE_MS at most, however slow the disk is. */
enum { DIRLIST_SLICE_MS = 20 };

extern const struct browser_source dirlist;

#endif /* P2P_TUI_DIRLIST_H */
