// Convolution by Winograd's filtering for processors: see `winograd.cl`.
//
// Index mapping: work-item = work-group, which takes blocks (x: tiles, y: panels of output channels). It
// transforms the image of their tiles into its part of `scratch`, multiplies the points with those of the
// filter, panel by panel, and transforms the products back, adding bias and activation.
//
// Why: image and products are 16 values for every 4 or 9 of the result; written to memory they would cost
// what the multiplications save. A block is so large that its part of `scratch` just fits the
// second-level cache, because all of the transformed filter is read for each block. If k is cut, so that it
// fits, the products of all panels stay in `scratch` until k is complete.

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void winogradProduct(
    const Product p, const Patches patches, const Winograd w, const ulong scratchSize, const float parameter,
    const global float *restrict left, const global float *restrict right, const global float *restrict bias,
    global float *scratch, global float *restrict output, const Grid grid, volatile global int *taken) {
  scratch += get_group_id(0) * scratchSize;
  WHOLE(global, scratch) = SPLAT(0.0f);
  const global float *zeros = scratch;

  // A line more for each point, so that the 16 stores of a transform go to different sets of the cache.
  const int pitch = w.blockK + 16;
  const size_t pointPitch = (size_t)w.blockTiles * pitch + 16;
  const size_t productPitch = (size_t)w.blockTiles * PANEL + 16;
  global float *image = scratch + 16;
  global float *products = image + POINTS * pointPitch;
  const int isWhole = w.blockK >= w.k;

  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int firstPanel = block.y * w.panelsPerGroup;
    const int endPanel = min(firstPanel + w.panelsPerGroup, (p.n + PANEL - 1) / PANEL);
    const int tile0 = block.x * w.blockTiles;
    const int tiles = min(w.blockTiles, w.count - tile0);
    const int rows = (tiles + ROWS - 1) / ROWS * ROWS;
    for (int k0 = 0; k0 < w.k; k0 += w.blockK) {
      const int depth = min(w.blockK, w.k - k0);
      transformImage(&patches, &w, left, zeros, tile0, tiles, k0, depth, pitch, pointPitch, image);
      // Rows past the last are multiplied too; they must not be slow numbers.
      for (int point = 0; point < POINTS; ++point)
        for (int row = tiles; row < rows; ++row)
          for (int k = 0; k < depth; k += WIDTH)
            WHOLE(global, image + point * pointPitch + row * pitch + k) = SPLAT(0.0f);

      for (int panel = firstPanel; panel < endPanel; ++panel) {
        global float *results = products + (isWhole ? 0 : panel - firstPanel) * (POINTS * productPitch);
        for (int point = 0; point < POINTS; ++point)
          multiplyPoint(
              image + point * pointPitch, pitch, right + (((size_t)panel * POINTS + point) * w.k + k0) * PANEL, rows,
              depth, k0 == 0, results + point * productPitch);
        if (k0 + depth < w.k) continue;

        const int firstColumn = panel * PANEL;
        const int columns = min(PANEL, p.n - firstColumn);
        Position tile = tileAt(&patches, &w, tile0);
        for (int t = 0; t < tiles; ++t, advanceTile(&patches, &w, &tile))
          for (int column = 0; column < columns; column += WIDTH) {
            floatv m[POINTS], other[POINTS];
#pragma unroll
            for (int point = 0; point < POINTS; ++point)
              m[point] = WHOLE(global, results + point * productPitch + t * PANEL + column);
            ALONG_AXES(foldOutput, POINTS_OF_AXIS, OUTPUTS, m, other);
            const floatv offset = p.hasBias ? LOAD(bias + firstColumn + column) : SPLAT(0.0f);
#pragma unroll
            for (int y = 0; y < OUTPUTS; ++y)
#pragma unroll
              for (int x = 0; x < OUTPUTS; ++x) {
                const Position position = {tile.n, tile.z, tile.y * OUTPUTS + y, tile.x * OUTPUTS + x};
                if ((position.y < patches.rows[1]) & (position.x < patches.rows[2])) {
                  const floatv value = TRANSFORMED(m, other)[OUTPUTS * y + x] + offset;
                  storeLanes(
                      ACTIVATION(value, parameter),
                      output + targetRow(&patches, position) * p.n + firstColumn + column, columns - column);
                }
              }
          }
      }
    }
  }
}
