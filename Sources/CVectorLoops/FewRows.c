#include "VectorLoops.h"
#include "Lanes.h"

// A product of few rows by a large matrix, such as a dense layer of a small batch: what takes the time is
// reading the large matrix, so it is read once, a strip of columns at a time, and never copied as a whole.

// The steps of k that are packed at a time: of a strip of columns long runs in memory, either way round.
VL_INLINE long depth_of(const VLFewRows *p) { return p->transposesRight ? 512 : 128; }

VL_INLINE void pack_rows(
  const float *restrict a, long first, long last, long k, float *restrict blocks
) {
  const long padded = (k + lanes - 1) / lanes * lanes;
  for (long row = first; row < last; row++) {
    const float *restrict from = a + row * k;
    float *restrict to =
      blocks + row / VL_BLOCK_ROWS * VL_BLOCK_ROWS * padded + row % VL_BLOCK_ROWS * lanes;
    for (long i = 0; i < k / lanes * lanes; i += lanes)
      store(to + i * VL_BLOCK_ROWS, load(from + i));
    for (long i = k / lanes * lanes; i < padded; i++)
      to[i / lanes * lanes * VL_BLOCK_ROWS + i % lanes] = i < k ? from[i] : 0.0f;
  }
}

VL_CLONES void vl_pack_rows(const float *a, long first, long last, long k, float *blocks) {
  pack_rows(a, first, last, k, blocks);
}

/// Steps `first ..< last` of k and columns `from ..< to` of B to panels; what is beyond is zero.
VL_INLINE void pack_strip(
  const VLFewRows *p, const float *restrict b, long from, long to, long first, long last, float *restrict panels
) {
  const long steps = (last - first + lanes - 1) / lanes * lanes, depth = depth_of(p);
  if (!p->transposesRight) {
    // Whole rows of the strip: what lies together in memory is read together.
    for (long i = 0; i < steps; i++)
      for (long column = from; column < to; column += VL_PANEL) {
        const float *restrict x = b + (first + i) * p->n + column;
        float *restrict panel = panels + (column - from) * depth + i * VL_PANEL;
        const long count = first + i >= last ? 0 : to - column < VL_PANEL ? to - column : VL_PANEL;
        if (count == VL_PANEL)
          store(panel, load(x)), store(panel + lanes, load(x + lanes));
        else
          for (long c = 0; c < VL_PANEL; c++) panel[c] = c < count ? x[c] : 0.0f;
      }
    return;
  }
  const long end = from + (to - from + VL_PANEL - 1) / VL_PANEL * VL_PANEL;
  for (long column = from; column < end; column += lanes)
    for (long i = 0; i < steps; i += lanes) {
      v16 square[lanes];
      for (long c = 0; c < lanes; c++) {
        const float *x = b + (column + c) * p->k + first + i;
        const long count = column + c < to ? last - first - i : 0;
        float edge[lanes] = {0};
        if (count < lanes) {
          for (long j = 0; j < count; j++) edge[j] = x[j];
          x = edge;
        }
        square[c] = load(x);
      }
      transpose(square);
      float *panel = panels + (column - from) / VL_PANEL * VL_PANEL * depth + (column - from) % VL_PANEL;
      for (long c = 0; c < lanes; c++) store(panel + (i + c) * VL_PANEL, square[c]);
    }
}

VL_CLONES static void pack(
  const VLFewRows *p, const float *b, long from, long to, long first, long last, float *panels
) {
  pack_strip(p, b, from, to, first, last, panels);
}

VL_CLONES static void unpack(
  const float *restrict panels, long rows, long columns, long n, float *restrict result
) {
  for (long row = 0; row < rows; row++)
    for (long c = 0; c < columns; c += VL_PANEL) {
      const float *restrict from = panels + c / VL_PANEL * rows * VL_PANEL + row * VL_PANEL;
      const long count = columns - c < VL_PANEL ? columns - c : VL_PANEL;
      for (long i = 0; i < count; i++) result[row * n + c + i] = from[i];
    }
}

long vl_strip_width(bool transposesRight) { return transposesRight ? 4 * VL_PANEL : 16 * VL_PANEL; }

void vl_few_rows_strip(
  const VLFewRows *p, const float *blocks, const float *b, long first, long last, float *memory, float *result
) {
  const long padded = (p->k + lanes - 1) / lanes * lanes, columns = last - first, depth = depth_of(p);
  float *panels = memory, *sums = memory + VL_STRIP_SIZE;
  for (long start = 0; start < p->k; start += depth) {
    const long end = p->k < start + depth ? p->k : start + depth;
    pack(p, b, first, last, start, end, panels);
    for (long column = 0; column < columns; column += VL_PANEL) {
      // While these are multiplied, the same columns of the next steps come from memory.
      const float *ahead =
        p->transposesRight ? b + (first + column) * p->k + end : b + end * p->n + first + column;
      vl_multiply_rows(
        blocks + start * VL_BLOCK_ROWS, VL_BLOCK_ROWS * padded, panels + column * depth, p->m,
        (end - start + lanes - 1) / lanes * lanes, start > 0, ahead,
        p->transposesRight ? p->k : lanes * p->n, p->transposesRight ? VL_PANEL : p->n,
        sums + column * p->m);
    }
  }
  unpack(sums, p->m, columns, p->n, result + first);
}
