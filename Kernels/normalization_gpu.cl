// Normalization on graphics cards, for `normalization.cl`.
//
// Item i of a sum is (group, part, channel) and takes rows part, part + parts, … so that neighbours read
// neighbouring elements; of what is written element by element it is vector i of the flat tensor, of which
// WIDTH divides the channels.
#ifdef GPU_FAMILY

#define PARAMETERS const index_t groups, const index_t parts, const index_t rows, const uint channels

#define PART                                                              \
  const uint channel = (uint)(i % channels);                              \
  const index_t part = i / channels % parts, group = i / channels / parts; \
  const index_t base = group * rows * channels + channel;                 \
  const index_t statistic = group * channels + channel;

#define CHANNEL                                                      \
  const index_t place = i * WIDTH;                                   \
  const uint channel = (uint)(place % channels);                     \
  const index_t statistic = place / channels / rows * channels + channel;

// `divisor` is 1, or the number of rows if there is one part, whose sums are then the whole's.
kernel void partialMoments(
    PARAMETERS, const float divisor, global const float *restrict input, global float *restrict means,
    global float *restrict squares) {
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
    squares[i] = square / divisor;
  }
}

kernel void normalizeElements(
    PARAMETERS, NORMALIZATION_PARAMETERS, global float *restrict output) {
  FOR_EACH(i, groups * rows * channels / WIDTH) {
    CHANNEL
    floatv factor = 1.0f / sqrt(LOAD(variance + statistic) + epsilon);
    if (hasScale) factor *= LOAD(scale + channel);
    floatv y = (LOAD(input + place) - LOAD(mean + statistic)) * factor;
    if (hasOffset) y += LOAD(offset + channel);
    STORE(ACTIVATION(y, activationParameter), output + place);
  }
}

#define GRADIENT_CONSTANTS                                                                                 \
  const floatv centre = LOAD(mean + statistic), inverse = 1.0f / sqrt(LOAD(variance + statistic) + epsilon); \
  const floatv factor = hasScale ? inverse * LOAD(scale + channel) : inverse;                              \
  const floatv shift = hasOffset ? LOAD(offset + channel) : (floatv)(0.0f);

#if WIDTH == 1
kernel void partialGradients(
    PARAMETERS, GRADIENT_PARAMETERS, global float *restrict partialScales, global float *restrict partialOffsets) {
  FOR_EACH(i, groups * parts * channels) {
    PART
    GRADIENT_CONSTANTS
    float scaleSum = 0.0f, offsetSum = 0.0f;
    for (index_t row = part; row < rows; row += parts) {
      NORMALIZED_GRADIENT(base + row * channels, centre, factor, shift)
      offsetSum += g;
      scaleSum += g * c;
    }
    partialScales[i] = scaleSum * inverse;
    partialOffsets[i] = offsetSum;
  }
}
#endif

kernel void inputGradient(
    PARAMETERS, GRADIENT_PARAMETERS, const float inverseRows, global const float *restrict scaleGradient,
    global const float *restrict offsetGradient, global float *restrict output) {
  FOR_EACH(i, groups * rows * channels / WIDTH) {
    CHANNEL
    GRADIENT_CONSTANTS
    NORMALIZED_GRADIENT(place, centre, factor, shift)
    const floatv level = inverseRows * LOAD(offsetGradient + statistic);
    const floatv slope = inverse * (inverseRows * LOAD(scaleGradient + statistic));
    STORE(factor * (g - level - c * slope), output + place);
  }
}

#define COUNT_OF(part, column) ((float)((rows - (part) + parts - 1) / parts))

#endif
