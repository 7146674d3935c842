#include "VectorLoops.h"
#include "VectorMath.h"
#include "Lanes.h"

// Matrix products from registers: a block of C, as many rows by two vectors of columns as there are registers,
// stays in them while k runs. A is stored so that the rows of a block lie at fixed distances (one pointer
// walks them all), B in panels of 32 columns that are read from front to back.

enum { mostRows = VL_BLOCK_ROWS };

/// `rows` rows of C by `vectors` vectors. The steps of k come in runs, `aStep` apart in A and consecutive in the
/// panel; from run to run A and the panel jump. `ahead` walks over memory that will be wanted next.
VL_INLINE void tile(
  int rows, int vectors, long runs, long run, long lastRun, const float *restrict a, long aRow, long aStep,
  long aJump, const float *restrict panel, long panelJump, const float *ahead, long aheadRun, long aheadStep,
  float *restrict c, bool adds
) {
  v16 sums[mostRows][2];
  VL_UNROLL for (int r = 0; r < rows; r++)
    VL_UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = (v16){};
  for (long n = 0; n < runs; n++) {
    const long steps = n == runs - 1 ? lastRun : run;
    const float *restrict row = panel;
    for (long i = 0; i < steps; i++) {
      v16 b[2];
      VL_UNROLL for (int v = 0; v < vectors; v++) b[v] = load(row + v * lanes);
      VL_UNROLL for (int r = 0; r < rows; r++) {
        const float x = a[r * aRow + i * aStep];
        VL_UNROLL for (int v = 0; v < vectors; v++) sums[r][v] += x * b[v];
      }
      __builtin_prefetch(ahead + i * aheadStep);
      __builtin_prefetch(ahead + i * aheadStep + lanes);
      row += VL_PANEL;
    }
    a += aJump;
    ahead += aheadRun;
    panel += panelJump;
  }
  VL_UNROLL for (int r = 0; r < rows; r++)
    VL_UNROLL for (int v = 0; v < vectors; v++) {
      float *to = c + r * VL_PANEL + v * lanes;
      // Added only now: a long sum made of sums keeps its rounding errors apart.
      store(to, adds ? load(to) + sums[r][v] : sums[r][v]);
    }
}

/// `height` rows at a time; those left over have their own code. k goes in parts, whose rows of the panel stay in a
/// first-level cache while several blocks of rows pass by.
VL_INLINE void rows_by_panel(
  int height, int vectors, long rows, long k, const float *a, long aBlock, const float *panel, const float *ahead,
  long aheadRun, long aheadStep, float *c, bool adds
) {
  const long part = rows > mostRows ? 128 : k;
  for (long k0 = 0; k0 < k; k0 += part) {
    const long runs = (k - k0 < part ? k - k0 : part) / lanes;
    const float *firstBlock = a + k0 * mostRows, *ofPart = panel + k0 * VL_PANEL;
    const float *next = ahead + k0 / lanes * aheadRun;
    for (long first = 0; first < rows; first += mostRows, firstBlock += aBlock) {
      const long run = first > 0 ? lanes * VL_PANEL : aheadRun, step = first > 0 ? VL_PANEL : aheadStep;
      if (first > 0) next = ofPart;
      const long end = rows < first + mostRows ? rows : first + mostRows;
      for (int v = 0; v < 2; v += vectors)
        for (long r = first; r < end; r += height) {
          const long count = end - r < height ? end - r : height;
          const float *block = firstBlock + (r - first) * lanes, *from = ofPart + v * lanes;
          float *to = c + r * VL_PANEL + v * lanes;
#define CASE(n)                                                                                           \
  case n:                                                                                                 \
    if (n <= height)                                                                                      \
      tile(                                                                                               \
        n, vectors, runs, lanes, lanes, block, lanes, 1, mostRows * lanes, from, lanes * VL_PANEL, next,  \
        run, step, to, adds || k0 > 0);                                                                   \
    break
          switch (count) {
            CASE(1); CASE(2); CASE(3); CASE(4); CASE(5); CASE(6); CASE(7);
            CASE(8); CASE(9); CASE(10); CASE(11); CASE(12); CASE(13); CASE(14);
          }
#undef CASE
        }
    }
  }
}

/// 16 rows of Aᵀ · B, `height` at a time.
VL_INLINE void columns_by_panel(
  int height, int vectors, long rows, const float *a, long aBlock, const float *panel, long panelBlock, float *c, bool adds
) {
  const long blocks = (rows + mostRows - 1) / mostRows, last = rows - (blocks - 1) * mostRows;
  for (int v = 0; v < 2; v += vectors)
    for (int r = 0; r < lanes; r += height)
      tile(
        height, vectors, blocks, mostRows, last, a + r, 1, lanes, aBlock, panel + v * lanes, panelBlock,
        panel + panelBlock, panelBlock, VL_PANEL, c + r * VL_PANEL + v * lanes, adds);
}

#define ROWS                                                                                   \
  (long rows, long k, const float *a, long aBlock, const float *panel, const float *ahead, long aheadRun, \
   long aheadStep, float *c, bool adds)
#define ROW_ARGUMENTS rows, k, a, aBlock, panel, ahead, aheadRun, aheadStep, c, adds
#define COLUMNS (long rows, const float *a, long aBlock, const float *panel, long panelBlock, float *c, bool adds)
#define COLUMN_ARGUMENTS rows, a, aBlock, panel, panelBlock, c, adds

bool vl_is_wide(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("x86-64-v4");
#else
  return false;
#endif
}

// 32 registers of 16 floats hold 14 × 2 sums, 16 of 8 hold 5 × 2.
VL_WIDE static void rows_wide ROWS { rows_by_panel(14, 2, ROW_ARGUMENTS); }
VL_WIDE static void columns_wide COLUMNS { columns_by_panel(8, 2, COLUMN_ARGUMENTS); }
VL_CLONES static void rows_narrow ROWS { rows_by_panel(5, 1, ROW_ARGUMENTS); }
VL_CLONES static void columns_narrow COLUMNS { columns_by_panel(4, 1, COLUMN_ARGUMENTS); }

void vl_multiply_rows(
  const float *a, long aBlock, const float *panel, long rows, long k, bool adds, const float *ahead,
  long aheadRun, long aheadStep, float *c
) {
  (vl_is_wide() ? rows_wide : rows_narrow)(ROW_ARGUMENTS);
}

void vl_multiply_columns(
  const float *a, long aBlock, const float *panels, long panelBlock, long rows, long k, long count, bool adds, float *c
) {
  for (long first = 0; first < k; first += lanes)
    for (long panel = 0; panel < count; panel++)
      (vl_is_wide() ? columns_wide : columns_narrow)(
        rows, a + first * mostRows, aBlock, panels + panel * mostRows * VL_PANEL, panelBlock,
        c + (panel * k + first) * VL_PANEL, adds);
}
