#include "config.h"

#include "crypto/sha256.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/internal.h"
#include "util/mem.h"

/* FIPS 180-4, 5.3.3 and 4.2.2. */
const uint32_t sha256_initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                    0xa54ff53a, 0x510e527f, 0x9b05688c,
                                    0x1f83d9ab, 0x5be0cd19};
const uint32_t sha256_round[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* FIPS 180-4, 5.1.1: 16384 bytes are 0x20000 bits, 64 bytes are 0x200. */
const uint8_t sha256_leaf_padding[64] = {[0] = 0x80, [61] = 0x02};
const uint8_t sha256_pair_padding[64] = {[0] = 0x80, [62] = 0x02};

/* What never changes after the first call of any thread. */
static struct {
    pthread_once_t once;
    EVP_MD *md; /* fetched once: a lookup per digest costs more than a block */
    pthread_key_t context; /* every thread's EVP_MD_CTX */
    const struct sha256_impl *impl;
    const struct sha256_impl *narrow;
} shared = {.once = PTHREAD_ONCE_INIT};

/* OpenSSL fails here only without memory or without its default provider:
 * nothing can be verified then. */
static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "SHA-256 does not work: %s\n", what);
        abort();
    }
}

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void set_up(void)
{
    shared.md = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(shared.md != NULL, "OpenSSL has no SHA256");
    must(pthread_key_create(&shared.context, free_context) == 0,
         "no thread-specific data");
    shared.narrow =
        sha256_impl_ni.is_available() ? &sha256_impl_ni : &sha256_impl_openssl;
    shared.impl = sha256_choose(getenv("P2P_SHA256"));
}

static void ensure_set_up(void)
{
    must(pthread_once(&shared.once, set_up) == 0, "pthread_once");
}

/* This thread's context, made at its first digest and freed at its end. */
static EVP_MD_CTX *thread_context(void)
{
    EVP_MD_CTX *context;

    ensure_set_up();
    context = pthread_getspecific(shared.context);
    if (context == NULL) {
        context = EVP_MD_CTX_new();
        must(context != NULL, "out of memory");
        must(pthread_setspecific(shared.context, context) == 0,
             "out of memory");
    }
    return context;
}

const struct sha256_impl *sha256_choose(const char *wanted)
{
    static const struct sha256_impl *const fastest_first[] = {
        &sha256_impl_avx512, &sha256_impl_ni, &sha256_impl_openssl};
    const size_t count = sizeof fastest_first / sizeof fastest_first[0];
    const struct sha256_impl *chosen = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct sha256_impl *impl = fastest_first[i];

        if (!impl->is_available()) {
            continue;
        }
        if (wanted != NULL && strcmp(wanted, impl->name) == 0) {
            return impl;
        }
        if (chosen == NULL) {
            chosen = impl;
        }
    }
    return chosen;
}

const struct sha256_impl *sha256_narrow(void)
{
    ensure_set_up();
    return shared.narrow;
}

const char *sha256_engine(void)
{
    ensure_set_up();
    return shared.impl->name;
}

/* ---- One message ------------------------------------------------------- */

void sha256_digest(const void *data, size_t size, uint8_t out[SHA256_SIZE])
{
    EVP_MD_CTX *context = thread_context();

    must(EVP_DigestInit_ex2(context, shared.md, NULL) == 1 &&
             EVP_DigestUpdate(context, data, size) == 1 &&
             EVP_DigestFinal_ex(context, out, NULL) == 1,
         "OpenSSL refused");
}

void sha256_pair(const uint8_t left[SHA256_SIZE],
                 const uint8_t right[SHA256_SIZE], uint8_t out[SHA256_SIZE])
{
    uint8_t both[2 * SHA256_SIZE];

    ensure_set_up();
    if (shared.narrow == &sha256_impl_ni) {
        sha256_ni_pair(left, right, out);
        return;
    }
    memcpy(both, left, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, right, SHA256_SIZE);
    sha256_digest(both, sizeof both, out);
}

/* ---- Many leaves ------------------------------------------------------- */

static bool openssl_is_available(void)
{
    return true;
}

static void openssl_leaves(const uint8_t *const *leaves, size_t count,
                           uint8_t (*out)[SHA256_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        sha256_digest(leaves[i], SHA256_LEAF, out[i]);
    }
}

const struct sha256_impl sha256_impl_openssl = {
    .name = "openssl",
    .is_available = openssl_is_available,
    .leaves = openssl_leaves,
};

void sha256_leaves_at(const uint8_t *const *leaves, size_t count,
                      uint8_t (*out)[SHA256_SIZE])
{
    ensure_set_up();
    shared.impl->leaves(leaves, count, out);
}

void sha256_leaves(const uint8_t *data, size_t size,
                   uint8_t (*out)[SHA256_SIZE])
{
    enum { BATCH = 64 }; /* pointers; a multiple of every engine's width */
    const uint8_t *leaves[BATCH];
    size_t full = size / SHA256_LEAF;
    size_t done = 0;

    ensure_set_up();
    while (done < full) {
        size_t part = full - done < BATCH ? full - done : BATCH;

        for (size_t i = 0; i < part; i++) {
            leaves[i] = data + (done + i) * SHA256_LEAF;
        }
        shared.impl->leaves(leaves, part, out + done);
        done += part;
    }
    if (size % SHA256_LEAF != 0) {
        sha256_digest(data + full * SHA256_LEAF, size % SHA256_LEAF, out[full]);
    }
}

/* ---- A running digest -------------------------------------------------- */

struct sha256 {
    EVP_MD_CTX *context;
};

static void start(struct sha256 *s)
{
    must(EVP_DigestInit_ex2(s->context, shared.md, NULL) == 1,
         "OpenSSL refused");
}

struct sha256 *sha256_new(void)
{
    struct sha256 *s = mem_alloc(sizeof *s);

    ensure_set_up();
    s->context = EVP_MD_CTX_new();
    must(s->context != NULL, "out of memory");
    start(s);
    return s;
}

void sha256_add(struct sha256 *s, const void *data, size_t size)
{
    must(EVP_DigestUpdate(s->context, data, size) == 1, "OpenSSL refused");
}

void sha256_finish(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
    must(EVP_DigestFinal_ex(s->context, out, NULL) == 1, "OpenSSL refused");
    start(s);
}

void sha256_free(struct sha256 *s)
{
    if (s == NULL) {
        return;
    }
    EVP_MD_CTX_free(s->context);
    free(s);
}
