// Upsampling by whole factors of up to three spatial axes of a channels-last batch, and its adjoint.
//
// Work is shared by rows: of the output or, for the adjoint, of the input (UNITS of rows.cl).
// Macro: BILINEAR; otherwise nearest. Bilinear weights are products of one weight an axis; element e covers
// [e, e + 1) and has its centre at e + 0.5, in the input as in the output.

typedef struct {
  int size[3];     // of the small image
  int factors[3];
} Upsampling;

#ifdef BILINEAR
// The last input element whose centre is not after that of output element `target`, from −1:
// floor((target + 0.5) / factor − 0.5), in whole numbers that stay positive.
static inline int before(const int target, const int factor) {
  return (2 * target + 1 + factor) / (2 * factor) - 1;
}

// The weight of input element `source` in output element `target` along an axis.
static inline float weightOf(const int target, const int source, const int size, const int factor) {
  const int low = before(target, factor);
  const float fraction = (float)(2 * target + 1 - factor - 2 * factor * low) / (float)(2 * factor);
  return (max(low, 0) == source ? 1.0f - fraction : 0.0f) + (min(low + 1, size - 1) == source ? fraction : 0.0f);
}
#endif

// The first and last input elements that output element `target` is made of.
static inline int2 sourcesOf(const int target, const int size, const int factor) {
#ifdef BILINEAR
  const int low = before(target, factor);
  return (int2)(max(low, 0), min(low + 1, size - 1));
#else
  return (int2)(target / factor, target / factor);
#endif
}

// The first and last output elements that input element `source` has a part in.
static inline int2 targetsOf(const int source, const int size, const int factor) {
#ifdef BILINEAR
  const int middle = factor / 2;
  return (int2)(max((source - 1) * factor + middle, 0), min((source + 1) * factor + middle, size * factor) - 1);
#else
  return (int2)(source * factor, source * factor + factor - 1);
#endif
}

#define AXIS(n) up.size[n], up.factors[n]

// The depth, height and sample of a row of planes `height` and volumes `depth`.
#define ROW_COORDINATES(row, height, depth)                                        \
  const index_t plane = row / (height), sample = plane / (depth);                  \
  const int y = (int)(row - plane * (height)), z = (int)(plane - sample * (depth));

// A unit is a row of the output; on a card, of it what is made of one vector of the input.
kernel void enlarge(
    const index_t rows, const uint channels, const Upsampling up, global const float *restrict input,
    global float *restrict output) {
  const uint depth = up.size[0] * up.factors[0], height = up.size[1] * up.factors[1];
  const int width = up.size[2] * up.factors[2];
  FOR_EACH(i, UNITS(rows, up.size[2])) {
    const index_t row = ROW(i, up.size[2]);
    ROW_COORDINATES(row, height, depth)
    const int2 zs = sourcesOf(z, AXIS(0)), ys = sourcesOf(y, AXIS(1));
    FOR_EACH_POSITION(w, up.size[2]) {
#ifdef BILINEAR
      for (int x = w * up.factors[2]; x < (w + 1) * up.factors[2]; ++x) {
        const int2 xs = sourcesOf(x, AXIS(2));
        FOR_EACH_CHANNEL {
          floatv sum = (floatv)(0.0f);
          for (int d = zs.x; d <= zs.y; ++d)
            for (int h = ys.x; h <= ys.y; ++h)
              for (int v = xs.x; v <= xs.y; ++v) {
                const float weight = weightOf(z, d, AXIS(0)) * weightOf(y, h, AXIS(1)) * weightOf(x, v, AXIS(2));
                const index_t source = ((sample * up.size[0] + d) * up.size[1] + h) * up.size[2] + v;
                sum += weight * LOAD(input + source * channels + channel);
              }
          storeLanes(sum, output + (row * width + x) * channels + channel, CHANNEL_LANES);
        }
      }
#else
      const index_t source = ((sample * up.size[0] + zs.x) * up.size[1] + ys.x) * up.size[2] + w;
      const index_t target = row * width + w * up.factors[2];
      FOR_EACH_CHANNEL {
        const floatv value = LOAD(input + source * channels + channel);
        for (int copy = 0; copy < up.factors[2]; ++copy) {
          storeLanes(value, output + (target + copy) * channels + channel, CHANNEL_LANES);
          WILL_WRITE(output + (target + copy + 16) * channels + channel);
        }
      }
#endif
    }
  }
}

kernel void enlargeAdjoint(
    const index_t rows, const uint channels, const Upsampling up, global const float *restrict gradient,
    global float *restrict output) {
  const uint depth = up.size[0] * up.factors[0], height = up.size[1] * up.factors[1];
  const uint width = up.size[2] * up.factors[2];
  FOR_EACH(i, UNITS(rows, up.size[2])) {
    const index_t row = ROW(i, up.size[2]);
    ROW_COORDINATES(row, up.size[1], up.size[0])
    const int2 ds = targetsOf(z, AXIS(0)), hs = targetsOf(y, AXIS(1));
    FOR_EACH_POSITION(x, up.size[2]) {
      const int2 ws = targetsOf(x, AXIS(2));
      FOR_EACH_CHANNEL {
        floatv sum = (floatv)(0.0f);
        for (int d = ds.x; d <= ds.y; ++d)
          for (int h = hs.x; h <= hs.y; ++h)
            for (int w = ws.x; w <= ws.y; ++w) {
              const index_t source = ((sample * depth + d) * height + h) * width + w;
              const floatv value = LOAD(gradient + source * channels + channel);
#ifdef BILINEAR
              sum += weightOf(d, z, AXIS(0)) * weightOf(h, y, AXIS(1)) * weightOf(w, x, AXIS(2)) * value;
#else
              sum += value;
#endif
            }
        storeLanes(sum, output + (row * up.size[2] + x) * channels + channel, CHANNEL_LANES);
      }
    }
  }
}
