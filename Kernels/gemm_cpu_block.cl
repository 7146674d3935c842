// The register block that products on processors are made of: ROWS rows of a tile by one panel.
//
// Macros: ROWS, VECTORS, and those of gemm_cpu_tile.cl.

#define PANEL (VECTORS * WIDTH)
// The target of a row that has no place in the result, in products of one pass.
#define NOWHERE (~(size_t)0)
// Whether the activation is so short that its code may be there once for every register of a block.
#define LEAKY_RELU_IS_SHORT 1
#if JOIN(ACTIVATION, _IS_SHORT)
#define IS_SHORT 1
#else
#define IS_SHORT 0
#endif

static inline void clearBlock(floatv sums[ROWS][VECTORS]) {
#pragma unroll
  for (int i = 0; i < ROWS; ++i)
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[i][v] = SPLAT(0.0f);
}

// sums += the rows of the tile that begin at `a` · `steps` rows of a panel, `rightRow` floats apart.
static inline void multiplySteps(
    const int steps, const float *a, const int pitch, const global float *b, const int rightRow,
    floatv sums[ROWS][VECTORS]) {
  floatv columns[STEPS][VECTORS];
#pragma unroll
  for (int s = 0; s < STEPS; ++s)
#pragma unroll
    for (int v = 0; v < VECTORS; ++v)
      if (s < steps) columns[s][v] = WHOLE(const global, b + s * rightRow + v * WIDTH);
#pragma unroll
  for (int i = 0; i < ROWS; ++i)
#pragma unroll
    for (int s = 0; s < STEPS; ++s)
      if (s < steps) {
        const floatv element = SPLAT(a[LEFT_AT(i, s)]);
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sums[i][v] += element * columns[s][v];
      }
}

// The same with `depth` rows.
static inline void multiplyBlock(
    const float *a, const int pitch, const global float *b, const int rightRow, const int depth,
    floatv sums[ROWS][VECTORS]) {
  int k = 0;
  for (; k <= depth - STEPS; k += STEPS, b += STEPS * rightRow)
    multiplySteps(STEPS, a + LEFT_AT(0, k), pitch, b, rightRow, sums);
  for (; k < depth; ++k, b += rightRow) multiplySteps(1, a + LEFT_AT(0, k), pitch, b, rightRow, sums);
}

// Asks for the lines that a block's first `rows` rows will be stored in, while the block is multiplied: a result larger
// than the caches would be waited for.
static inline void expectBlock(
    const Product *p, const size_t *targets, const int rows, const int panel, global float *output) {
  if (p->streams) return;
#pragma unroll 1
  for (int i = 0; i < rows; ++i)
    if (targets[i] != NOWHERE)
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) WILL_WRITE(output + targets[i] + panel * PANEL + v * WIDTH);
}

// Stores a block's first `rows` rows, row i from output[targets[i]] on: added to what is there but for the first pass
// over k, with bias and activation after the last.
static inline void storeBlock(
    const Product *p, floatv sums[ROWS][VECTORS], const size_t *targets, const int rows, const int panel,
    const int isFirst, const int isFinal, const float parameter, const global float *bias, global float *output) {
  const int firstColumn = panel * PANEL;
  const int columns = min(PANEL, p->n - firstColumn);
  output += firstColumn;
  if ((columns == PANEL) & (rows == ROWS) & (IS_SHORT | !isFinal)) {
    // Each step for the whole block: a branch for every register would take the compiler longer than all the rest.
    if (!isFirst)
#pragma unroll
      for (int i = 0; i < ROWS; ++i)
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) sums[i][v] += WHOLE(global, output + targets[i] + v * WIDTH);
#if IS_SHORT
    if (isFinal)
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        const floatv offset = p->hasBias ? WHOLE(const global, bias + firstColumn + v * WIDTH) : SPLAT(0.0f);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) sums[i][v] = ACTIVATION(sums[i][v] + offset, parameter);
      }
#endif
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
      if (targets[i] == NOWHERE) continue;
      global float *to = output + targets[i];
      if (p->streams)
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) STREAM(sums[i][v], to + v * WIDTH);
      else
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) WHOLE(global, to + v * WIDTH) = sums[i][v];
    }
    return;
  }
  // Through memory, so that what follows is one short loop instead of code for every register.
  float results[ROWS * PANEL];
#pragma unroll
  for (int i = 0; i < ROWS; ++i)
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) WHOLE(private, results + i * PANEL + v * WIDTH) = sums[i][v];
  for (int i = 0; i < rows; ++i) {
    if (targets[i] == NOWHERE) continue;
    global float *to = output + targets[i];
    for (int column = 0; column < columns; column += WIDTH) {
      floatv value = WHOLE(private, results + i * PANEL + column);
      if (!isFirst) value += LOAD(to + column);
      if (isFinal) {
        if (p->hasBias) value += LOAD(bias + firstColumn + column);
        value = ACTIVATION(value, parameter);
      }
      if (p->streams)
        STREAM(value, to + column);
      else if (columns - column >= WIDTH)
        WHOLE(global, to + column) = value;
      else
        storeLanes(value, to + column, columns - column);
    }
  }
}
