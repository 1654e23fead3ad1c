#include "config.h"

#include "wire/denial.h"

#include <inttypes.h>

#include "util/mem.h"

char *denial_text(const char *group, const char *user_id, int64_t since)
{
    return mem_printf("p2p group.deny 1\n%s\n%s\n%" PRId64 "\n", group, user_id,
                      since);
}
