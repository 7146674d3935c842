#include "VectorLoops.h"
#include "WinogradLines.h"

// Images in and out of Winograd's domain, 16 channels at a time. A tile is a row of the products' matrices.

static const float zeros[lanes] = {0};

/// The axes of an image with the depth first, which is 1 for two.
VL_INLINE long position(const VLTiledImage *image, int axis, long tile, int results, int element, long phase) {
  return image->step * (tile * results + element) + phase + image->origin[axis];
}

/// Where each element of `extent`² or ³ neighbours lies in one sample, or −1 outside.
VL_INLINE void place(
  const VLWinograd *w, const VLTiledImage *image, int rank, int results, int extent, long tile, long phase,
  long offsets[mostPoints]
) {
  const long index[3] = {
    tile / w->tiles[2] / w->tiles[1], tile / w->tiles[2] % w->tiles[1], tile % w->tiles[2]};
  const long own[3] = {
    phase / image->step / image->step, phase / image->step % image->step, phase % image->step};
  long at[3][6];
  for (int axis = 3 - rank; axis < 3; axis++)
    for (int i = 0; i < extent; i++) {
      const long p = position(image, axis, index[axis], results, i, own[axis]);
      at[axis][i] = p >= 0 && p < image->size[axis] ? p : -1;
    }
  if (rank == 2) at[0][0] = 0;
  const int depth = rank == 2 ? 1 : extent;
  long *offset = offsets;
  for (int d = 0; d < depth; d++)
    for (int h = 0; h < extent; h++)
      for (int v = 0; v < extent; v++) {
        const bool inside = at[0][d] >= 0 && at[1][h] >= 0 && at[2][v] >= 0;
        *offset++ =
          inside ? ((at[0][d] * image->size[1] + at[1][h]) * image->size[2] + at[2][v]) * image->channels : -1;
      }
}

VL_INLINE long sample_size(const VLTiledImage *image) {
  return image->size[0] * image->size[1] * image->size[2] * image->channels;
}
VL_INLINE long tiles_of(const VLWinograd *w) { return w->tiles[0] * w->tiles[1] * w->tiles[2]; }

/// `gradient`: the results' gradient goes in, and panels come out instead of blocks of rows.
VL_INLINE void gather(
  int rank, int taps, int results, bool gradient, const VLWinograd *w, const VLTiledImage *image, const float *input,
  long firstTile, float *matrix, long first, long last
) {
  const int points = cube(rank, points_of(taps, results));
  const int extent = gradient ? results : points_of(taps, results), elements = cube(rank, extent);
  const long k = image->phases * image->channels, padded = (k + VL_PANEL - 1) / VL_PANEL * VL_PANEL;
  const long pointStride = VL_BLOCK_ROWS * (gradient ? padded : k) + VL_POINT_GAP;
  for (long row = first; row < last; row++) {
    const long tile = firstTile + row;
    const float *sample = input + tile / tiles_of(w) * sample_size(image);
    for (long phase = 0; phase < image->phases; phase++) {
      long offsets[mostPoints];
      place(w, image, rank, results, extent, tile % tiles_of(w), phase, offsets);
      for (long c = 0; c < image->channels; c += lanes) {
        v16 x[mostPoints], y[mostPoints];
        for (int i = 0; i < elements; i++) x[i] = load(offsets[i] < 0 ? zeros : sample + offsets[i] + c);
        apply(gradient ? OutputGradient : Input, rank, taps, results, x, y);
        const long column = phase * image->channels + c;
        const long inBlock = row % VL_BLOCK_ROWS;
        float *to = matrix + row / VL_BLOCK_ROWS * points * pointStride
          + (gradient ? (column / VL_PANEL * VL_BLOCK_ROWS + inBlock) * VL_PANEL + column % VL_PANEL
                      : column * VL_BLOCK_ROWS + inBlock * lanes);
        for (int i = 0; i < points; i++) store_point(rank, to + i * pointStride, y[i]);
        if (gradient && column + lanes == k && k % VL_PANEL != 0)
          for (int i = 0; i < points; i++) store_point(rank, to + i * pointStride + lanes, (v16){});
      }
    }
  }
  finish_points(rank);
}

VL_CLONES void vl_winograd_gather(
  const VLWinograd *w, const VLTiledImage *image, const float *input, long firstTile, float *matrix, long first,
  long last
) {
  FOR_EACH_FAMILY(w, gather(rank, taps, results, false, w, image, input, firstTile, matrix, first, last))
}

VL_CLONES void vl_winograd_gather_gradient(
  const VLWinograd *w, const VLTiledImage *image, const float *input, long firstTile, float *matrix, long first,
  long last
) {
  FOR_EACH_FAMILY(w, gather(rank, taps, results, true, w, image, input, firstTile, matrix, first, last))
}

/// In place, on `count` vectors.
VL_INLINE void activate(VLActivation activation, float parameter, v16 *vectors, int count) {
  float *x = (float *)vectors;
  if (activation == VLActivationReLU)
    for (int i = 0; i < count * lanes; i++) x[i] = x[i] < 0.0f ? 0.0f : x[i];
  else if (activation == VLActivationLeakyReLU)
    for (int i = 0; i < count * lanes; i++) x[i] = x[i] > 0.0f ? x[i] : parameter * x[i];
}

VL_INLINE void scatter(
  int rank, int taps, int results, const VLWinograd *w, const VLTiledImage *image, const float *products, long firstPanel,
  long panels, long firstTile, long rows, const float *bias, VLActivation activation, float parameter,
  float *output
) {
  const int points = cube(rank, points_of(taps, results)), elements = cube(rank, results);
  const long pointStride = panels * rows * VL_PANEL, n = image->phases * image->channels;
  for (long row = 0; row < rows; row++) {
    const long tile = firstTile + row;
    float *sample = output + tile / tiles_of(w) * sample_size(image);
    long offsets[mostPoints], placed = -1;
    for (long half = 0; half < 2 * panels; half++) {
      const long column = firstPanel * VL_PANEL + half * lanes;
      if (column >= n) break;
      const long phase = column / image->channels, channel = column % image->channels;
      if (phase != placed) {
        place(
          w, image, rank, results, results, tile % tiles_of(w), phase, offsets);
        placed = phase;
      }
      const float *from = products + half / 2 * rows * VL_PANEL + row * VL_PANEL + half % 2 * lanes;
      v16 x[mostPoints], y[mostPoints];
      for (int i = 0; i < points; i++) x[i] = load(from + i * pointStride);
      apply(Output, rank, taps, results, x, y);
      if (bias) {
        const v16 b = load(bias + channel);
        for (int i = 0; i < elements; i++) y[i] += b;
      }
      activate(activation, parameter, y, elements);
      for (int i = 0; i < elements; i++)
        if (offsets[i] >= 0) store(sample + offsets[i] + channel, y[i]);
    }
  }
}

VL_CLONES static void scatter_any(
  const VLWinograd *w, const VLTiledImage *image, const float *products, long firstPanel, long panels,
  long firstTile, long rows, const float *bias, VLActivation activation, float parameter, float *output
) {
  FOR_EACH_FAMILY(
    w, scatter(
         rank, taps, results, w, image, products, firstPanel, panels, firstTile, rows, bias, activation, parameter,
         output))
}

void vl_winograd_outputs(
  const VLWinograd *w, const VLTiledImage *image, const float *matrix, long k, const float *filter,
  long heldPanels, long firstPanel, long panels, long firstTile, long firstRow, long rows, float *products,
  const float *bias, VLActivation activation, float parameter, float *output
) {
  const int points = cube((int)w->rank, points_of((int)w->taps, (int)w->results));
  const long block = VL_BLOCK_ROWS * k + VL_POINT_GAP;
  for (int i = 0; i < points; i++)
    for (long panel = 0; panel < panels; panel++) {
      const float *weights = filter + (i * heldPanels + panel) * k * VL_PANEL;
      vl_multiply_rows(
        matrix + (firstRow / VL_BLOCK_ROWS * points + i) * block, points * block, weights, rows, k, false,
        weights + k * VL_PANEL, lanes * VL_PANEL, VL_PANEL, products + (i * panels + panel) * rows * VL_PANEL);
    }
  scatter_any(
    w, image, products, firstPanel, panels, firstTile + firstRow, rows, bias, activation, parameter, output);
}
