#include "VectorLoops.h"
#include "VectorMath.h"

typedef float v16 __attribute__((vector_size(64), aligned(4)));
enum { lanes = 16, block = 64 };

// Sums run in single precision over blocks of at most 64 additions and in double precision over the blocks,
// so the error does not grow with the length. The order is fixed by the shape alone.

/// All elements of a contiguous row.
VL_INLINE double sum_row(const float *input, long count) {
  double total = 0;
  long i = 0;
  while (count - i >= 4 * lanes) {
    v16 a = {}, b = {}, c = {}, d = {};
    for (int n = 0; n < block && count - i >= 4 * lanes; n++, i += 4 * lanes) {
      a += *(const v16 *)(input + i);
      b += *(const v16 *)(input + i + lanes);
      c += *(const v16 *)(input + i + 2 * lanes);
      d += *(const v16 *)(input + i + 3 * lanes);
    }
    const v16 sum = (a + b) + (c + d);
    for (int lane = 0; lane < lanes; lane++) total += (double)sum[lane];
  }
  for (; i < count; i++) total += (double)input[i];
  return total;
}

/// `width` columns, at most 64, of rows that are `stride` apart.
VL_INLINE void sum_columns(const float *input, long length, long stride, long width, double *sums) {
  for (long start = 0; start < length; start += block) {
    const long end = length < start + block ? length : start + block;
    float partial[64] = {0};
    if (width == 64) {
      v16 a = {}, b = {}, c = {}, d = {};
      for (long l = start; l < end; l++) {
        const float *row = input + l * stride;
        a += *(const v16 *)row;
        b += *(const v16 *)(row + lanes);
        c += *(const v16 *)(row + 2 * lanes);
        d += *(const v16 *)(row + 3 * lanes);
      }
      *(v16 *)partial = a, *(v16 *)(partial + lanes) = b;
      *(v16 *)(partial + 2 * lanes) = c, *(v16 *)(partial + 3 * lanes) = d;
    } else if (width == 32) {
      v16 a = {}, b = {};
      for (long l = start; l < end; l++) {
        const float *row = input + l * stride;
        a += *(const v16 *)row;
        b += *(const v16 *)(row + lanes);
      }
      *(v16 *)partial = a, *(v16 *)(partial + lanes) = b;
    } else {
      for (long l = start; l < end; l++)
        for (long c = 0; c < width; c++) partial[c] += input[l * stride + c];
    }
    for (long c = 0; c < width; c++) sums[c] += (double)partial[c];
  }
}

VL_CLONES void vl_sum(
  const float *input, long length, long inner, long first, long last, double *sums
) {
  for (long c = 0; c < last - first; c++) sums[c] = 0;
  if (inner == 1) {
    sums[0] = sum_row(input, length);
    return;
  }
  if (inner < lanes && first == 0 && last == inner) {
    // Narrow rows: fold several into one that fills the vectors.
    const long fold = 64 / inner, width = fold * inner;
    double wide[64] = {0};
    sum_columns(input, length / fold, width, width, wide);
    for (long f = 0; f < fold; f++)
      for (long c = 0; c < inner; c++) sums[c] += wide[f * inner + c];
    for (long l = length / fold * fold; l < length; l++)
      for (long c = 0; c < inner; c++) sums[c] += (double)input[l * inner + c];
    return;
  }
  for (long c = first; c < last; c += 64)
    sum_columns(input + c, length, inner, last - c < 64 ? last - c : 64, sums + (c - first));
}

VL_CLONES void vl_extreme(
  bool largest, const float *restrict input, long length, long inner, long first, long last,
  float *restrict output
) {
  for (long c = first; c < last; c++) output[c - first] = input[c];
  for (long l = 1; l < length; l++) {
    const float *restrict row = input + l * inner;
    if (largest) {
      for (long c = first; c < last; c++) {
        const float best = output[c - first], x = row[c];
        output[c - first] = best > x || best != best ? best : x;
      }
    } else {
      for (long c = first; c < last; c++) {
        const float best = output[c - first], x = row[c];
        output[c - first] = best < x || best != best ? best : x;
      }
    }
  }
}

VL_CLONES void vl_argument_maximum(
  const float *restrict input, long length, long inner, long first, long last, float *restrict output
) {
  for (long c = first; c < last; c++) {
    long best = 0;
    for (long l = 1; l < length; l++) {
      const float x = input[l * inner + c], y = input[best * inner + c];
      if (x > y || (x != x && y == y)) best = l;
    }
    output[c - first] = (float)best;
  }
}
