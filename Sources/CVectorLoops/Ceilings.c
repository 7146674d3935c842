#include "VectorLoops.h"
#include "Lanes.h"

// Chains that depend on themselves only: more than the latency of a multiply-add times the units for it, and as many as
// there are registers for.
enum { mostChains = 12 };

VL_INLINE long multiply_adds(int count, long turns, float factor, float term, float *result) {
  v16 chains[mostChains];
  VL_UNROLL for (int c = 0; c < count; c++)
    for (int lane = 0; lane < lanes; lane++) chains[c][lane] = (float)(c + lane);
  for (long turn = 0; turn < turns; turn++)
    VL_UNROLL for (int c = 0; c < count; c++) chains[c] = chains[c] * factor + term;
  v16 sum = chains[0];
  VL_UNROLL for (int c = 1; c < count; c++) sum += chains[c];
  // Used, so that the work is not left out.
  for (int lane = 0; lane < lanes; lane++) *result += sum[lane];
  return 2 * turns * count * lanes;
}

VL_WIDE static long multiply_adds_wide(long turns, float factor, float term, float *result) {
  return multiply_adds(mostChains, turns, factor, term, result);
}

// Two registers to a vector with AVX2, four with NEON (and SSE2, which has too few of them).
VL_CLONES static long multiply_adds_narrow(long turns, float factor, float term, float *result) {
  return multiply_adds(mostChains / 2, turns, factor, term, result);
}

long vl_multiply_adds(long turns, float factor, float term, float *result) {
  return (vl_is_wide() ? multiply_adds_wide : multiply_adds_narrow)(turns, factor, term, result);
}
