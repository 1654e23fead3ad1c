#include "config.h"

#include "crypto/sign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/internal.h"
#include "util/err.h"

/* For steps that fail only without memory or with a broken OpenSSL. */
static void must(bool ok)
{
    if (!ok) {
        ERR_print_errors_fp(stderr);
        fprintf(stderr, "OpenSSL cannot sign\n");
        abort();
    }
}

void sign_make(const struct key *k, const void *data, size_t size,
               uint8_t out[SIGN_MAX], size_t *out_size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    *out_size = SIGN_MAX;
    must(ctx != NULL &&
         EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key_handle(k)) ==
             1 &&
         EVP_DigestSign(ctx, out, out_size, data, size) == 1);
    EVP_MD_CTX_free(ctx);
}

int sign_check(const struct cert *signer, const void *data, size_t size,
               const uint8_t *signature, size_t signature_size)
{
    EVP_PKEY *key = X509_get0_pubkey(cert_handle(signer));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok;

    must(ctx != NULL);
    ok = key != NULL &&
         EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
         EVP_DigestVerify(ctx, signature, signature_size, data, size) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok ? 0 : P2P_EVERIFY;
}
