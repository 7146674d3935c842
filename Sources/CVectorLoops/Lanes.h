// Vectors of 16 floats, which the compiler makes of as many registers as they need.
#pragma once
#include "VectorMath.h"

// All functions that pass vectors are inlined, so how a call would pass them does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float v16 __attribute__((vector_size(64), aligned(4)));
enum { lanes = 16 };
// Arrays of vectors are registers only where every index is a constant.
#define VL_UNROLL _Pragma("clang loop unroll(full)")

// What keeps sums in registers has to be built for processors where `vl_is_wide` and for others.
#if defined(__x86_64__)
#define VL_WIDE __attribute__((target("arch=x86-64-v4")))
#else
#define VL_WIDE
#endif

VL_INLINE v16 load(const float *p) { return *(const v16 *)p; }
VL_INLINE void store(float *p, v16 v) { *(v16 *)p = v; }

/// Stores whole lines past the caches: for what is larger than they are, which is then not read before it is written.
VL_INLINE void stream(float *p, v16 v) {
  typedef float line __attribute__((vector_size(64), aligned(64)));
  __builtin_nontemporal_store((line)v, (line *)p);
}
/// Goes between what was streamed and what tells others that it is there.
VL_INLINE void finish_streaming(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/// Transposes a square.
VL_INLINE void transpose(v16 m[lanes]) {
  // Four times: row i and row i + 8 are shuffled together like cards.
  VL_UNROLL for (int round = 0; round < 4; round++) {
    v16 next[lanes];
    VL_UNROLL for (int i = 0; i < lanes / 2; i++) {
      next[2 * i] = __builtin_shufflevector(
        m[i], m[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] = __builtin_shufflevector(
        m[i], m[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    VL_UNROLL for (int i = 0; i < lanes; i++) m[i] = next[i];
  }
}
