// Normalization of [groups, rows, channels] on graphics cards, by the moments of each [group, ·, channel].
//
// Sums over rows are folded by `group_sums.cl`, first to [groups, parts, channels], then, if there is more than one part,
// once more. What is written element by element is vector i of the flat tensor. WIDTH divides the channels.
#ifdef GPU_FAMILY

#define PARAMETERS const index_t groups, const index_t parts, const index_t rows, const uint channels

// Rows whose loads are under way at once. What lies past the end is the last row again, and counts for nothing.
#define ROWS 4

// Of what has been met of a column: its mean, the sum of squared distances from that, and how much, the same in each lane (a
// single float would leave a gap, which copies read before anyone wrote it).
typedef struct {
  floatv mean, square, count;
} Moments;
#if WIDTH == 1
#define IS_EMPTY(moments) ((moments).count == 0.0f)
#else
#define IS_EMPTY(moments) ((moments).count.x == 0.0f)
#endif

// After Chan, Golub and LeVeque: no difference of large sums.
static inline Moments merged(const Moments a, const Moments b) {
  if (IS_EMPTY(b)) return a;
  if (IS_EMPTY(a)) return b;
  Moments both;
  both.count = a.count + b.count;
  const floatv difference = b.mean - a.mean, step = difference * (b.count / both.count);
  both.mean = a.mean + step;
  both.square = a.square + b.square + difference * step * a.count;
  return both;
}
#define MERGE(item, other) lanes[item] = merged(lanes[item], lanes[other])

// `divisor` is 1, or the number of rows if there is one part, whose sums are then the whole's.
kernel void partialMoments(
    PARAMETERS, const uint columnBits, const float divisor, global const float *restrict input,
    global float *restrict means, global float *restrict squares, local Moments *lanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  Moments met = {SPLAT(0.0f), SPLAT(0.0f), SPLAT(0.0f)};
  if (share.vector < vectors) {
    global const float *source = input + share.outer * rows * channels + share.vector * WIDTH;
    for (index_t row = share.first; row < rows; row += ROWS * share.step) {
      floatv x[ROWS];
#pragma unroll
      for (uint r = 0; r < ROWS; ++r) x[r] = LOAD(source + min((index_t)(row + r * share.step), rows - 1) * channels);
      // Distances from the mean so far, or from the first: as exact as Welford's steps, with one division for all.
      const floatv centre = IS_EMPTY(met) ? x[0] : met.mean;
      floatv sum = SPLAT(0.0f), square = SPLAT(0.0f);
#pragma unroll
      for (uint r = 0; r < ROWS; ++r)
        if (row + r * share.step < rows) {
          const floatv distance = x[r] - centre;
          sum += distance;
          square += distance * distance;
          met.count += 1.0f;
        }
      const floatv shift = sum / met.count;
      met.mean = centre + shift;
      met.square += square - sum * shift;
    }
  }
  lanes[get_local_id(0)] = met;
  FOLD_LANES(columnBits, MERGE)
  if (HAS_RESULT(columnBits) && share.vector < vectors) {
    const index_t target = ((share.outer * parts + share.part) * vectors + share.vector) * WIDTH;
    met = lanes[get_local_id(0)];
    STORE(met.mean, means + target);
    STORE(met.square / divisor, squares + target);
  }
}

// The second stage. `partLanes` is how many lanes a group of the first had.
kernel void mergeMoments(
    PARAMETERS, const uint columnBits, const uint partLanes, global const float *restrict means,
    global const float *restrict squares, global float *restrict mean, global float *restrict variance,
    local Moments *lanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(1, vectors, columnBits);
  Moments met = {SPLAT(0.0f), SPLAT(0.0f), SPLAT(0.0f)};
  if (share.vector < vectors) {
    const index_t turns = rows / (parts * partLanes), rest = rows - turns * parts * partLanes;
    for (index_t part = share.first; part < parts; part += share.step) {
      const index_t place = ((share.outer * parts + part) * vectors + share.vector) * WIDTH, begin = part * partLanes;
      const index_t more = rest > begin ? min((index_t)(rest - begin), (index_t)partLanes) : 0;
      const Moments next = {LOAD(means + place), LOAD(squares + place), SPLAT((float)(turns * partLanes + more))};
      met = merged(met, next);
    }
  }
  lanes[get_local_id(0)] = met;
  FOLD_LANES(columnBits, MERGE)
  if (HAS_RESULT(columnBits) && share.vector < vectors) {
    const index_t target = (share.outer * vectors + share.vector) * WIDTH;
    met = lanes[get_local_id(0)];
    STORE(met.mean, mean + target);
    STORE(met.square / (float)rows, variance + target);
  }
}

#define CHANNEL                                                      \
  const index_t place = i * WIDTH;                                   \
  const uint channel = (uint)(place % channels);                     \
  const index_t statistic = place / channels / rows * channels + channel;

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
  const floatv shift = hasOffset ? LOAD(offset + channel) : SPLAT(0.0f);

#define ADD(item, other)                \
  {                                     \
    scaleLanes[item] += scaleLanes[other]; \
    offsetLanes[item] += offsetLanes[other]; \
  }

kernel void partialGradients(
    PARAMETERS, const uint columnBits, GRADIENT_PARAMETERS, global float *restrict partialScales,
    global float *restrict partialOffsets, local floatv *scaleLanes, local floatv *offsetLanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  floatv scaleSum = SPLAT(0.0f), offsetSum = SPLAT(0.0f);
  if (share.vector < vectors) {
    const uint channel = share.vector * WIDTH;
    const index_t statistic = share.outer * channels + channel, base = share.outer * rows * channels + channel;
    GRADIENT_CONSTANTS
    for (index_t row = share.first; row < rows; row += ROWS * share.step) {
#pragma unroll
      for (uint r = 0; r < ROWS; ++r) {
        NORMALIZED_GRADIENT(base + min((index_t)(row + r * share.step), rows - 1) * channels, centre, factor, shift)
        if (row + r * share.step < rows) {
          offsetSum += g;
          scaleSum += g * c;
        }
      }
    }
    scaleSum *= inverse;
  }
  scaleLanes[get_local_id(0)] = scaleSum;
  offsetLanes[get_local_id(0)] = offsetSum;
  FOLD_LANES(columnBits, ADD)
  if (HAS_RESULT(columnBits) && share.vector < vectors) {
    const index_t target = ((share.outer * parts + share.part) * vectors + share.vector) * WIDTH;
    STORE(scaleLanes[get_local_id(0)], partialScales + target);
    STORE(offsetLanes[get_local_id(0)], partialOffsets + target);
  }
}

// The second stage.
kernel void mergeGradients(
    PARAMETERS, const uint columnBits, global const float *restrict partialScales,
    global const float *restrict partialOffsets, global float *restrict scaleGradient,
    global float *restrict offsetGradient, local floatv *scaleLanes, local floatv *offsetLanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(1, vectors, columnBits);
  floatv scaleSum = SPLAT(0.0f), offsetSum = SPLAT(0.0f);
  if (share.vector < vectors)
    for (index_t part = share.first; part < parts; part += share.step) {
      const index_t place = ((share.outer * parts + part) * vectors + share.vector) * WIDTH;
      scaleSum += LOAD(partialScales + place);
      offsetSum += LOAD(partialOffsets + place);
    }
  scaleLanes[get_local_id(0)] = scaleSum;
  offsetLanes[get_local_id(0)] = offsetSum;
  FOLD_LANES(columnBits, ADD)
  if (HAS_RESULT(columnBits) && share.vector < vectors) {
    const index_t target = (share.outer * vectors + share.vector) * WIDTH;
    STORE(scaleLanes[get_local_id(0)], scaleGradient + target);
    STORE(offsetLanes[get_local_id(0)], offsetGradient + target);
  }
}

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

#endif
