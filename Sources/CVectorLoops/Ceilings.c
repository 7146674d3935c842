#include "VectorLoops.h"
#include "VectorMath.h"

// Chains that depend on themselves only, more than the latency of a multiply-add times the units for it.
#define CHAINS 12
#define LANES 16
typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));

VL_CLONES long vl_multiply_adds(long turns, float factor, float term, float *result) {
  Vector chains[CHAINS];
  for (int c = 0; c < CHAINS; c++)
    for (int lane = 0; lane < LANES; lane++) chains[c][lane] = (float)(c + lane);
  for (long turn = 0; turn < turns; turn++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < CHAINS; c++) chains[c] = chains[c] * factor + term;
  }
  Vector sum = chains[0];
  for (int c = 1; c < CHAINS; c++) sum += chains[c];
  // Used, so that the work is not left out.
  for (int lane = 0; lane < LANES; lane++) *result += sum[lane];
  return 2 * turns * CHAINS * LANES;
}
