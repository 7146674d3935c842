#include "VectorLoops.h"
#include "VectorMath.h"

enum { group = 64 };  // blocks made at a time, so that the ten rounds run in vectors

/// Lane l of block `counter + i` goes to bits[l][i].
VL_INLINE void philox(uint32_t key0, uint32_t key1, uint64_t counter, uint32_t bits[4][group]) {
  for (int i = 0; i < group; i++) {
    uint32_t a = (uint32_t)(counter + (uint64_t)i), b = (uint32_t)((counter + (uint64_t)i) >> 32), c = 0, d = 0;
    uint32_t k0 = key0, k1 = key1;
    for (int round = 0; round < 10; round++) {
      const uint64_t first = (uint64_t)a * 0xD2511F53u, second = (uint64_t)c * 0xCD9E8D57u;
      a = (uint32_t)(second >> 32) ^ b ^ k0, b = (uint32_t)second;
      c = (uint32_t)(first >> 32) ^ d ^ k1, d = (uint32_t)first;
      k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    bits[0][i] = a, bits[1][i] = b, bits[2][i] = c, bits[3][i] = d;
  }
}

VL_INLINE float uniform(uint32_t bits) { return (float)(int32_t)(bits >> 8) * 0x1p-24f; }

/// Runs `make` on whole groups; the last one goes through a buffer.
#define EACH_GROUP(...)                                                                   \
  for (long i = 0; i < count; i += 4 * group) {                                            \
    uint32_t bits[4][group];                                                               \
    float made[4][group], draws[4 * group];                                                \
    philox(key0, key1, counter + (uint64_t)(i / 4), bits);                                 \
    for (int j = 0; j < group; j++) { __VA_ARGS__ }                                        \
    /* Only now out of order, which would keep the arithmetic from running in vectors. */  \
    for (int j = 0; j < group; j++)                                                        \
      for (int lane = 0; lane < 4; lane++) draws[4 * j + lane] = made[lane][j];            \
    const long rest = count - i < 4 * group ? count - i : 4 * group;                       \
    memcpy(output + i, draws, (size_t)rest * sizeof(float));                               \
  }

VL_CLONES void vl_uniform(
  uint32_t key0, uint32_t key1, uint64_t counter, float low, float high, float *output, long count
) {
  // Each operation rounded, as the definition says: every device must give the same bits.
#pragma clang fp contract(off)
  const float extent = high - low;
  EACH_GROUP(
    for (int lane = 0; lane < 4; lane++) {
      const float scaled = extent * uniform(bits[lane][j]);
      made[lane][j] = low + scaled;
    })
}

VL_CLONES void vl_normal(
  uint32_t key0, uint32_t key1, uint64_t counter, float mean, float deviation, float *output, long count
) {
  EACH_GROUP(
    for (int pair = 0; pair < 4; pair += 2) {
      float sine, cosine;
      vl_sine_cosine(uniform(bits[pair + 1][j]), &sine, &cosine);
      const float positive = (float)(int32_t)((bits[pair][j] >> 8) + 1) * 0x1p-24f;
      const float radius = deviation * vl_sqrt(-2.0f * vl_log(positive));
      made[pair][j] = mean + radius * cosine;
      made[pair + 1][j] = mean + radius * sine;
    })
}

VL_CLONES void vl_dropout(
  uint32_t key0, uint32_t key1, uint64_t counter, float rate, const float *restrict input,
  float *restrict output, long count
) {
  const float kept = 1.0f - rate;
  for (long i = 0; i < count; i += 8 * group) {
    uint32_t bits[4][group];
    union {
      uint32_t words[4 * group];
      uint16_t halves[8 * group];
    } drawn;
    philox(key0, key1, counter + (uint64_t)(i / 8), bits);
    for (int j = 0; j < group; j++)
      for (int lane = 0; lane < 4; lane++) drawn.words[4 * j + lane] = bits[lane][j];
    const long rest = count - i < 8 * group ? count - i : 8 * group;
    for (long j = 0; j < rest; j++) {
      const float scaled = input[i + j] / kept;
      output[i + j] = (float)drawn.halves[j] * 0x1p-16f >= rate ? scaled : 0.0f;
    }
  }
}
