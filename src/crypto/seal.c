#include "config.h"

#include "crypto/seal.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "crypto/random.h"
#include "util/err.h"
#include "util/mem.h"

/* A box is nonce, ciphertext, tag. The nonce is random: the few hundred
 * secrets of one key are far from the 2^32 at which that would matter. */
enum {
    NONCE = 12,        /* bytes */
    TAG = 16,          /* bytes */
    SEAL_MAX = 1 << 20 /* bytes of content; keys are far smaller */
};

void seal_close(const uint8_t key[SEAL_KEY], const char *label,
                const void *data, size_t size, uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t *body = out + NONCE;
    int n;

    assert(size <= SEAL_MAX);
    random_fill(out, NONCE);
    if (c == NULL ||
        EVP_EncryptInit_ex2(c, EVP_aes_256_gcm(), key, out, NULL) != 1 ||
        EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)label,
                          (int)strlen(label)) != 1 ||
        EVP_EncryptUpdate(c, body, &n, data, (int)size) != 1 ||
        EVP_EncryptFinal_ex(c, body + size, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, body + size) != 1) {
        fprintf(stderr, "AES-256-GCM does not work\n");
        abort(); /* storing the secret in clear is no way out */
    }
    EVP_CIPHER_CTX_free(c);
}

int seal_open(const uint8_t key[SEAL_KEY], const char *label,
              const uint8_t *box, size_t size, uint8_t *out)
{
    EVP_CIPHER_CTX *c = NULL;
    uint8_t tag[TAG];
    size_t content;
    int n;
    int rv = P2P_EVERIFY;

    if (size < SEAL_OVERHEAD || size > SEAL_MAX + SEAL_OVERHEAD) {
        return P2P_EVERIFY;
    }
    content = size - SEAL_OVERHEAD;
    memcpy(tag, box + NONCE + content, TAG);
    c = EVP_CIPHER_CTX_new();
    if (c != NULL &&
        EVP_DecryptInit_ex2(c, EVP_aes_256_gcm(), key, box, NULL) == 1 &&
        EVP_DecryptUpdate(c, NULL, &n, (const uint8_t *)label,
                          (int)strlen(label)) == 1 &&
        EVP_DecryptUpdate(c, out, &n, box + NONCE, (int)content) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
        EVP_DecryptFinal_ex(c, out + content, &n) == 1) {
        rv = 0;
    } else {
        mem_wipe(out, content); /* not authentic: nobody may use it */
    }
    EVP_CIPHER_CTX_free(c);
    return rv;
}
