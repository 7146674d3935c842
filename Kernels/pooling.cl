// Pooling over up to three spatial axes of a channels-last batch, and its adjoints.
//
// Work is shared by rows of positions, of the output or, for adjoints, of the input (UNITS of rows.cl); every item
// owns what it writes. Along each axis a window has a range of taps that lie inside the input, and an input element
// a range of windows that reach it. Axes are depth, height, width; missing ones have extent 1.

typedef struct {
  int inputSize[3];
  int outputSize[3];
  int kernelSize[3];
  int stride[3];
  int padding[3];
  int dilation[3];
} Windows;

static inline index_t place(const int size[3], const int sample, const int d, const int h, const int w) {
  return (((index_t)sample * size[0] + d) * size[1] + h) * size[2] + w;
}

static inline int dividedUp(const int a, const int b) { return b == 1 ? a : (a + b - 1) / b; }

// The input coordinate that the first tap of a window reads; it may lie in the padding.
#define START(axis, window) ((window) * windows.stride[axis] - windows.padding[axis])

// The first tap of a window that is not in the padding along one axis, and the one after the last.
static inline int2 tapsOf(const Windows windows, const int axis, const int window) {
  const int start = START(axis, window), step = windows.dilation[axis];
  return (int2)(start < 0 ? dividedUp(-start, step) : 0,
                min(windows.kernelSize[axis], dividedUp(max(windows.inputSize[axis] - start, 0), step)));
}

// The first window that reaches an input coordinate, and the one after the last. With dilation not all
// between them have a tap there.
static inline int2 windowsOf(const Windows windows, const int axis, const int coordinate) {
  const int end = coordinate + windows.padding[axis];
  const int start = end - (windows.kernelSize[axis] - 1) * windows.dilation[axis];
  return (int2)(start > 0 ? dividedUp(start, windows.stride[axis]) : 0,
                min(windows.outputSize[axis], end / windows.stride[axis] + 1));
}

// The tap of a window that reads an input coordinate, or −1.
static inline int tapAt(const Windows windows, const int axis, const int window, const int coordinate) {
  const int reach = coordinate - START(axis, window), step = windows.dilation[axis];
  if (step == 1) return reach;
  return reach % step == 0 ? reach / step : -1;
}

// The depth, height and sample of a row.
#define ROW_COORDINATES(size)                                                              \
  const index_t row = ROW(i, size[2]), plane = row / size[1];                              \
  const int rowH = (int)(row - plane * size[1]), sample = (int)(plane / size[0]);          \
  const int rowD = (int)(plane - (index_t)sample * size[0]);

// The same for rows of the output, and the taps of their windows that lie inside; those along the width
// follow for each position. Then a body for every tap, which reads the input at (d, h, w).
#define OUTPUT_ROW                                                                              \
  ROW_COORDINATES(windows.outputSize)                                                           \
  const int2 tapsD = tapsOf(windows, 0, rowD), tapsH = tapsOf(windows, 1, rowH);
#define FOR_EACH_TAP                                                                            \
  for (int tapD = tapsD.x; tapD < tapsD.y; ++tapD)                                              \
    for (int tapH = tapsH.x; tapH < tapsH.y; ++tapH)                                            \
      for (int tapW = tapsW.x, d = START(0, rowD) + tapD * windows.dilation[0],                 \
               h = START(1, rowH) + tapH * windows.dilation[1],                                 \
               w = START(2, x) + tapW * windows.dilation[2];                                    \
           tapW < tapsW.y; ++tapW, w += windows.dilation[2])

// The same for rows of the input and the windows (d, h, w) that have a tap there.
#define INPUT_ROW                                                                               \
  ROW_COORDINATES(windows.inputSize)                                                            \
  const int2 windowsD = windowsOf(windows, 0, rowD), windowsH = windowsOf(windows, 1, rowH);
#define FOR_EACH_WINDOW                                                                         \
  for (int d = windowsD.x; d < windowsD.y; ++d)                                                 \
    for (int h = windowsH.x; h < windowsH.y; ++h)                                               \
      for (int w = windowsW.x, tapD = tapAt(windows, 0, d, rowD), tapH = tapAt(windows, 1, h, rowH), tapW; \
           w < windowsW.y; ++w)                                                                 \
        if (tapW = tapAt(windows, 2, w, x), tapD >= 0 && tapH >= 0 && tapW >= 0)

#define TAP ((tapD * windows.kernelSize[1] + tapH) * windows.kernelSize[2] + tapW)
#define INPUT_PLACE(d, h, w) (place(windows.inputSize, sample, d, h, w) * channels + channel)
#define OUTPUT_PLACE(d, h, w) (place(windows.outputSize, sample, d, h, w) * channels + channel)

kernel void maximumPooling(
    const index_t rows, const uint channels, const Windows windows, global const float *restrict input,
    global float *restrict taps, global float *restrict output) {
  FOR_EACH(i, UNITS(rows, windows.outputSize[2])) {
    OUTPUT_ROW
    FOR_EACH_POSITION(x, windows.outputSize[2]) {
      const int2 tapsW = tapsOf(windows, 2, x);
      FOR_EACH_CHANNEL {
        floatv best = (floatv)(-INFINITY), bestTap = (floatv)(-1.0f);
        FOR_EACH_TAP {
          const floatv value = LOAD(input + INPUT_PLACE(d, h, w));
          WILL_READ(input + INPUT_PLACE(d, h, w + 16));
          // The first tap wins even if it is −∞; the first NaN wins over all.
          const intv wins = bestTap < 0.0f || (!(value <= best) && best == best);
          best = wins ? value : best;
          bestTap = wins ? (floatv)((float)TAP) : bestTap;
        }
        const index_t target = OUTPUT_PLACE(rowD, rowH, x);
        storeLanes(best, output + target, CHANNEL_LANES);
        storeLanes(bestTap, taps + target, CHANNEL_LANES);
        WILL_WRITE(output + target + 8 * channels);
        WILL_WRITE(taps + target + 8 * channels);
      }
    }
  }
}

kernel void maximumPoolingScatter(
    const index_t rows, const uint channels, const Windows windows, global const float *restrict gradient,
    global const float *restrict taps, global float *restrict output) {
  FOR_EACH(i, UNITS(rows, windows.inputSize[2])) {
    INPUT_ROW
    FOR_EACH_POSITION(x, windows.inputSize[2]) {
      const int2 windowsW = windowsOf(windows, 2, x);
      FOR_EACH_CHANNEL {
        floatv sum = (floatv)(0.0f);
        FOR_EACH_WINDOW {
          const index_t source = OUTPUT_PLACE(d, h, w);
          sum += LOAD(taps + source) == (float)TAP ? LOAD(gradient + source) : (floatv)(0.0f);
        }
        storeLanes(sum, output + INPUT_PLACE(rowD, rowH, x), CHANNEL_LANES);
      }
    }
  }
}

// The same for windows that do not overlap, which scatter: each is read once, and there is nothing to add.
kernel void maximumPoolingScatterDisjoint(
    const index_t rows, const uint channels, const Windows windows, global const float *restrict gradient,
    global const float *restrict taps, global float *restrict output) {
  FOR_EACH(i, UNITS(rows, windows.outputSize[2])) {
    OUTPUT_ROW
    FOR_EACH_POSITION(x, windows.outputSize[2]) {
      const int2 tapsW = tapsOf(windows, 2, x);
      FOR_EACH_CHANNEL {
        const index_t source = OUTPUT_PLACE(rowD, rowH, x);
        const floatv value = LOAD(gradient + source), chosen = LOAD(taps + source);
        FOR_EACH_TAP
          storeLanes(chosen == (float)TAP ? value : (floatv)(0.0f), output + INPUT_PLACE(d, h, w), CHANNEL_LANES);
      }
    }
  }
}

kernel void maximumPoolingGather(
    const index_t rows, const uint channels, const Windows windows, global const float *restrict input,
    global const float *restrict taps, global float *restrict output) {
  FOR_EACH(i, UNITS(rows, windows.outputSize[2])) {
    OUTPUT_ROW
    FOR_EACH_POSITION(x, windows.outputSize[2]) {
      const int2 tapsW = tapsOf(windows, 2, x);
      FOR_EACH_CHANNEL {
        const index_t target = OUTPUT_PLACE(rowD, rowH, x);
        const floatv chosen = LOAD(taps + target);
        floatv result = (floatv)(0.0f);
        FOR_EACH_TAP {
          const floatv value = LOAD(input + INPUT_PLACE(d, h, w));
          result = chosen == (float)TAP ? value : result;
        }
        storeLanes(result, output + target, CHANNEL_LANES);
      }
    }
  }
}

// The share of each element in the average of a window, of which `taps` are inside along each axis.
#define SHARE(tapsD, tapsH, tapsW)                                                                   \
  (1.0f / (float)(countsPadding ? windows.kernelSize[0] * windows.kernelSize[1] * windows.kernelSize[2] \
                                : (tapsD.y - tapsD.x) * (tapsH.y - tapsH.x) * (tapsW.y - tapsW.x)))

kernel void averagePooling(
    const index_t rows, const uint channels, const int countsPadding, const Windows windows,
    global const float *restrict input, global float *restrict output) {
  FOR_EACH(i, UNITS(rows, windows.outputSize[2])) {
    OUTPUT_ROW
    FOR_EACH_POSITION(x, windows.outputSize[2]) {
      const int2 tapsW = tapsOf(windows, 2, x);
      const float share = SHARE(tapsD, tapsH, tapsW);
      FOR_EACH_CHANNEL {
        floatv sum = (floatv)(0.0f);
        FOR_EACH_TAP sum += share * LOAD(input + INPUT_PLACE(d, h, w));
        storeLanes(sum, output + OUTPUT_PLACE(rowD, rowH, x), CHANNEL_LANES);
      }
    }
  }
}

kernel void averagePoolingGradient(
    const index_t rows, const uint channels, const int countsPadding, const Windows windows,
    global const float *restrict gradient, global float *restrict output) {
  FOR_EACH(i, UNITS(rows, windows.inputSize[2])) {
    INPUT_ROW
    FOR_EACH_POSITION(x, windows.inputSize[2]) {
      const int2 windowsW = windowsOf(windows, 2, x);
      FOR_EACH_CHANNEL {
        floatv sum = (floatv)(0.0f);
        FOR_EACH_WINDOW {
          const float share = SHARE(tapsOf(windows, 0, d), tapsOf(windows, 1, h), tapsOf(windows, 2, w));
          sum += share * LOAD(gradient + OUTPUT_PLACE(d, h, w));
        }
        storeLanes(sum, output + INPUT_PLACE(rowD, rowH, x), CHANNEL_LANES);
      }
    }
  }
}
