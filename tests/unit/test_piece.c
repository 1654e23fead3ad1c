#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/piece.h"

/* Never more than PIECE_MANY pieces until they are as long as can be. */
static void piece_length_grows_with_size(void **state)
{
    uint64_t size;

    (void)state;
    assert_int_equal(piece_length_for(0), PIECE_SHORTEST);
    assert_int_equal(piece_length_for(UINT64_MAX), PIECE_LONGEST);
    for (size = 1; size < 1ull << 35; size = size * 3 + 1) {
        uint32_t length = piece_length_for(size);

        assert_int_equal(length & (length - 1), 0);
        assert_true(piece_count_for(size, length) <= PIECE_MANY + 1);
        assert_true(length == PIECE_SHORTEST ||
                    piece_count_for(size, length / 2) > PIECE_MANY);
    }
}

static void piece_count_rounds_up(void **state)
{
    (void)state;
    assert_int_equal(piece_count_for(0, 65536), 0);
    assert_int_equal(piece_count_for(1, 65536), 1);
    assert_int_equal(piece_count_for(65536, 65536), 1);
    assert_int_equal(piece_count_for(65537, 65536), 2);
    assert_int_equal(piece_count_for(UINT64_MAX, 1), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(piece_length_grows_with_size),
        cmocka_unit_test(piece_count_rounds_up),
    };

    return cmocka_run_group_tests_name("util/piece", tests, NULL, NULL);
}
