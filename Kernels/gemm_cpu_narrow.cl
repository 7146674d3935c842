// Matrix product for processors with one to four columns, where vectors along the columns would be mostly empty.
//
// Index mapping: work-item = work-group, which takes blocks (x: rows, z: batch and split). Vectors run along k, in `right`
// as COLUMNS rows of rightRow values, zeros after the last; with LEFT_TRANSPOSED along the rows of the result,
// which then are contiguous in the tile, and `right` is k × COLUMNS as it comes.
//
// Why: every element of the tile is used COLUMNS times only, so copying it costs as much as using it; the register
// block is just large enough to hide the latency of the additions, and the tile fits the first-level cache.
//
// Macros: COLUMNS, and those of gemm_cpu_tile.cl.

#define ROWS 4
#define PASS (4 * WIDTH)

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void narrowProduct(
    const Product p, const Patches patches, const ulong leftBatch, const ulong rightBatch,
    const ulong rightPanel, const float parameter, const global float *restrict lefts,
    const global float *restrict rights, const global float *restrict bias, global float *restrict outputs,
    const Grid grid, volatile global int *taken) {
  float tile[TILE];
  // ROW_LIMIT is a multiple of PASS: vectors past the last row stay inside.
  float sums[COLUMNS * ROW_LIMIT];

  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int split = block.z % p.splits;
    const size_t batch = block.z / p.splits;
    const global float *left = lefts + batch * leftBatch;
    const global float *right = rights + batch * rightBatch;
    global float *output = outputs + block.z * ((size_t)p.m * p.n);

    const int firstRow = block.x * p.rowsPerGroup;
    const int rows = min(p.rowsPerGroup, p.m - firstRow);
    const int firstK = split * p.splitLength;
    const int endK = min(firstK + p.splitLength, p.k);

    for (int i = 0; i < COLUMNS * ROW_LIMIT; i += WIDTH) WHOLE(private, sums + i) = SPLAT(0.0f);
#ifdef LEFT_TRANSPOSED
    // Rows past the last take part in the arithmetic. What was in memory may be denormal, and a hundred times slower.
    const int pitch = p.pitch;
    for (int k = 0; k < p.depth; ++k) clear(tile + k * pitch, rows, (rows + PASS - 1) / PASS * PASS);
#endif
    for (int k0 = firstK; k0 < endK; k0 += p.depth) {
      const int depth = min(p.depth, endK - k0);
#ifdef LEFT_TRANSPOSED
      gatherPatches(&patches, left, k0, depth, firstRow, rows, pitch, tile);
      const global float *b = right + (size_t)k0 * p.rightRow;
      for (int row = 0; row < rows; row += PASS) {
        floatv parts[COLUMNS][4];
#pragma unroll
        for (int column = 0; column < COLUMNS; ++column)
#pragma unroll
          for (int v = 0; v < 4; ++v) parts[column][v] = SPLAT(0.0f);
        for (int k = 0; k < depth; ++k) {
#pragma unroll
          for (int v = 0; v < 4; ++v) {
            const floatv elements = WHOLE(private, tile + LEFT_AT(row + v * WIDTH, k));
#pragma unroll
            for (int column = 0; column < COLUMNS; ++column)
              parts[column][v] += elements * b[k * COLUMNS + column];
          }
        }
#pragma unroll
        for (int column = 0; column < COLUMNS; ++column)
#pragma unroll
          for (int v = 0; v < 4; ++v) WHOLE(private, sums + column * ROW_LIMIT + row + v * WIDTH) += parts[column][v];
      }
#else
      gatherPatches(&patches, left, firstRow, rows, k0, depth, PITCH, tile);
      // What a vector reads past the end of a row of the tile meets zeros in `right`, but must be a number.
      for (int row = 0; row < rows; ++row) clear(tile + row * PITCH, depth, depth + WIDTH);
      for (int row0 = 0; row0 < rows; row0 += ROWS) {
        const float *a = tile + LEFT_AT(row0, 0);
        floatv parts[ROWS][COLUMNS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
#pragma unroll
          for (int column = 0; column < COLUMNS; ++column) parts[i][column] = SPLAT(0.0f);
        for (int k = 0; k < depth; k += WIDTH) {
          floatv columns[COLUMNS];
#pragma unroll
          for (int column = 0; column < COLUMNS; ++column)
            columns[column] = WHOLE(const global, right + (size_t)column * p.rightRow + k0 + k);
#pragma unroll
          for (int i = 0; i < ROWS; ++i) {
            const floatv elements = WHOLE(private, a + LEFT_AT(i, k));
#pragma unroll
            for (int column = 0; column < COLUMNS; ++column) parts[i][column] += elements * columns[column];
          }
        }
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
          if (row0 + i < rows)
#pragma unroll
            for (int column = 0; column < COLUMNS; ++column)
              sums[column * ROW_LIMIT + row0 + i] += FOLD(parts[i][column]);
      }
#endif
    }

    if (p.splits == 1)
      for (int column = 0; column < COLUMNS; ++column) {
        const float offset = p.hasBias ? bias[column] : 0.0f;
        for (int row = 0; row < rows; row += WIDTH) {
          float *sum = sums + column * ROW_LIMIT + row;
          const floatv value = WHOLE(private, sum) + offset;
          WHOLE(private, sum) = ACTIVATION(value, parameter);
        }
      }
#ifndef LEFT_TRANSPOSED
    Position position = positionAt(&patches, firstRow);
#endif
    for (int row = 0; row < rows; ++row) {
#ifdef LEFT_TRANSPOSED
      const size_t target = firstRow + row;
#else
      const size_t target = p.splits == 1 ? targetRow(&patches, position) : (size_t)(firstRow + row);
      advance(&patches, &position);
#endif
      for (int column = 0; column < COLUMNS; ++column)
        output[target * COLUMNS + column] = sums[column * ROW_LIMIT + row];
    }
  }
}
