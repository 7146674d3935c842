// Winograd's minimal filtering along one axis, as five linear maps. With points p₀ … and ∞,
//
//     y = Aᵀ [(G g) ⊙ (Bᵀ d)]   is   yᵢ = Σₜ gₜ dᵢ₊ₜ
//
// and, transposed, Gᵀ [(Bᵀ d) ⊙ (A y)] is the gradient by g. Four families:
//
//     2 taps, 2 results from 3 inputs: points 0, −1, ∞
//     2 taps, 3 results from 4 inputs: points 0, 1, −1, ∞
//     2 taps, 4 results from 5 inputs: points ±½, ±1¼, ∞
//     3 taps, 4 results from 6 inputs: points 0, ±√½, ±√2, ∞
//
// Applied along every axis they multiply (results · taps / points)ᵈ times less than the convolution. The points of the last two
// were chosen by measured rounding errors, which are a fifth of those with 0, ±1, 2, ∞ and 0, ±1, ±2, ∞: products of theirs are
// near 1.
#pragma once
#include "Lanes.h"

enum { mostPoints = 125 };  // 5³; 6² is fewer
typedef enum { Input, Output, OutputGradient, Filter, FilterGradient } Line;

VL_INLINE int points_of(int taps, int results) { return taps + results - 1; }
VL_INLINE int cube(int rank, int extent) { return rank == 2 ? extent * extent : extent * extent * extent; }

#define ROOT_HALF 0x1.6a09e6p-1f
#define ROOT_TWO 0x1.6a09e6p+0f
// Of the points ±½ and ±1¼: their squares, and what G divides by.
#define SMALL 0.5f
#define LARGE 1.25f
#define SMALL_SQUARED 0.25f
#define LARGE_SQUARED 1.5625f
#define SMALL_SHARE (1 / (2 * SMALL * (LARGE_SQUARED - SMALL_SQUARED)))
#define LARGE_SHARE (1 / (2 * LARGE * (LARGE_SQUARED - SMALL_SQUARED)))

/// Bᵀ.
VL_INLINE void input_line(int taps, int results, const v16 *x, long from, v16 *y, long to) {
  if (taps == 2 && results == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from];
    y[0] = a + b, y[to] = b, y[2 * to] = b + c;
    return;
  }
  if (taps == 2 && results == 4) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from], e = x[4 * from];
    const v16 evenSmall = SMALL * (LARGE_SQUARED * a - c), oddSmall = LARGE_SQUARED * b - d;
    const v16 evenLarge = LARGE * (c - SMALL_SQUARED * a), oddLarge = d - SMALL_SQUARED * b;
    y[0] = evenSmall + oddSmall, y[to] = evenSmall - oddSmall;
    y[2 * to] = evenLarge + oddLarge, y[3 * to] = evenLarge - oddLarge;
    y[4 * to] = (SMALL_SQUARED * LARGE_SQUARED * a + e) - (SMALL_SQUARED + LARGE_SQUARED) * c;
    return;
  }
  if (taps == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from];
    y[0] = a - c, y[to] = b + c, y[2 * to] = c - b, y[3 * to] = d - b;
    return;
  }
  const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from], e = x[4 * from], f = x[5 * from];
  const v16 evenSmall = e - 2.0f * c, oddSmall = ROOT_HALF * (d - 2.0f * b);
  const v16 evenLarge = e - 0.5f * c, oddLarge = ROOT_TWO * (d - 0.5f * b);
  y[0] = (a + e) - 2.5f * c;
  y[to] = evenSmall + oddSmall, y[2 * to] = evenSmall - oddSmall;
  y[3 * to] = evenLarge + oddLarge, y[4 * to] = evenLarge - oddLarge;
  y[5 * to] = (b + f) - 2.5f * d;
}

/// Aᵀ.
VL_INLINE void output_line(int taps, int results, const v16 *x, long from, v16 *y, long to) {
  if (taps == 2 && results == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from];
    y[0] = a + b, y[to] = c - b;
    return;
  }
  if (taps == 2 && results == 4) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from], e = x[4 * from];
    const v16 evenSmall = a + b, oddSmall = SMALL * (a - b), evenLarge = c + d, oddLarge = LARGE * (c - d);
    y[0] = evenSmall + evenLarge;
    y[to] = oddSmall + oddLarge;
    y[2 * to] = SMALL_SQUARED * evenSmall + LARGE_SQUARED * evenLarge;
    y[3 * to] = e + (SMALL_SQUARED * oddSmall + LARGE_SQUARED * oddLarge);
    return;
  }
  if (taps == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from];
    y[0] = a + (b + c), y[to] = b - c, y[2 * to] = (b + c) + d;
    return;
  }
  const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from], e = x[4 * from], f = x[5 * from];
  const v16 evenSmall = b + c, oddSmall = ROOT_HALF * (b - c), evenLarge = d + e, oddLarge = ROOT_TWO * (d - e);
  y[0] = a + (evenSmall + evenLarge);
  y[to] = oddSmall + oddLarge;
  y[2 * to] = 0.5f * evenSmall + 2.0f * evenLarge;
  y[3 * to] = f + (0.5f * oddSmall + 2.0f * oddLarge);
}

/// A.
VL_INLINE void output_gradient_line(int taps, int results, const v16 *x, long from, v16 *y, long to) {
  if (taps == 2 && results == 2) {
    const v16 a = x[0], b = x[from];
    y[0] = a, y[to] = a - b, y[2 * to] = b;
    return;
  }
  if (taps == 2 && results == 4) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from];
    const v16 evenSmall = a + SMALL_SQUARED * c, oddSmall = SMALL * (b + SMALL_SQUARED * d);
    const v16 evenLarge = a + LARGE_SQUARED * c, oddLarge = LARGE * (b + LARGE_SQUARED * d);
    y[0] = evenSmall + oddSmall, y[to] = evenSmall - oddSmall;
    y[2 * to] = evenLarge + oddLarge, y[3 * to] = evenLarge - oddLarge;
    y[4 * to] = d;
    return;
  }
  if (taps == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from];
    y[0] = a, y[to] = (a + c) + b, y[2 * to] = (a + c) - b, y[3 * to] = c;
    return;
  }
  const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from];
  const v16 evenSmall = a + 0.5f * c, oddSmall = ROOT_HALF * (b + 0.5f * d);
  const v16 evenLarge = a + 2.0f * c, oddLarge = ROOT_TWO * (b + 2.0f * d);
  y[0] = a;
  y[to] = evenSmall + oddSmall, y[2 * to] = evenSmall - oddSmall;
  y[3 * to] = evenLarge + oddLarge, y[4 * to] = evenLarge - oddLarge;
  y[5 * to] = d;
}

/// G.
VL_INLINE void filter_line(int taps, int results, const v16 *x, long from, v16 *y, long to) {
  if (taps == 2 && results == 2) {
    const v16 a = x[0], b = x[from];
    y[0] = a, y[to] = b - a, y[2 * to] = b;
    return;
  }
  if (taps == 2 && results == 4) {
    const v16 a = x[0], b = x[from];
    const v16 evenSmall = SMALL_SHARE * a, oddSmall = (SMALL_SHARE * SMALL) * b;
    const v16 evenLarge = LARGE_SHARE * a, oddLarge = (LARGE_SHARE * LARGE) * b;
    y[0] = evenSmall + oddSmall, y[to] = evenSmall - oddSmall;
    y[2 * to] = evenLarge + oddLarge, y[3 * to] = evenLarge - oddLarge;
    y[4 * to] = b;
    return;
  }
  if (taps == 2) {
    const v16 a = x[0], b = x[from];
    y[0] = a, y[to] = 0.5f * (a + b), y[2 * to] = 0.5f * (a - b), y[3 * to] = b;
    return;
  }
  const v16 a = x[0], b = x[from], c = x[2 * from], third = (v16){} + 0x1.555556p-2f;
  const v16 evenSmall = third * (-2.0f * a - c), oddSmall = (third * (-2.0f * ROOT_HALF)) * b;
  const v16 evenLarge = third * (0.5f * a + c), oddLarge = (third * (0.5f * ROOT_TWO)) * b;
  y[0] = a;
  y[to] = evenSmall + oddSmall, y[2 * to] = evenSmall - oddSmall;
  y[3 * to] = evenLarge + oddLarge, y[4 * to] = evenLarge - oddLarge;
  y[5 * to] = c;
}

/// Gᵀ.
VL_INLINE void filter_gradient_line(int taps, int results, const v16 *x, long from, v16 *y, long to) {
  if (taps == 2 && results == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from];
    y[0] = a - b, y[to] = b + c;
    return;
  }
  if (taps == 2 && results == 4) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from], e = x[4 * from];
    y[0] = SMALL_SHARE * (a + b) + LARGE_SHARE * (c + d);
    y[to] = e + ((SMALL_SHARE * SMALL) * (a - b) + (LARGE_SHARE * LARGE) * (c - d));
    return;
  }
  if (taps == 2) {
    const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from];
    y[0] = a + 0.5f * (b + c), y[to] = 0.5f * (b - c) + d;
    return;
  }
  const v16 a = x[0], b = x[from], c = x[2 * from], d = x[3 * from], e = x[4 * from], f = x[5 * from];
  const v16 third = (v16){} + 0x1.555556p-2f, evenSmall = third * (b + c), evenLarge = third * (d + e);
  y[0] = a + (0.5f * evenLarge - 2.0f * evenSmall);
  y[to] = third * (0.5f * ROOT_TWO * (d - e) - 2.0f * ROOT_HALF * (b - c));
  y[2 * to] = (evenLarge - evenSmall) + f;
}

VL_INLINE void apply_line(Line line, int taps, int results, const v16 *x, long from, v16 *y, long to) {
  switch (line) {
    case Input: return input_line(taps, results, x, from, y, to);
    case Output: return output_line(taps, results, x, from, y, to);
    case OutputGradient: return output_gradient_line(taps, results, x, from, y, to);
    case Filter: return filter_line(taps, results, x, from, y, to);
    case FilterGradient: return filter_gradient_line(taps, results, x, from, y, to);
  }
}

/// Applies a map along all axes of a square or cube of vectors, and destroys them.
VL_INLINE void apply(Line line, int rank, int taps, int results, v16 *x, v16 *y) {
  const int points = points_of(taps, results);
  const int e = line == Input || line == Output || line == FilterGradient ? points : line == Filter ? taps : results;
  const int f = line == Output ? results : line == FilterGradient ? taps : points;
  if (rank == 2) {
    v16 first[36];
    VL_UNROLL for (int i = 0; i < e; i++) apply_line(line, taps, results, x + i, e, first + i, e);
    VL_UNROLL for (int i = 0; i < f; i++) apply_line(line, taps, results, first + i * e, 1, y + i * f, 1);
    return;
  }
  // To and fro: four arrays of 125 vectors would not stay in a first-level cache.
  VL_UNROLL for (int i = 0; i < e * e; i++) apply_line(line, taps, results, x + i, e * e, y + i, e * e);
  VL_UNROLL for (int i = 0; i < f; i++)
    VL_UNROLL for (int j = 0; j < e; j++)
      apply_line(line, taps, results, y + i * e * e + j, e, x + i * f * e + j, e);
  VL_UNROLL for (int i = 0; i < f * f; i++) apply_line(line, taps, results, x + i * e, 1, y + i * f, 1);
}

/// Stores a vector of a point, `p` a multiple of 16 floats into a matrix that begins at one of 64 bytes. Points of three axes are
/// 3 to 16 times what they are made of, and leave the caches before they are multiplied.
VL_INLINE void store_point(int rank, float *p, v16 v) {
  if (rank == 3) stream(p, v);
  else store(p, v);
}
VL_INLINE void finish_points(int rank) {
  if (rank == 3) finish_streaming();
}

/// Runs `call` with the rank, taps and results as constants.
#define FOR_EACH_FAMILY(w, call)                  \
  if ((w)->rank == 2 && (w)->taps == 3) {         \
    enum { rank = 2, taps = 3, results = 4 };     \
    call;                                         \
  } else if ((w)->rank == 2) {                    \
    enum { rank = 2, taps = 2, results = 3 };     \
    call;                                         \
  } else if ((w)->results == 2) {                 \
    enum { rank = 3, taps = 2, results = 2 };     \
    call;                                         \
  } else if ((w)->results == 3) {                 \
    enum { rank = 3, taps = 2, results = 3 };     \
    call;                                         \
  } else {                                        \
    enum { rank = 3, taps = 2, results = 4 };     \
    call;                                         \
  }
