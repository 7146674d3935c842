// Matrix product for processors.
//
// Index mapping: work-item = work-group, which takes blocks (x: rows, y: panels, z: batch and split). It copies
// their rows of `left`, a part of k at a time, into a private tile and multiplies the tile with panels of `right`,
// each VECTORS · WIDTH columns wide and contiguous in k, register block by register block.
//
// Why: ROWS × VECTORS = 6 × 4 accumulators leave the 32 vector registers of AVX-512 room for the operands (6 × 2 those of
// others), and each k costs 10 loads for 24 multiply-adds, so the multipliers are the limit. Where the last panel
// would be half empty, 12 × 2, and 14 loads. The tile and the part of a panel lie in the second-level
// cache; the more k a pass takes, the less often the result is read and written. A pass also bounds the rounding error
// of a sum. ROW_LIMIT rows share each panel read from outer caches.
//
// Macros: those of gemm_cpu_block.cl and gemm_cpu_tile.cl.

#ifdef LEFT_TRANSPOSED
// Values of k that are multiplied between two requests for a few lines: many requests at once would be waited for.
#define CHUNK 32
#endif

// Asks for lines `first` ..< `end`, `stride` floats apart, each of `length` floats.
static inline void expectLines(
    const global float *from, const int first, const int end, const size_t stride, const int length) {
#pragma unroll 1
  for (int line = first; line < end; ++line)
#pragma unroll 1
    for (int i = 0; i < length; i += 16) WILL_READ_LATER(from + line * stride + i);
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void product(
    const Product p, const Patches patches, const ulong leftBatch, const ulong rightBatch,
    const ulong rightPanel, const float parameter, const global float *restrict lefts,
    const global float *restrict rights, const global float *restrict bias, global float *restrict outputs,
    const Grid grid, volatile global int *taken) {
  float tile[TILE];
  size_t targets[ROW_LIMIT];

  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int split = block.z % p.splits;
    const size_t batch = block.z / p.splits;
    const global float *left = lefts + batch * leftBatch;
    const global float *right = rights + batch * rightBatch;
    global float *output = outputs + block.z * ((size_t)p.m * p.n);

    const int firstRow = block.x * p.rowsPerGroup;
    const int rows = min(p.rowsPerGroup, p.m - firstRow);
    const int firstPanel = block.y * p.panelsPerGroup;
    const int endPanel = min(firstPanel + p.panelsPerGroup, (p.n + PANEL - 1) / PANEL);
    const int firstK = split * p.splitLength;
    const int endK = min(firstK + p.splitLength, p.k);

#ifdef LEFT_TRANSPOSED
    const int pitch = p.pitch;
#else
    const int pitch = PITCH;
    if (p.splits == 1) {
      Position position = positionAt(&patches, firstRow);
      for (int row = 0; row < rows; ++row, advance(&patches, &position))
        targets[row] = targetRow(&patches, position) * p.n;
    } else
#endif
    {
      for (int row = 0; row < rows; ++row) targets[row] = (size_t)(firstRow + row) * p.n;
    }

    // Only a matrix has its next rows at a known place.
    const int expectsLeft = isMatrix(&patches);
    // At least once: a sum of nothing is 0, but the bias and the activation are still due.
    int k0 = firstK;
    do {
      const int depth = max(0, min(p.depth, endK - k0));
      const int isFirst = k0 == firstK, isFinal = k0 + p.depth >= endK && p.splits == 1;
#ifdef LEFT_TRANSPOSED
      gatherPatches(&patches, left, k0, depth, firstRow, rows, pitch, tile);
#else
      gatherPatches(&patches, left, firstRow, rows, k0, depth, pitch, tile);
      for (int row = rows; row < (rows + ROWS - 1) / ROWS * ROWS; ++row) clear(tile + row * pitch, 0, depth);
#endif
      // What the next tile is copied from is asked for while this one is multiplied, a share with each register block.
#ifdef LEFT_TRANSPOSED
      const int ahead = k0 + p.depth, aheadDepth = min(p.depth, endK - ahead);
      const int blocks = (rows + ROWS - 1) / ROWS, share = (p.depth + blocks - 1) / blocks;
      const global float *next = left + (size_t)ahead * p.m + firstRow;
#else
      // After the last pass that of the next block which this work-group is likely to take.
      const size_t nextRow = firstRow + get_num_groups(0) * p.rowsPerGroup;
      const global float *next =
          left + (k0 + p.depth < endK ? (size_t)firstRow * p.k + k0 + p.depth : nextRow * p.k + firstK);
#endif
      // With few k, several panels for each register block's rows: what is stored is then in longer pieces.
      const int together = max(1, 128 / max(1, depth));
      for (int panel0 = firstPanel; panel0 < endPanel; panel0 += together) {
        const int endTogether = min(panel0 + together, endPanel);
        for (int row0 = 0; row0 < rows; row0 += ROWS) {
#ifndef LEFT_TRANSPOSED
          if (expectsLeft & (panel0 == firstPanel)) expectLines(next, row0, row0 + ROWS, p.k, depth);
#endif
          for (int panel = panel0; panel < endTogether; ++panel) {
            const int blockRows = min(ROWS, rows - row0);
            const global float *columns = right + panel * rightPanel + (size_t)k0 * p.rightRow;
            floatv sums[ROWS][VECTORS];
            expectBlock(&p, targets + row0, blockRows, panel, output);
            clearBlock(sums);
#ifdef LEFT_TRANSPOSED
            for (int k = 0; k < depth; k += CHUNK, columns += CHUNK * (size_t)p.rightRow) {
              const int steps = min(CHUNK, depth - k);
              // The next pass' values of k, of which this chunk asks for a few.
              const int line = (row0 / ROWS * depth + k) * share / depth;
              const int endLine = min((row0 / ROWS * depth + k + steps) * share / depth, aheadDepth);
              if (expectsLeft & (panel == firstPanel)) expectLines(next, line, endLine, p.m, rows);
              expectLines(right + panel * rightPanel + (size_t)ahead * p.rightRow, line, endLine, p.rightRow, PANEL);
              multiplyBlock(tile + LEFT_AT(row0, k), pitch, columns, p.rightRow, steps, sums);
            }
#else
            multiplyBlock(tile + LEFT_AT(row0, 0), pitch, columns, p.rightRow, depth, sums);
#endif
            storeBlock(&p, sums, targets + row0, blockRows, panel, isFirst, isFinal, parameter, bias, output);
          }
        }
      }
      k0 += p.depth;
    } while (k0 < endK);
  }
}
