// Elementary functions that a compiler can turn into vector code: no branches, no tables, no calls. Accurate
// to about 2 units in the last place, and at NaN, infinities and zeros what IEEE 754 says.
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// One copy of the function for each instruction set, picked when the program is loaded: before the thread sanitizer is
// ready for the code that picks, so it gets one copy only.
#if defined(__x86_64__) && defined(__ELF__) && !__has_feature(thread_sanitizer)
#define VL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VL_CLONES
#endif
#define VL_INLINE static inline __attribute__((always_inline))

// Unlike `sqrtf`, this never sets errno, which a loop cannot do in vectors.
VL_INLINE float vl_sqrt(float x) { return __builtin_elementwise_sqrt(x); }
VL_INLINE float vl_from_bits(int32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
VL_INLINE int32_t vl_to_bits(float x) { int32_t bits; memcpy(&bits, &x, 4); return bits; }

/// x = n · ln 2 + r with |r| ≤ ln 2 / 2. The rounding is done by adding 1.5 · 2²³, whose low bits then hold n:
/// a conversion to an integer would be undefined for NaN.
VL_INLINE float vl_reduce_exponent(float x, int32_t *n) {
  const float shifted = x * 0x1.715476p+0f + 0x1.8p+23f;
  const float whole = shifted - 0x1.8p+23f;
  *n = vl_to_bits(shifted) - 0x4B400000;
  return (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
}

/// eʳ − 1 for |r| ≤ ln 2 / 2 (polynomial of Cephes' expf).
VL_INLINE float vl_exp_minus_one_reduced(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r;
}

VL_INLINE float vl_exp(float x) {
  // Beyond these the result is infinite or zero anyway; NaN passes both comparisons.
  const float bounded = x > 89.0f ? 89.0f : x < -104.0f ? -104.0f : x;
  int32_t n;
  const float r = vl_reduce_exponent(bounded, &n);
  // Two factors, because 2ⁿ alone may overflow or be subnormal.
  const int32_t half = n >> 1;
  const float first = vl_from_bits((half + 127) << 23), second = vl_from_bits((n - half + 127) << 23);
  return (vl_exp_minus_one_reduced(r) + 1.0f) * first * second;
}

/// eˣ − 1 for x ≤ 0, accurate near 0 too.
VL_INLINE float vl_exp_minus_one_nonpositive(float x) {
  const float bounded = x < -80.0f ? -80.0f : x;
  int32_t n;
  const float r = vl_reduce_exponent(bounded, &n);
  const float power = vl_from_bits((n + 127) << 23);
  return vl_exp_minus_one_reduced(r) * power + (power - 1.0f);
}

/// Polynomial of Cephes' logf.
VL_INLINE float vl_log(float x) {
  const bool tiny = x < 0x1p-126f;
  const float scaled = tiny ? x * 0x1p+23f : x;
  const int32_t bits = vl_to_bits(scaled) - 0x3F3504F3;  // from √½, so that the mantissa is around 1
  const float e = (float)((bits >> 23) - (tiny ? 23 : 0));
  const float f = vl_from_bits((bits & 0x7FFFFF) + 0x3F3504F3) - 1.0f, z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float y = p * f * z;
  y += e * -2.12194440e-4f;
  y -= 0.5f * z;
  y = f + y + e * 0.693359375f;
  y = x == INFINITY ? x : y;
  y = x == 0.0f ? -INFINITY : y;
  return x >= 0.0f ? y : NAN;
}

VL_INLINE float vl_log_one_plus(float x) {
  const float u = 1.0f + x;
  // What rounding 1 + x lost, to first order; at the poles the difference is not a number and not wanted.
  const float lost = (x - (u - 1.0f)) / u, y = vl_log(u);
  const float corrected = lost == lost ? y + lost : y;
  return x == 0.0f ? x : corrected;
}

VL_INLINE float vl_exp_minus_one(float x) {
  const float e = vl_exp_minus_one_nonpositive(-fabsf(x));
  return x <= 0.0f ? e : x < 0.5f ? -e / (1.0f + e) : vl_exp(x) - 1.0f;
}

VL_INLINE float vl_sigmoid(float x) {
  const float z = vl_exp(-fabsf(x));
  return (x < 0.0f ? z : 1.0f) / (1.0f + z);
}

VL_INLINE float vl_tanh(float x) {
  const float e = vl_exp_minus_one_nonpositive(-2.0f * fabsf(x));
  return copysignf(-e / (2.0f + e), x);
}

VL_INLINE float vl_softplus(float x) { return (x < 0.0f ? 0.0f : x) + vl_log_one_plus(vl_exp(-fabsf(x))); }

VL_INLINE float vl_elu(float x, float alpha) {
  return x > 0.0f ? x : alpha * vl_exp_minus_one_nonpositive(x);
}

/// Sine and cosine of `turns` whole circles, 0 ≤ turns ≤ 1 (polynomials of Cephes' sinf and cosf).
VL_INLINE void vl_sine_cosine(float turns, float *sine, float *cosine) {
  const float shifted = turns * 4.0f + 0x1.8p+23f, quarters = shifted - 0x1.8p+23f;
  const int32_t quadrant = vl_to_bits(shifted) - 0x4B400000;
  const float r = (turns - quarters * 0.25f) * 6.28318530717958647693f, z = r * r;
  const float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  const float c = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z
    - 0.5f * z + 1.0f;
  const bool swapped = quadrant & 1;
  const float a = swapped ? c : s, b = swapped ? s : c;
  *sine = quadrant & 2 ? -a : a;
  *cosine = (quadrant + 1) & 2 ? -b : b;
}
