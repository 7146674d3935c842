// What a layer's backward pass begins with: the gradient in front of its activation, and that gradient's sum over all
// rows of channels, the bias' gradient, in one walk over memory.
//
// On a card the groups of `group_sums.cl` walk. On a processor the walk is along lines of `width` elements, one or several rows of channels, whose columns are summed: `sums` is
// [parts, width], which a reduction adds up as [parts · width / channels, channels]. Sums are taken
// in blocks, as in `reduction.cl`.
//
// Macros: ACTIVATION; VECTORS, how many vectors of a line a processor's unit sums, which divides a line.

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

#ifdef CPU_FAMILY
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

#else
#define ADD(item, other) lanes[item] += lanes[other]

// `sums` is [parts, channels].
kernel void activationGradient(
    const float p, const index_t parts, const index_t rows, const uint channels, const uint columnBits,
    global const float *restrict output, global const float *restrict gradient, global float *restrict passed,
    global float *restrict sums, local floatv *lanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  floatv sum = SPLAT(0.0f);
  if (share.vector < vectors) {
    index_t row = share.first;
    // Loads of four rows are under way at once.
    for (; row + 3 * share.step < rows; row += 4 * share.step) {
      floatv y[4], dy[4];
#pragma unroll
      for (uint r = 0; r < 4; ++r) {
        const index_t place = (row + r * share.step) * channels + share.vector * WIDTH;
        y[r] = LOAD(output + place);
        dy[r] = LOAD(gradient + place);
      }
#pragma unroll
      for (uint r = 0; r < 4; ++r) {
        const floatv result = ACTIVATION_BACKWARD(y[r], dy[r], p);
        STORE(result, passed + (row + r * share.step) * channels + share.vector * WIDTH);
        sum += result;
      }
    }
    for (; row < rows; row += share.step) {
      const index_t place = row * channels + share.vector * WIDTH;
      sum += passBack(p, output + place, gradient + place, passed + place);
    }
  }
  lanes[get_local_id(0)] = sum;
  FOLD_LANES(columnBits, ADD)
  if (HAS_RESULT(columnBits) && share.vector < vectors)
    STORE(lanes[get_local_id(0)], sums + (share.part * vectors + share.vector) * WIDTH);
}
#endif
