// Normalization of [groups, rows, channels] by the moments of each [group, ·, channel].
//
// On a processor the rows are taken in lines of `width` columns: a line is so many rows that it is at least
// a vector wide. Column c of a line is channel c % channels. Item i is (group, part): `share` lines, few
// enough to stay in the nearer caches, which it walks column vector by column vector. The rows that do not
// fill a line, `extra` elements, go to the last part. On a graphics card item i is (group, part, channel)
// and takes rows part, part + parts, … so that neighbours read neighbouring elements.
//
// Sums have a first stage, which leaves [groups, parts, width] (width = channels on a card), and a second.

#ifndef ACTIVATION
#define ACTIVATION IDENTITY
#endif

#ifdef CPU_FAMILY

#define PARAMETERS                                                                                   \
  const index_t groups, const index_t parts, const index_t share, const index_t lines, const uint width, \
      const uint extra, const uint channels

#define PART                                                   \
  const index_t group = i / parts, part = i - group * parts;   \
  const index_t first = part * share;                          \
  const index_t end = min(lines, (index_t)(first + share));    \
  const index_t base = group * (lines * width + extra);        \
  const uint rest = part == parts - 1 ? extra : 0;

// The lanes of the vector at `column` that hold one more element, of the rows that do not fill a line.
#define HAS_REST (LANES < (int)rest - (int)column)

// One value a channel, for the columns from `column` on.
static inline floatv channelValues(global const float *values, const uint column, const uint width, const uint channels) {
  if (width == channels) return LOAD(values + column);
  float parts[WIDTH];
  for (uint lane = 0; lane < WIDTH; ++lane) parts[lane] = values[(column + lane) % channels];
  return LOAD(parts);
}

#ifdef KERNEL_partialMoments
kernel void partialMoments(
    PARAMETERS, global const float *restrict input, global float *restrict means, global float *restrict squares) {
  FOR_EACH(i, groups * parts) {
    PART
    for (uint column = 0; column < width; column += WIDTH) {
      const uint lanes = min(width - column, (uint)WIDTH);
      global const float *source = input + base + column;
      const floatv last = HAS_REST ? LOAD(source + lines * width) : (floatv)(0.0f);
      const floatv count = (float)(end - first) + (HAS_REST ? (floatv)(1.0f) : (floatv)(0.0f));
      const floatv divisor = count > 0.0f ? count : (floatv)(1.0f);
      floatv sum = last;
      for (index_t line = first; line < end; ++line) sum += LOAD(source + line * width);
      floatv mean = sum / divisor;
      const floatv lastDifference = HAS_REST ? last - mean : (floatv)(0.0f);
      floatv drift = lastDifference, square = lastDifference * lastDifference;
      for (index_t line = first; line < end; ++line) {
        const floatv difference = LOAD(source + line * width) - mean;
        drift += difference;
        square += difference * difference;
      }
      // What the first pass rounded away.
      square -= drift * drift / divisor;
      mean += drift / divisor;
      storeLanes(mean, means + i * width + column, lanes);
      storeLanes(square, squares + i * width + column, lanes);
    }
  }
}
#endif

#ifdef KERNEL_partialGradients
kernel void partialGradients(
    PARAMETERS, const float epsilon, global const float *restrict input, global const float *restrict gradient,
    global const float *restrict mean, global const float *restrict variance, global float *restrict scaleSums,
    global float *restrict offsetSums) {
  FOR_EACH(i, groups * parts) {
    PART
    for (uint column = 0; column < width; column += WIDTH) {
      const uint lanes = min(width - column, (uint)WIDTH);
      global const float *x = input + base + column, *dy = gradient + base + column;
      const floatv centre = channelValues(mean + group * channels, column, width, channels);
      const floatv inverse = 1.0f / sqrt(channelValues(variance + group * channels, column, width, channels) + epsilon);
      floatv offsetSum = HAS_REST ? LOAD(dy + lines * width) : (floatv)(0.0f);
      floatv scaleSum = HAS_REST ? offsetSum * (LOAD(x + lines * width) - centre) : (floatv)(0.0f);
      for (index_t line = first; line < end; ++line) {
        const floatv g = LOAD(dy + line * width);
        offsetSum += g;
        scaleSum += g * (LOAD(x + line * width) - centre);
      }
      storeLanes(scaleSum * inverse, scaleSums + i * width + column, lanes);
      storeLanes(offsetSum, offsetSums + i * width + column, lanes);
    }
  }
}
#endif

#ifdef KERNEL_normalizeElements
kernel void normalizeElements(
    PARAMETERS, const float epsilon, const float activationParameter, global const float *restrict input,
    global const float *restrict mean, global const float *restrict variance, global const float *restrict scale,
    global const float *restrict offset, global float *restrict output) {
  FOR_EACH(i, groups * parts) {
    PART
    for (uint column = 0; column < width; column += WIDTH) {
      const uint lanes = min(width - column, (uint)WIDTH);
      const floatv centre = channelValues(mean + group * channels, column, width, channels);
      floatv factor = 1.0f / sqrt(channelValues(variance + group * channels, column, width, channels) + epsilon);
      floatv shift = (floatv)(0.0f);
#ifdef SCALE
      factor *= channelValues(scale, column, width, channels);
#endif
#ifdef OFFSET
      shift = channelValues(offset, column, width, channels);
#endif
      for (index_t line = first; line < end; ++line) {
        const index_t place = base + line * width + column;
        const floatv y = (LOAD(input + place) - centre) * factor + shift;
        storeLanes(ACTIVATION(y, activationParameter), output + place, lanes);
      }
      if (rest > column) {
        const index_t place = base + lines * width + column;
        const floatv y = (LOAD(input + place) - centre) * factor + shift;
        storeLanes(ACTIVATION(y, activationParameter), output + place, min(rest - column, (uint)WIDTH));
      }
    }
  }
}
#endif

#ifdef KERNEL_inputGradient
kernel void inputGradient(
    PARAMETERS, const float epsilon, const float inverseRows, global const float *restrict input,
    global const float *restrict gradient, global const float *restrict mean, global const float *restrict variance,
    global const float *restrict scale, global const float *restrict scaleGradient,
    global const float *restrict offsetGradient, global float *restrict output) {
  FOR_EACH(i, groups * parts) {
    PART
    for (uint column = 0; column < width; column += WIDTH) {
      const uint lanes = min(width - column, (uint)WIDTH);
      const index_t channelBase = group * channels;
      const floatv centre = channelValues(mean + channelBase, column, width, channels);
      const floatv inverse = 1.0f / sqrt(channelValues(variance + channelBase, column, width, channels) + epsilon);
      const floatv slope = inverse * inverseRows * channelValues(scaleGradient + channelBase, column, width, channels);
      const floatv shift = inverseRows * channelValues(offsetGradient + channelBase, column, width, channels);
      floatv factor = inverse;
#ifdef SCALE
      factor *= channelValues(scale, column, width, channels);
#endif
      for (index_t line = first; line < end; ++line) {
        const index_t place = base + line * width + column;
        const floatv g = LOAD(gradient + place) - shift - (LOAD(input + place) - centre) * slope;
        storeLanes(factor * g, output + place, lanes);
      }
      if (rest > column) {
        const index_t place = base + lines * width + column;
        const floatv g = LOAD(gradient + place) - shift - (LOAD(input + place) - centre) * slope;
        storeLanes(factor * g, output + place, min(rest - column, (uint)WIDTH));
      }
    }
  }
}
#endif

// How many elements column `column` of part `part` has.
#define COUNT_OF(part, column)                                                                       \
  ((part) == parts - 1 ? (float)(lines - (parts - 1) * share) + ((column) < extra ? 1.0f : 0.0f) : (float)share)

#else  // GPU_FAMILY

#define PARAMETERS const index_t groups, const index_t parts, const index_t rows, const uint channels

#define PART                                                              \
  const uint channel = (uint)(i % channels);                              \
  const index_t part = i / channels % parts, group = i / channels / parts; \
  const index_t base = group * rows * channels + channel;                 \
  const index_t statistic = group * channels + channel;

#ifdef KERNEL_partialMoments
kernel void partialMoments(
    PARAMETERS, global const float *restrict input, global float *restrict means, global float *restrict squares) {
  FOR_EACH(i, groups * parts * channels) {
    PART
    // Welford's: one pass, and no difference of large sums.
    float mean = 0.0f, square = 0.0f, count = 0.0f;
    for (index_t row = part; row < rows; row += parts) {
      const float x = input[base + row * channels];
      count += 1.0f;
      const float difference = x - mean;
      mean += difference / count;
      square += difference * (x - mean);
    }
    means[i] = mean;
    squares[i] = square;
  }
}
#endif

#ifdef KERNEL_partialGradients
kernel void partialGradients(
    PARAMETERS, const float epsilon, global const float *restrict input, global const float *restrict gradient,
    global const float *restrict mean, global const float *restrict variance, global float *restrict scaleSums,
    global float *restrict offsetSums) {
  FOR_EACH(i, groups * parts * channels) {
    PART
    const float centre = mean[statistic], inverse = 1.0f / sqrt(variance[statistic] + epsilon);
    float scaleSum = 0.0f, offsetSum = 0.0f;
    for (index_t row = part; row < rows; row += parts) {
      const float g = gradient[base + row * channels];
      offsetSum += g;
      scaleSum += g * (input[base + row * channels] - centre);
    }
    scaleSums[i] = scaleSum * inverse;
    offsetSums[i] = offsetSum;
  }
}
#endif

// Item i is vector i of the flat tensor; WIDTH divides the channels.
#define CHANNEL                                                      \
  const index_t place = i * WIDTH;                                   \
  const uint channel = (uint)(place % channels);                     \
  const index_t statistic = place / channels / rows * channels + channel;

#ifdef KERNEL_normalizeElements
kernel void normalizeElements(
    PARAMETERS, const float epsilon, const float activationParameter, global const float *restrict input,
    global const float *restrict mean, global const float *restrict variance, global const float *restrict scale,
    global const float *restrict offset, global float *restrict output) {
  FOR_EACH(i, groups * rows * channels / WIDTH) {
    CHANNEL
    floatv y = (LOAD(input + place) - LOAD(mean + statistic)) / sqrt(LOAD(variance + statistic) + epsilon);
#ifdef SCALE
    y *= LOAD(scale + channel);
#endif
#ifdef OFFSET
    y += LOAD(offset + channel);
#endif
    STORE(ACTIVATION(y, activationParameter), output + place);
  }
}
#endif

#ifdef KERNEL_inputGradient
kernel void inputGradient(
    PARAMETERS, const float epsilon, const float inverseRows, global const float *restrict input,
    global const float *restrict gradient, global const float *restrict mean, global const float *restrict variance,
    global const float *restrict scale, global const float *restrict scaleGradient,
    global const float *restrict offsetGradient, global float *restrict output) {
  FOR_EACH(i, groups * rows * channels / WIDTH) {
    CHANNEL
    const floatv inverse = 1.0f / sqrt(LOAD(variance + statistic) + epsilon);
    const floatv normalized = (LOAD(input + place) - LOAD(mean + statistic)) * inverse;
    floatv g = LOAD(gradient + place) - inverseRows * LOAD(offsetGradient + statistic)
               - inverseRows * normalized * LOAD(scaleGradient + statistic);
#ifdef SCALE
    g *= LOAD(scale + channel);
#endif
    STORE(g * inverse, output + place);
  }
}
#endif

#define COUNT_OF(part, column) ((float)((rows - (part) + parts - 1) / parts))

#endif

// The second stage of the moments, after Chan, Golub and LeVeque: item i is (group, channel) and merges its
// columns of all parts. Sums are taken in blocks, so that their error stays that of a short sum.
#define BLOCK 32

#ifdef KERNEL_mergeMoments
kernel void mergeMoments(
    PARAMETERS, const index_t allRows, const uint columns, global const float *restrict means,
    global const float *restrict squares, global float *restrict mean, global float *restrict variance) {
  FOR_EACH(i, groups * channels) {
    const uint channel = (uint)(i % channels);
    const index_t firstPart = i / channels * parts;
    float sum = 0.0f;
    for (index_t block = 0; block < parts; block += BLOCK) {
      float blockSum = 0.0f;
      for (index_t part = block; part < min(parts, (index_t)(block + BLOCK)); ++part)
        for (uint column = channel; column < columns; column += channels)
          blockSum += means[(firstPart + part) * columns + column] * COUNT_OF(part, column);
      sum += blockSum;
    }
    const float centre = sum / (float)allRows;
    float square = 0.0f;
    for (index_t block = 0; block < parts; block += BLOCK) {
      float blockSum = 0.0f;
      for (index_t part = block; part < min(parts, (index_t)(block + BLOCK)); ++part)
        for (uint column = channel; column < columns; column += channels) {
          const index_t place = (firstPart + part) * columns + column;
          const float difference = means[place] - centre;
          blockSum += squares[place] + difference * difference * COUNT_OF(part, column);
        }
      square += blockSum;
    }
    mean[i] = centre;
    variance[i] = square / (float)allRows;
  }
}
#endif
