// Normalization of [groups, rows, channels] by the moments of each [group, ·, channel]: how the families share
// the rows among work-items is written in `normalization_cpu.cl` and `normalization_gpu.cl`, which come first.
//
// Sums over rows have a first stage, which leaves [groups, parts, columns] (on a card the columns are the
// channels), and one of those below. Its item i is vector i of [groups, channels] and merges its columns of
// all parts; WIDTH is 1 unless columns are channels. Sums are taken in blocks, so that their error stays that
// of a short sum.
#define BLOCK 32

#define MERGED                                                             \
  const uint vectors = (channels + WIDTH - 1) / WIDTH;                     \
  const index_t group = i / vectors, firstPart = group * parts;            \
  const uint channel = (uint)(i - group * vectors) * WIDTH;                \
  const uint lanes = min(channels - channel, (uint)WIDTH);                 \
  const index_t target = group * channels + channel;

// Adds up TERM for every column of the channel, of all parts, into `sum`.
#define ADD_UP(sum, TERM)                                                                          \
  floatv sum = (floatv)(0.0f);                                                                     \
  for (index_t block = 0; block < parts; block += BLOCK) {                                         \
    floatv blockSum = (floatv)(0.0f);                                                              \
    for (index_t part = block; part < min(parts, (index_t)(block + BLOCK)); ++part)                \
      for (uint column = channel; column < columns; column += channels) {                          \
        const index_t place = (firstPart + part) * columns + column;                               \
        blockSum += TERM;                                                                          \
      }                                                                                            \
    sum += blockSum;                                                                               \
  }

// After Chan, Golub and LeVeque: no difference of large sums.
kernel void mergeMoments(
    PARAMETERS, const index_t allRows, const uint columns, global const float *restrict means,
    global const float *restrict squares, global float *restrict mean, global float *restrict variance) {
  FOR_EACH(i, groups * ((channels + WIDTH - 1) / WIDTH)) {
    MERGED
    ADD_UP(sum, LOAD(means + place) * COUNT_OF(part, column))
    const floatv centre = sum / (float)allRows;
    ADD_UP(square, LOAD(squares + place)
                       + (LOAD(means + place) - centre) * (LOAD(means + place) - centre) * COUNT_OF(part, column))
    storeLanes(centre, mean + target, lanes);
    storeLanes(square / (float)allRows, variance + target, lanes);
  }
}

kernel void mergeGradients(
    PARAMETERS, const uint columns, global const float *restrict partialScales,
    global const float *restrict partialOffsets, global float *restrict scaleGradient,
    global float *restrict offsetGradient) {
  FOR_EACH(i, groups * ((channels + WIDTH - 1) / WIDTH)) {
    MERGED
    ADD_UP(scaleSum, LOAD(partialScales + place))
    ADD_UP(offsetSum, LOAD(partialOffsets + place))
    storeLanes(scaleSum, scaleGradient + target, lanes);
    storeLanes(offsetSum, offsetGradient + target, lanes);
  }
}
