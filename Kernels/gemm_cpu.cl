// Matrix product for processors.
//
// Index mapping: work-item = work-group (x: block of rows, y: block of panels, z: batch and split). It copies
// its rows of `left`, a part of k at a time, into a private tile and multiplies the tile with panels of `right`,
// each VECTORS · WIDTH columns wide and contiguous in k, register block by register block.
//
// Why: ROWS × VECTORS = 6 × 4 accumulators leave the 32 vector registers of AVX-512 room for the operands (6 × 2 those of
// others), and each k costs 10 loads for 24 multiply-adds, so the multipliers are the limit. Where the last panel
// would be half empty, 12 × 2, and 14 loads. The tile and the part of a panel lie in the second-level
// cache; the more k a pass takes, the less often the result is read and written. A pass also bounds the rounding error
// of a sum. ROW_LIMIT rows share each panel read from outer caches.
//
// Macros: those of gemm_cpu_block.cl and gemm_cpu_tile.cl.

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void product(
    const Product p, const Patches patches, const ulong leftBatch, const ulong rightBatch,
    const ulong rightPanel, const float parameter, const global float *restrict left,
    const global float *restrict right, const global float *restrict bias, global float *restrict output) {
  float tile[TILE];
  size_t targets[ROW_LIMIT];

  const int split = (int)get_group_id(2) % p.splits;
  const size_t batch = get_group_id(2) / p.splits;
  left += batch * leftBatch;
  right += batch * rightBatch;
  output += get_group_id(2) * ((size_t)p.m * p.n);

  const int firstRow = (int)get_group_id(0) * p.rowsPerGroup;
  const int rows = min(p.rowsPerGroup, p.m - firstRow);
  const int firstPanel = (int)get_group_id(1) * p.panelsPerGroup;
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
    // With few k, several panels for each register block's rows: what is stored is then in longer pieces.
    const int together = max(1, 128 / max(1, depth));
    for (int panel0 = firstPanel; panel0 < endPanel; panel0 += together) {
      const int endTogether = min(panel0 + together, endPanel);
      for (int row0 = 0; row0 < rows; row0 += ROWS)
        for (int panel = panel0; panel < endTogether; ++panel) {
          const int blockRows = min(ROWS, rows - row0);
          floatv sums[ROWS][VECTORS];
          expectBlock(&p, targets + row0, blockRows, panel, output);
          clearBlock(sums);
          multiplyBlock(
              tile + LEFT_AT(row0, 0), pitch, right + panel * rightPanel + (size_t)k0 * p.rightRow, p.rightRow, depth,
              sums);
          storeBlock(&p, sums, targets + row0, blockRows, panel, isFirst, isFinal, parameter, bias, output);
        }
    }
    k0 += p.depth;
  } while (k0 < endK);
}
