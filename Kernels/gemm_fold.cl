// Convolutions to a few channels, taken apart: one product of the whole image with all taps at once,
//
//   products[position in image][tap, column] = Σ_channel image[position, channel] · filter[tap, channel, column]
//
// and here the sum over taps, each of which looks elsewhere. The products of few columns are thereby as wide as
// others, and no element of the image is copied once for each tap.
//
// Macros: COLUMNS, 1 to 4; TAPS_ZY and TAPS_X, the taps of a kernel's plane and row; ACTIVATION.

// On each axis the result at target = q · phases + phase is the sum over taps t that divide evenly of the products at
//
//   q · step + (phase + origin + t · tapStep) / phases
//
// A convolution has one phase; the gradient by its input has as many as its stride.
typedef struct {
  int target[3], source[3];
  int taps[3];
  int phases[3], step[3];
  int origin[3], tapStep[3];
  int batch;
  int hasBias;
} Folding;

#if COLUMNS == 1
typedef float columns_t;
#define READ(pointer) (*(pointer))
#else
typedef float4 columns_t;
#define READ(pointer) vload4(0, pointer)
#endif

// The position in the image that tap `tap` sees, or −1.
static inline int seen(const Folding *f, const int axis, const int target, const int tap) {
  const int q = target / f->phases[axis];
  const int base = target - q * f->phases[axis] + f->origin[axis] + tap * f->tapStep[axis];
  const int shift = base / f->phases[axis];
  const int source = q * f->step[axis] + shift;
  const int isSeen = (shift * f->phases[axis] == base) & (source >= 0) & (source < f->source[axis]);
  return isSeen ? source : -1;
}

// What one position of the result gets.
static inline void storeFolded(
    const Folding *f, const float parameter, const columns_t sum, const global float *bias, global float *to) {
#if COLUMNS == 1
  to[0] = ACTIVATION(sum + (f->hasBias ? bias[0] : 0.0f), parameter);
#else
  float values[4];
  vstore4(sum, 0, values);
  for (int column = 0; column < COLUMNS; ++column)
    to[column] = ACTIVATION(values[column] + (f->hasBias ? bias[column] : 0.0f), parameter);
#endif
}

#ifdef GPU_FAMILY
// Index mapping: one unit is a position of the result. Loads of a row of taps are on their way together.
kernel void foldProducts(
    const Folding f, const float parameter, const global float *restrict products, const global float *restrict bias,
    global float *restrict output) {
  const int width = TAPS_ZY * TAPS_X * COLUMNS;
  FOR_EACH(unit, (index_t)f.batch * f.target[0] * f.target[1] * f.target[2]) {
    const index_t line = (index_t)unit / f.target[2];
    const int x = (int)((index_t)unit - line * f.target[2]);
    const int y = (int)(line % f.target[1]), z = (int)(line / f.target[1] % f.target[0]);
    const int n = (int)(line / f.target[1] / f.target[0]);
    columns_t sum = (columns_t)(0.0f);
    for (int tap = 0; tap < TAPS_ZY; ++tap) {
      const int tapZ = tap / f.taps[1], sourceZ = seen(&f, 0, z, tapZ);
      const int sourceY = seen(&f, 1, y, tap - tapZ * f.taps[1]);
      if (sourceZ < 0 || sourceY < 0) continue;
      const size_t row = (((size_t)n * f.source[0] + sourceZ) * f.source[1] + sourceY) * f.source[2];
      const global float *from = products + row * width + tap * (TAPS_X * COLUMNS);
#pragma unroll
      for (int tapX = 0; tapX < TAPS_X; ++tapX) {
        const int sourceX = seen(&f, 2, x, tapX);
        if (sourceX >= 0) sum += READ(from + (size_t)sourceX * width + tapX * COLUMNS);
      }
    }
    storeFolded(&f, parameter, sum, bias, output + (size_t)unit * COLUMNS);
  }
}
#else
// Index mapping: one unit is a line of the result, so that its part of the products stays in the cache; it is summed in runs of
// one phase, which stay in registers.
#define RUN 8
kernel void foldProducts(
    const Folding f, const float parameter, const global float *restrict products, const global float *restrict bias,
    global float *restrict output) {
  const int width = f.taps[0] * f.taps[1] * f.taps[2] * COLUMNS;
  const long stepWidth = (long)f.step[2] * width;
  FOR_EACH(unit, (index_t)f.batch * f.target[0] * f.target[1]) {
    const index_t line = (index_t)unit;
    const int y = (int)(line % f.target[1]), z = (int)(line / f.target[1] % f.target[0]);
    const int n = (int)(line / f.target[1] / f.target[0]);

    // Where the rows of products lie that this line sees.
    size_t rows[TAPS_ZY];
    int rowCount = 0;
    for (int tapZ = 0; tapZ < f.taps[0]; ++tapZ)
      for (int tapY = 0; tapY < f.taps[1]; ++tapY) {
        const int sourceZ = seen(&f, 0, z, tapZ), sourceY = seen(&f, 1, y, tapY);
        if (sourceZ >= 0 && sourceY >= 0)
          rows[rowCount++] = (((size_t)n * f.source[0] + sourceZ) * f.source[1] + sourceY) * f.source[2] * width +
                             (tapZ * f.taps[1] + tapY) * f.taps[2] * COLUMNS;
      }

    for (int phase = 0; phase < f.phases[2]; ++phase) {
      int shifts[TAPS_X], offsets[TAPS_X];
      int tapCount = 0;
      for (int tap = 0; tap < f.taps[2]; ++tap) {
        const int base = phase + f.origin[2] + tap * f.tapStep[2], shift = base / f.phases[2];
        if (shift * f.phases[2] != base) continue;
        shifts[tapCount] = shift;
        offsets[tapCount++] = shift * width + tap * COLUMNS;
      }
      const int endQ = (f.target[2] - phase + f.phases[2] - 1) / f.phases[2];
      for (int q = 0; q < endQ; q += RUN) {
        const int run = min(RUN, endQ - q);
        columns_t sums[RUN];
#pragma unroll
        for (int i = 0; i < RUN; ++i) sums[i] = (columns_t)(0.0f);
        for (int tap = 0; tap < tapCount; ++tap) {
          const int source = q * f.step[2] + shifts[tap], last = source + (RUN - 1) * f.step[2];
          const int isInside = (run == RUN) & (source >= 0) & (last < f.source[2]);
          const long first = q * stepWidth + offsets[tap];
          for (int row = 0; row < rowCount; ++row) {
            const global float *from = products + rows[row] + first;
            if (isInside) {
#pragma unroll
              for (int i = 0; i < RUN; ++i) sums[i] += READ(from + i * stepWidth);
            } else {
#pragma unroll
              for (int i = 0; i < RUN; ++i)
                if (i < run && (uint)(source + i * f.step[2]) < (uint)f.source[2]) sums[i] += READ(from + i * stepWidth);
            }
          }
        }
        global float *to = output + ((size_t)line * f.target[2] + q * f.phases[2] + phase) * COLUMNS;
#pragma unroll
        for (int i = 0; i < RUN; ++i, to += f.phases[2] * COLUMNS) {
          if (i < run) storeFolded(&f, parameter, sums[i], bias, to);
        }
      }
    }
  }
}
#endif
