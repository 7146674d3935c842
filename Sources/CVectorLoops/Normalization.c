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

/// The gradient that arrives at the activation, times its derivative, from what the activation was given: nobody
/// has to keep its output or write this down.
VL_INLINE float gradient_before(VLActivation activation, float parameter, float x, float gradient) {
  switch (activation) {
    case VLActivationIdentity: return gradient;
    case VLActivationReLU: return x > 0.0f ? gradient : 0.0f;
    case VLActivationLeakyReLU: return x > 0.0f ? gradient : parameter * gradient;
    case VLActivationSigmoid: {
      const float y = vl_sigmoid(x);
      return y * (1.0f - y) * gradient;
    }
    case VLActivationTanh: {
      const float y = vl_tanh(x);
      return (1.0f - y) * (1.0f + y) * gradient;
    }
    case VLActivationELU: {
      const float y = vl_elu(x, parameter);
      return y > 0.0f ? gradient : (y + parameter) * gradient;
    }
  }
}

/// Runs `call` with the activation as a constant.
#define FOR_EACH_ACTIVATION(activation, call)                                                       \
  switch (activation) {                                                                             \
    case VLActivationIdentity: { enum { kind = VLActivationIdentity }; call; } break;               \
    case VLActivationReLU: { enum { kind = VLActivationReLU }; call; } break;                       \
    case VLActivationLeakyReLU: { enum { kind = VLActivationLeakyReLU }; call; } break;             \
    case VLActivationSigmoid: { enum { kind = VLActivationSigmoid }; call; } break;                 \
    case VLActivationTanh: { enum { kind = VLActivationTanh }; call; } break;                       \
    case VLActivationELU: { enum { kind = VLActivationELU }; call; } break;                         \
  }

VL_INLINE void sums(
  VLActivation activation, float parameter, const float *restrict input, const float *restrict gradient,
  const float *restrict mean, const float *restrict factor, const float *restrict shift, long rows, long channels,
  double *restrict scale, double *restrict offset
) {
  for (long c = 0; c < channels; c++) scale[c] = offset[c] = 0;
  for (long start = 0; start < rows; start += block) {
    const long end = rows < start + block ? rows : start + block;
    for (long c0 = 0; c0 < channels; c0 += width) {
      const long columns = channels - c0 < width ? channels - c0 : width;
      float scales[width] = {0}, offsets[width] = {0};
      for (long r = start; r < end; r++) {
        const float *restrict x = input + r * channels + c0, *restrict dy = gradient + r * channels + c0;
        for (long c = 0; c < columns; c++) {
          const float g =
            gradient_before(activation, parameter, x[c] * factor[c0 + c] + shift[c0 + c], dy[c]);
          offsets[c] += g;
          scales[c] += g * (x[c] - mean[c0 + c]);
        }
      }
      for (long c = 0; c < columns; c++) {
        scale[c0 + c] += (double)scales[c];
        offset[c0 + c] += (double)offsets[c];
      }
    }
  }
}

VL_CLONES void vl_normalization_sums(
  const VLNormalizationFactors *f, const float *input, const float *gradient, long rows, long channels,
  double *scale, double *offset
) {
  FOR_EACH_ACTIVATION(
    f->activation, sums(
                     kind, f->parameter, input, gradient, f->mean, f->factor, f->shift, rows, channels, scale,
                     offset))
}

VL_INLINE void input_gradient(
  VLActivation activation, float parameter, const float *restrict input, const float *restrict gradient,
  const float *restrict mean, const float *restrict factor, const float *restrict shift, const float *restrict b,
  const float *restrict c, float *restrict output, long rows, long channels
) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < channels; i++) {
      const long at = r * channels + i;
      const float x = input[at];
      const float g = gradient_before(activation, parameter, x * factor[i] + shift[i], gradient[at]);
      output[at] = factor[i] * g + (b[i] * (x - mean[i]) + c[i]);
    }
}

VL_CLONES void vl_normalization_gradient(
  const VLNormalizationFactors *f, const float *input, const float *gradient, const float *b, const float *c,
  float *output, long rows, long channels
) {
  FOR_EACH_ACTIVATION(
    f->activation, input_gradient(
                     kind, f->parameter, input, gradient, f->mean, f->factor, f->shift, b, c, output, rows,
                     channels))
}
