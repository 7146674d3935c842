"""Philox4x32-10 (Salmon et al., 2011): numbers that any program can make again, so that weights and images
need not be stored."""

import numpy as np

MASK = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def block(counters, key):
    """The four lanes `[n, 4]` of the blocks with counter words (counters, 0, 0, 0)."""
    c = [np.asarray(counters, np.uint64), *(np.zeros(len(counters), np.uint64) for _ in range(3))]
    k = [np.uint64(key[0]), np.uint64(key[1])]
    for _ in range(10):
        first, second = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(second >> HALF) ^ c[1] ^ k[0], second & MASK, (first >> HALF) ^ c[3] ^ k[1], first & MASK]
        k = [(k[0] + np.uint64(0x9E3779B9)) & MASK, (k[1] + np.uint64(0xBB67AE85)) & MASK]
    return np.stack(c, axis=1)


def uniform(key, *shape):
    """Element i is `(lane i % 4 of block i / 4 >> 8) · 2⁻²⁴`: uniform in [0, 1), exact in float32."""
    count = int(np.prod(shape))
    bits = block(np.arange((count + 3) // 4), key).ravel()[:count]
    return ((bits >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)).reshape(shape)


# Known answers of Random123's kat_vectors.
assert [hex(x) for x in block([0], (0, 0))[0]] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]
