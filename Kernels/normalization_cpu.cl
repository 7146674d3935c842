// Normalization on processors, for `normalization.cl`.
//
// Rows are taken in lines of `width` columns: a line is one row, or as many short ones as fill whole vectors;
// column c is channel c % channels. The rows that do not fill a line, `extra` elements, belong to the last
// part. Unit i is (group, part, chunk): `share` lines, of which `chunk` columns, walked in the order of
// memory. What is kept for each column meanwhile lies in private arrays, which stay in the nearest cache.
#ifdef CPU_FAMILY

// The most columns of a chunk.
#define COLUMNS 512
// Lines whose moments, or sums, are taken before they meet those of the lines before.
#define BLOCK_LINES 8
#define GRADIENT_LINES 32

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

#define FOR_EACH_COLUMN for (uint column = 0; column < columns; column += WIDTH)
#define FOR_EACH_REST for (uint column = 0; column < rest; column += WIDTH)
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
    float mean[COLUMNS], square[COLUMNS], sums[COLUMNS], count = 0.0f;
    FOR_EACH_COLUMN {
      STORE((floatv)(0.0f), mean + column);
      STORE((floatv)(0.0f), square + column);
    }
    index_t line = first;
    // Each block has moments of its own, by two passes, and is merged into those of all
    // before it (Chan, Golub and LeVeque): no large sums are subtracted.
    for (; line + BLOCK_LINES <= end; line += BLOCK_LINES) {
      const float weight = BLOCK_LINES / (count + BLOCK_LINES), cross = count * weight;
      // Once in the order of memory; what is read again then lies in the nearest cache.
      for (uint l = 0; l < BLOCK_LINES; ++l)
        FOR_EACH_COLUMN {
          const floatv x = LOAD(input + base + (line + l) * width + column);
          STORE(l == 0 ? x : LOAD(sums + column) + x, sums + column);
        }
      FOR_EACH_COLUMN {
        global const float *source = input + base + line * width + column;
        const floatv centre = LOAD(sums + column) * (1.0f / BLOCK_LINES);
        floatv sum = (floatv)(0.0f);
#pragma unroll
        for (uint l = 0; l < BLOCK_LINES; ++l) {
          const floatv x = LOAD(source + l * width) - centre;
          sum += x * x;
        }
        const floatv before = LOAD(mean + column), difference = centre - before;
        STORE(before + difference * weight, mean + column);
        STORE(LOAD(square + column) + (sum + difference * difference * cross), square + column);
      }
      count += BLOCK_LINES;
    }
    for (; line < end; ++line) {
      count += 1.0f;
      FOR_EACH_COLUMN {
        const floatv x = LOAD(input + base + line * width + column), difference = x - LOAD(mean + column);
        const floatv after = LOAD(mean + column) + difference * (1.0f / count);
        STORE(after, mean + column);
        STORE(LOAD(square + column) + difference * (x - after), square + column);
      }
    }
    FOR_EACH_REST {
      const floatv x = LOAD(input + base + lines * width + column), before = LOAD(mean + column);
      const floatv after = before + (x - before) * (1.0f / (count + 1.0f));
      STORE(IN_REST ? after : before, mean + column);
      STORE(LOAD(square + column) + (IN_REST ? (x - before) * (x - after) : (floatv)(0.0f)), square + column);
    }
    FOR_EACH_COLUMN {
      const index_t target = place * width + firstColumn + column;
      storeLanes(LOAD(mean + column), means + target, COLUMN_LANES);
      storeLanes(LOAD(square + column) / divisor, squares + target, COLUMN_LANES);
    }
  }
}

kernel void normalizeElements(
    PARAMETERS, const float epsilon, const float activationParameter, const int hasScale, const int hasOffset,
    global const float *restrict input, global const float *restrict mean, global const float *restrict variance,
    global const float *restrict scale, global const float *restrict offset, global float *restrict output) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    float centres[COLUMNS], factors[COLUMNS], shifts[COLUMNS];
    FOR_EACH_COLUMN {
      const floatv factor = INVERSE_DEVIATION;
      STORE(CHANNEL_VALUES(mean + group * channels), centres + column);
      STORE(hasScale ? factor * CHANNEL_VALUES(scale) : factor, factors + column);
      STORE(hasOffset ? CHANNEL_VALUES(offset) : (floatv)(0.0f), shifts + column);
    }
#define NORMALIZED(at) \
  ((LOAD(input + (at)) - LOAD(centres + column)) * LOAD(factors + column) + LOAD(shifts + column))
    for (index_t line = first; line < end; ++line)
      FOR_EACH_COLUMN {
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

// What gradients need of a normalization.
#define GRADIENT_PARAMETERS                                                                                \
  const float epsilon, const float activationParameter, const int hasScale, const int hasOffset,           \
      global const float *restrict input, global const float *restrict gradient,                           \
      global const float *restrict mean, global const float *restrict variance,                            \
      global const float *restrict scale, global const float *restrict offset

// Fills the arrays from which NORMALIZED_GRADIENT makes its numbers.
#define GRADIENT_CONSTANTS                                                                                 \
  float centres[COLUMNS], inverses[COLUMNS], factors[COLUMNS], shifts[COLUMNS];                            \
  FOR_EACH_COLUMN {                                                                                        \
    const floatv inverse = INVERSE_DEVIATION;                                                              \
    STORE(CHANNEL_VALUES(mean + group * channels), centres + column);                                      \
    STORE(inverse, inverses + column);                                                                     \
    STORE(hasScale ? inverse * CHANNEL_VALUES(scale) : inverse, factors + column);                         \
    STORE(hasOffset ? CHANNEL_VALUES(offset) : (floatv)(0.0f), shifts + column);                           \
  }

// The centred input c and the gradient g before the activation, whose argument is computed again.
#define NORMALIZED_GRADIENT(at, column)                                                                    \
  const floatv c = LOAD(input + (at)) - LOAD(centres + column);                                            \
  const floatv argument = c * LOAD(factors + column) + LOAD(shifts + column);                              \
  const floatv activated = ACTIVATION(argument, activationParameter), arriving = LOAD(gradient + (at));    \
  const floatv g = ACTIVATION_BACKWARD(activated, arriving, activationParameter);

// Adds up gradient, and gradient times standardized input, of each column of a part.
#define SUM_GRADIENTS                                                                                      \
  float scaleSums[COLUMNS], offsetSums[COLUMNS], scaleBlock[COLUMNS], offsetBlock[COLUMNS];                \
  FOR_EACH_COLUMN {                                                                                        \
    STORE((floatv)(0.0f), scaleSums + column);                                                             \
    STORE((floatv)(0.0f), offsetSums + column);                                                            \
    STORE((floatv)(0.0f), scaleBlock + column);                                                            \
    STORE((floatv)(0.0f), offsetBlock + column);                                                           \
  }                                                                                                        \
  for (index_t block = first; block < end; block += GRADIENT_LINES) {                                      \
    for (index_t line = block; line < min(end, (index_t)(block + GRADIENT_LINES)); ++line)                 \
      FOR_EACH_COLUMN {                                                                                    \
        NORMALIZED_GRADIENT(base + line * width + column, column)                                          \
        STORE(LOAD(offsetBlock + column) + g, offsetBlock + column);                                       \
        STORE(LOAD(scaleBlock + column) + g * c, scaleBlock + column);                                     \
      }                                                                                                    \
    FOR_EACH_COLUMN {                                                                                      \
      STORE(LOAD(scaleSums + column) + LOAD(scaleBlock + column), scaleSums + column);                     \
      STORE(LOAD(offsetSums + column) + LOAD(offsetBlock + column), offsetSums + column);                  \
      STORE((floatv)(0.0f), scaleBlock + column);                                                          \
      STORE((floatv)(0.0f), offsetBlock + column);                                                         \
    }                                                                                                      \
  }                                                                                                        \
  FOR_EACH_REST {                                                                                          \
    NORMALIZED_GRADIENT(base + lines * width + column, column)                                             \
    STORE(LOAD(scaleSums + column) + (IN_REST ? g * c : (floatv)(0.0f)), scaleSums + column);              \
    STORE(LOAD(offsetSums + column) + (IN_REST ? g : (floatv)(0.0f)), offsetSums + column);                \
  }                                                                                                        \
  FOR_EACH_COLUMN STORE(LOAD(scaleSums + column) * LOAD(inverses + column), scaleSums + column);

// The input's gradient, from the means of both sums over the rows, of which `slopes` is already divided by the
// deviation.
#define WRITE_INPUT_GRADIENT                                                                               \
  for (index_t line = first; line < end; ++line)                                                           \
    FOR_EACH_COLUMN {                                                                                      \
      const index_t at = base + line * width + column;                                                     \
      NORMALIZED_GRADIENT(at, column)                                                                      \
      storeLanes(LOAD(factors + column) * (g - LOAD(levels + column) - c * LOAD(slopes + column)),         \
                 output + at, COLUMN_LANES);                                                               \
    }                                                                                                      \
  FOR_EACH_REST {                                                                                          \
    const index_t at = base + lines * width + column;                                                      \
    NORMALIZED_GRADIENT(at, column)                                                                        \
    storeLanes(LOAD(factors + column) * (g - LOAD(levels + column) - c * LOAD(slopes + column)),           \
               output + at, REST_LANES);                                                                   \
  }

kernel void partialGradients(
    PARAMETERS, GRADIENT_PARAMETERS, global float *restrict partialScales, global float *restrict partialOffsets) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    GRADIENT_CONSTANTS
    SUM_GRADIENTS
    FOR_EACH_COLUMN {
      const index_t target = place * width + firstColumn + column;
      storeLanes(LOAD(scaleSums + column), partialScales + target, COLUMN_LANES);
      storeLanes(LOAD(offsetSums + column), partialOffsets + target, COLUMN_LANES);
    }
  }
}

kernel void inputGradient(
    PARAMETERS, GRADIENT_PARAMETERS, const float inverseRows, global const float *restrict scaleGradient,
    global const float *restrict offsetGradient, global float *restrict output) {
  FOR_EACH(i, ALL_PARTS) {
    PART
    GRADIENT_CONSTANTS
    float slopes[COLUMNS], levels[COLUMNS];
    FOR_EACH_COLUMN {
      STORE(LOAD(inverses + column) * (inverseRows * CHANNEL_VALUES(scaleGradient + group * channels)),
            slopes + column);
      STORE(inverseRows * CHANNEL_VALUES(offsetGradient + group * channels), levels + column);
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
    float slopes[COLUMNS], levels[COLUMNS];
    FOR_EACH_COLUMN {
      const floatv scaleSum = LOAD(scaleSums + column), offsetSum = LOAD(offsetSums + column);
      const index_t target = group * channels + firstColumn + column;
      storeLanes(scaleSum, scaleGradient + target, COLUMN_LANES);
      storeLanes(offsetSum, offsetGradient + target, COLUMN_LANES);
      STORE(LOAD(inverses + column) * (inverseRows * scaleSum), slopes + column);
      STORE(inverseRows * offsetSum, levels + column);
    }
    WRITE_INPUT_GRADIENT
  }
}

// How many elements column `column` of part `part` has.
#define COUNT_OF(part, column)                                                                       \
  ((part) == parts - 1 ? (float)(lines - (parts - 1) * share) + ((column) < extra ? 1.0f : 0.0f) : (float)share)

#endif
