#include "VectorLoops.h"
#include "WinogradLines.h"

// Filters in and out of Winograd's domain. A filter of s · t taps an axis, for a stride of s, is s phases of t
// taps each: phase r has the taps r, r + s, r + 2s, ….

/// The row-major numbers of the taps of one phase; in reverse order if `turned`.
VL_INLINE void taps_of(int rank, int taps, long stride, long phase, bool turned, long numbers[mostPoints]) {
  const long own[3] = {phase / stride / stride, phase / stride % stride, phase % stride}, extent = taps * stride;
  long *number = numbers;
  for (int d = 0; d < (rank == 2 ? 1 : taps); d++)
    for (int h = 0; h < taps; h++)
      for (int v = 0; v < taps; v++) {
        const long along[3] = {d, h, v};
        long at = 0;
        for (int axis = 3 - rank; axis < 3; axis++) {
          const long u = turned ? taps - 1 - along[axis] : along[axis];
          at = at * extent + stride * u + own[axis];
        }
        *number++ = at;
      }
}

/// Of a matrix [k, n], whose panels from `firstPanel` on are held.
VL_INLINE float *panel_at(const VLWinogradFilter *f, float *panels, long k, long row, long column) {
  return panels + ((column / VL_PANEL - f->firstPanel) * k + row) * VL_PANEL + column % VL_PANEL;
}

VL_INLINE long first_column(const VLWinogradFilter *f) { return f->firstPanel * VL_PANEL; }

/// The one behind the last.
VL_INLINE long last_column(const VLWinogradFilter *f, long n) {
  const long last = (f->firstPanel + f->panels) * VL_PANEL;
  return last < n ? last : n;
}

/// Rows are (phase, input channel), columns output channels.
VL_INLINE void transform(
  int rank, int taps, int results, const VLWinogradFilter *f, const float *filter, float *panels, long first, long last
) {
  const int points = cube(rank, points_of(taps, results)), elements = cube(rank, taps);
  const long n = f->outputChannels, k = f->phases * f->inputChannels, behind = last_column(f, n);
  const long matrix = f->inputChannels * f->outputChannels, pointStride = f->panels * k * VL_PANEL;
  for (long row = first; row < last; row++) {
    long numbers[mostPoints];
    taps_of(rank, taps, f->stride, row / f->inputChannels, false, numbers);
    const float *from = filter + row % f->inputChannels * n;
    for (long column = first_column(f); column < behind; column += lanes) {
      v16 x[mostPoints], y[mostPoints];
      for (int i = 0; i < elements; i++) x[i] = load(from + numbers[i] * matrix + column);
      apply(Filter, rank, taps, results, x, y);
      float *to = panel_at(f, panels, k, row, column);
      for (int i = 0; i < points; i++) store_point(rank, to + i * pointStride, y[i]);
      if (column + lanes == n && n % VL_PANEL != 0)
        for (int i = 0; i < points; i++) store_point(rank, to + i * pointStride + lanes, (v16){});
    }
  }
  finish_points(rank);
}

/// Rows are output channels, columns (phase, input channel); `first ..< last` count blocks of 16 columns of the panels.
VL_INLINE void transform_turned(
  int rank, int taps, int results, const VLWinogradFilter *f, const float *filter, float *panels, long first, long last
) {
  const int points = cube(rank, points_of(taps, results)), elements = cube(rank, taps);
  const long k = f->outputChannels, n = f->phases * f->inputChannels;
  const long matrix = f->inputChannels * f->outputChannels, pointStride = f->panels * k * VL_PANEL;
  for (long column = first_column(f) + first * lanes; column < first_column(f) + last * lanes; column += lanes) {
    long numbers[mostPoints];
    taps_of(rank, taps, f->stride, column / f->inputChannels, true, numbers);
    const float *from = filter + column % f->inputChannels * k;
    for (long row = 0; row < k; row += lanes) {
      v16 squares[9][lanes];
      for (int i = 0; i < elements; i++) {
        for (int j = 0; j < lanes; j++) squares[i][j] = load(from + numbers[i] * matrix + j * k + row);
        transpose(squares[i]);
      }
      for (int j = 0; j < lanes; j++) {
        v16 x[mostPoints], y[mostPoints];
        for (int i = 0; i < elements; i++) x[i] = squares[i][j];
        apply(Filter, rank, taps, results, x, y);
        float *to = panel_at(f, panels, k, row + j, column);
        for (int i = 0; i < points; i++) store_point(rank, to + i * pointStride, y[i]);
        if (column + lanes == n && n % VL_PANEL != 0)
          for (int i = 0; i < points; i++) store_point(rank, to + i * pointStride + lanes, (v16){});
      }
    }
  }
  finish_points(rank);
}

/// Back from the products of images and gradients.
VL_INLINE void transform_gradient(
  int rank, int taps, int results, const VLWinogradFilter *f, const float *panels, float *filter, long first, long last
) {
  const int points = cube(rank, points_of(taps, results)), elements = cube(rank, taps);
  const long n = f->outputChannels, k = f->phases * f->inputChannels, behind = last_column(f, n);
  const long matrix = f->inputChannels * f->outputChannels, pointStride = f->panels * k * VL_PANEL;
  for (long row = first; row < last; row++) {
    long numbers[mostPoints];
    taps_of(rank, taps, f->stride, row / f->inputChannels, false, numbers);
    float *to = filter + row % f->inputChannels * n;
    for (long column = first_column(f); column < behind; column += lanes) {
      const float *from = panel_at(f, (float *)panels, k, row, column);
      v16 x[mostPoints], y[mostPoints];
      for (int i = 0; i < points; i++) x[i] = load(from + i * pointStride);
      apply(FilterGradient, rank, taps, results, x, y);
      for (int i = 0; i < elements; i++) store(to + numbers[i] * matrix + column, y[i]);
    }
  }
}

VL_CLONES void vl_winograd_filter(
  const VLWinogradFilter *f, const float *filter, float *panels, long first, long last
) {
  FOR_EACH_FAMILY(f, transform(rank, taps, results, f, filter, panels, first, last))
}

VL_CLONES void vl_winograd_turned_filter(
  const VLWinogradFilter *f, const float *filter, float *panels, long first, long last
) {
  FOR_EACH_FAMILY(f, transform_turned(rank, taps, results, f, filter, panels, first, last))
}

VL_CLONES void vl_winograd_filter_gradient(
  const VLWinogradFilter *f, const float *panels, float *filter, long first, long last
) {
  FOR_EACH_FAMILY(f, transform_gradient(rank, taps, results, f, panels, filter, first, last))
}
