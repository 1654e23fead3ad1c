/* hasher: crypto's hash functions in the shape wire's manifest wants them. */
#ifndef P2P_ENGINE_HASHER_H
#define P2P_ENGINE_HASHER_H

struct manifest_hasher;

extern const struct manifest_hasher engine_hasher;

#endif /* P2P_ENGINE_HASHER_H */
