// Matrix product for processors with few rows, where each element of `right` is used by one work-item only: a
// batch's product with the weights of a dense layer, its input gradient, convolutions of the smallest images.
//
// Index mapping: work-item = work-group (x: block of columns, z: split). It copies a part of `right`, DEPTH of k and
// up to BLOCK_PANELS panels, into a private tile in the order it is multiplied in, and all patches beside it.
//
// Why: the weights must come from memory once, in pieces longer than a line, and be gone; packing them
// beforehand would write and read them again. Read in place, rows a power of two apart would push each other
// out of the cache between one register block and the next.
//
// Macros: DEPTH, BLOCK_PANELS, VECTORS, those of a panel, ROW_LIMIT, WIDTH.

#define ROWS (POWER_OF_TWO_SUMS / VECTORS)
#define PANEL (VECTORS * WIDTH)

// (a0, b0, a1, b1, …) of the lower halves and of the upper.
#if WIDTH == 16
#define LOW(a, b)                                                                                    \
  (floatv)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7)
#define HIGH(a, b)                                                                                   \
  (floatv)(a.s8, b.s8, a.s9, b.s9, a.sa, b.sa, a.sb, b.sb, a.sc, b.sc, a.sd, b.sd, a.se, b.se, a.sf, b.sf)
#elif WIDTH == 8
#define LOW(a, b) (floatv)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3)
#define HIGH(a, b) (floatv)(a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7)
#else
#define LOW(a, b) (floatv)(a.s0, b.s0, a.s1, b.s1)
#define HIGH(a, b) (floatv)(a.s2, b.s2, a.s3, b.s3)
#endif

// Each interleaving of the first half of the rows with the second rotates the bits of (row, lane) by one; log₂ WIDTH
// of them exchange row and lane.
static inline void interleave(const floatv *from, floatv *to) {
#pragma unroll
  for (int i = 0; i < WIDTH / 2; ++i) {
    to[2 * i] = LOW(from[i], from[i + WIDTH / 2]);
    to[2 * i + 1] = HIGH(from[i], from[i + WIDTH / 2]);
  }
}

static inline void transpose(floatv *rows) {
  floatv other[WIDTH];
  interleave(rows, other);
  interleave(other, rows);
#if WIDTH >= 8
  interleave(rows, other);
#if WIDTH == 16
  interleave(other, rows);
#else
#pragma unroll
  for (int i = 0; i < WIDTH; ++i) rows[i] = other[i];
#endif
#endif
}

// Columns × k, for each tap. A vector of k does not leave its tap: channels are a multiple of it, or there is one tap.
// All that lies side by side is read before other rows push it out of the cache.
static inline void gatherColumns(
    const Panels *layout, const global float *restrict right, const int n, const int firstColumn, const int panels,
    const int k0, const int depth, float *tile) {
  size_t offsets[DEPTH / WIDTH];
  for (int k = 0; k < depth; k += WIDTH) offsets[k / WIDTH] = rowOffset(layout, k0 + k);
  for (int vector = 0; vector < panels * VECTORS; ++vector) {
    const int column = firstColumn + vector * WIDTH;
    const global float *line = right + (size_t)column * layout->columnStride;
    float *to = tile + vector / VECTORS * DEPTH * PANEL + vector % VECTORS * WIDTH;
    for (int k = 0; k < depth; k += WIDTH) {
      const global float *from = line + offsets[k / WIDTH];
      floatv lines[WIDTH];
#pragma unroll
      for (int i = 0; i < WIDTH; ++i)
        lines[i] = column + i < n ? WHOLE(const global, from + (size_t)i * layout->columnStride) : SPLAT(0.0f);
      transpose(lines);
#pragma unroll
      for (int i = 0; i < WIDTH; ++i) WHOLE(private, to + (k + i) * PANEL) = lines[i];
    }
  }
}

// k × columns. A vector that begins in the matrix may be read whole; what is past the last column is dropped at the end.
static inline void gatherRows(
    const global float *restrict right, const int n, const int firstColumn, const int panels, const int k0,
    const int depth, float *tile) {
  for (int k = 0; k < depth; ++k)
    for (int vector = 0; vector < panels * VECTORS; ++vector) {
      const int column = firstColumn + vector * WIDTH;
      WHOLE(private, tile + (vector / VECTORS * DEPTH + k) * PANEL + vector % VECTORS * WIDTH) =
          column < n ? WHOLE(const global, right + (size_t)(k0 + k) * n + column) : SPLAT(0.0f);
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void fewRowsProduct(
    const Product p, const Patches patches, const Panels layout, const float parameter,
    const global float *restrict left, const global float *restrict right, const global float *restrict bias,
    global float *restrict output) {
  float leftTile[TILE] __attribute__((aligned(64)));
  float rightTile[BLOCK_PANELS * DEPTH * PANEL] __attribute__((aligned(64)));
  float sums[BLOCK_PANELS * ROW_LIMIT * PANEL] __attribute__((aligned(64)));

  const int split = (int)get_group_id(2);
  output += split * ((size_t)p.m * p.n);
  const int firstColumn = (int)get_group_id(0) * p.panelsPerGroup * PANEL;
  const int panels = min(p.panelsPerGroup, (p.n - firstColumn + PANEL - 1) / PANEL);
  const int firstK = split * p.splitLength;
  const int endK = min(firstK + p.splitLength, p.k);
  const int rows = (p.m + ROWS - 1) / ROWS * ROWS;

  for (int panel = 0; panel < panels; ++panel)
    for (int i = 0; i < rows * PANEL; i += WIDTH) WHOLE(private, sums + panel * ROW_LIMIT * PANEL + i) = SPLAT(0.0f);
  for (int row = p.m; row < rows; ++row) clear(leftTile + row * PITCH, 0, DEPTH);
  for (int k0 = firstK; k0 < endK; k0 += DEPTH) {
    const int depth = min(DEPTH, endK - k0);
    gatherPatches(&patches, left, 0, p.m, k0, depth, PITCH, leftTile);
    if (layout.columnStride == 1)
      gatherRows(right, p.n, firstColumn, panels, k0, depth, rightTile);
    else
      gatherColumns(&layout, right, p.n, firstColumn, panels, k0, depth, rightTile);
    // What the next pass copies is asked for while this one is multiplied: a panel's row and a line of `left` at a time.
    const int isLast = k0 + DEPTH >= endK;
    const int expectsLeft = !isLast && isMatrix(&patches), expectsRight = !isLast && layout.columnStride == 1;
    for (int panel = 0; panel < panels; ++panel)
      for (int row0 = 0; row0 < rows; row0 += ROWS) {
        const float *a = leftTile + LEFT_AT(row0, 0);
        const float *b = rightTile + panel * (DEPTH * PANEL);
        float *to = sums + (panel * ROW_LIMIT + row0) * PANEL;
        floatv products[ROWS][VECTORS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) products[i][v] = WHOLE(private, to + i * PANEL + v * WIDTH);
        for (int k = 0; k < depth; ++k, b += PANEL) {
          if (expectsRight & (row0 == 0))
#pragma unroll
            for (int i = 0; i < PANEL; i += 16)
              WILL_READ(right + (size_t)(k0 + DEPTH + k) * p.n + firstColumn + panel * PANEL + i);
          if (expectsLeft & (panel == 0) & (k % 16 < ROWS))
            WILL_READ(left + (size_t)(row0 + k % 16) * p.k + k0 + DEPTH + k / 16 * 16);
          floatv columns[VECTORS];
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) columns[v] = WHOLE(private, b + v * WIDTH);
#pragma unroll
          for (int i = 0; i < ROWS; ++i) {
            const floatv element = SPLAT(a[LEFT_AT(i, k)]);
#pragma unroll
            for (int v = 0; v < VECTORS; ++v) products[i][v] += element * columns[v];
          }
        }
#pragma unroll
        for (int i = 0; i < ROWS; ++i)
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) WHOLE(private, to + i * PANEL + v * WIDTH) = products[i][v];
      }
  }

  Position position = positionAt(&patches, 0);
  for (int row = 0; row < p.m; ++row, advance(&patches, &position)) {
    global float *to = output + (p.splits == 1 ? targetRow(&patches, position) : (size_t)row) * p.n;
    for (int vector = 0; vector < panels * VECTORS; ++vector) {
      const int column = firstColumn + vector * WIDTH;
      if (column >= p.n) break;
      floatv value = WHOLE(private, sums + (vector / VECTORS * ROW_LIMIT + row) * PANEL + vector % VECTORS * WIDTH);
      if (p.splits == 1) {
        if (p.hasBias) value += LOAD(bias + column);
        value = ACTIVATION(value, parameter);
      }
      storeLanes(value, to + column, p.n - column);
    }
  }
}
