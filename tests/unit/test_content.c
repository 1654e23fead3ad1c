#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/sample.h"
#include "engine/content.h"
#include "engine/storage.h"
#include "util/bitfield.h"
#include "util/err.h"
#include "wire/manifest.h"

/* Everything handed in comes back, and goes when the last reference goes (the
 * sanitizers watch). */
static void content_new_owns_its_parts(void **state)
{
    char *directory = sample_directory();
    struct manifest *m = sample_single("file", 70000, 65536);
    struct storage *s = NULL;
    struct bitfield *verified = bitfield_new(m->piece_count);
    struct content *c;
    struct err e;

    (void)state;
    assert_int_equal(storage_create(m, directory, NULL, &s, &e), 0);
    c = content_new(&(struct content_setup){.manifest = m,
                                            .storage = s,
                                            .verified = verified,
                                            .state_dir = "/state",
                                            .group = "lab"});
    assert_ptr_equal(content_ref(c), c);
    content_unref(c);
    assert_ptr_equal(content_manifest(c), m);
    assert_ptr_equal(content_storage(c), s);
    assert_ptr_equal(content_verified(c), verified);
    assert_string_equal(content_state_dir(c), "/state");
    assert_string_equal(content_group(c), "lab");
    content_unref(c);
    content_unref(NULL);
    sample_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_new_owns_its_parts),
    };

    return cmocka_run_group_tests_name("engine/content", tests, NULL, NULL);
}
