// Philox4x32-10 (Salmon et al., 2011). Element e of a draw is lane e % 4 of block counter + e / 4, whatever
// the device and however the work is shared.
//
// Item i computes WIDTH consecutive blocks, one a lane of `word`, and so elements i · 4 · WIDTH and on.
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

#define BLOCK(n) a.s##n, b.s##n, c.s##n, d.s##n
#define BLOCKS(j, k, l, m) (float16)(BLOCK(j), BLOCK(k), BLOCK(l), BLOCK(m))
#ifdef DROPOUT
#define WRITE(width, draw, at)                                                               \
  if ((at) < count) {                                                                        \
    const JOIN(float, width) keep = draw, x = JOIN(vload, width)(0, input + (at));           \
    JOIN(vstore, width)(keep != 0.0f ? x / q : (JOIN(float, width))(0.0f), 0, output + (at)); \
  }
#else
#define WRITE(width, draw, at) \
  if ((at) < count) JOIN(vstore, width)(draw, 0, output + (at));
#endif

// The high word of a · b, of which PoCL's mul_hi would take a vector apart.
#if WIDTH == 1
#define HIGH(a, b) mul_hi(a, b)
#else
#define HIGH(a, b) JOIN(convert_uint, WIDTH)((JOIN(convert_ulong, WIDTH)(a) * (ulong)(b)) >> 32)
#endif

static inline void philox(const ulong block, const uint2 key, uintv word[4]) {
  const uint low = (uint)block;
  uintv c0 = low + JOIN(LANE_NUMBERS_, WIDTH), c2 = 0, c3 = 0;
  // The lanes whose low word has wrapped have a high word one larger.
  uintv c1 = (uint)(block >> 32) + (c0 < low ? (uintv)(1u) : (uintv)(0u));
  uint k0 = key.x, k1 = key.y;
  for (int round = 0; round < 10; ++round) {
    const uintv first = c0, second = c2;
    c0 = HIGH(second, 0xCD9E8D57u) ^ c1 ^ k0;
    c1 = second * 0xCD9E8D57u;
    c2 = HIGH(first, 0xD2511F53u) ^ c3 ^ k1;
    c3 = first * 0xD2511F53u;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  word[0] = c0;
  word[1] = c1;
  word[2] = c2;
  word[3] = c3;
}

#define UNIT(bits) (TO_FLOAT((bits) >> 8) * 0x1p-24f)
#define POSITIVE_UNIT(bits) (TO_FLOAT(((bits) >> 8) + 1u) * 0x1p-24f)

#define UNIFORM(lane) (p + (q - p) * UNIT(word[lane]))
// Box and Muller's, lanes (0, 1) and (2, 3) together.
#define RADIUS(lane) sqrt(-2.0f * log(POSITIVE_UNIT(word[lane])))
#define ANGLE(lane) (6.28318530717958647692f * UNIT(word[lane]))
#define NORMAL(lane)                                                             \
  (p + q * (((lane) & 1) ? RADIUS((lane) & 2) * sin(ANGLE(lane | 1)) : RADIUS(lane) * cos(ANGLE(lane | 1))))
#define KEEP(lane) (UNIT(word[lane]) >= p ? (floatv)(1.0f) : (floatv)(0.0f))

kernel void random(
    const float p, const float q, const uint k0, const uint k1, const ulong counter, const index_t count,
#ifdef DROPOUT
    global const float *restrict input,
#endif
    global float *restrict output) {
  FOR_EACH(i, (count + 4 * WIDTH - 1) / (4 * WIDTH)) {
    uintv word[4];
    philox(counter + (ulong)i * WIDTH, (uint2)(k0, k1), word);
    const floatv a = DRAW(0), b = DRAW(1), c = DRAW(2), d = DRAW(3);
    const index_t at = i * 4 * WIDTH;
    // Memory holds a block's four draws together, a vector one draw of many blocks.
#if WIDTH == 1
    const float4 draws = (float4)(a, b, c, d);
    WRITE(4, draws, at)
#else
    WRITE(16, BLOCKS(0, 1, 2, 3), at)
    WRITE(16, BLOCKS(4, 5, 6, 7), at + 16)
    WRITE(16, BLOCKS(8, 9, a, b), at + 32)
    WRITE(16, BLOCKS(c, d, e, f), at + 48)
#endif
  }
}
