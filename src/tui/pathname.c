#include "config.h"

#include "tui/pathname.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

enum { PATHNAME_ENTRIES = 100000 /* looked at; more is no help to people */ };

char *pathname_absolute(const char *text)
{
    const char *home = getenv("HOME");
    char here[PATH_MAX];

    if (text[0] == '~' && (text[1] == '/' || text[1] == '\0') && home != NULL) {
        return mem_printf("%s%s", home, text + 1);
    }
    if (text[0] == '/' || getcwd(here, sizeof(here)) == NULL) {
        return mem_strdup(text);
    }
    return mem_printf("%s/%s", here, text);
}

static bool is_directory(const char *parent, const char *name)
{
    char *path = mem_printf("%s/%s", parent, name);
    struct stat s;
    bool yes = stat(path, &s) == 0 && S_ISDIR(s.st_mode);

    free(path);
    return yes;
}

/* Keep what `common` and `name` begin with alike. */
static void shorten(char *common, const char *name)
{
    size_t i = 0;

    while (common[i] != '\0' && common[i] == name[i]) {
        i++;
    }
    while (i > 0 && ((unsigned char)common[i] & 0xc0) == 0x80) {
        i--; /* not in the middle of a character */
    }
    common[i] = '\0';
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Keep the first names in their order; what is kept last falls out. */
static void keep_name(struct pathname_list *l, const char *name)
{
    if (l->count == PATHNAME_LIST) {
        if (strcmp(name, l->names[l->count - 1]) >= 0) {
            return;
        }
        free(l->names[--l->count]);
    }
    l->names[l->count++] = mem_strdup(name);
    qsort(l->names, l->count, sizeof(l->names[0]), compare);
}

static bool fits(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0 &&
           (name[0] != '.' || start[0] == '.') && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* All entries of `parent` that begin with `start`. */
static void read_entries(const char *parent, const char *start,
                         struct pathname_list *l)
{
    DIR *dir = opendir(parent);
    struct dirent *entry;
    int seen = 0;

    if (dir == NULL) {
        return;
    }
    for (entry = readdir(dir); entry != NULL && seen < PATHNAME_ENTRIES;
         entry = readdir(dir)) {
        seen++;
        if (!fits(entry->d_name, start)) {
            continue;
        }
        l->matches++;
        keep_name(l, entry->d_name);
        if (l->common == NULL) {
            l->common = mem_strdup(entry->d_name);
        } else {
            shorten(l->common, entry->d_name);
        }
    }
    closedir(dir);
}

static void append(char **text, const char *more)
{
    char *longer = mem_printf("%s%s", *text, more);

    free(*text);
    *text = longer;
}

void pathname_complete(const char *text, struct pathname_list *out)
{
    const char *slash = strrchr(text, '/');
    size_t kept = slash == NULL ? 0 : (size_t)(slash - text) + 1;
    char *typed = mem_strndup(text, kept);
    char *parent = pathname_absolute(kept == 0 ? "." : typed);
    size_t i;

    memset(out, 0, sizeof(*out));
    read_entries(parent, text + kept, out);
    if (out->common != NULL) {
        char *whole = mem_printf("%s%s", typed, out->common);

        free(out->common);
        out->common = whole;
    }
    for (i = 0; i < out->count; i++) {
        if (is_directory(parent, out->names[i])) {
            append(&out->names[i], "/");
            if (out->matches == 1) {
                append(&out->common, "/");
            }
        }
    }
    free(parent);
    free(typed);
}

void pathname_list_close(struct pathname_list *l)
{
    size_t i;

    for (i = 0; i < l->count; i++) {
        free(l->names[i]);
    }
    free(l->common);
    memset(l, 0, sizeof(*l));
}
