// Products with the patches of images whose channels, or whose results', are few, for processors. Copying patches, each
// of which repeats most of its neighbour, would cost more than multiplying them: here the lines of the image that a row of
// positions sees are copied instead, and the multiplication finds every patch in them, STEP floats after the one before.
//
// Three kernels: `linesProduct`; with COLUMNS, 1 to 4 of them, `linesNarrowProduct`; with TAP_LINES `linesGradient`.
//
// Macros: STEP, floats from the patch of one position to the next; RUN, features of a patch in one line; TILE, floats of
// all lines that a row of positions sees, `pitch` apart, and a vector; those of gemm_cpu_block.cl. For gradients TAP_LINES,
// and BLOCK_LINES, which divides them, and BLOCK_RUN, the features of a block.

// Copies the lines that a row of positions sees, from the first pixel on that the first position does.
static inline void copyLines(
    const Patches *patches, const global float *restrict image, const Position p, const int pitch, float *tile) {
  const int depth = patches->source[0], height = patches->source[1], width = patches->source[2];
  const int channels = patches->channels;
  const int low = clamp(-patches->origin[2] * channels, 0, pitch - 16);
  const int high = clamp((width - patches->origin[2]) * channels, low, pitch - 16);
  for (int tapZ = 0; tapZ < patches->taps[0]; ++tapZ)
    for (int tapY = 0; tapY < patches->taps[1]; ++tapY, tile += pitch) {
      const int z = p.z * patches->step[0] + patches->origin[0] + tapZ * patches->tapStep[0];
      const int y = p.y * patches->step[1] + patches->origin[1] + tapY * patches->tapStep[1];
      if ((z < 0) | (z >= depth) | (y < 0) | (y >= height)) {
        clear(tile, 0, pitch);
        continue;
      }
      const long start = (((long)p.n * depth + z) * height + y) * width + patches->origin[2];
      clear(tile, 0, low);
      copy(image + start * channels + low, tile + low, high - low);
      clear(tile, high, pitch);
    }
}

#if defined(COLUMNS)

// The product of few columns: vectors are along k, and `right` is COLUMNS rows of it, `rightRow` apart. RUN is whole
// vectors; LENGTH, positions of a row, rounded up to whole vectors.
//
// Index mapping: work-item = work-group (x: `rowsPerGroup` rows of positions).
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void linesNarrowProduct(
    const Product p, const Patches patches, const float parameter, const global float *restrict left,
    const global float *restrict right, const global float *restrict bias, global float *restrict output) {
  float tile[TILE];
  float results[COLUMNS][LENGTH];
  const int length = patches.rows[2], lines = p.m / length;
  const int first = (int)get_group_id(0) * p.rowsPerGroup, end = min(first + p.rowsPerGroup, lines);
  const int tapLines = patches.taps[0] * patches.taps[1];
  for (int column = 0; column < COLUMNS; ++column)
    for (int x = length; x < LENGTH; ++x) results[column][x] = 0.0f;
  for (int line = first; line < end; ++line) {
    const Position position = placeAt(patches.rows[0], patches.rows[1], 1, line);
    copyLines(&patches, left, position, p.pitch, tile);
    for (int x = 0; x < length; x += ROWS) {
      floatv sums[ROWS][COLUMNS];
#pragma unroll
      for (int i = 0; i < ROWS; ++i)
#pragma unroll
        for (int column = 0; column < COLUMNS; ++column) sums[i][column] = SPLAT(0.0f);
      for (int tapLine = 0; tapLine < tapLines; ++tapLine) {
        const float *a = tile + tapLine * p.pitch + x * STEP;
        const global float *b = right + tapLine * RUN;
        for (int k = 0; k < RUN; k += WIDTH) {
          floatv weights[COLUMNS];
#pragma unroll
          for (int column = 0; column < COLUMNS; ++column)
            weights[column] = WHOLE(const global, b + (size_t)column * p.rightRow + k);
#pragma unroll
          for (int i = 0; i < ROWS; ++i) {
            const floatv elements = WHOLE(private, a + LEFT_AT(i, k));
#pragma unroll
            for (int column = 0; column < COLUMNS; ++column) sums[i][column] += elements * weights[column];
          }
        }
      }
#pragma unroll
      for (int i = 0; i < ROWS; ++i)
        if (x + i < length)
#pragma unroll
          for (int column = 0; column < COLUMNS; ++column) results[column][x + i] = FOLD(sums[i][column]);
    }
    const size_t target = targetRow(&patches, position);
    for (int column = 0; column < COLUMNS; ++column) {
      const float offset = p.hasBias ? bias[column] : 0.0f;
      for (int x = 0; x < length; x += WIDTH) {
        const floatv value = WHOLE(private, results[column] + x) + offset;
        WHOLE(private, results[column] + x) = ACTIVATION(value, parameter);
      }
      for (int x = 0; x < length; ++x)
        output[(target + (size_t)x * patches.targetStep[2]) * COLUMNS + column] = results[column][x];
    }
  }
}

#elif !defined(TAP_LINES)

// Index mapping: work-item = work-group (x: `rowsPerGroup` rows of positions, y: block of panels).
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void linesProduct(
    const Product p, const Patches patches, const ulong rightPanel, const float parameter,
    const global float *restrict left, const global float *restrict right, const global float *restrict bias,
    global float *restrict output) {
  float tile[TILE];
  size_t targets[ROWS];
  const int length = patches.rows[2], lines = p.m / length;
  const int first = (int)get_group_id(0) * p.rowsPerGroup, end = min(first + p.rowsPerGroup, lines);
  const int firstPanel = (int)get_group_id(1) * p.panelsPerGroup;
  const int endPanel = min(firstPanel + p.panelsPerGroup, (p.n + PANEL - 1) / PANEL);
  const int tapLines = patches.taps[0] * patches.taps[1];
  for (int line = first; line < end; ++line) {
    const Position position = placeAt(patches.rows[0], patches.rows[1], 1, line);
    copyLines(&patches, left, position, p.pitch, tile);
    const size_t target = targetRow(&patches, position);
    for (int x = 0; x < length; x += ROWS) {
      for (int i = 0; i < ROWS; ++i) targets[i] = (target + (size_t)(x + i) * patches.targetStep[2]) * p.n;
      for (int panel = firstPanel; panel < endPanel; ++panel) {
        const int blockRows = min(ROWS, length - x);
        floatv sums[ROWS][VECTORS];
        expectBlock(&p, targets, blockRows, panel, output);
        clearBlock(sums);
        const global float *b = right + panel * rightPanel;
        for (int tapLine = 0; tapLine < tapLines; ++tapLine, b += RUN * p.rightRow)
          multiplyBlock(tile + tapLine * p.pitch + x * STEP, 0, b, p.rightRow, RUN, sums);
        storeBlock(&p, sums, targets, blockRows, panel, 1, 1, parameter, bias, output);
      }
    }
  }
}

#else

#define BLOCK (BLOCK_LINES * BLOCK_RUN)
#define BLOCKS_OF_RUN ((RUN + BLOCK_RUN - 1) / BLOCK_RUN)
#define BLOCKS (TAP_LINES / BLOCK_LINES * BLOCKS_OF_RUN)

// The transposed product: features are rows, and positions, `rowsPerGroup` rows of them in a split, are summed over.
//
// Index mapping: work-item = work-group (x: split, y: panel).
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void linesGradient(
    const Product p, const Patches patches, const global float *restrict left, const global float *restrict right,
    global float *restrict output) {
  float tile[TILE];
  floatv totals[BLOCKS][BLOCK][VECTORS];
  for (int block = 0; block < BLOCKS; ++block)
    for (int i = 0; i < BLOCK; ++i)
      for (int v = 0; v < VECTORS; ++v) totals[block][i][v] = SPLAT(0.0f);
  const int length = patches.rows[2], lines = p.k / length;
  const int first = (int)get_group_id(0) * p.rowsPerGroup, end = min(first + p.rowsPerGroup, lines);
  const int firstColumn = (int)get_group_id(1) * PANEL;
  for (int line = first; line < end; ++line) {
    copyLines(&patches, left, placeAt(patches.rows[0], patches.rows[1], 1, line), p.pitch, tile);
    for (int block = 0; block < BLOCKS; ++block) {
      const float *a = tile + block / BLOCKS_OF_RUN * BLOCK_LINES * p.pitch + block % BLOCKS_OF_RUN * BLOCK_RUN;
      const global float *b = right + (size_t)line * length * p.n + firstColumn;
      floatv sums[BLOCK][VECTORS];
#pragma unroll
      for (int i = 0; i < BLOCK; ++i)
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sums[i][v] = SPLAT(0.0f);
      for (int x = 0; x < length; ++x, a += STEP, b += p.n) {
        floatv columns[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) columns[v] = WHOLE(const global, b + v * WIDTH);
#pragma unroll
        for (int i = 0; i < BLOCK; ++i) {
          const floatv element = SPLAT(a[i / BLOCK_RUN * p.pitch + i % BLOCK_RUN]);
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sums[i][v] += element * columns[v];
        }
      }
#pragma unroll
      for (int i = 0; i < BLOCK; ++i)
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) totals[block][i][v] += sums[i][v];
    }
  }
  output += get_group_id(0) * ((size_t)p.m * p.n) + firstColumn;
  for (int block = 0; block < BLOCKS; ++block)
    for (int i = 0; i < BLOCK; ++i) {
      const int tapLine = block / BLOCKS_OF_RUN * BLOCK_LINES + i / BLOCK_RUN;
      const int inRun = block % BLOCKS_OF_RUN * BLOCK_RUN + i % BLOCK_RUN;
      // The last block of a run may reach past it.
      if (inRun >= RUN) continue;
      global float *to = output + (size_t)(tapLine * RUN + inRun) * p.n;
      for (int v = 0; v < VECTORS; ++v)
        if (firstColumn + v * WIDTH < p.n) WHOLE(global, to + v * WIDTH) = totals[block][i][v];
    }
}

#endif
