// Pooling over up to three spatial axes of a channels-last batch, and its adjoints.
//
// A unit of work is a position, of the output or, for adjoints, of the input (FOR_EACH_CHANNEL of prelude.cl);
// both directions gather, so every item owns what it writes. The adjoints ask of each tap whether some
// window has it at this position. Axes are depth, height, width; missing ones have extent 1.

typedef struct {
  int inputSize[3];
  int outputSize[3];
  int kernelSize[3];
  int stride[3];
  int padding[3];
  int dilation[3];
} Windows;

// Splits a position over the batch into sample and coordinates.
static inline int4 coordinates(const int size[3], index_t position) {
  const index_t row = position / size[2], plane = row / size[1], sample = plane / size[0];
  return (int4)((int)(plane - sample * size[0]), (int)(row - plane * size[1]), (int)(position - row * size[2]),
                (int)sample);
}

static inline index_t place(const int size[3], const int sample, const int d, const int h, const int w) {
  return (((index_t)sample * size[0] + d) * size[1] + h) * size[2] + w;
}

// The input coordinate that tap `tap` of window `window` reads; it may lie in the padding.
#define INPUT(axis, window, tap) \
  ((window) * windows.stride[axis] + (tap) * windows.dilation[axis] - windows.padding[axis])
#define INSIDE(axis, coordinate) ((coordinate) >= 0 && (coordinate) < windows.inputSize[axis])

// The window whose tap `tap` reads input `coordinate`, or −1.
static inline int windowAt(const Windows windows, const int axis, const int coordinate, const int tap) {
  const int reach = coordinate + windows.padding[axis] - tap * windows.dilation[axis];
  const int window = reach / windows.stride[axis];
  return reach >= 0 && window * windows.stride[axis] == reach && window < windows.outputSize[axis] ? window : -1;
}

// How many taps of window `window` are not in the padding along one axis.
static inline int tapsInside(const Windows windows, const int axis, const int window) {
  int taps = 0;
  for (int tap = 0; tap < windows.kernelSize[axis]; ++tap) taps += INSIDE(axis, INPUT(axis, window, tap));
  return taps;
}

// The share of each element in a window's average.
static inline float shareOf(const Windows windows, const int countsPadding, const int d, const int h, const int w) {
  const int taps =
      countsPadding
          ? windows.kernelSize[0] * windows.kernelSize[1] * windows.kernelSize[2]
          : tapsInside(windows, 0, d) * tapsInside(windows, 1, h) * tapsInside(windows, 2, w);
  return 1.0f / (float)taps;
}

// Runs its body for every tap of the output at `at` that reads the input, at coordinates (d, h, w).
#define FOR_EACH_TAP(at)                                                        \
  for (int tapD = 0; tapD < windows.kernelSize[0]; ++tapD)                      \
    for (int tapH = 0; tapH < windows.kernelSize[1]; ++tapH)                    \
      for (int tapW = 0, d = INPUT(0, at.x, tapD), h = INPUT(1, at.y, tapH), w; \
           tapW < windows.kernelSize[2]; ++tapW)                                \
        if (w = INPUT(2, at.z, tapW), INSIDE(0, d) && INSIDE(1, h) && INSIDE(2, w))

// Runs its body for every tap that reads the input at `at`, in the window (d, h, w).
#define FOR_EACH_WINDOW(at)                                                                         \
  for (int tapD = 0; tapD < windows.kernelSize[0]; ++tapD)                                          \
    for (int tapH = 0; tapH < windows.kernelSize[1]; ++tapH)                                        \
      for (int tapW = 0, d = windowAt(windows, 0, at.x, tapD), h = windowAt(windows, 1, at.y, tapH), w; \
           tapW < windows.kernelSize[2]; ++tapW)                                                    \
        if (w = windowAt(windows, 2, at.z, tapW), d >= 0 && h >= 0 && w >= 0)

#define TAP ((tapD * windows.kernelSize[1] + tapH) * windows.kernelSize[2] + tapW)

#define READ_INPUT(d, h, w) LOAD(input + place(windows.inputSize, at.w, d, h, w) * channels + channel)
#define OUTPUT_PLACE(d, h, w) (place(windows.outputSize, at.w, d, h, w) * channels + channel)

#ifdef KERNEL_maximumPooling
kernel void maximumPooling(
    const index_t positions, const uint channels, const Windows windows, global const float *restrict input,
    global float *restrict output, global float *restrict taps) {
  FOR_EACH(i, UNITS) {
    const int4 at = coordinates(windows.outputSize, POSITION);
    FOR_EACH_CHANNEL {
      floatv best = (floatv)(-INFINITY), bestTap = (floatv)(-1.0f);
      FOR_EACH_TAP(at) {
        const floatv x = READ_INPUT(d, h, w);
        // The first tap wins even if it is −∞; the first NaN wins over all.
        const intv wins = bestTap < 0.0f || x > best || (x != x && best == best);
        best = wins ? x : best;
        bestTap = wins ? (floatv)((float)TAP) : bestTap;
      }
      storeLanes(best, output + POSITION * channels + channel, CHANNEL_LANES);
      storeLanes(bestTap, taps + POSITION * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif

#ifdef KERNEL_maximumPoolingScatter
kernel void maximumPoolingScatter(
    const index_t positions, const uint channels, const Windows windows, global const float *restrict gradient,
    global const float *restrict taps, global float *restrict output) {
  FOR_EACH(i, UNITS) {
    const int4 at = coordinates(windows.inputSize, POSITION);
    FOR_EACH_CHANNEL {
      floatv sum = (floatv)(0.0f);
      FOR_EACH_WINDOW(at) {
        const index_t source = OUTPUT_PLACE(d, h, w);
        sum += LOAD(taps + source) == (float)TAP ? LOAD(gradient + source) : (floatv)(0.0f);
      }
      storeLanes(sum, output + POSITION * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif

#ifdef KERNEL_maximumPoolingGather
kernel void maximumPoolingGather(
    const index_t positions, const uint channels, const Windows windows, global const float *restrict input,
    global const float *restrict taps, global float *restrict output) {
  FOR_EACH(i, UNITS) {
    const int4 at = coordinates(windows.outputSize, POSITION);
    FOR_EACH_CHANNEL {
      const floatv chosen = LOAD(taps + POSITION * channels + channel);
      floatv value = (floatv)(0.0f);
      FOR_EACH_TAP(at) {
        const floatv x = READ_INPUT(d, h, w);
        value = chosen == (float)TAP ? x : value;
      }
      storeLanes(value, output + POSITION * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif

#ifdef KERNEL_averagePooling
kernel void averagePooling(
    const index_t positions, const uint channels, const int countsPadding, const Windows windows,
    global const float *restrict input, global float *restrict output) {
  FOR_EACH(i, UNITS) {
    const int4 at = coordinates(windows.outputSize, POSITION);
    const float share = shareOf(windows, countsPadding, at.x, at.y, at.z);
    FOR_EACH_CHANNEL {
      floatv sum = (floatv)(0.0f);
      FOR_EACH_TAP(at) sum += share * READ_INPUT(d, h, w);
      storeLanes(sum, output + POSITION * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif

#ifdef KERNEL_averagePoolingGradient
kernel void averagePoolingGradient(
    const index_t positions, const uint channels, const int countsPadding, const Windows windows,
    global const float *restrict gradient, global float *restrict output) {
  FOR_EACH(i, UNITS) {
    const int4 at = coordinates(windows.inputSize, POSITION);
    FOR_EACH_CHANNEL {
      floatv sum = (floatv)(0.0f);
      FOR_EACH_WINDOW(at) sum += shareOf(windows, countsPadding, d, h, w) * LOAD(gradient + OUTPUT_PLACE(d, h, w));
      storeLanes(sum, output + POSITION * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif
