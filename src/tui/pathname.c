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

static void add_to_list(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);

    if (used + strlen(name) + 3 < size) {
        snprintf(list + used, size - used, "%s%s", used > 0 ? "  " : "", name);
    }
}

/* The part all entries of `parent` beginning with `start` share, or NULL. */
static char *common_entry(const char *parent, const char *start,
                          size_t *matches, char *list, size_t list_size)
{
    DIR *dir = opendir(parent);
    char *common = NULL;
    struct dirent *entry;
    int seen = 0;

    if (dir == NULL) {
        return NULL;
    }
    for (entry = readdir(dir); entry != NULL && seen < PATHNAME_ENTRIES;
         entry = readdir(dir)) {
        seen++;
        if (strncmp(entry->d_name, start, strlen(start)) != 0 ||
            (entry->d_name[0] == '.' && start[0] != '.') ||
            strcmp(entry->d_name, ".") == 0 ||
            strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        (*matches)++;
        add_to_list(list, list_size, entry->d_name);
        if (common == NULL) {
            common = mem_strdup(entry->d_name);
        } else {
            shorten(common, entry->d_name);
        }
    }
    closedir(dir);
    return common;
}

char *pathname_complete(const char *text, size_t *matches, char *list,
                        size_t list_size)
{
    const char *slash = strrchr(text, '/');
    size_t kept = slash == NULL ? 0 : (size_t)(slash - text) + 1;
    char *typed = mem_strndup(text, kept);
    char *parent = pathname_absolute(kept == 0 ? "." : typed);
    char *common, *result = NULL;

    *matches = 0;
    if (list_size > 0) {
        list[0] = '\0';
    }
    common = common_entry(parent, text + kept, matches, list, list_size);
    if (common != NULL) {
        bool folder = *matches == 1 && is_directory(parent, common);

        result = mem_printf("%s%s%s", typed, common, folder ? "/" : "");
    }
    free(common);
    free(parent);
    free(typed);
    return result;
}
