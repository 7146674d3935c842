// Philox4x32-10 (Salmon et al., 2011). Element e of a draw is lane e % 4 of block counter + e / 4, whatever
// the device and however the work is shared.
//
// Item i computes WIDTH consecutive blocks, one a lane of `c`, and so elements i · 4 · WIDTH and on.
// Macros: DRAW, what is made of the bits: UNIFORM, NORMAL or, with DROPOUT, KEEP.

// The draws must have the same bits on every device: no fused multiply-add.
#pragma OPENCL FP_CONTRACT OFF

#if WIDTH == 1
typedef uint uintv;
#define TO_FLOAT convert_float
#else
typedef JOIN(uint, WIDTH) uintv;
#define TO_FLOAT JOIN(convert_float, WIDTH)
#endif

#define LANE_NUMBERS_1 0u
#define LANE_NUMBERS_16 ((uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))

static inline void philox(const ulong block, const uint2 key, uintv c[4]) {
  const uint low = (uint)block;
  c[0] = low + JOIN(LANE_NUMBERS_, WIDTH);
  // The lanes whose low word has wrapped have a high word one larger.
#if WIDTH == 1
  c[1] = (uint)(block >> 32);
#else
  c[1] = (uint)(block >> 32) + (c[0] < low ? (uintv)(1u) : (uintv)(0u));
#endif
  c[2] = 0;
  c[3] = 0;
  uint k0 = key.x, k1 = key.y;
  for (int round = 0; round < 10; ++round) {
    const uintv first = c[0], second = c[2];
    c[0] = mul_hi(second, (uintv)(0xCD9E8D57u)) ^ c[1] ^ k0;
    c[1] = second * 0xCD9E8D57u;
    c[2] = mul_hi(first, (uintv)(0xD2511F53u)) ^ c[3] ^ k1;
    c[3] = first * 0xD2511F53u;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

#define UNIT(bits) (TO_FLOAT((bits) >> 8) * 0x1p-24f)
#define POSITIVE_UNIT(bits) (TO_FLOAT(((bits) >> 8) + 1u) * 0x1p-24f)

#define UNIFORM(lane) (p + (q - p) * UNIT(c[lane]))
// Box and Muller's, lanes (0, 1) and (2, 3) together.
#define RADIUS(lane) sqrt(-2.0f * log(POSITIVE_UNIT(c[lane])))
#define ANGLE(lane) (6.28318530717958647692f * UNIT(c[lane]))
#define NORMAL(lane)                                                             \
  (p + q * (((lane) & 1) ? RADIUS((lane) & 2) * sin(ANGLE(lane | 1)) : RADIUS(lane) * cos(ANGLE(lane | 1))))
#define KEEP(lane) (UNIT(c[lane]) >= p ? (floatv)(1.0f) : (floatv)(0.0f))

kernel void random(
    const float p, const float q, const uint k0, const uint k1, const ulong counter, const index_t count,
#ifdef DROPOUT
    global const float *restrict input,
#endif
    global float *restrict output) {
  FOR_EACH(i, (count + 4 * WIDTH - 1) / (4 * WIDTH)) {
    uintv c[4];
    philox(counter + (ulong)i * WIDTH, (uint2)(k0, k1), c);
    const floatv draws[4] = {DRAW(0), DRAW(1), DRAW(2), DRAW(3)};
    // From a vector a lane to a lane a vector: memory holds a block's four draws together.
    float mixed[4 * WIDTH];
    for (int lane = 0; lane < 4; ++lane) {
      float column[WIDTH];
      STORE(draws[lane], column);
      for (int b = 0; b < WIDTH; ++b) mixed[4 * b + lane] = column[b];
    }
    const index_t place = i * 4 * WIDTH;
    for (int part = 0; part < 4; ++part) {
      const index_t at = place + part * WIDTH;
      if (at >= count) break;
      const floatv draw = LOAD(mixed + part * WIDTH);
#ifdef DROPOUT
      STORE(draw != 0.0f ? LOAD(input + at) / q : (floatv)(0.0f), output + at);
#else
      STORE(draw, output + at);
#endif
    }
  }
}
