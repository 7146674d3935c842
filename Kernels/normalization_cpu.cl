// Normalization of [groups, rows, channels] on processors, by the moments of each [group, ·, channel].
//
// Rows are taken in lines of `width` columns: a line is one row, or as many short ones as fill whole vectors;
// column c is channel c % channels. The rows that do not fill a line, `extra` elements, belong to the last
// part. Unit i is (group, part, chunk): `share` lines, of which `chunk` columns, walked in the order of
// memory. What is kept for each column meanwhile lies in private arrays, which stay in the nearest cache. They are
// arrays of vectors, as compilers take loads and stores of vectors in arrays of scalars apart.
#ifdef CPU_FAMILY

// The most columns of a chunk, in vectors.
#define VECTORS (512 / WIDTH)
// Lines whose sums are taken before they meet those of the lines before.
#define BLOCK_LINES 32

#define PARAMETERS                                                                                        \
  const index_t groups, const index_t parts, const index_t share, const index_t lines, const uint width, \
      const uint extra, const uint channels, const uint chunk

#define ALL_PARTS (groups * parts * ((width + chunk - 1) / chunk))

#define PART                                                                      \
  const uint chunks = (width + chunk - 1) / chunk;                                \
  const index_t place = i / chunks, group = place / parts, part = place % parts;  \
  const uint firstColumn = (uint)(i - place * chunks) * chunk;                    \
  const uint columns = min(chunk, width - firstColumn);                           \
  const index_t first = part * share;                                             \
  const index_t end = min(lines, (index_t)(first + share));                       \
  const index_t base = group * (lines * width + extra) + firstColumn;             \
  const uint rest = part == parts - 1 && extra > firstColumn ? min(columns, extra - firstColumn) : 0;

// Vector v of what is kept, from column `column` of the chunk on.
#define FOR_EACH_VECTOR for (uint v = 0, column = 0; column < columns; ++v, column += WIDTH)
#define FOR_EACH_REST for (uint v = 0, column = 0; column < rest; ++v, column += WIDTH)
// The lanes of a vector that hold one more element, of the rows that do not fill a line.
#define IN_REST (LANES < (int)(rest - column))
#define COLUMN_LANES min(columns - column, (uint)WIDTH)
#define REST_LANES min(rest - column, (uint)WIDTH)

// One value a channel, for the columns from `column` of the line on.
static inline floatv channelValues(
    global const float *values, const uint column, const uint width, const uint channels) {
  if (width == channels) return LOAD(values + column);
  if (channels == 1) return SPLAT(values[0]);
  float parts[WIDTH];
  for (uint lane = 0; lane < WIDTH; ++lane) parts[lane] = values[(column + lane) % channels];
  return LOAD(parts);
}
#define CHANNEL_VALUES(values) channelValues(values, firstColumn + column, width, channels)
#define INVERSE_DEVIATION (1.0f / sqrt(CHANNEL_VALUES(variance + group * channels) + epsilon))

// `divisor` is 1, or the number of rows if there is one part, whose sums are then the whole's.
kernel void partialMoments(
    PARAMETERS, const float divisor, global const float *restrict input, global float *restrict means,
    global float *restrict squares) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    // Both halves at once: while one waits for a page of memory, the other goes on.
    const index_t pairs = (end - first) / 2;
    global const float *source = input + base + first * width;
    floatv mean[VECTORS], square[VECTORS], sum[VECTORS], squareSum[VECTORS];
    float count = 0.0f;
    FOR_EACH_VECTOR {
      mean[v] = first < end ? LOAD(source + column) : (floatv)(0.0f);
      square[v] = (floatv)(0.0f);
    }
    // The sums of a block are of differences from the mean of all before it, or from the first line: no large
    // sums are subtracted. Then the block's moments are merged (Chan, Golub and LeVeque) as
    // S + Σd² − (Σd)² / n + δ² · n · N / (n + N), where N is `count` and δ = Σd / n.
    for (index_t block = 0; block < pairs; block += BLOCK_LINES) {
      const index_t blockEnd = min(pairs, (index_t)(block + BLOCK_LINES));
      FOR_EACH_VECTOR sum[v] = squareSum[v] = (floatv)(0.0f);
      for (index_t line = block; line < blockEnd; ++line)
        FOR_EACH_VECTOR {
          const floatv a = LOAD(source + line * width + column) - mean[v];
          const floatv b = LOAD(source + (line + pairs) * width + column) - mean[v];
          sum[v] += a + b;
          squareSum[v] += a * a + b * b;
        }
      const float added = (float)(2 * (blockEnd - block)), weight = 1.0f / (count + added);
      FOR_EACH_VECTOR {
        const floatv step = sum[v] * weight;
        mean[v] += step;
        square[v] += squareSum[v] - sum[v] * step;
      }
      count += added;
    }
    if (first + 2 * pairs < end) {
      count += 1.0f;
      FOR_EACH_VECTOR {
        const floatv difference = LOAD(source + 2 * pairs * width + column) - mean[v];
        mean[v] += difference * (1.0f / count);
        square[v] += difference * difference * ((count - 1.0f) / count);
      }
    }
    FOR_EACH_REST {
      const floatv x = LOAD(input + base + lines * width + column), before = mean[v];
      const floatv after = before + (x - before) * (1.0f / (count + 1.0f));
      mean[v] = IN_REST ? after : before;
      square[v] += IN_REST ? (x - before) * (x - after) : (floatv)(0.0f);
    }
    FOR_EACH_VECTOR {
      const index_t target = place * width + firstColumn + column;
      storeLanes(mean[v], means + target, COLUMN_LANES);
      storeLanes(square[v] / divisor, squares + target, COLUMN_LANES);
    }
  }
}

kernel void normalizeElements(
    PARAMETERS, NORMALIZATION_PARAMETERS, global float *restrict output) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    floatv centres[VECTORS], factors[VECTORS], shifts[VECTORS];
    FOR_EACH_VECTOR {
      const floatv factor = INVERSE_DEVIATION;
      centres[v] = CHANNEL_VALUES(mean + group * channels);
      factors[v] = hasScale ? factor * CHANNEL_VALUES(scale) : factor;
      shifts[v] = hasOffset ? CHANNEL_VALUES(offset) : (floatv)(0.0f);
    }
#define NORMALIZED(at) ((LOAD(input + (at)) - centres[v]) * factors[v] + shifts[v])
    for (index_t line = first; line < end; ++line)
      FOR_EACH_VECTOR {
        const index_t at = base + line * width + column;
        const floatv y = NORMALIZED(at);
        storeLanes(ACTIVATION(y, activationParameter), output + at, COLUMN_LANES);
      }
    FOR_EACH_REST {
      const index_t at = base + lines * width + column;
      const floatv y = NORMALIZED(at);
      storeLanes(ACTIVATION(y, activationParameter), output + at, REST_LANES);
    }
  }
}

// Fills the arrays from which NORMALIZED_GRADIENT makes its numbers.
#define GRADIENT_CONSTANTS                                                                                 \
  floatv centres[VECTORS], inverses[VECTORS], factors[VECTORS], shifts[VECTORS];                           \
  FOR_EACH_VECTOR {                                                                                        \
    const floatv inverse = INVERSE_DEVIATION;                                                              \
    centres[v] = CHANNEL_VALUES(mean + group * channels);                                                  \
    inverses[v] = inverse;                                                                                 \
    factors[v] = hasScale ? inverse * CHANNEL_VALUES(scale) : inverse;                                     \
    shifts[v] = hasOffset ? CHANNEL_VALUES(offset) : (floatv)(0.0f);                                       \
  }

// Adds up gradient, and gradient times standardized input, of each column of a part.
#define SUM_GRADIENTS                                                                                      \
  floatv scaleSums[VECTORS], offsetSums[VECTORS], scaleBlock[VECTORS], offsetBlock[VECTORS];               \
  FOR_EACH_VECTOR {                                                                                        \
    scaleSums[v] = (floatv)(0.0f);                                                                         \
    offsetSums[v] = (floatv)(0.0f);                                                                        \
    scaleBlock[v] = (floatv)(0.0f);                                                                        \
    offsetBlock[v] = (floatv)(0.0f);                                                                       \
  }                                                                                                        \
  for (index_t block = first; block < end; block += BLOCK_LINES) {                                         \
    for (index_t line = block; line < min(end, (index_t)(block + BLOCK_LINES)); ++line)                    \
      FOR_EACH_VECTOR {                                                                                    \
        NORMALIZED_GRADIENT(base + line * width + column, centres[v], factors[v], shifts[v])               \
        offsetBlock[v] += g;                                                                               \
        scaleBlock[v] += g * c;                                                                            \
      }                                                                                                    \
    FOR_EACH_VECTOR {                                                                                      \
      scaleSums[v] += scaleBlock[v];                                                                       \
      offsetSums[v] += offsetBlock[v];                                                                     \
      scaleBlock[v] = (floatv)(0.0f);                                                                      \
      offsetBlock[v] = (floatv)(0.0f);                                                                     \
    }                                                                                                      \
  }                                                                                                        \
  FOR_EACH_REST {                                                                                          \
    NORMALIZED_GRADIENT(base + lines * width + column, centres[v], factors[v], shifts[v])                  \
    scaleSums[v] += IN_REST ? g * c : (floatv)(0.0f);                                                      \
    offsetSums[v] += IN_REST ? g : (floatv)(0.0f);                                                         \
  }                                                                                                        \
  FOR_EACH_VECTOR scaleSums[v] *= inverses[v];

// The input's gradient, from the means of both sums over the rows, of which `slopes` is already divided by the
// deviation.
#define WRITE_INPUT_GRADIENT                                                                               \
  for (index_t line = first; line < end; ++line)                                                           \
    FOR_EACH_VECTOR {                                                                                      \
      const index_t at = base + line * width + column;                                                     \
      NORMALIZED_GRADIENT(at, centres[v], factors[v], shifts[v])                                           \
      storeLanes(factors[v] * (g - levels[v] - c * slopes[v]), output + at, COLUMN_LANES);                 \
    }                                                                                                      \
  FOR_EACH_REST {                                                                                          \
    const index_t at = base + lines * width + column;                                                      \
    NORMALIZED_GRADIENT(at, centres[v], factors[v], shifts[v])                                             \
    storeLanes(factors[v] * (g - levels[v] - c * slopes[v]), output + at, REST_LANES);                     \
  }

kernel void partialGradients(
    PARAMETERS, GRADIENT_PARAMETERS, global float *restrict partialScales, global float *restrict partialOffsets) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    GRADIENT_CONSTANTS
    SUM_GRADIENTS
    FOR_EACH_VECTOR {
      const index_t target = place * width + firstColumn + column;
      storeLanes(scaleSums[v], partialScales + target, COLUMN_LANES);
      storeLanes(offsetSums[v], partialOffsets + target, COLUMN_LANES);
    }
  }
}

kernel void inputGradient(
    PARAMETERS, GRADIENT_PARAMETERS, const float inverseRows, global const float *restrict scaleGradient,
    global const float *restrict offsetGradient, global float *restrict output) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    GRADIENT_CONSTANTS
    floatv slopes[VECTORS], levels[VECTORS];
    FOR_EACH_VECTOR {
      slopes[v] = inverses[v] * (inverseRows * CHANNEL_VALUES(scaleGradient + group * channels));
      levels[v] = inverseRows * CHANNEL_VALUES(offsetGradient + group * channels);
    }
    WRITE_INPUT_GRADIENT
  }
}

// Sums and input gradient in one launch: there is one part, and a line is a row.
kernel void wholeGradients(
    PARAMETERS, GRADIENT_PARAMETERS, const float inverseRows, global float *restrict scaleGradient,
    global float *restrict offsetGradient, global float *restrict output) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    GRADIENT_CONSTANTS
    SUM_GRADIENTS
    floatv slopes[VECTORS], levels[VECTORS];
    FOR_EACH_VECTOR {
      const floatv scaleSum = scaleSums[v], offsetSum = offsetSums[v];
      const index_t target = group * channels + firstColumn + column;
      storeLanes(scaleSum, scaleGradient + target, COLUMN_LANES);
      storeLanes(offsetSum, offsetGradient + target, COLUMN_LANES);
      slopes[v] = inverses[v] * (inverseRows * scaleSum);
      levels[v] = inverseRows * offsetSum;
    }
    WRITE_INPUT_GRADIENT
  }
}

// How many elements column `column` of part `part` has.
#define COUNT_OF(part, column)                                                                             \
  ((part) == parts - 1 ? (float)(lines - (parts - 1) * share) + ((column) < extra ? 1.0f : 0.0f) : (float)share)

// Sums over rows have a first stage, which leaves [groups, parts, columns], and one of those below. Its item i is vector i
// of [groups, channels] and merges its columns of all parts; WIDTH is 1 unless columns are channels. Sums are taken in
// blocks, so that their error stays that of a short sum.
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

#endif
