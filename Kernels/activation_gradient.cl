// What a layer's backward pass begins with: the gradient in front of its activation, and that gradient's sum over all
// rows of channels, the bias' gradient, in one walk over memory.
//
// The walk is along lines of `width` elements, one or several rows of channels, whose columns are summed: `sums` is
// [parts, width], which a reduction adds up as [parts · width / channels, channels]. As in `reduction.cl` there are no
// atomics and no barriers, and sums are taken in blocks.
//
// Macros: ACTIVATION; VECTORS, how many vectors of a line a unit sums, which divides a line.

#define BLOCK 32
#define COLUMNS (VECTORS * WIDTH)
#define FOR_EACH_VECTOR for (uint v = 0; v < VECTORS; ++v)

// The gradient of a vector, which is also stored.
static inline floatv passBack(
    const float p, global const float *restrict output, global const float *restrict gradient,
    global float *restrict passed) {
  const floatv y = LOAD(output), dy = LOAD(gradient);
  const floatv result = ACTIVATION_BACKWARD(y, dy, p);
  WRITE(result, passed);
  return result;
}

// Unit i is (part, chunk): of `share` lines, COLUMNS columns. The last line may end early.
kernel void activationGradient(
    const float p, const index_t units, const index_t share, const index_t count, const uint width,
    global const float *restrict output, global const float *restrict gradient, global float *restrict passed,
    global float *restrict sums) {
  const uint chunks = width / COLUMNS;
  const index_t lines = count / width;
  FOR_EACH(i, units) {
    const index_t part = i / chunks;
    const uint firstColumn = (uint)(i - part * chunks) * COLUMNS;
    const index_t first = part * share, end = min(lines, (index_t)(first + share));
    floatv totals[VECTORS], partial[VECTORS];
    FOR_EACH_VECTOR totals[v] = SPLAT(0.0f);
    for (index_t block = first; block < end; block += BLOCK) {
      const index_t blockEnd = min(end, (index_t)(block + BLOCK));
      FOR_EACH_VECTOR partial[v] = SPLAT(0.0f);
      for (index_t line = block; line < blockEnd; ++line) {
        const index_t place = line * width + firstColumn;
        FOR_EACH_VECTOR
          partial[v] += passBack(p, output + place + v * WIDTH, gradient + place + v * WIDTH, passed + place + v * WIDTH);
      }
      FOR_EACH_VECTOR totals[v] += partial[v];
    }
    const index_t start = lines * width + firstColumn;
    if (lines < first + share && start < count) {
      const uint rest = min((index_t)COLUMNS, (index_t)(count - start));
      FOR_EACH_VECTOR
        if (v * WIDTH < rest) {
          const index_t place = start + v * WIDTH;
          const floatv last = passBack(p, output + place, gradient + place, passed + place);
          totals[v] += LANES < (int)(rest - v * WIDTH) ? last : SPLAT(0.0f);
        }
    }
    FOR_EACH_VECTOR STORE(totals[v], sums + part * width + firstColumn + v * WIDTH);
  }
}
