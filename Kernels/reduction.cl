// Folds the middle axis of [outer, length, inner] by COMBINE, in stages.
//
// A stage turns `length` into `parts`, [outer, parts, inner]; stages follow until one is left. There are no
// atomics: the order of additions depends on the shape and the device only. Inside an item sums are taken in blocks, or
// several at once, so that their error stays that of a short sum. A mean's last stage has a divisor, all others 1.
//
// Sums share a program with what is done element by element. Macros, for others: COMBINE and START, the operation and its
// neutral value. What these give is one of the elements, to the bit: nothing divides it. WIDTH is 16 on a processor.

#ifdef COMBINE
#define DIVIDED(x) (x)
#else
#define SUM(a, b) ((a) + (b))
#define COMBINE SUM
#define START 0.0f
#define DIVIDED(x) ((x) / divisor)
#endif
#define BLOCK 32

// The only stage. Item i is (o, column) of the output.
kernel void fold(
    const index_t count, const index_t length, const index_t inner, const float divisor,
    global const float *restrict input, global float *restrict output) {
  FOR_EACH(i, count) {
    const index_t o = i / inner, column = i - o * inner;
    global const float *source = input + o * length * inner + column;
    float total = START;
    for (index_t block = 0; block < length; block += BLOCK) {
      const index_t end = min(length, (index_t)(block + BLOCK));
      float sum = START;
      for (index_t row = block; row < end; ++row) sum = COMBINE(sum, source[row * inner]);
      total = COMBINE(total, sum);
    }
    output[i] = DIVIDED(total);
  }
}

#ifdef GPU_FAMILY
#define FOLD(item, other) lanes[item] = COMBINE(lanes[item], lanes[other])

// A stage by the groups of `group_sums.cl`, whose vectors are columns here.
kernel void foldInGroups(
    const index_t parts, const index_t length, const uint inner, const uint columnBits, const float divisor,
    global const float *restrict input, global float *restrict output, local float *lanes) {
  const Share share = shareOf(parts, inner, columnBits);
  float sums[4] = {START, START, START, START};
  if (share.vector < inner) {
    global const float *source = input + share.outer * length * inner + share.vector;
    index_t row = share.first;
    for (; row + 3 * share.step < length; row += 4 * share.step) {
#pragma unroll
      for (uint r = 0; r < 4; ++r) sums[r] = COMBINE(sums[r], source[(row + r * share.step) * inner]);
    }
    for (; row < length; row += share.step) sums[0] = COMBINE(sums[0], source[row * inner]);
  }
  sums[0] = COMBINE(sums[0], sums[1]);
  sums[2] = COMBINE(sums[2], sums[3]);
  lanes[get_local_id(0)] = COMBINE(sums[0], sums[2]);
  FOLD_LANES(columnBits, FOLD)
  if (HAS_RESULT(columnBits) && share.vector < inner)
    output[(share.outer * parts + share.part) * inner + share.vector] = DIVIDED(lanes[get_local_id(0)]);
}
#endif

#if defined(GPU_FAMILY) && !defined(OPERATION) && !defined(RANK)
// NAME0, NAME1, … up to the last place.
#define ALL(name)                                                                                         \
  name(0) name(1) name(2) name(3) name(4) name(5) name(6) name(7) name(8) name(9) name(10) name(11) name(12) \
  name(13) name(14) name(15)
#define PLACE(n)                                                                                          \
  const uint firstGroup##n, const index_t length##n, const uint inner##n, const uint columnBits##n,       \
      global const float *restrict input##n, global float *restrict output##n,
#define CHOOSE(n)                                                                                         \
  if (group >= firstGroup##n) {                                                                           \
    first = firstGroup##n, length = length##n, inner = inner##n, columnBits = columnBits##n;              \
    input = input##n, output = output##n;                                                                 \
  }

// The last stages of up to 16 folds in one launch, [length, inner] to [inner] each. The groups of a place follow those of
// the place before; the first group of an unused one is never reached.
kernel void foldPlaces(ALL(PLACE) local float *lanes) {
  const uint group = (uint)get_group_id(0);
  uint first, inner, columnBits;
  index_t length;
  global const float *input;
  global float *output;
  ALL(CHOOSE)
  const uint item = (uint)get_local_id(0), step = (uint)get_local_size(0) >> columnBits;
  const uint column = ((group - first) << columnBits) + (item & ((1u << columnBits) - 1));
  float sums[4] = {START, START, START, START};
  if (column < inner) {
    index_t row = item >> columnBits;
    for (; row + 3 * step < length; row += 4 * step) {
#pragma unroll
      for (uint r = 0; r < 4; ++r) sums[r] = COMBINE(sums[r], input[(row + r * step) * inner + column]);
    }
    for (; row < length; row += step) sums[0] = COMBINE(sums[0], input[row * inner + column]);
  }
  sums[0] = COMBINE(sums[0], sums[1]);
  sums[2] = COMBINE(sums[2], sums[3]);
  lanes[item] = COMBINE(sums[0], sums[2]);
  FOLD_LANES(columnBits, FOLD)
  if (HAS_RESULT(columnBits) && column < inner) output[column] = lanes[item];
}
#endif

// `parts` sums of OPERATION on pairs, of two flat operands; one whose step is 0 is a single value.
#if defined(GPU_FAMILY) && defined(OPERATION) && !defined(RANK)
kernel void foldPairs(
    const index_t parts, const index_t length, const uint columnBits, const float divisor, const float p,
    const uint leftStep, const uint rightStep, global const float *restrict left, global const float *restrict right,
    global float *restrict output, local float *lanes) {
  const Share share = shareOf(parts, 1, columnBits);
  float sums[2] = {START, START};
  index_t row = share.first;
  for (; row + share.step < length; row += 2 * share.step) {
    const index_t next = row + share.step;
    sums[0] = COMBINE(sums[0], OPERATION(left[row * leftStep], right[row * rightStep], p));
    sums[1] = COMBINE(sums[1], OPERATION(left[next * leftStep], right[next * rightStep], p));
  }
  if (row < length) sums[0] = COMBINE(sums[0], OPERATION(left[row * leftStep], right[row * rightStep], p));
  lanes[get_local_id(0)] = COMBINE(sums[0], sums[1]);
  FOLD_LANES(columnBits, FOLD)
  if (HAS_RESULT(columnBits)) output[share.part] = DIVIDED(lanes[get_local_id(0)]);
}
#endif

// Other programs of the elements have narrower vectors.
#if defined(CPU_FAMILY) && WIDTH == 16
static inline float foldLanes(const float16 x) {
  const float8 a = COMBINE(x.lo, x.hi);
  const float4 b = COMBINE(a.lo, a.hi);
  const float2 c = COMBINE(b.lo, b.hi);
  return COMBINE(c.lo, c.hi);
}

// inner = 1. Item i is (o, part): a stretch of `share` elements of row o.
kernel void foldRows(
    const index_t count, const index_t parts, const index_t share, const index_t length,
    const float divisor, global const float *restrict input, global float *restrict output) {
  FOR_EACH(i, count) {
    const index_t first = i % parts * share;
    const index_t end = min(length, (index_t)(first + share));
    global const float *source = input + i / parts * length;
    float16 total = START;
    index_t l = first;
    while (l + 16 <= end) {
      // Four sums at once: one would wait for itself at every addition.
      float16 a = START, b = START, c = START, d = START;
      const index_t blockEnd = min(end, (index_t)(l + 64 * BLOCK));
      for (; l + 64 <= blockEnd; l += 64) {
        a = COMBINE(a, vload16(0, source + l));
        b = COMBINE(b, vload16(0, source + l + 16));
        c = COMBINE(c, vload16(0, source + l + 32));
        d = COMBINE(d, vload16(0, source + l + 48));
      }
      for (; l + 16 <= blockEnd; l += 16) a = COMBINE(a, vload16(0, source + l));
      a = COMBINE(a, b);
      c = COMBINE(c, d);
      a = COMBINE(a, c);
      total = COMBINE(total, a);
    }
    if (l < end) {
      const float16 rest = LANES < (int)(end - l) ? vload16(0, source + l) : (float16)(START);
      total = COMBINE(total, rest);
    }
    output[i] = DIVIDED(foldLanes(total));
  }
}

// The most columns of a chunk, in vectors: arrays of vectors, as compilers take loads and stores of vectors in
// arrays of scalars apart.
#define VECTORS (512 / 16)
#define FOR_EACH_VECTOR for (uint v = 0; v * 16 < columns; ++v)

// inner > 1. Item i is (o, part, chunk): of `share` lines of `width` columns, `chunk` columns, walked in the
// order of memory. A line is `width / inner` rows, so that it is whole vectors or at least one. The rows that
// do not fill a line, `extra` elements, go to the last part. The output is [outer, parts, width], which is
// [outer, parts · width / inner, inner].
kernel void foldColumns(
    const index_t count, const index_t parts, const index_t share, const index_t lines, const uint width,
    const uint extra, const uint chunk, const float divisor, global const float *restrict input, global float *restrict output) {
  const uint chunks = (width + chunk - 1) / chunk;
  FOR_EACH(i, count) {
    const index_t place = i / chunks, part = place % parts;
    const uint firstColumn = (uint)(i - place * chunks) * chunk, columns = min(chunk, width - firstColumn);
    const index_t first = part * share, end = min(lines, (index_t)(first + share));
    global const float *source = input + place / parts * (lines * width + extra) + firstColumn;
    // Both halves at once: while one waits for a page of memory, the other goes on.
    const index_t pairs = (end - first) / 2;
    float16 totals[VECTORS], sums[VECTORS];
    FOR_EACH_VECTOR totals[v] = START;
    for (index_t block = first; block < first + pairs; block += BLOCK) {
      const index_t blockEnd = min((index_t)(first + pairs), (index_t)(block + BLOCK));
      FOR_EACH_VECTOR sums[v] = START;
      for (index_t line = block; line < blockEnd; ++line)
        FOR_EACH_VECTOR {
          const float16 a = vload16(v, source + line * width), b = vload16(v, source + (line + pairs) * width);
          const float16 pair = COMBINE(a, b);
          sums[v] = COMBINE(sums[v], pair);
        }
      FOR_EACH_VECTOR totals[v] = COMBINE(totals[v], sums[v]);
    }
    if (first + 2 * pairs < end)
      FOR_EACH_VECTOR {
        const float16 x = vload16(v, source + (end - 1) * width);
        totals[v] = COMBINE(totals[v], x);
      }
    const uint rest = part == parts - 1 && extra > firstColumn ? min(columns, extra - firstColumn) : 0;
    for (uint v = 0; v * 16 < rest; ++v) {
      const float16 x = LANES < (int)(rest - v * 16) ? vload16(v, source + lines * width) : (float16)(START);
      totals[v] = COMBINE(totals[v], x);
    }
    FOR_EACH_VECTOR
      storeLanes(DIVIDED(totals[v]), output + place * width + firstColumn + v * 16, min(columns - v * 16, 16u));
  }
}
#endif

// Item i is output (o, column). A NaN counts as largest; the first of equals wins.
kernel void argumentMaximum(
    const index_t count, const index_t length, const index_t inner, global const float *restrict input,
    global float *restrict output) {
  FOR_EACH(i, count) {
    global const float *source = input + i / inner * length * inner + i % inner;
    float best = source[0];
    index_t place = 0;
    for (index_t row = 1; row < length; ++row) {
      const float x = source[row * inner];
      if (x > best || (isnan(x) && !isnan(best))) {
        best = x;
        place = row;
      }
    }
    output[i] = (float)place;
  }
}
