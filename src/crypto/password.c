#include "config.h"

#include "crypto/password.h"

#include <stdint.h>
#include <string.h>

#include <argon2.h>

#include "crypto/random.h"
#include "util/err.h"

enum {
    /* RFC 9106 and OWASP: 19 MiB, 2 passes, 1 lane. */
    COST_KIB = 19456,
    COST_PASSES = 2,
    COST_LANES = 1,
    SALT_SIZE = 16, /* bytes */
    TAG_SIZE = 32,  /* bytes */

    /* What a stored hash may ask of us: a bad one must not eat the memory. */
    LIMIT_KIB = 256 * 1024,
    LIMIT_PASSES = 16,
    LIMIT_LANES = 4,
};

/* The parameters at the start of a PHC string. */
struct cost {
    uint32_t kib;
    uint32_t passes;
    uint32_t lanes;
    size_t salt_chars; /* base64 without padding */
    size_t tag_chars;
};

/* Take `literal` from the front of `*at`. */
static bool skip(const char **at, const char *literal)
{
    size_t length = strlen(literal);

    if (strncmp(*at, literal, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

/* Take a number of 1..limit without leading zero from the front of `*at`. */
static bool take_number(const char **at, uint32_t limit, uint32_t *out)
{
    uint32_t value = 0;
    const char *p = *at;

    if (*p < '1' || *p > '9') {
        return false;
    }
    while (*p >= '0' && *p <= '9') {
        value = value * 10 + (uint32_t)(*p - '0');
        if (value > limit) {
            return false; /* also keeps the product far from overflowing */
        }
        p++;
    }
    *at = p;
    *out = value;
    return true;
}

/* Take characters of base64 from the front of `*at`; how many. */
static size_t take_base64(const char **at)
{
    size_t length = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789+/");

    *at += length;
    return length;
}

/* Read "$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$TAG" within the limits. */
static bool parse(const char *hash, struct cost *out)
{
    const char *at = hash;

    if (strnlen(hash, PASSWORD_HASH_MAX) >= PASSWORD_HASH_MAX ||
        !skip(&at, "$argon2id$v=19$m=") ||
        !take_number(&at, LIMIT_KIB, &out->kib) || !skip(&at, ",t=") ||
        !take_number(&at, LIMIT_PASSES, &out->passes) || !skip(&at, ",p=") ||
        !take_number(&at, LIMIT_LANES, &out->lanes) || !skip(&at, "$")) {
        return false;
    }
    out->salt_chars = take_base64(&at);
    if (!skip(&at, "$")) {
        return false;
    }
    out->tag_chars = take_base64(&at);
    return *at == '\0' && out->salt_chars > 0 && out->tag_chars > 0;
}

static size_t base64_chars(size_t bytes)
{
    return (bytes * 8 + 5) / 6;
}

int password_hash(const char *password, char out[PASSWORD_HASH_MAX])
{
    uint8_t salt[SALT_SIZE];
    char hash[PASSWORD_HASH_MAX];
    size_t length = strnlen(password, PASSWORD_MAX + 1);

    if (length < PASSWORD_MIN || length > PASSWORD_MAX) {
        return P2P_EINVAL;
    }
    random_fill(salt, sizeof salt);
    if (argon2id_hash_encoded(COST_PASSES, COST_KIB, COST_LANES, password,
                              length, salt, sizeof salt, TAG_SIZE, hash,
                              sizeof hash) != ARGON2_OK) {
        return P2P_EINTERNAL;
    }
    memcpy(out, hash, sizeof hash);
    return 0;
}

int password_verify(const char *password, const char *hash)
{
    struct cost cost;
    size_t length = strnlen(password, PASSWORD_MAX + 1);

    if (!parse(hash, &cost)) {
        return P2P_EINVAL;
    }
    if (length > PASSWORD_MAX) {
        return P2P_EAUTH; /* no account can have it */
    }
    switch (argon2id_verify(hash, password, length)) {
    case ARGON2_OK:
        return 0;
    case ARGON2_VERIFY_MISMATCH:
        return P2P_EAUTH;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
    case ARGON2_THREAD_FAIL:
        return P2P_EINTERNAL;
    default:
        return P2P_EINVAL;
    }
}

bool password_is_outdated(const char *hash)
{
    struct cost cost;

    return !parse(hash, &cost) || cost.kib != COST_KIB ||
           cost.passes != COST_PASSES || cost.lanes != COST_LANES ||
           cost.salt_chars != base64_chars(SALT_SIZE) ||
           cost.tag_chars != base64_chars(TAG_SIZE);
}

const char *password_decoy(void)
{
    /* Zeros as the result: nobody can find a password that hashes to them. */
    return "$argon2id$v=19$m=19456,t=2,p=1$cDJwdHVpIGRlY295ICEhIQ$"
           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}
