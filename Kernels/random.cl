// Philox4x32-10 (Salmon et al., 2011). Element e of a draw is made of word e % 4 of block counter + e / 4, that of a
// dropout of half e % 2 of word e / 2 % 4 of block counter + e / 8, whatever the device and however the work is shared.
//
// Words become draws two vectors at a time, `first` and `second`, which lie in the order of memory. On a
// processor WIDTH is 16 and an item computes 16 blocks; on a card WIDTH is 4 and an item computes two.
// Macros: DRAW or DROPOUT.

// The draws must have the same bits on every device: no fused multiply-add.
#pragma OPENCL FP_CONTRACT OFF

typedef JOIN(uint, WIDTH) uintv;
#define UNIT(bits) (JOIN(convert_float, WIDTH)((bits) >> 8) * 0x1p-24f)
#define POSITIVE_UNIT(bits) (JOIN(convert_float, WIDTH)(((bits) >> 8) + 1u) * 0x1p-24f)

// Sets the vectors `a` and `b`.
#define UNIFORM                                                                                               \
  a = p + (q - p) * UNIT(first);                                                                              \
  b = p + (q - p) * UNIT(second);

#if WIDTH == 16
#define EVENS(x, y) \
  (uintv)(x.s0, x.s2, x.s4, x.s6, x.s8, x.sa, x.sc, x.se, y.s0, y.s2, y.s4, y.s6, y.s8, y.sa, y.sc, y.se)
#define ODDS(x, y) \
  (uintv)(x.s1, x.s3, x.s5, x.s7, x.s9, x.sb, x.sd, x.sf, y.s1, y.s3, y.s5, y.s7, y.s9, y.sb, y.sd, y.sf)
#define LOW_PAIRS(x, y) \
  (floatv)(x.s0, y.s0, x.s1, y.s1, x.s2, y.s2, x.s3, y.s3, x.s4, y.s4, x.s5, y.s5, x.s6, y.s6, x.s7, y.s7)
#define HIGH_PAIRS(x, y) \
  (floatv)(x.s8, y.s8, x.s9, y.s9, x.sa, y.sa, x.sb, y.sb, x.sc, y.sc, x.sd, y.sd, x.se, y.se, x.sf, y.sf)
#else
#define EVENS(x, y) (uintv)(x.s0, x.s2, y.s0, y.s2)
#define ODDS(x, y) (uintv)(x.s1, x.s3, y.s1, y.s3)
#define LOW_PAIRS(x, y) (floatv)(x.s0, y.s0, x.s1, y.s1)
#define HIGH_PAIRS(x, y) (floatv)(x.s2, y.s2, x.s3, y.s3)
#endif

// Box and Muller's, of words (0, 1), (2, 3), …: radius and angle 2πu. With v = u − ½, sine and cosine of πv are
// polynomials, fitted at Chebyshev's nodes; those of the angle follow by doubling, without any case.
#define NORMAL                                                                                                \
  const floatv radius = sqrt(-2.0f * log(POSITIVE_UNIT(EVENS(first, second))));                               \
  const floatv v = UNIT(ODDS(first, second)) - 0.5f, s = v * v;                                               \
  const floatv sine =                                                                                         \
      v * (3.14159264f + s * (-5.16771008f + s * (2.55007752f + s * (-0.598291286f + s * 0.0776576603f))));   \
  const floatv cosine = 1.0f + s * (-4.93480214f + s * (4.05870916f                                           \
      + s * (-1.33521205f + s * (0.234937314f - s * 0.0243963243f))));                                        \
  const floatv even = p + q * (radius * (2.0f * sine * sine - 1.0f));                                         \
  const floatv odd = p - q * (radius * (2.0f * sine * cosine));                                               \
  a = LOW_PAIRS(even, odd);                                                                                   \
  b = HIGH_PAIRS(even, odd);

#ifdef DROPOUT
#define DRAWS 2  // of a word
#define KEEP(bits, at)                                                                                        \
  if ((at) < count) {                                                                                         \
    const floatv u = JOIN(convert_float, WIDTH)(JOIN(as_ushort, WIDTH)(bits)) * 0x1p-16f;                     \
    WRITE(u >= p ? LOAD(input + (at)) * q : (floatv)(0.0f), output + (at));                                   \
  }
#define DRAW_TWO(firstWords, secondWords, at)                                                                 \
  {                                                                                                           \
    const uintv first = firstWords, second = secondWords;                                                     \
    KEEP(first.lo, at)                                                                                        \
    KEEP(first.hi, (at) + WIDTH)                                                                              \
    KEEP(second.lo, (at) + 2 * WIDTH)                                                                         \
    KEEP(second.hi, (at) + 3 * WIDTH)                                                                         \
  }
#else
#define DRAWS 1
#define DRAW_TWO(firstWords, secondWords, at)                                                                 \
  {                                                                                                           \
    const uintv first = firstWords, second = secondWords;                                                     \
    floatv a, b;                                                                                              \
    if (isNormal) {                                                                                           \
      NORMAL                                                                                                  \
    } else {                                                                                                  \
      UNIFORM                                                                                                 \
    }                                                                                                         \
    if ((at) < count) WRITE(a, output + (at));                                                                \
    if ((at) + WIDTH < count) WRITE(b, output + (at) + WIDTH);                                                \
  }
#endif

#if WIDTH == 16
#define LOW(x) ((x) & 0xFFFFFFFFul)
#define WORDS(j, k, l, m)                                                                                     \
  as_uint16((ulong8)(low.s##j, high.s##j, low.s##k, high.s##k, low.s##l, high.s##l, low.s##m, high.s##m))
#else
static inline uint4 philox(const ulong block, uint k0, uint k1) {
  uint4 word = (uint4)((uint)block, (uint)(block >> 32), 0u, 0u);
  for (int round = 0; round < 10; ++round) {
    word = (uint4)(mul_hi(word.z, 0xCD9E8D57u) ^ word.y ^ k0, word.z * 0xCD9E8D57u,
                   mul_hi(word.x, 0xD2511F53u) ^ word.w ^ k1, word.x * 0xD2511F53u);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return word;
}
#endif

kernel void random(
    const float p, const float q, const uint key0, const uint key1, const ulong counter, const index_t count,
#ifdef DROPOUT
    global const float *restrict input,
#else
    const int isNormal,
#endif
    global float *restrict output) {
#if WIDTH == 16
  FOR_EACH(i, (count + 64 * DRAWS - 1) / (64 * DRAWS)) {
    // Lane b of `wordn` holds word n of block b in its low half; the high halves do not matter. So one
    // multiplication of lanes makes both halves of a product of words.
    const ulong16 block = counter + (ulong)i * 16 + (ulong16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ulong16 word0 = block, word1 = block >> 32, word2 = 0, word3 = 0;
    uint k0 = key0, k1 = key1;
#pragma unroll
    for (int round = 0; round < 10; ++round) {
      const ulong16 product0 = LOW(word0) * 0xD2511F53ul, product2 = LOW(word2) * 0xCD9E8D57ul;
      word0 = (product2 >> 32) ^ word1 ^ (ulong)k0;
      word1 = product2;
      word2 = (product0 >> 32) ^ word3 ^ (ulong)k1;
      word3 = product0;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    const ulong16 low = LOW(word0) | word1 << 32, high = LOW(word2) | word3 << 32;
    DRAW_TWO(WORDS(0, 1, 2, 3), WORDS(4, 5, 6, 7), i * (64 * DRAWS))
    DRAW_TWO(WORDS(8, 9, a, b), WORDS(c, d, e, f), i * (64 * DRAWS) + 32 * DRAWS)
  }
#else
  FOR_EACH(i, (count + 8 * DRAWS - 1) / (8 * DRAWS)) {
    const ulong block = counter + (ulong)i * 2;
    DRAW_TWO(philox(block, key0, key1), philox(block + 1, key0, key1), i * (8 * DRAWS))
  }
#endif
}
