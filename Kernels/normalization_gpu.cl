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

// Of the item's rows of a column that begins at `source`.
static inline Moments momentsOfShare(
    const Share share, const index_t rows, const uint channels, global const float *restrict source) {
  Moments met = {SPLAT(0.0f), SPLAT(0.0f), SPLAT(0.0f)};
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
  return met;
}

// Moving averages that follow the moments, if there are any.
#define AVERAGES                                                                                \
  const int hasAverages, const float decay, const float meanShare, const float varianceShare,   \
      global float *movingMean, global float *movingVariance
#define FOLLOW(average, share, moment) STORE(decay * LOAD(average) + (share) * (moment), average)

// `divisor` is 1, or the number of rows if there is one part, whose sums are then the whole's.
kernel void partialMoments(
    PARAMETERS, const uint columnBits, const float divisor, global const float *restrict input,
    global float *restrict means, global float *restrict squares, local Moments *lanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  Moments met = {SPLAT(0.0f), SPLAT(0.0f), SPLAT(0.0f)};
  if (share.vector < vectors)
    met = momentsOfShare(share, rows, channels, input + share.outer * rows * channels + share.vector * WIDTH);
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
    AVERAGES, local Moments *lanes) {
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
    const floatv spread = met.square / (float)rows;
    STORE(met.mean, mean + target);
    STORE(spread, variance + target);
    if (hasAverages) {
      FOLLOW(movingMean + target, meanShare, met.mean);
      FOLLOW(movingVariance + target, varianceShare, spread);
    }
  }
}

// Moments, and what is made by them, where each column has one group only, which walks its rows twice.
kernel void normalizeColumns(
    PARAMETERS, const uint columnBits, const float epsilon, const float activationParameter, const int hasScale,
    const int hasOffset, global const float *restrict input, global const float *restrict scale,
    global const float *restrict offset, global float *restrict output, global float *restrict mean,
    global float *restrict variance, AVERAGES, local Moments *lanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  const uint channel = share.vector * WIDTH;
  const index_t base = share.outer * rows * channels + channel;
  Moments met = {SPLAT(0.0f), SPLAT(0.0f), SPLAT(0.0f)};
  if (share.vector < vectors) met = momentsOfShare(share, rows, channels, input + base);
  lanes[get_local_id(0)] = met;
  FOLD_LANES(columnBits, MERGE)
  barrier(CLK_LOCAL_MEM_FENCE);
  if (share.vector >= vectors) return;
  met = lanes[COLUMN_OF_ITEM(columnBits)];
  const floatv spread = met.square / (float)rows;
  if (HAS_RESULT(columnBits)) {
    const index_t target = share.outer * channels + channel;
    STORE(met.mean, mean + target);
    STORE(spread, variance + target);
    if (hasAverages) {
      FOLLOW(movingMean + target, meanShare, met.mean);
      FOLLOW(movingVariance + target, varianceShare, spread);
    }
  }
  floatv factor = 1.0f / sqrt(spread + epsilon);
  if (hasScale) factor *= LOAD(scale + channel);
  for (index_t row = share.first; row < rows; row += share.step) {
    const index_t place = base + row * channels;
    floatv y = (LOAD(input + place) - met.mean) * factor;
    if (hasOffset) y += LOAD(offset + channel);
    STORE(ACTIVATION(y, activationParameter), output + place);
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

// What the item's rows of a column, which begins at `base`, come to.
typedef struct {
  floatv scale, offset;
} GradientSums;

static inline GradientSums gradientsOfShare(
    const Share share, const index_t rows, const uint channels, const index_t base, const float activationParameter,
    global const float *restrict input, global const float *restrict gradient, const floatv centre,
    const floatv inverse, const floatv factor, const floatv shift) {
  GradientSums sums = {SPLAT(0.0f), SPLAT(0.0f)};
  for (index_t row = share.first; row < rows; row += ROWS * share.step) {
#pragma unroll
    for (uint r = 0; r < ROWS; ++r) {
      NORMALIZED_GRADIENT(base + min((index_t)(row + r * share.step), rows - 1) * channels, centre, factor, shift)
      if (row + r * share.step < rows) {
        sums.offset += g;
        sums.scale += g * c;
      }
    }
  }
  sums.scale *= inverse;
  return sums;
}

kernel void partialGradients(
    PARAMETERS, const uint columnBits, GRADIENT_PARAMETERS, global float *restrict partialScales,
    global float *restrict partialOffsets, local floatv *scaleLanes, local floatv *offsetLanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  GradientSums sums = {SPLAT(0.0f), SPLAT(0.0f)};
  if (share.vector < vectors) {
    const uint channel = share.vector * WIDTH;
    const index_t statistic = share.outer * channels + channel, base = share.outer * rows * channels + channel;
    GRADIENT_CONSTANTS
    sums = gradientsOfShare(
        share, rows, channels, base, activationParameter, input, gradient, centre, inverse, factor, shift);
  }
  scaleLanes[get_local_id(0)] = sums.scale;
  offsetLanes[get_local_id(0)] = sums.offset;
  FOLD_LANES(columnBits, ADD)
  if (HAS_RESULT(columnBits) && share.vector < vectors) {
    const index_t target = ((share.outer * parts + share.part) * vectors + share.vector) * WIDTH;
    STORE(scaleLanes[get_local_id(0)], partialScales + target);
    STORE(offsetLanes[get_local_id(0)], partialOffsets + target);
  }
}

// The input's gradient, from the sums of its column.
#define GRADIENT_OF_INPUT(scaleSum, offsetSum) \
  (factor * (g - inverseRows * (offsetSum) - c * (inverse * (inverseRows * (scaleSum)))))

// All three gradients, where each column has one group only, which walks its rows twice.
kernel void wholeGradients(
    PARAMETERS, const uint columnBits, GRADIENT_PARAMETERS, const float inverseRows,
    global float *restrict scaleGradient, global float *restrict offsetGradient, global float *restrict output,
    local floatv *scaleLanes, local floatv *offsetLanes) {
  const uint vectors = channels / WIDTH;
  const Share share = shareOf(parts, vectors, columnBits);
  // Items past the end compute what nobody reads: all must come to the barriers.
  const bool isInside = share.vector < vectors;
  const uint channel = isInside ? share.vector * WIDTH : 0;
  const index_t statistic = share.outer * channels + channel, base = share.outer * rows * channels + channel;
  GRADIENT_CONSTANTS
  const GradientSums sums = gradientsOfShare(
      share, rows, channels, base, activationParameter, input, gradient, centre, inverse, factor, shift);
  scaleLanes[get_local_id(0)] = sums.scale;
  offsetLanes[get_local_id(0)] = sums.offset;
  FOLD_LANES(columnBits, ADD)
  barrier(CLK_LOCAL_MEM_FENCE);
  if (!isInside) return;
  const floatv scaleSum = scaleLanes[COLUMN_OF_ITEM(columnBits)], offsetSum = offsetLanes[COLUMN_OF_ITEM(columnBits)];
  if (HAS_RESULT(columnBits)) {
    STORE(scaleSum, scaleGradient + statistic);
    STORE(offsetSum, offsetGradient + statistic);
  }
  for (index_t row = share.first; row < rows; row += share.step) {
    const index_t place = base + row * channels;
    NORMALIZED_GRADIENT(place, centre, factor, shift)
    STORE(GRADIENT_OF_INPUT(scaleSum, offsetSum), output + place);
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
    STORE(GRADIENT_OF_INPUT(LOAD(scaleGradient + statistic), LOAD(offsetGradient + statistic)), output + place);
  }
}

#endif
