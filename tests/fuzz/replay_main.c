/* Runs a fuzz target once for each file given, or found in each directory
 * given; without arguments for its corpus, $srcdir/tests/fuzz/corpus/NAME when
 * the program is called fuzz_NAME. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/fd.h"

enum {
    INPUT_MAX = 1 << 20, /* bytes; the files kept are far smaller */
    PATH_SIZE = 4096,
};

/* Run one file. The copy ends where the input ends, so that a read past it is
 * seen by the address sanitizer. */
static int replay_file(const char *path)
{
    uint8_t *content = NULL;
    uint8_t *exact;
    size_t size = 0;

    if (fd_read_file(path, INPUT_MAX, &content, &size) < 0) {
        fprintf(stderr, "cannot read %s\n", path);
        return -1;
    }
    exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) {
        abort();
    }
    memcpy(exact, content, size);
    free(content);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

/* Run the files of a directory, or the file itself. Returns how many, or -1. */
static int replay(const char *path)
{
    struct dirent *entry;
    DIR *directory = opendir(path);
    char name[PATH_SIZE];
    int count = 0;
    int rv;

    if (directory == NULL) {
        return replay_file(path);
    }
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        rv = replay_file(name);
        if (rv < 0) {
            count = -1;
            break;
        }
        count += rv;
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    const char *srcdir = getenv("srcdir");
    const char *slash = strrchr(argv[0], '/');
    const char *name = strstr(slash != NULL ? slash : argv[0], "fuzz_");
    char path[PATH_SIZE];
    int total = 0;
    int rv;

    for (int i = 1; i < argc; i++) {
        rv = replay(argv[i]);
        if (rv < 0) {
            return 1;
        }
        total += rv;
    }
    if (argc == 1 && name != NULL) {
        snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
                 srcdir != NULL ? srcdir : ".", name + strlen("fuzz_"));
        total = replay(path);
    }
    printf("%d inputs\n", total);
    return total > 0 ? 0 : 1;
}
