#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/reference_hash.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/text.h"
#include "wire/bencode.h"
#include "wire/manifest.h"

/* Names, most of which once led a program out of its directory. */
static const char *const hostile[] = {
    "", ".", "..", "/", "//", "/etc/passwd", "/abs", "a/b", "a/../../b", "../a",
    "../../../../../../etc/cron.d/x", "..\\..\\a", "\\", "\\\\server\\share",
    "C:\\windows\\x", "a\\b", "./a", "a/", "a/.", "a/..", "a.", "a..", "...",
    "....", "a ", " ", "  ", "a. ", ". ", ".. ", ".ssh/authorized_keys",
    "~/../x", "x/~", "a\nb", "a\rb", "a\tb", "\x1b[2J", "\x1b]0;title\x07",
    "a\x7f",
    /* Not UTF-8: stray, cut, overlong, surrogate, too large. */
    "\x80", "a\xbf", "\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xae",
    "\xc0\xae\xc0\xae", "\xc0\xaf", "\xe0\x80\xaf", "\xe0\x80\xae",
    "\xf0\x80\x80\xaf", "\xc1\x9c", "\xed\xa0\x80", "\xed\xbf\xbf",
    "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80",
    "\xfe", "\xff", "\xff\xfe\x61", "\xe9t\xe9", /* Latin-1 */
};

/* Characters that are hidden or change the order of what is shown. */
static const uint32_t hidden[] = {
    0x61c,   0x180e,  0x200b,  0x200c,   0x200d,   0x200e, 0x200f, 0x2028,
    0x2029,  0x202a,  0x202b,  0x202c,   0x202d,   0x202e, 0x2060, 0x2061,
    0x2066,  0x2067,  0x2068,  0x2069,   0x206a,   0x206f, 0xfeff, 0xfff9,
    0xfffa,  0xfffb,  0xfffe,  0xffff,   0xe000,   0xf8ff, 0xfdd0, 0xe0001,
    0xe007f, 0x1fffe, 0xf0000, 0x10fffd, 0x10ffff,
};

/* Odd but harmless names that stay as they are. */
static const char *const allowed[] = {
    "a",
    "-rf",
    "--help",
    "a b",
    " a",
    "a.b.c",
    "a..b",
    ".hidden",
    "..a",
    "~",
    "$(reboot)",
    "`id`",
    "a;b|c&d",
    "'\"",
    "*?[x]",
    "%s%n",
    "NAME",
    "\xc3\xa9t\xc3\xa9",
    "e\xcc\x81",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
    "\xf0\x9f\x98\x80",
    "state.json",
    "item.part",
};

static void put_file(struct buf *b)
{
    bencode_put_begin_dict(b);
    bencode_put_text(b, "");
    bencode_put_begin_dict(b);
    bencode_put_text(b, "length");
    bencode_put_integer(b, 0);
    bencode_put_end(b);
    bencode_put_end(b);
}

static int finish(struct buf *b, const char *name, size_t length)
{
    struct manifest *m = NULL;
    struct err e = {0};
    int rv;

    bencode_put_end(b);
    bencode_put_text(b, "meta version");
    bencode_put_integer(b, 2);
    bencode_put_text(b, "name");
    bencode_put_string(b, name, length);
    bencode_put_text(b, "piece length");
    bencode_put_integer(b, 16384);
    bencode_put_end(b);
    rv = manifest_parse(buf_head(b), buf_length(b), NULL, 0, &reference_hasher,
                        &m, &e);
    if (rv < 0) {
        assert_null(m);
        assert_true(strlen(e.text) > 0);
        assert_true(text_is_utf8(e.text, strlen(e.text)));
        for (const char *c = e.text; *c != '\0'; c++) {
            assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
        }
    }
    manifest_free(m);
    buf_close(b);
    return rv;
}

static void start(struct buf *b)
{
    buf_init(b, 16 << 20);
    bencode_put_begin_dict(b);
    bencode_put_text(b, "file tree");
    bencode_put_begin_dict(b);
}

/* What the parser says to a name as the item's, a file's, a directory's and a
 * deep file's. All four agree. */
static int judge(const char *name, size_t length)
{
    struct buf b;
    int rv;

    start(&b);
    bencode_put_text(&b, "f");
    put_file(&b);
    rv = finish(&b, name, length);

    start(&b);
    bencode_put_string(&b, name, length);
    put_file(&b);
    assert_int_equal(finish(&b, "item", 4), rv);

    start(&b);
    bencode_put_string(&b, name, length);
    bencode_put_begin_dict(&b);
    bencode_put_text(&b, "f");
    put_file(&b);
    bencode_put_end(&b);
    assert_int_equal(finish(&b, "item", 4), rv);

    start(&b);
    bencode_put_text(&b, "d");
    bencode_put_begin_dict(&b);
    bencode_put_string(&b, name, length);
    put_file(&b);
    bencode_put_end(&b);
    assert_int_equal(finish(&b, "item", 4), rv);
    return rv;
}

/* What the builder says to a path. */
static int judge_build(const char *path)
{
    struct manifest_source_file file = {.path = path};
    struct manifest_source source = {.name = "item",
                                     .is_directory = true,
                                     .piece_length = 16384,
                                     .files = &file,
                                     .file_count = 1};
    struct manifest *m = NULL;
    struct err e;
    int rv = manifest_build(&source, &reference_hasher, &m, &e);

    manifest_free(m);
    return rv;
}

/* Names that could leave the directory, or hide what they are, are refused in
 * every place (T20). */
static void manifest_parse_hostile_names(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        if (judge(hostile[i], strlen(hostile[i])) != P2P_EINVAL) {
            fail_msg("taken: %s", hostile[i]);
        }
        count += 4;
    }
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        char name[16] = "ab";
        size_t length = 1 + text_encode(hidden[i], name + 1);

        assert_int_equal(judge(name, length), P2P_EINVAL);
        assert_int_equal(judge(name + 1, length - 1), P2P_EINVAL);
        name[length] = 'z';
        assert_int_equal(judge(name, length + 1), P2P_EINVAL);
        count += 12;
    }
    for (unsigned c = 0; c <= 0x9f; c = c == 0x1f ? 0x7f : c + 1) {
        char name[8] = "a";
        size_t length = 1 + text_encode(c, name + 1);

        name[length++] = 'b'; /* for c == 0 a NUL in the middle */
        assert_int_equal(judge(name, length), P2P_EINVAL);
        count += 4;
    }
    assert_true(count >= 500);
}

/* Odd names that do no harm are taken and kept exactly. */
static void manifest_parse_allowed_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (judge(allowed[i], strlen(allowed[i])) != 0) {
            fail_msg("refused: %s", allowed[i]);
        }
        assert_int_equal(judge_build(allowed[i]), 0);
    }
}

/* The builder refuses what the parser refuses, also inside a path, and paths
 * with empty parts. */
static void manifest_build_hostile_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        char *path;

        if (strcmp(hostile[i], "a/b") == 0 || strcmp(hostile[i], "x/~") == 0 ||
            strcmp(hostile[i], ".ssh/authorized_keys") == 0) {
            continue; /* a good path, though not a good name */
        }
        assert_int_equal(judge_build(hostile[i]), P2P_EINVAL);
        path = mem_printf("d/%s", hostile[i]);
        assert_int_equal(judge_build(path), P2P_EINVAL);
        free(path);
        path = mem_printf("%s/f", hostile[i]);
        assert_int_equal(judge_build(path), P2P_EINVAL);
        free(path);
        path = mem_printf("d/%s/f", hostile[i]);
        assert_int_equal(judge_build(path), P2P_EINVAL);
        free(path);
    }
    assert_int_equal(judge_build("a//b"), P2P_EINVAL);
}

/* A component may have TEXT_COMPONENT_MAX bytes. */
static void manifest_parse_name_length(void **state)
{
    char name[300];

    (void)state;
    memset(name, 'n', sizeof(name));
    assert_int_equal(judge(name, TEXT_COMPONENT_MAX), 0);
    assert_int_equal(judge(name, TEXT_COMPONENT_MAX + 1), P2P_EINVAL);
    assert_int_equal(judge(name, 256), P2P_EINVAL);
}

/* Parse a directory with two names in it. */
static int judge_pair(const char *a, const char *b)
{
    struct buf buf;

    start(&buf);
    bencode_put_text(&buf, a);
    put_file(&buf);
    bencode_put_text(&buf, b);
    put_file(&buf);
    return finish(&buf, "item", 4);
}

/* Names of one directory that differ only in case are refused: some file
 * systems would make them one file. */
static void manifest_parse_case_twins(void **state)
{
    (void)state;
    assert_int_equal(judge_pair("A", "a"), P2P_EINVAL);
    assert_int_equal(judge_pair("README", "readme"), P2P_EINVAL);
    assert_int_equal(judge_pair("READme", "reAdMe"), P2P_EINVAL);
    assert_int_equal(judge_pair("\xc3\x84x", "\xc3\xa4X"), P2P_EINVAL);
    assert_int_equal(judge_pair("\xce\xa3", "\xcf\x83"), P2P_EINVAL);
    assert_int_equal(judge_pair("\xd0\x96", "\xd0\xb6"), P2P_EINVAL);
    assert_int_equal(judge_pair("a", "aa"), 0);
    assert_int_equal(judge_pair("A", "b"), 0);
    assert_int_equal(judge_pair("a", "b"), 0);
    assert_int_equal(judge_pair("a", "a"), P2P_EINVAL); /* not canonical */
    assert_int_equal(judge_pair("b", "a"), P2P_EINVAL);
}

/* Twins are looked for in each directory, and among directories too. */
static void manifest_build_twins_in_directories(void **state)
{
    static const struct {
        const char *a, *b;
        int rv;
    } cases[] = {
        {"d/x", "e/X", 0},
        {"d/x", "d/X", P2P_EINVAL},
        {"D/x", "d/y", P2P_EINVAL},
        {"d/e/x", "d/E", P2P_EINVAL},
        {"d/x", "x/d", 0},
        {"x", "d/X", 0},
        {"a", "a", P2P_EINVAL},
        {"a", "a/b", P2P_EINVAL},
        {"a/b/c", "a/b", P2P_EINVAL},
        {"a/b", "a-b", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct manifest_source_file files[2] = {{.path = cases[i].a},
                                                {.path = cases[i].b}};
        struct manifest_source source = {.name = "item",
                                         .is_directory = true,
                                         .piece_length = 16384,
                                         .files = files,
                                         .file_count = 2};
        struct manifest *m = NULL;
        struct err e;

        assert_int_equal(manifest_build(&source, &reference_hasher, &m, &e),
                         cases[i].rv);
        manifest_free(m);
    }
}

/* A directory of its own name's file is a file to everybody else, so it can't
 * be built as a directory. */
static void manifest_build_directory_like_a_file(void **state)
{
    (void)state;
    assert_int_equal(judge_build("item"), P2P_EINVAL);
    assert_int_equal(judge_build("item/item"), 0);
    assert_int_equal(judge_build("items"), 0);
}

/* A path of MANIFEST_DEPTH_MAX parts is taken, one more is not. */
static void manifest_build_depth(void **state)
{
    char path[200] = "";

    (void)state;
    memcpy(path, "d", 2);
    for (int i = 1; i < MANIFEST_DEPTH_MAX; i++) {
        memcpy(path + strlen(path), "/d", 3);
    }
    assert_int_equal(judge_build(path), 0);
    memcpy(path + strlen(path), "/d", 3);
    assert_int_equal(judge_build(path), P2P_ETOOBIG);
}

/* A long path of allowed parts is refused before the system refuses it. */
static void manifest_build_path_length(void **state)
{
    char path[MANIFEST_PATH_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(path); i++) {
        path[i] = i % 200 == 199 ? '/' : 'p';
    }
    path[MANIFEST_PATH_MAX - 1] = '\0';
    assert_int_equal(judge_build(path), 0);
    path[MANIFEST_PATH_MAX - 1] = 'p';
    path[MANIFEST_PATH_MAX] = '\0';
    assert_int_equal(judge_build(path), P2P_ETOOBIG);
}

/* A small manifest with long directories would need much memory for its
 * paths; it is refused. */
static void manifest_parse_amplified_paths(void **state)
{
    struct buf b;
    char name[201];

    (void)state;
    memset(name, 'd', sizeof(name));
    start(&b);
    for (int i = 0; i < 18; i++) {
        bencode_put_string(&b, name, 200);
        bencode_put_begin_dict(&b);
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "%06d", i);
        bencode_put_text(&b, name);
        put_file(&b);
    }
    for (int i = 0; i < 18; i++) {
        bencode_put_end(&b);
    }
    assert_int_equal(finish(&b, "item", 4), P2P_ETOOBIG);
}

/* As many files as the limit allows, and one more. */
static void manifest_parse_number_of_files(void **state)
{
    char name[20];

    (void)state;
    for (int extra = 0; extra <= 1; extra++) {
        struct buf b;

        start(&b);
        for (int i = 0; i < MANIFEST_FILES_MAX + extra; i++) {
            snprintf(name, sizeof(name), "%06d", i);
            bencode_put_text(&b, name);
            put_file(&b);
        }
        assert_int_equal(finish(&b, "item", 4), extra ? P2P_ETOOBIG : 0);
    }
}

static int parse_tree(const char *tree, const char *more)
{
    char *info = mem_printf("d9:file tree%s12:meta versioni2e4:name1:n12:piece "
                            "lengthi16384e%se",
                            tree, more);
    struct manifest *m = NULL;
    struct err e;
    int rv = manifest_parse((const uint8_t *)info, strlen(info), NULL, 0,
                            &reference_hasher, &m, &e);

    manifest_free(m);
    free(info);
    return rv;
}

/* Links are never taken (BEP 47); other attributes do nothing. */
static void manifest_parse_attributes(void **state)
{
    (void)state;
    assert_int_equal(parse_tree("d1:ad0:d4:attr1:l6:lengthi0eeee", ""),
                     P2P_EINVAL);
    assert_int_equal(parse_tree("d1:ad0:d4:attr3:hlx6:lengthi0eeee", ""),
                     P2P_EINVAL);
    assert_int_equal(parse_tree("d1:ad0:d4:attri1e6:lengthi0eeee", ""),
                     P2P_EINVAL);
    assert_int_equal(
        parse_tree("d1:ad0:d6:lengthi0e12:symlink pathl3:etceeee", ""),
        P2P_EINVAL);
    assert_int_equal(parse_tree("d1:ad0:d4:attr0:6:lengthi0eeee", ""), 0);
    assert_int_equal(parse_tree("d1:ad0:d4:attr3:xhp6:lengthi0eeee", ""), 0);
}

/* File trees that are not as BEP 52 says. */
static void manifest_parse_broken_trees(void **state)
{
    static const char *const trees[] = {
        "de",
        "le",
        "i1e",
        "d0:d6:lengthi0eee",           /* a file without a name */
        "d1:ade1:bd0:d6:lengthi0eeee", /* an empty directory */
        "d1:ai1ee",
        "d1:alee",
        "d1:ad0:i1eee",
        "d1:ad0:leee",
        "d1:ad0:deee", /* no length */
        "d1:ad0:d6:lengthi-1eeee",
        "d1:ad0:d6:length1:1eee",
        "d1:ad0:d6:lengthi1eeee", /* no root */
        "d1:ad0:d6:lengthi1e11:pieces root31:"
        "0000000000000000000000000000000eee",
        "d1:ad0:d6:lengthi1e11:pieces root33:"
        "000000000000000000000000000000000eee",
        "d1:ad0:d6:lengthi1e11:pieces rooti1eeee",
        "d1:ad0:d6:lengthi0ee1:bd0:d6:lengthi0eeeee", /* file and directory */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        if (parse_tree(trees[i], "") != P2P_EINVAL) {
            fail_msg("taken: %s", trees[i]);
        }
    }
    assert_int_equal(parse_tree("d1:ad0:d6:lengthi0eeee", ""), 0);
}

/* Fields of the info dictionary: kept, ignored or refused. */
static void manifest_parse_fields(void **state)
{
    static const char *const bad[] = {
        "",
        "de",
        "le",
        "d9:file treed1:ad0:d6:lengthi0eeeee",
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni1e4:name1:n12:piece "
        "lengthi16384ee",
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni3e4:name1:n12:piece "
        "lengthi16384ee",
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e12:piece "
        "lengthi16384ee",
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e4:namei1e12:piece "
        "lengthi16384ee",
        "d9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e4:name1:ne",
        "d12:meta versioni2e4:name1:n12:piece lengthi16384ee",
    };
    const char *tree = "d1:ad0:d6:lengthi0eeee";
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct manifest *m = NULL;

        assert_int_equal(manifest_parse((const uint8_t *)bad[i], strlen(bad[i]),
                                        NULL, 0, &reference_hasher, &m, &e),
                         P2P_EINVAL);
        assert_null(m);
    }
    assert_int_equal(parse_tree(tree, "7:privatei1e6:source3:abc"), 0);
    assert_int_equal(parse_tree(tree, "6:pieces0:"), P2P_EINVAL); /* hybrid */
    assert_int_equal(parse_tree(tree, "8:ssl-certi1e"), P2P_EINVAL);
    assert_int_equal(parse_tree(tree, "8:ssl-cert0:"), 0);
}

/* A certificate has a limit, and no NUL that would cut it. */
static void manifest_parse_certificate(void **state)
{
    static const char head[] = "d9:file treed1:ad0:d6:lengthi0eeee12:meta "
                               "versioni2e4:name1:n12:piece lengthi16384e8:"
                               "ssl-cert";
    static const struct {
        size_t size;
        char byte;
        int rv;
    } cases[] = {
        {MANIFEST_ROOT_PEM_MAX, 'c', 0},
        {MANIFEST_ROOT_PEM_MAX + 1, 'c', P2P_EINVAL},
        {10, '\0', P2P_EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct manifest *m = NULL;
        struct err e;
        struct buf b;
        char *pem = malloc(cases[i].size);

        memset(pem, cases[i].byte, cases[i].size);
        buf_init(&b, 1 << 20);
        assert_int_equal(buf_append(&b, head, sizeof(head) - 1), 0);
        bencode_put_string(&b, pem, cases[i].size);
        bencode_put_end(&b);
        assert_int_equal(manifest_parse(buf_head(&b), buf_length(&b), NULL, 0,
                                        &reference_hasher, &m, &e),
                         cases[i].rv);
        manifest_free(m);
        buf_close(&b);
        free(pem);
    }
}

/* Private and hidden are told, wherever the dot stands. */
static void manifest_parse_flags(void **state)
{
    static const struct {
        const char *info;
        bool is_private, has_hidden;
    } cases[] = {
        {"d9:file treed1:ad0:d6:lengthi0eeee12:meta "
         "versioni2e4:name1:n12:piece lengthi16384e7:privatei1ee",
         true, false},
        {"d9:file treed1:ad0:d6:lengthi0eeee12:meta "
         "versioni2e4:name2:.n12:piece lengthi16384e7:privatei0ee",
         false, true},
        {"d9:file treed1:ad2:.bd0:d6:lengthi0eeeee12:meta "
         "versioni2e4:name1:n12:piece lengthi16384ee",
         false, true},
        {"d9:file treed2:.ad1:bd0:d6:lengthi0eeeee12:meta "
         "versioni2e4:name1:n12:piece lengthi16384ee",
         false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct manifest *m = NULL;
        struct err e;

        assert_int_equal(manifest_parse((const uint8_t *)cases[i].info,
                                        strlen(cases[i].info), NULL, 0,
                                        &reference_hasher, &m, &e),
                         0);
        assert_int_equal(m->is_private, cases[i].is_private);
        assert_int_equal(m->has_hidden, cases[i].has_hidden);
        manifest_free(m);
    }
}

/* Limits of the inputs themselves. */
static void manifest_parse_input_sizes(void **state)
{
    struct manifest *m = NULL;
    uint8_t *big = calloc(1, (size_t)MANIFEST_LAYERS_MAX + 1);
    struct err e;

    (void)state;
    assert_int_equal(manifest_parse(big, MANIFEST_INFO_MAX + 1, NULL, 0,
                                    &reference_hasher, &m, &e),
                     P2P_ETOOBIG);
    assert_int_equal(manifest_parse(big, 1, big,
                                    (size_t)MANIFEST_LAYERS_MAX + 1,
                                    &reference_hasher, &m, &e),
                     P2P_ETOOBIG);
    assert_int_equal(
        manifest_parse_torrent(big, SIZE_MAX / 2, &reference_hasher, &m, &e),
        P2P_ETOOBIG);
    assert_int_equal(manifest_parse_torrent((const uint8_t *)"d1:ai1ee", 8,
                                            &reference_hasher, &m, &e),
                     P2P_EINVAL);
    assert_int_equal(manifest_parse_torrent((const uint8_t *)"le", 2,
                                            &reference_hasher, &m, &e),
                     P2P_EINVAL);
    assert_null(m);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_parse_hostile_names),
        cmocka_unit_test(manifest_parse_allowed_names),
        cmocka_unit_test(manifest_build_hostile_paths),
        cmocka_unit_test(manifest_parse_name_length),
        cmocka_unit_test(manifest_parse_case_twins),
        cmocka_unit_test(manifest_build_twins_in_directories),
        cmocka_unit_test(manifest_build_directory_like_a_file),
        cmocka_unit_test(manifest_build_depth),
        cmocka_unit_test(manifest_build_path_length),
        cmocka_unit_test(manifest_parse_amplified_paths),
        cmocka_unit_test(manifest_parse_number_of_files),
        cmocka_unit_test(manifest_parse_attributes),
        cmocka_unit_test(manifest_parse_broken_trees),
        cmocka_unit_test(manifest_parse_fields),
        cmocka_unit_test(manifest_parse_certificate),
        cmocka_unit_test(manifest_parse_flags),
        cmocka_unit_test(manifest_parse_input_sizes),
    };
    return cmocka_run_group_tests_name("wire/manifest names", tests, NULL,
                                       NULL);
}
