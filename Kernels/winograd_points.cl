// Winograd's minimal filtering (Lavin and Gray, 2016): OUTPUTS neighbouring results of a filter with TAPS taps take
// POINTS_OF_AXIS = OUTPUTS + TAPS − 1 multiplications along each axis instead of OUTPUTS · TAPS:
//
//   y = Aᵀ (G g ⊙ Bᵀ d)       d: POINTS_OF_AXIS inputs, g: TAPS taps, y: OUTPUTS results
//
// and, transposed, Gᵀ (Bᵀ d ⊙ A y) is the gradient by g. The points are
//
//   2 taps, 2 results: 0, −1, ∞         2 taps, 3 results and 3 taps, 2 results: 0, 1, −1, ∞
//   2 taps, 4 results: ±½, ±1¼, ∞       3 taps, 4 results: 0, ±√½, ±√2, ∞
//
// The last two were chosen by measured rounding errors, a fifth of those with 0, ±1, 2, ∞ and 0, ±1, ±2, ∞.
//
// Here are the five maps, of vectors `step` apart into others `toStep` apart, and the products of one point.
//
// Macros: AXES that are transformed, 2 or 3; OUTPUTS and TAPS; WIDTH; ROWS and VECTORS of a register block.

#define POINTS_OF_AXIS (OUTPUTS + TAPS - 1)
#if AXES == 3
#define POINTS (POINTS_OF_AXIS * POINTS_OF_AXIS * POINTS_OF_AXIS)
#define FILTER_TAPS (TAPS * TAPS * TAPS)
#else
#define POINTS (POINTS_OF_AXIS * POINTS_OF_AXIS)
#define FILTER_TAPS (TAPS * TAPS)
#endif
#define PANEL (VECTORS * WIDTH)
// Rows of a register block of a filter gradient, which divide the channels, multiples of 16.
#define CHANNEL_ROWS (POWER_OF_TWO_SUMS / VECTORS)

#if OUTPUTS == 4 && TAPS == 2
// Of the points ±½ and ±1¼: their squares, and what G divides by.
#define SMALL 0.5f
#define LARGE 1.25f
#define SMALL_SQUARED 0.25f
#define LARGE_SQUARED 1.5625f
#define SMALL_SHARE (1.0f / (2.0f * SMALL * (LARGE_SQUARED - SMALL_SQUARED)))
#define LARGE_SHARE (1.0f / (2.0f * LARGE * (LARGE_SQUARED - SMALL_SQUARED)))
#elif OUTPUTS == 4
#define ROOT_HALF 0.70710678f
#define ROOT_TWO 1.41421356f
#define THIRD 0.33333333f
#endif

// Bᵀ.
static inline void spreadInput(const floatv *d, const int step, floatv *to, const int toStep) {
#if OUTPUTS == 4 && TAPS == 2
  const floatv evenSmall = SMALL * (LARGE_SQUARED * d[0] - d[2 * step]), oddSmall = LARGE_SQUARED * d[step] - d[3 * step];
  const floatv evenLarge = LARGE * (d[2 * step] - SMALL_SQUARED * d[0]), oddLarge = d[3 * step] - SMALL_SQUARED * d[step];
  to[0] = evenSmall + oddSmall;
  to[toStep] = evenSmall - oddSmall;
  to[2 * toStep] = evenLarge + oddLarge;
  to[3 * toStep] = evenLarge - oddLarge;
  to[4 * toStep] =
      (SMALL_SQUARED * LARGE_SQUARED * d[0] + d[4 * step]) - (SMALL_SQUARED + LARGE_SQUARED) * d[2 * step];
#elif OUTPUTS == 4
  const floatv evenSmall = d[4 * step] - 2.0f * d[2 * step], oddSmall = ROOT_HALF * (d[3 * step] - 2.0f * d[step]);
  const floatv evenLarge = d[4 * step] - 0.5f * d[2 * step], oddLarge = ROOT_TWO * (d[3 * step] - 0.5f * d[step]);
  to[0] = (d[0] + d[4 * step]) - 2.5f * d[2 * step];
  to[toStep] = evenSmall + oddSmall;
  to[2 * toStep] = evenSmall - oddSmall;
  to[3 * toStep] = evenLarge + oddLarge;
  to[4 * toStep] = evenLarge - oddLarge;
  to[5 * toStep] = (d[step] + d[5 * step]) - 2.5f * d[3 * step];
#elif POINTS_OF_AXIS == 4
  to[0] = d[0] - d[2 * step];
  to[toStep] = d[step] + d[2 * step];
  to[2 * toStep] = d[2 * step] - d[step];
  to[3 * toStep] = d[step] - d[3 * step];
#else
  to[0] = d[0] + d[step];
  to[toStep] = d[step];
  to[2 * toStep] = d[step] + d[2 * step];
#endif
}

// G.
static inline void spreadFilter(const floatv *g, const int step, floatv *to, const int toStep) {
#if OUTPUTS == 4 && TAPS == 2
  const floatv evenSmall = SMALL_SHARE * g[0], oddSmall = (SMALL_SHARE * SMALL) * g[step];
  const floatv evenLarge = LARGE_SHARE * g[0], oddLarge = (LARGE_SHARE * LARGE) * g[step];
  to[0] = evenSmall + oddSmall;
  to[toStep] = evenSmall - oddSmall;
  to[2 * toStep] = evenLarge + oddLarge;
  to[3 * toStep] = evenLarge - oddLarge;
  to[4 * toStep] = g[step];
#elif OUTPUTS == 4
  const floatv evenSmall = -THIRD * (2.0f * g[0] + g[2 * step]), oddSmall = (-THIRD * ROOT_TWO) * g[step];
  const floatv evenLarge = THIRD * (0.5f * g[0] + g[2 * step]), oddLarge = (THIRD * ROOT_HALF) * g[step];
  to[0] = g[0];
  to[toStep] = evenSmall + oddSmall;
  to[2 * toStep] = evenSmall - oddSmall;
  to[3 * toStep] = evenLarge + oddLarge;
  to[4 * toStep] = evenLarge - oddLarge;
  to[5 * toStep] = g[2 * step];
#elif POINTS_OF_AXIS == 4
  const floatv ends = 0.5f * (g[0] + g[(TAPS - 1) * step]);
  to[0] = g[0];
#if TAPS == 3
  const floatv middle = 0.5f * g[step];
  to[toStep] = ends + middle;
  to[2 * toStep] = ends - middle;
#else
  to[toStep] = ends;
  to[2 * toStep] = 0.5f * (g[0] - g[step]);
#endif
  to[3 * toStep] = g[(TAPS - 1) * step];
#else
  to[0] = g[0];
  to[toStep] = g[step] - g[0];
  to[2 * toStep] = g[step];
#endif
}

// Aᵀ.
static inline void foldOutput(const floatv *m, const int step, floatv *to, const int toStep) {
#if OUTPUTS == 4 && TAPS == 2
  const floatv evenSmall = m[0] + m[step], oddSmall = SMALL * (m[0] - m[step]);
  const floatv evenLarge = m[2 * step] + m[3 * step], oddLarge = LARGE * (m[2 * step] - m[3 * step]);
  to[0] = evenSmall + evenLarge;
  to[toStep] = oddSmall + oddLarge;
  to[2 * toStep] = SMALL_SQUARED * evenSmall + LARGE_SQUARED * evenLarge;
  to[3 * toStep] = m[4 * step] + (SMALL_SQUARED * oddSmall + LARGE_SQUARED * oddLarge);
#elif OUTPUTS == 4
  const floatv evenSmall = m[step] + m[2 * step], oddSmall = ROOT_HALF * (m[step] - m[2 * step]);
  const floatv evenLarge = m[3 * step] + m[4 * step], oddLarge = ROOT_TWO * (m[3 * step] - m[4 * step]);
  to[0] = m[0] + (evenSmall + evenLarge);
  to[toStep] = oddSmall + oddLarge;
  to[2 * toStep] = 0.5f * evenSmall + 2.0f * evenLarge;
  to[3 * toStep] = m[5 * step] + (0.5f * oddSmall + 2.0f * oddLarge);
#elif OUTPUTS == 3
  to[0] = m[0] + m[step] + m[2 * step];
  to[toStep] = m[step] - m[2 * step];
  to[2 * toStep] = m[step] + m[2 * step] - m[3 * step];
#elif TAPS == 3
  to[0] = m[0] + m[step] + m[2 * step];
  to[toStep] = m[step] - m[2 * step] - m[3 * step];
#else
  to[0] = m[0] + m[step];
  to[toStep] = m[2 * step] - m[step];
#endif
}

// A.
static inline void spreadOutputGradient(const floatv *y, const int step, floatv *to, const int toStep) {
#if OUTPUTS == 4 && TAPS == 2
  const floatv evenSmall = y[0] + SMALL_SQUARED * y[2 * step], oddSmall = SMALL * (y[step] + SMALL_SQUARED * y[3 * step]);
  const floatv evenLarge = y[0] + LARGE_SQUARED * y[2 * step], oddLarge = LARGE * (y[step] + LARGE_SQUARED * y[3 * step]);
  to[0] = evenSmall + oddSmall;
  to[toStep] = evenSmall - oddSmall;
  to[2 * toStep] = evenLarge + oddLarge;
  to[3 * toStep] = evenLarge - oddLarge;
  to[4 * toStep] = y[3 * step];
#elif OUTPUTS == 4
  const floatv evenSmall = y[0] + 0.5f * y[2 * step], oddSmall = ROOT_HALF * (y[step] + 0.5f * y[3 * step]);
  const floatv evenLarge = y[0] + 2.0f * y[2 * step], oddLarge = ROOT_TWO * (y[step] + 2.0f * y[3 * step]);
  to[0] = y[0];
  to[toStep] = evenSmall + oddSmall;
  to[2 * toStep] = evenSmall - oddSmall;
  to[3 * toStep] = evenLarge + oddLarge;
  to[4 * toStep] = evenLarge - oddLarge;
  to[5 * toStep] = y[3 * step];
#elif OUTPUTS == 3
  const floatv ends = y[0] + y[2 * step];
  to[0] = y[0];
  to[toStep] = ends + y[step];
  to[2 * toStep] = ends - y[step];
  to[3 * toStep] = -y[2 * step];
#elif TAPS == 3
  to[0] = y[0];
  to[toStep] = y[0] + y[step];
  to[2 * toStep] = y[0] - y[step];
  to[3 * toStep] = -y[step];
#else
  to[0] = y[0];
  to[toStep] = y[0] - y[step];
  to[2 * toStep] = y[step];
#endif
}

// Gᵀ.
static inline void foldFilterGradient(const floatv *u, const int step, floatv *to, const int toStep) {
#if OUTPUTS == 4 && TAPS == 2
  to[0] = SMALL_SHARE * (u[0] + u[step]) + LARGE_SHARE * (u[2 * step] + u[3 * step]);
  to[toStep] = u[4 * step] + ((SMALL_SHARE * SMALL) * (u[0] - u[step]) +
                              (LARGE_SHARE * LARGE) * (u[2 * step] - u[3 * step]));
#elif OUTPUTS == 4
  const floatv evenSmall = THIRD * (u[step] + u[2 * step]), evenLarge = THIRD * (u[3 * step] + u[4 * step]);
  to[0] = u[0] + (0.5f * evenLarge - 2.0f * evenSmall);
  to[toStep] = (THIRD * ROOT_HALF) * (u[3 * step] - u[4 * step]) - (THIRD * ROOT_TWO) * (u[step] - u[2 * step]);
  to[2 * toStep] = (evenLarge - evenSmall) + u[5 * step];
#elif POINTS_OF_AXIS == 4
  const floatv sum = 0.5f * (u[step] + u[2 * step]), difference = 0.5f * (u[step] - u[2 * step]);
  to[0] = u[0] + sum;
#if TAPS == 3
  to[toStep] = difference;
  to[2 * toStep] = sum + u[3 * step];
#else
  to[toStep] = difference + u[3 * step];
#endif
#else
  to[0] = u[0] - u[step];
  to[toStep] = u[step] + u[2 * step];
#endif
}

// A map along every axis, to and fro between two arrays of POINTS vectors: a square or cube of `from` vectors an axis in x
// becomes one of `to`, in TRANSFORMED(x, y). No loop of three axes is unrolled: 125 vectors are in memory anyway.
#if AXES == 3
#define TRANSFORMED(x, y) y
#define ALONG_AXES(map, from, to, x, y)                                                                      \
  do {                                                                                                       \
    for (int i = 0; i < (from) * (from); ++i) map((x) + i, (from) * (from), (y) + i, (from) * (from));       \
    for (int i = 0; i < (to); ++i)                                                                           \
      for (int j = 0; j < (from); ++j)                                                                       \
        map((y) + i * (from) * (from) + j, from, (x) + i * (to) * (from) + j, from);                         \
    for (int i = 0; i < (to) * (to); ++i) map((x) + i * (from), 1, (y) + i * (to), 1);                       \
  } while (0)
#else
#define TRANSFORMED(x, y) x
#define ALONG_AXES(map, from, to, x, y)                                              \
  do {                                                                               \
    _Pragma("unroll") for (int i = 0; i < (from); ++i) map((x) + i, from, (y) + i, from); \
    _Pragma("unroll") for (int i = 0; i < (to); ++i) map((y) + i * (from), 1, (x) + i * (to), 1); \
  } while (0)
#endif

// output[row][column] (+)= Σ_k left[row][k] · right[k][column]
static inline void multiplyPoint(
    const global float *left, const int pitch, const global float *restrict right, const int rows, const int depth,
    const int isFirst, global float *output) {
  for (int row = 0; row < rows; row += ROWS, left += (size_t)ROWS * pitch, output += ROWS * PANEL) {
    floatv sums[ROWS][VECTORS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sums[i][v] = SPLAT(0.0f);
    const global float *a = left, *b = right;
    // Channels come in multiples of 16.
    for (int k = 0; k < depth; k += STEPS, a += STEPS, b += STEPS * PANEL) {
      floatv columns[STEPS][VECTORS];
#pragma unroll
      for (int s = 0; s < STEPS; ++s)
#pragma unroll
        for (int v = 0; v < VECTORS; ++v) columns[s][v] = WHOLE(const global, b + s * PANEL + v * WIDTH);
#pragma unroll
      for (int i = 0; i < ROWS; ++i)
#pragma unroll
        for (int s = 0; s < STEPS; ++s) {
          const floatv element = SPLAT(a[i * pitch + s]);
#pragma unroll
          for (int v = 0; v < VECTORS; ++v) sums[i][v] += element * columns[s][v];
        }
    }
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) {
        global float *to = output + i * PANEL + v * WIDTH;
        WHOLE(global, to) = isFirst ? sums[i][v] : WHOLE(global, to) + sums[i][v];
      }
  }
}

// output[row][column] (+)= Σ_tile left[tile][row] · right[tile][column], CHANNEL_ROWS rows by a panel of columns.
static inline void multiplyTiles(
    const global float *left, const int leftPitch, const global float *right, const int rightPitch, const int tiles,
    const int isFirst, global float *output, const int outputPitch) {
  floatv sums[CHANNEL_ROWS][VECTORS];
#pragma unroll
  for (int i = 0; i < CHANNEL_ROWS; ++i)
#pragma unroll
    for (int v = 0; v < VECTORS; ++v)
      sums[i][v] = isFirst ? SPLAT(0.0f) : WHOLE(global, output + i * outputPitch + v * WIDTH);
  for (int t = 0; t < tiles; ++t, left += leftPitch, right += rightPitch) {
    floatv vectors[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) vectors[v] = WHOLE(const global, right + v * WIDTH);
#pragma unroll
    for (int i = 0; i < CHANNEL_ROWS; ++i) {
      const floatv element = SPLAT(left[i]);
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sums[i][v] += element * vectors[v];
    }
  }
#pragma unroll
  for (int i = 0; i < CHANNEL_ROWS; ++i)
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) WHOLE(global, output + i * outputPitch + v * WIDTH) = sums[i][v];
}
