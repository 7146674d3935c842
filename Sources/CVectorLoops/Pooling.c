#include "VectorLoops.h"
#include "VectorMath.h"

/// The taps of the window at `start` (its first element along one axis) that fall inside the input.
VL_INLINE void inside(const VLWindows *w, int axis, long start, long *first, long *last) {
  const long dilation = w->dilation[axis];
  *first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  const long reach = w->input[axis] - start;
  *last = reach <= 0 ? 0 : (reach + dilation - 1) / dilation;
  if (*last > w->kernel[axis]) *last = w->kernel[axis];
  if (*first > *last) *first = *last;
}

/// Runs `body` for every tap of the window of output `position` that is inside, in row-major order, with `tap`
/// its number and `at` the input position.
#define EACH_TAP(w, position, ...)                                                              \
  do {                                                                                          \
    const long ow = (position) % (w)->output[2], oh = (position) / (w)->output[2] % (w)->output[1], \
               od = (position) / (w)->output[2] / (w)->output[1];                               \
    const long sd = od * (w)->stride[0] - (w)->padding[0], sh = oh * (w)->stride[1] - (w)->padding[1], \
               sw = ow * (w)->stride[2] - (w)->padding[2];                                      \
    long d0, d1, h0, h1, w0, w1;                                                                \
    inside(w, 0, sd, &d0, &d1), inside(w, 1, sh, &h0, &h1), inside(w, 2, sw, &w0, &w1);         \
    for (long d = d0; d < d1; d++)                                                              \
      for (long h = h0; h < h1; h++)                                                            \
        for (long v = w0; v < w1; v++) {                                                        \
          const long tap = (d * (w)->kernel[1] + h) * (w)->kernel[2] + v;                       \
          const long at = ((sd + d * (w)->dilation[0]) * (w)->input[1] + sh + h * (w)->dilation[1]) \
              * (w)->input[2] + sw + v * (w)->dilation[2];                                      \
          __VA_ARGS__                                                                               \
        }                                                                                       \
  } while (0)

VL_CLONES void vl_maximum_pooling(
  const VLWindows *w, const float *restrict input, float *restrict output, float *restrict taps, long first,
  long last
) {
  const long channels = w->channels;
  for (long position = first; position < last; position++) {
    float *restrict best = output + position * channels, *restrict which = taps + position * channels;
    for (long c = 0; c < channels; c++) best[c] = -INFINITY, which[c] = -1.0f;
    EACH_TAP(w, position, {
      const float *restrict x = input + at * channels;
      for (long c = 0; c < channels; c++) {
        const float old = best[c], value = x[c], named = which[c];
        // The first is taken whatever it is; then a larger one, or the first NaN.
        const bool taken = (named < 0.0f) | (value > old) | ((value != value) & (old == old));
        best[c] = taken ? value : old;
        which[c] = taken ? (float)tap : named;
      }
    });
  }
}

VL_CLONES void vl_maximum_pooling_scatter(
  const VLWindows *w, const float *restrict gradient, const float *restrict taps, float *restrict input,
  long first, long last
) {
  const long channels = w->channels, positions = w->output[0] * w->output[1] * w->output[2];
  for (long position = 0; position < positions; position++) {
    const float *restrict g = gradient + position * channels, *restrict which = taps + position * channels;
    EACH_TAP(w, position, {
      float *restrict x = input + at * channels;
      for (long c = first; c < last; c++) {
        const float share = which[c] == (float)tap ? g[c] : 0.0f;
        x[c] += share;
      }
    });
  }
}

VL_CLONES void vl_maximum_pooling_spread(
  const VLWindows *w, const float *restrict gradient, const float *restrict taps, float *restrict input,
  long first, long last
) {
  const long channels = w->channels;
  for (long position = first; position < last; position++) {
    const float *restrict g = gradient + position * channels, *restrict which = taps + position * channels;
    EACH_TAP(w, position, {
      float *restrict x = input + at * channels;
      for (long c = 0; c < channels; c++) x[c] = which[c] == (float)tap ? g[c] : 0.0f;
    });
  }
}

VL_CLONES void vl_maximum_pooling_gather(
  const VLWindows *w, const float *restrict input, const float *restrict taps, float *restrict output,
  long first, long last
) {
  const long channels = w->channels;
  for (long position = first; position < last; position++) {
    float *restrict y = output + position * channels;
    const float *restrict which = taps + position * channels;
    for (long c = 0; c < channels; c++) y[c] = 0.0f;
    EACH_TAP(w, position, {
      const float *restrict x = input + at * channels;
      for (long c = 0; c < channels; c++) {
        const float value = x[c], old = y[c];
        y[c] = which[c] == (float)tap ? value : old;
      }
    });
  }
}

/// How many elements the average of one window is over.
VL_INLINE long divisor(const VLWindows *w, bool countsPadding, long position) {
  if (countsPadding) return w->kernel[0] * w->kernel[1] * w->kernel[2];
  long elements = 0;
  EACH_TAP(w, position, {
    (void)tap, (void)at;
    elements++;
  });
  return elements;
}

VL_CLONES void vl_average_pooling(
  const VLWindows *w, bool countsPadding, const float *restrict input, float *restrict output, long first,
  long last
) {
  const long channels = w->channels;
  // Blocks of channels, summed in double precision: a global pool is one long sum.
  enum { width = 64 };
  for (long position = first; position < last; position++) {
    const double scale = 1.0 / (double)divisor(w, countsPadding, position);
    for (long c0 = 0; c0 < channels; c0 += width) {
      const long count = channels - c0 < width ? channels - c0 : width;
      double sums[width] = {0};
      bool any = false;
      EACH_TAP(w, position, {
        (void)tap;
        any = true;
        const float *restrict x = input + at * channels + c0;
        for (long c = 0; c < count; c++) sums[c] += (double)x[c];
      });
      float *restrict y = output + position * channels + c0;
      for (long c = 0; c < count; c++) y[c] = any ? (float)(sums[c] * scale) : 0.0f;
    }
  }
}

VL_CLONES void vl_average_pooling_gradient(
  const VLWindows *w, bool countsPadding, const float *restrict gradient, float *restrict input, long first,
  long last
) {
  const long channels = w->channels, positions = w->output[0] * w->output[1] * w->output[2];
  for (long position = 0; position < positions; position++) {
    const float scale = 1.0f / (float)divisor(w, countsPadding, position);
    const float *restrict g = gradient + position * channels;
    EACH_TAP(w, position, {
      (void)tap;
      float *restrict x = input + at * channels;
      for (long c = first; c < last; c++) x[c] += g[c] * scale;
    });
  }
}

VL_CLONES void vl_window_rows(
  const VLWindows *w, const float *restrict input, float *restrict matrix, long first, long last
) {
  const long channels = w->channels, width = w->kernel[0] * w->kernel[1] * w->kernel[2] * channels;
  for (long position = first; position < last; position++) {
    float *restrict row = matrix + (position - first) * width;
    for (long c = 0; c < width; c++) row[c] = 0.0f;
    EACH_TAP(w, position, {
      const float *restrict x = input + at * channels;
      for (long c = 0; c < channels; c++) row[tap * channels + c] = x[c];
    });
  }
}

VL_CLONES void vl_sum_window_rows(
  const VLWindows *w, const float *restrict matrix, long columns, float *restrict input, long first, long last
) {
  const long channels = w->channels, width = w->input[2], stride = w->stride[2];
  for (long row = first; row < last; row++) {
    float *restrict x = input + row * width * channels;
    for (long i = 0; i < width * channels; i++) x[i] = 0.0f;
    for (long d = 0; d < w->kernel[0]; d++) {
      const long depth = row / w->input[1] + w->padding[0] - d * w->dilation[0];
      if (depth < 0 || depth % w->stride[0] != 0 || depth / w->stride[0] >= w->output[0]) continue;
      for (long h = 0; h < w->kernel[1]; h++) {
        const long height = row % w->input[1] + w->padding[1] - h * w->dilation[1];
        if (height < 0 || height % w->stride[1] != 0 || height / w->stride[1] >= w->output[1]) continue;
        const float *restrict windows =
          matrix + (depth / w->stride[0] * w->output[1] + height / w->stride[1]) * w->output[2] * columns;
        for (long v = 0; v < w->kernel[2]; v++) {
          const long shift = v * w->dilation[2] - w->padding[2], tap = (d * w->kernel[1] + h) * w->kernel[2] + v;
          // Outputs whose tap v is inside: 0 ≤ output · stride + shift < width.
          const long start = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
          const long reach = width - shift <= 0 ? 0 : (width - shift + stride - 1) / stride;
          const long end = reach < w->output[2] ? reach : w->output[2];
          const float *restrict from = windows + tap * channels;
          if (channels == 1) {
            for (long o = start; o < end; o++) x[o * stride + shift] += from[o * columns];
          } else {
            for (long o = start; o < end; o++)
              for (long c = 0; c < channels; c++)
                x[(o * stride + shift) * channels + c] += from[o * columns + c];
          }
        }
      }
    }
  }
}
