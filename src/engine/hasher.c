#include "config.h"

#include "engine/hasher.h"

#include "crypto/merkle.h"
#include "crypto/sha256.h"
#include "wire/manifest.h"

const struct manifest_hasher engine_hasher = {
    .digest = sha256_digest,
    .file_root = merkle_file_root,
};
