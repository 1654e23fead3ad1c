/* secret: passwords from the terminal, a file or the environment; never shown,
 * never kept longer than needed. Results are released with mem_free_secret().
 */
#ifndef P2P_TUI_SECRET_H
#define P2P_TUI_SECRET_H

struct err;

/* The first line of a file. A file that others may read is refused. */
int secret_from_file(const char *path, char **out, struct err *e);

/* Ask on the controlling terminal without echo. P2P_EUSAGE when there is none,
 * P2P_ECANCELED after Ctrl-C or Ctrl-D. */
int secret_ask(const char *prompt, char **out, struct err *e);

#endif /* P2P_TUI_SECRET_H */
