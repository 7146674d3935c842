#include "VectorLoops.h"
#include "VectorMath.h"

enum { block = 64, width = 64 };

/// Blocks of 64 rows, each with its own mean and squares around it (both sweeps find it in the cache), joined
/// by Chan's formula: one pass over memory and no cancellation.
VL_CLONES void vl_moments(const float *restrict input, long rows, long channels, double *mean, double *squares) {
  for (long c = 0; c < channels; c++) mean[c] = squares[c] = 0;
  for (long start = 0; start < rows; start += block) {
    const long count = rows - start < block ? rows - start : block;
    const double share = (double)count / (double)(start + count);
    for (long c0 = 0; c0 < channels; c0 += width) {
      const long columns = channels - c0 < width ? channels - c0 : width;
      const float *restrict x = input + start * channels + c0;
      float sum[width] = {0}, around[width], rest[width] = {0}, total[width] = {0};
      for (long r = 0; r < count; r++)
        for (long c = 0; c < columns; c++) sum[c] += x[r * channels + c];
      for (long c = 0; c < columns; c++) around[c] = sum[c] / (float)count;
      for (long r = 0; r < count; r++)
        for (long c = 0; c < columns; c++) {
          const float difference = x[r * channels + c] - around[c];
          rest[c] += difference;
          total[c] += difference * difference;
        }
      for (long c = 0; c < columns; c++) {
        // `around` is rounded; `rest` is what it misses.
        const double correction = (double)rest[c] / (double)count, blockMean = (double)around[c] + correction;
        const double blockSquares = (double)total[c] - correction * (double)rest[c];
        const double delta = blockMean - mean[c0 + c];
        mean[c0 + c] += delta * share;
        squares[c0 + c] += blockSquares + delta * delta * (double)start * share;
      }
    }
  }
}

#define ROWS(expression)                                                                  \
  do {                                                                                    \
    for (long r = 0; r < rows; r++)                                                       \
      for (long c = 0; c < channels; c++) {                                               \
        const float x = input[r * channels + c] * scale[c] + offset[c];                   \
        output[r * channels + c] = (expression);                                          \
      }                                                                                   \
    return;                                                                               \
  } while (0)

VL_CLONES void vl_normalize(
  const float *restrict input, const float *restrict scale, const float *restrict offset,
  VLActivation activation, float parameter, float *restrict output, long rows, long channels
) {
  switch (activation) {
    case VLActivationIdentity: ROWS(x);
    case VLActivationReLU: ROWS(x < 0.0f ? 0.0f : x);
    case VLActivationLeakyReLU: ROWS(x > 0.0f ? x : parameter * x);
    case VLActivationSigmoid: ROWS(vl_sigmoid(x));
    case VLActivationTanh: ROWS(vl_tanh(x));
    case VLActivationELU: ROWS(vl_elu(x, parameter));
  }
}

VL_CLONES void vl_normalization_sums(
  const float *restrict input, const float *restrict gradient, const float *restrict mean, long rows,
  long channels, double *scale, double *offset
) {
  for (long c = 0; c < channels; c++) scale[c] = offset[c] = 0;
  for (long start = 0; start < rows; start += block) {
    const long end = rows < start + block ? rows : start + block;
    for (long c0 = 0; c0 < channels; c0 += width) {
      const long columns = channels - c0 < width ? channels - c0 : width;
      float scales[width] = {0}, offsets[width] = {0};
      for (long r = start; r < end; r++)
        for (long c = 0; c < columns; c++) {
          const float g = gradient[r * channels + c0 + c];
          offsets[c] += g;
          scales[c] += g * (input[r * channels + c0 + c] - mean[c0 + c]);
        }
      for (long c = 0; c < columns; c++) {
        scale[c0 + c] += (double)scales[c];
        offset[c0 + c] += (double)offsets[c];
      }
    }
  }
}

VL_CLONES void vl_normalization_gradient(
  const float *restrict input, const float *restrict gradient, const float *restrict mean,
  const float *restrict a, const float *restrict b, const float *restrict c, float *restrict output, long rows,
  long channels
) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < channels; i++) {
      const long at = r * channels + i;
      output[at] = a[i] * gradient[at] + (b[i] * (input[at] - mean[i]) + c[i]);
    }
}
