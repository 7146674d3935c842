// Rows chosen by an index held as a float.

// Item i is vector i % vectors of output row i / vectors.
kernel void gather(
    const index_t count, const index_t rows, const uint width, global const float *restrict input,
    global const float *restrict indices, global float *restrict output) {
  const uint vectors = (width + WIDTH - 1) / WIDTH;
  FOR_EACH(i, count * vectors) {
    const index_t place = i / vectors;
    const uint column = (uint)(i - place * vectors) * WIDTH;
    const float index = indices[place];
    floatv value = (floatv)(NAN);
    if (index >= 0.0f && index < (float)rows) value = LOAD(input + (index_t)index * width + column);
    storeLanes(value, output + place * width + column, min(width - column, (uint)WIDTH));
  }
}

// Item i is vector i % vectors of `share` rows of the output. It reads every index and adds the input rows
// that are its own, in order: nobody else writes there, so no atomics are needed.
kernel void scatterAdd(
    const index_t ranges, const index_t share, const index_t count, const index_t rows, const uint width,
    global const float *restrict input, global const float *restrict indices, global float *restrict output) {
  const uint vectors = (width + WIDTH - 1) / WIDTH;
  FOR_EACH(i, ranges * vectors) {
    const index_t range = i / vectors;
    const uint column = (uint)(i - range * vectors) * WIDTH;
    const uint lanes = min(width - column, (uint)WIDTH);
    const index_t first = range * share, end = min(rows, (index_t)(first + share));
    for (index_t row = first; row < end; ++row)
      storeLanes((floatv)(0.0f), output + row * width + column, lanes);
    for (index_t place = 0; place < count; ++place) {
      const float index = indices[place];
      if (!(index >= 0.0f && index < (float)rows)) continue;
      const index_t row = (index_t)index;
      if (row < first || row >= end) continue;
      global float *target = output + row * width + column;
      const floatv sum = LOAD(target) + LOAD(input + place * width + column);
      storeLanes(sum, target, lanes);
    }
  }
}
