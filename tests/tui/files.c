#include "config.h"

#include "tests/tui/files.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/fixture.h"
#include "tui/browser.h"
#include "util/err.h"
#include "util/mem.h"

#define KIB 1024ull
#define MIB (1024ull * KIB)

enum { DAY = 86400 };

static const struct {
    const char *directory, *name;
    uint64_t size;
    int days; /* since its last change */
    bool is_directory;
} files[] = {
    {"/", "home", 0, 300, true},
    {"/", "huge", 0, 1, true},
    {"/", "gone", 0, 1, true},
    {"/", "broken", 0, 1, true},
    {"/home", "alice", 0, 10, true},
    {"/home/alice", "Public", 0, 1, true},
    {"/home/alice", "films", 0, 40, true},
    {"/home/alice", "todo.txt", 900, 2, false},
    {"/home/alice/Public", "build", 0, 1, true},
    {"/home/alice/Public", "talks", 0, 80, true},
    {"/home/alice/Public", "debian-12.11-netinst.iso", 670 * MIB, 3, false},
    {"/home/alice/Public", "holiday.mkv", 3174 * MIB, 99, false},
    {"/home/alice/Public", "notes.txt", 4300, 0, false},
    {"/home/alice/Public", "raw-scan-0001.tif", 212 * MIB, 51, false},
    {"/home/alice/Public", "raw-scan-0002.tif", 209 * MIB, 51, false},
    {"/home/alice/Public", "release-1.0.tar.zst", 88 * MIB, 0, false},
    {"/home/alice/Public", ".secret", 20, 5, false},
    {"/home/alice/films", "a\nb\033[2Jc.mkv", 5 * MIB, 7, false},
    {"/home/alice/films", "\xe6\x98\xa0\xe7\x94\xbb.mkv", 6 * MIB, 7, false},
    {"/home/alice/films", "bad-\xff\xfe.mkv", 7 * MIB, 7, false},
    {"/broken", "first", 1, 1, false},
};

struct listing {
    char *path;
    size_t next;
};

static int slice, open_count;

void files_slice(int entries)
{
    slice = entries;
}

int files_open_count(void)
{
    return open_count;
}

static bool is_directory(const char *path)
{
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *whole = mem_printf(
            "%s%s%s", files[i].directory,
            strcmp(files[i].directory, "/") == 0 ? "" : "/", files[i].name);
        bool same = strcmp(whole, path) == 0;

        free(whole);
        if (same) {
            return files[i].is_directory;
        }
    }
    return strcmp(path, "/") == 0;
}

static void *open_listing(const char *path, struct err *e)
{
    struct listing *l;

    if (!is_directory(path) || strcmp(path, "/gone") == 0) {
        err_set(e, P2P_ENOENT,
                "This folder cannot be opened: No such file or directory");
        return NULL;
    }
    open_count++;
    l = mem_calloc(1, sizeof(*l));
    l->path = mem_strdup(path);
    return l;
}

/* Names in an order that has nothing to do with their sorting. */
static int read_huge(struct listing *l, struct browser_entry *out, int max)
{
    int count;

    for (count = 0; count < max && l->next < FILES_HUGE; count++) {
        size_t number = l->next++ * 7919 % FILES_HUGE;

        out[count].name = mem_printf("frame-%06zu.png", number);
        out[count].size = number;
        out[count].time = FIXTURE_NOW;
    }
    return count;
}

static int read_listing(void *listing, struct browser_entry *out, int max,
                        struct err *e)
{
    struct listing *l = listing;
    int count = 0;

    max = slice > 0 && slice < max ? slice : max;
    memset(out, 0, (size_t)max * sizeof(*out));
    if (strcmp(l->path, "/huge") == 0) {
        return read_huge(l, out, max);
    }
    for (; l->next < sizeof(files) / sizeof(files[0]) && count < max;
         l->next++) {
        if (strcmp(files[l->next].directory, l->path) != 0) {
            continue;
        }
        out[count].name = mem_strdup(files[l->next].name);
        out[count].size = files[l->next].size;
        out[count].time = FIXTURE_NOW - (int64_t)files[l->next].days * DAY;
        out[count].is_directory = files[l->next].is_directory;
        count++;
    }
    if (count == 0 && strcmp(l->path, "/broken") == 0) {
        return err_set(e, P2P_EIO, "This folder cannot be read: I/O error");
    }
    return count;
}

static void close_listing(void *listing)
{
    struct listing *l = listing;

    open_count--;
    free(l->path);
    free(l);
}

static bool is_readable(const char *path)
{
    return strstr(path, "raw-scan-0002") == NULL;
}

const struct browser_source files_source = {
    .open = open_listing,
    .read = read_listing,
    .close = close_listing,
    .is_readable = is_readable,
    .is_directory = is_directory,
};
