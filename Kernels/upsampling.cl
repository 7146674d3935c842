// Upsampling by whole factors of up to three spatial axes of a channels-last batch, and its adjoint.
//
// A unit of work is a position, of the output or, for the adjoint, of the input (FOR_EACH_CHANNEL of
// prelude.cl).
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

#ifdef KERNEL_enlarge
kernel void enlarge(
    const index_t positions, const uint channels, const Upsampling up, global const float *restrict input,
    global float *restrict output) {
  const uint depth = up.size[0] * up.factors[0], height = up.size[1] * up.factors[1];
  const uint width = up.size[2] * up.factors[2];
  FOR_EACH(i, UNITS) {
    const index_t position = POSITION, row = position / width, plane = row / height, sample = plane / depth;
    const int z = (int)(plane - sample * depth), y = (int)(row - plane * height), x = (int)(position - row * width);
    const int2 zs = sourcesOf(z, AXIS(0)), ys = sourcesOf(y, AXIS(1)), xs = sourcesOf(x, AXIS(2));
    FOR_EACH_CHANNEL {
      floatv sum = (floatv)(0.0f);
      for (int d = zs.x; d <= zs.y; ++d)
        for (int h = ys.x; h <= ys.y; ++h)
          for (int w = xs.x; w <= xs.y; ++w) {
            const index_t source = ((sample * up.size[0] + d) * up.size[1] + h) * up.size[2] + w;
            const floatv value = LOAD(input + source * channels + channel);
#ifdef BILINEAR
            sum += weightOf(z, d, AXIS(0)) * weightOf(y, h, AXIS(1)) * weightOf(x, w, AXIS(2)) * value;
#else
            sum = value;
#endif
          }
      storeLanes(sum, output + position * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif

#ifdef KERNEL_enlargeAdjoint
kernel void enlargeAdjoint(
    const index_t positions, const uint channels, const Upsampling up, global const float *restrict gradient,
    global float *restrict output) {
  const uint depth = up.size[0] * up.factors[0], height = up.size[1] * up.factors[1];
  const uint width = up.size[2] * up.factors[2];
  FOR_EACH(i, UNITS) {
    const index_t position = POSITION, row = position / up.size[2], plane = row / up.size[1], sample = plane / up.size[0];
    const int d = (int)(plane - sample * up.size[0]), h = (int)(row - plane * up.size[1]);
    const int w = (int)(position - row * up.size[2]);
    const int2 zs = targetsOf(d, AXIS(0)), ys = targetsOf(h, AXIS(1)), xs = targetsOf(w, AXIS(2));
    FOR_EACH_CHANNEL {
      floatv sum = (floatv)(0.0f);
      for (int z = zs.x; z <= zs.y; ++z)
        for (int y = ys.x; y <= ys.y; ++y)
          for (int x = xs.x; x <= xs.y; ++x) {
            const index_t source = ((sample * depth + z) * height + y) * width + x;
            const floatv value = LOAD(gradient + source * channels + channel);
#ifdef BILINEAR
            sum += weightOf(z, d, AXIS(0)) * weightOf(y, h, AXIS(1)) * weightOf(x, w, AXIS(2)) * value;
#else
            sum += value;
#endif
          }
      storeLanes(sum, output + position * channels + channel, CHANNEL_LANES);
    }
  }
}
#endif
