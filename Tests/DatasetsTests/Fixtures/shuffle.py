"""The order of `shuffledIndices`, written independently: python3 shuffle.py COUNT SEED EPOCH"""

import sys

MASK = 0xFFFFFFFF


def philox(key, counter):
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(second >> 32) ^ c[1] ^ k[0], second & MASK, (first >> 32) ^ c[3] ^ k[1], first & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, epoch, purpose=1):
    block = 0
    while True:
        yield from philox((seed & MASK, seed >> 32), (block & MASK, block >> 32, epoch, purpose))
        block += 1


def shuffled(count, seed, epoch):
    source, order = words(seed, epoch), list(range(count))
    for last in range(count - 1, 0, -1):
        bound = last + 1
        while True:
            product = next(source) * bound
            if product & MASK >= (1 << 32) % bound:
                break
        other = product >> 32
        order[last], order[other] = order[other], order[last]
    return order


# Known answer of Random123's kat_vectors, so that this script is right itself.
assert philox((0, 0), (0, 0, 0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
print(shuffled(*map(int, sys.argv[1:])))
