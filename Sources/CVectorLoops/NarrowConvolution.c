#include "VectorLoops.h"
#include "VectorMath.h"

// Convolutions to one to four channels, such as the picture at the end of a generator. Libraries put output
// channels in the lanes of a vector and so leave most lanes empty; here the lanes hold input channels.

// All functions that pass vectors are inlined, so how a call would pass them does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float v16 __attribute__((vector_size(64), aligned(4)));
enum { lanes = 16 };

VL_INLINE v16 load(const float *p) { return *(const v16 *)p; }

VL_INLINE float lane_sum(v16 v) {
  float sums[8];
  for (int i = 0; i < 8; i++) sums[i] = v[i] + v[i + 8];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// The part of a window that lies inside the input along the two outer axes, at the output's row.
typedef struct {
  long startDepth, startHeight, firstDepth, lastDepth, firstHeight, lastHeight;
} RowTaps;

VL_INLINE void inside(const VLWindows *w, int axis, long start, long *first, long *last) {
  const long dilation = w->dilation[axis], reach = w->input[axis] - start;
  *first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  *last = reach <= 0 ? 0 : (reach + dilation - 1) / dilation;
  if (*last > w->kernel[axis]) *last = w->kernel[axis];
  if (*first > *last) *first = *last;
}

VL_INLINE RowTaps row_taps(const VLWindows *w, long row) {
  RowTaps t;
  t.startDepth = row / w->output[1] * w->stride[0] - w->padding[0];
  t.startHeight = row % w->output[1] * w->stride[1] - w->padding[1];
  inside(w, 0, t.startDepth, &t.firstDepth, &t.lastDepth);
  inside(w, 1, t.startHeight, &t.firstHeight, &t.lastHeight);
  return t;
}

VL_INLINE long input_row(const VLWindows *w, const RowTaps *t, long d, long h) {
  return (t->startDepth + d * w->dilation[0]) * w->input[1] + t->startHeight + h * w->dilation[1];
}

/// `pixels` neighbours of one output row, all of whose taps `first ..< last` along the width are inside.
VL_INLINE void dot(
  const VLWindows *w, const RowTaps *t, int pixels, int outputs, long column, long first, long last,
  const float *input, const float *filter, float *output
) {
  const long channels = w->channels, taps = w->kernel[0] * w->kernel[1] * w->kernel[2];
  const long step = w->stride[2] * channels, startWidth = column * w->stride[2] - w->padding[2];
  v16 sums[8][4];
  for (int p = 0; p < pixels; p++)
    for (int o = 0; o < outputs; o++) sums[p][o] = (v16){};
  for (long d = t->firstDepth; d < t->lastDepth; d++)
    for (long h = t->firstHeight; h < t->lastHeight; h++)
      for (long v = first; v < last; v++) {
        const float *x =
          input + (input_row(w, t, d, h) * w->input[2] + startWidth + v * w->dilation[2]) * channels;
        const float *f = filter + ((d * w->kernel[1] + h) * w->kernel[2] + v) * channels;
        for (long c = 0; c < channels; c += lanes) {
          v16 weights[4];
          for (int o = 0; o < outputs; o++) weights[o] = load(f + o * taps * channels + c);
          for (int p = 0; p < pixels; p++) {
            const v16 value = load(x + p * step + c);
            for (int o = 0; o < outputs; o++) sums[p][o] += value * weights[o];
          }
        }
      }
  for (int p = 0; p < pixels; p++)
    for (int o = 0; o < outputs; o++) output[p * outputs + o] = lane_sum(sums[p][o]);
}

VL_INLINE void convolve(
  const VLWindows *w, int pixels, int outputs, const float *input, const float *filter, float *output,
  long firstRow, long lastRow
) {
  const long width = w->output[2];
  for (long row = firstRow; row < lastRow; row++) {
    const RowTaps taps = row_taps(w, row);
    float *result = output + row * width * outputs;
    for (long column = 0; column < width;) {
      long first, last, farFirst = 0, farLast = 0;
      inside(w, 2, column * w->stride[2] - w->padding[2], &first, &last);
      if (column + pixels <= width)
        inside(w, 2, (column + pixels - 1) * w->stride[2] - w->padding[2], &farFirst, &farLast);
      // Full windows at both ends are full between them.
      if (last - first == w->kernel[2] && farLast - farFirst == w->kernel[2]) {
        dot(w, &taps, pixels, outputs, column, first, last, input, filter, result + column * outputs);
        column += pixels;
      } else {
        dot(w, &taps, 1, outputs, column, first, last, input, filter, result + column * outputs);
        column += 1;
      }
    }
  }
}

VL_CLONES void vl_narrow_convolution(
  const VLWindows *w, long outputs, const float *input, const float *filter, float *output, long firstRow,
  long lastRow
) {
  // Enough sums at a time to cover the latency of an addition, few enough to stay in registers.
  switch (outputs) {
    case 1: return convolve(w, 8, 1, input, filter, output, firstRow, lastRow);
    case 2: return convolve(w, 4, 2, input, filter, output, firstRow, lastRow);
    case 3: return convolve(w, 4, 3, input, filter, output, firstRow, lastRow);
    case 4: return convolve(w, 4, 4, input, filter, output, firstRow, lastRow);
  }
}

enum { tapGroup = 5, longestRow = 512 };

/// Adds what one pair of rows gives for `count` taps along the width and two vectors of channels.
/// `gradient[i]` belongs to input column i at the first of the taps, and each further tap is `step` before it.
VL_INLINE void add_outer_products(
  int count, int vectors, const float *input, long width, long channels, const float *gradient, long step,
  float *sums
) {
  v16 acc[tapGroup][2];
  for (int v = 0; v < count; v++)
    for (int n = 0; n < vectors; n++) acc[v][n] = load(sums + v * channels + n * lanes);
  for (long i = 0; i < width; i++) {
    v16 x[2];
    for (int n = 0; n < vectors; n++) x[n] = load(input + i * channels + n * lanes);
    for (int v = 0; v < count; v++)
      for (int n = 0; n < vectors; n++) acc[v][n] += x[n] * gradient[i - v * step];
  }
  for (int v = 0; v < count; v++)
    for (int n = 0; n < vectors; n++) *(v16 *)(sums + v * channels + n * lanes) = acc[v][n];
}

VL_CLONES void vl_narrow_filter_gradient(
  const VLWindows *w, long outputs, const float *input, const float *gradient, float *sums, long firstRow,
  long lastRow
) {
  const long channels = w->channels, width = w->input[2], kernel = w->kernel[2], dilation = w->dilation[2];
  const long taps = w->kernel[0] * w->kernel[1] * kernel, reach = (kernel - 1) * dilation;
  // A row of gradients as the columns of the input see it: zeros wherever no output is. At tap v, column i
  // was read by output i + padding − v · dilation.
  float padded[longestRow];
  for (long row = firstRow; row < lastRow; row++) {
    const RowTaps t = row_taps(w, row);
    for (long o = 0; o < outputs; o++) {
      for (long i = 0; i < width + reach; i++) {
        const long column = i - reach + w->padding[2];
        const bool exists = column >= 0 && column < w->output[2];
        padded[i] = exists ? gradient[(row * w->output[2] + column) * outputs + o] : 0.0f;
      }
      for (long d = t.firstDepth; d < t.lastDepth; d++)
        for (long h = t.firstHeight; h < t.lastHeight; h++) {
          const float *x = input + input_row(w, &t, d, h) * width * channels;
          float *rowSums = sums + (o * taps + (d * w->kernel[1] + h) * kernel) * channels;
          for (long v = 0; v < kernel; v += tapGroup) {
            const float *g = padded + reach - v * dilation;
            for (long c = 0; c < channels; c += 2 * lanes) {
              float *to = rowSums + v * channels + c;
              const long rest = kernel - v;
#define CASE(count)                                                                             \
  if (channels - c >= 2 * lanes) add_outer_products(count, 2, x + c, width, channels, g, dilation, to); \
  else add_outer_products(count, 1, x + c, width, channels, g, dilation, to);                   \
  break
              switch (rest < tapGroup ? rest : tapGroup) {
                case 1: CASE(1);
                case 2: CASE(2);
                case 3: CASE(3);
                case 4: CASE(4);
                case 5: CASE(5);
              }
#undef CASE
            }
          }
        }
    }
  }
}
