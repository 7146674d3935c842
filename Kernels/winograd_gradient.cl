// Filter gradient by Winograd's filtering for processors: the adjoint of `winograd_product.cl`. With the image's
// points v = Bᵀ d B and the gradient's w = A y Aᵀ, the gradient of the filter's points is Σ_tiles v ⊙ w.
//
// Index mapping: work-item = work-group, which takes blocks (x: channels of one slab, y: output channels, z: split of the
// tiles). output[split][tap][channel][n].
//
// Why: the sums of a block, and the points of the tiles that are added at a time, fit the second-level cache
// together. Larger blocks would transform less often but leave it.

// Floats from the sums of a point to those of the next: they fall into different sets of the cache.
#define POINT_SUMS (BLOCK * BLOCK + 16)

// to[point · pointPitch + tile · pitch + column − firstColumn] of the gradient [position][n].
static inline void transformGradient(
    const Patches *patches, const Winograd *w, const global float *restrict gradient, const int n, const int firstTile,
    const int tiles, const int firstColumn, const int columns, const int pitch, const size_t pointPitch,
    global float *to) {
  Position tile = tileAt(patches, w, firstTile);
  for (int t = 0; t < tiles; ++t, advanceTile(patches, w, &tile), to += pitch) {
    const int y0 = tile.y * OUTPUTS, x0 = tile.x * OUTPUTS;
    const size_t slice = ((size_t)tile.n * patches->rows[0] + tile.z) * patches->rows[1];
    const global float *from = gradient + ((slice + y0) * patches->rows[2] + x0) * n + firstColumn;
    const int rows = min(OUTPUTS, patches->rows[1] - y0), width = min(OUTPUTS, patches->rows[2] - x0);
    for (int c = 0; c < columns; c += WIDTH) {
      floatv y[POINTS], other[POINTS];
#pragma unroll
      for (int i = 0; i < OUTPUTS * OUTPUTS; ++i)
        y[i] = i / OUTPUTS < rows && i % OUTPUTS < width
                   ? WHOLE(const global, from + ((size_t)(i / OUTPUTS) * patches->rows[2] + i % OUTPUTS) * n + c)
                   : SPLAT(0.0f);
      ALONG_AXES(spreadOutputGradient, OUTPUTS, POINTS_OF_AXIS, y, other);
#pragma unroll
      for (int point = 0; point < POINTS; ++point)
        WHOLE(global, to + point * pointPitch + c) = TRANSFORMED(y, other)[point];
    }
  }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void winogradFilterGradient(
    const Product p, const Patches patches, const Winograd w, const ulong scratchSize,
    const global float *restrict left, const global float *restrict right, global float *scratch,
    global float *restrict output, const Grid grid, volatile global int *taken) {
  scratch += get_group_id(0) * scratchSize;
  WHOLE(global, scratch) = SPLAT(0.0f);
  const global float *zeros = scratch;
  const int pitch = BLOCK + 16;
  const size_t pointPitch = (size_t)w.blockTiles * pitch + 16;
  global float *image = scratch + 16;
  global float *gradient = image + POINTS * pointPitch;
  global float *sums = gradient + POINTS * pointPitch;

  const int blocksOfSlab = (patches.channels + BLOCK - 1) / BLOCK;
  const int tilesOfSplit = (w.count + w.splits - 1) / w.splits;
  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int rowBlock = block.x, columnBlock = block.y, split = block.z;
    const int firstChannel = rowBlock % blocksOfSlab * BLOCK;
    const int firstRow = rowBlock / blocksOfSlab * patches.channels + firstChannel;
    const int rows = min(BLOCK, patches.channels - firstChannel);
    const int firstColumn = columnBlock * BLOCK, columns = min(BLOCK, p.n - firstColumn);
    const int firstTile = split * tilesOfSplit, endTile = min(firstTile + tilesOfSplit, w.count);

    for (int i = 0; i < POINTS * POINT_SUMS; i += WIDTH) WHOLE(global, sums + i) = SPLAT(0.0f);
    for (int tile0 = firstTile; tile0 < endTile; tile0 += w.blockTiles) {
      const int tiles = min(w.blockTiles, endTile - tile0);
      transformImage(&patches, &w, left, zeros, tile0, tiles, firstRow, rows, pitch, pointPitch, image);
      transformGradient(
          &patches, &w, right, p.n, tile0, tiles, firstColumn, columns, pitch, pointPitch, gradient);
      for (int point = 0; point < POINTS; ++point)
        for (int column = 0; column < columns; column += PANEL)
          for (int row = 0; row < rows; row += CHANNEL_ROWS)
            multiplyTiles(
                image + point * pointPitch + row, pitch, gradient + point * pointPitch + column, pitch, tiles, 0,
                sums + point * POINT_SUMS + row * BLOCK + column, BLOCK);
    }
    const int slab = firstRow / patches.channels;
    const int tapZ = slab / (w.phases * w.phases), phaseY = slab / w.phases % w.phases, phaseX = slab % w.phases;
    global float *to = output + ((size_t)split * p.m + firstChannel) * p.n + firstColumn;
    for (int row = 0; row < rows; ++row, to += p.n)
      for (int column = 0; column < columns; column += WIDTH) {
        floatv u[POINTS], other[POINTS];
#pragma unroll
        for (int point = 0; point < POINTS; ++point)
          u[point] = WHOLE(global, sums + point * POINT_SUMS + row * BLOCK + column);
        ALONG_AXES(foldFilterGradient, POINTS_OF_AXIS, TAPS, u, other);
#pragma unroll
        for (int i = 0; i < TAPS * TAPS; ++i) {
          const size_t tapY = phaseY + i / TAPS * w.phases, tapX = phaseX + i % TAPS * w.phases;
          const size_t tap = (tapZ * patches.taps[1] + tapY) * patches.taps[2] + tapX;
          WHOLE(global, to + tap * patches.channels * p.n + column) = TRANSFORMED(u, other)[i];
        }
      }
  }
}
