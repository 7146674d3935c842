// Winograd's filtering on graphics cards: convolutions with 3 or 2 neighbouring taps on both axes, for each phase of a stride of 1
// or 2, and their gradients by the input and the filter (Winograd, 1980; Lavin and Gray, 2016).
//
// Of 4 × 4 pixels, a tile, 2 × 2 results of 3 × 3 taps take 16 multiply-adds a channel instead of 36: both operands are taken to 16
// points, each of which is a product of its own,
//
//   point(row, column) = Σ_k leftPoint(row, k) · rightPoint(k, column),
//
// and results are taken from these. (3 × 3 results of 2 × 2 taps likewise.)
//
//                     rows                 k                    left                 right                 results
//   convolution       tiles                phases, channels     pixels of the tile   taps of the filter    of the tile
//   filter gradient   phases, channels     tiles                pixels of the tile   gradients of a tile   taps
//
// Index mapping: a work-group (x: block of columns, y: block of rows from the launch's first on, z: phase or split) computes all 16
// points of BLOCK × BLOCK elements, sixteen items each point, an item 8 × 8 of it. For every DEPTH of k an item loads one element
// of each operand, all its pixels and taps, and puts its points into local memory; while these are multiplied the next are on
// their way. At the end items exchange points through local memory, half of the columns at a time.
//
// Macros: BLOCK, 32, and DEPTH, 8; TAPS, 3 or 2; STEP, the stride of a convolution whose filter is of STEP · TAPS taps;
// LEFT_TRANSPOSED of a filter gradient; FILTER if `right` is that of a convolution whose input gradient this is; and those of
// `gemm_gpu_operands.cl`.

#define POINTS 16
#define GROUP (BLOCK * DEPTH)
// Four more than a multiple of the banks, so that eight values of k of four rows go to different ones.
#define PITCH (BLOCK + 4)
#define OUTPUTS (5 - TAPS)
// Elements of the right operand that are taken to points, and results that are made of points, along an axis.
#ifdef LEFT_TRANSPOSED
#define EXPANDED OUTPUTS
#define COLLAPSED TAPS
#else
#define EXPANDED TAPS
#define COLLAPSED OUTPUTS
#endif

typedef struct {
  int rows, k;       // of the products of points
  int tilesX;        // of an image
  int tilesY;
  Divisor ofRow;     // a tile's number by tilesX, then by tilesY
  Divisor ofColumn;
  Divisor channels;
} Tiles;

typedef struct {
  int n, y, x;
} Tile;

// A phase of the image, and a channel.
typedef struct {
  int y, x, channel;
} Feature;

static inline Tile tileOf(const Tiles *tiles, const int index) {
  Tile t;
  const int row = divide(index, tiles->ofRow);
  t.x = index - row * tiles->tilesX;
  t.n = divide(row, tiles->ofColumn);
  t.y = row - t.n * tiles->tilesY;
  return t;
}

static inline Feature featureOfTile(const Patches *patches, const Tiles *tiles, const int index) {
  Feature f;
  // (Without a stride, too, where there is one phase: else compilers keep what stays the same all the time in more registers
  // than leave two groups a multiprocessor.)
  const int phase = divide(index, tiles->channels);
  f.y = phase / STEP;
  f.x = phase % STEP;
  f.channel = index - phase * patches->channels;
  return f;
}

// The pixels of a tile; which of them are there is a bit each.
static inline int fetchPixels(
    const Patches *patches, const global float *image, const Tile t, const Feature f, const int isThere, float *pixels) {
  const int y = t.y * OUTPUTS * STEP + patches->origin[1] + f.y, x = t.x * OUTPUTS * STEP + patches->origin[2] + f.x;
  const offset_t first =
      (((offset_t)t.n * patches->source[1] + y) * patches->source[2] + x) * patches->channels + f.channel;
  int areThere = 0;
#pragma unroll
  for (int r = 0; r < 4; ++r) {
    const int isRow = isThere & ((uint)(y + r * STEP) < (uint)patches->source[1]);
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      const offset_t place = first + (offset_t)((r * patches->source[2] + c) * STEP) * patches->channels;
      areThere |= fetch(1, image, place, isRow & ((uint)(x + c * STEP) < (uint)patches->source[2]), pixels + 4 * r + c)
                  << (4 * r + c);
    }
  }
  return areThere;
}

// What of the right operand is taken to points: the gradients of a tile, or the taps of a phase.
static inline int fetchRight(
    const Product *p, const Patches *patches, const Tiles *tiles, const Filter *filter, const global float *right,
    const int k, const int column, const int isThere, float *elements) {
  int areThere = 0;
#ifdef LEFT_TRANSPOSED
  const Tile t = tileOf(tiles, k);
#else
  const Feature f = featureOfTile(patches, tiles, k);
#endif
#pragma unroll
  for (int r = 0; r < EXPANDED; ++r) {
#pragma unroll
    for (int c = 0; c < EXPANDED; ++c) {
#ifdef LEFT_TRANSPOSED
      const int y = t.y * OUTPUTS + r, x = t.x * OUTPUTS + c;
      const int isHere = isThere & (y < patches->rows[1]) & (x < patches->rows[2]);
      const offset_t place = (((offset_t)t.n * patches->rows[1] + y) * patches->rows[2] + x) * p->n + column;
#elif defined(FILTER)
      const int isHere = isThere;
      const int tap = (filter->first[1] + f.y + r * filter->step[1]) * filter->taps[2] + filter->first[2] + c * filter->step[2];
      const offset_t place = ((offset_t)tap * p->n + column) * patches->channels + f.channel;
#else
      const int isHere = isThere, tap = (r * STEP + f.y) * patches->taps[2] + c * STEP + f.x;
      const offset_t place = ((offset_t)tap * patches->channels + f.channel) * p->n + column;
#endif
      areThere |= fetch(1, right, place, isHere, elements + EXPANDED * r + c) << (EXPANDED * r + c);
    }
  }
  return areThere;
}

// Four pixels in a line to four points.
static inline void toPoints(float *pixels, const int step) {
  const float a = pixels[0], b = pixels[step], c = pixels[2 * step], d = pixels[3 * step];
  pixels[0] = a - c;
  pixels[step] = b + c;
  pixels[2 * step] = c - b;
  pixels[3 * step] = b - d;
}

// So many elements in a line to four points.
static inline void expand(const int count, const float *from, const int fromStep, float *to, const int step) {
  const float first = from[0], last = from[(count - 1) * fromStep];
  const float middle = count == 3 ? from[fromStep] : last, sum = count == 3 ? first + last : first;
  to[0] = first;
  to[step] = 0.5f * (sum + middle);
  to[2 * step] = 0.5f * (sum - middle);
  to[3 * step] = last;
}

// Four points in a line to so many results.
static inline void collapse(const int count, const float *points, const int step, float *to, const int toStep) {
  const float sum = points[step] + points[2 * step], difference = points[step] - points[2 * step];
  to[0] = points[0] + sum;
  to[(count - 1) * toStep] = (count == 3 ? sum : difference) - points[3 * step];
  if (count == 3) to[toStep] = difference;
}

static inline void putPoints(const float *points, local float *to, const int k, const int place) {
#pragma unroll
  for (int point = 0; point < POINTS; ++point) to[(point * DEPTH + k) * PITCH + place] = points[point];
}

static inline void putPixels(float *pixels, const int areThere, local float *to, const int k, const int row) {
#pragma unroll
  for (int i = 0; i < POINTS; ++i) pixels[i] = areThere >> i & 1 ? pixels[i] : 0.0f;
#pragma unroll
  for (int c = 0; c < 4; ++c) toPoints(pixels + c, 4);
#pragma unroll
  for (int r = 0; r < 4; ++r) toPoints(pixels + 4 * r, 1);
  putPoints(pixels, to, k, row);
}

static inline void putRight(float *elements, const int areThere, local float *to, const int k, const int column) {
  float lines[4 * EXPANDED], points[POINTS];
#pragma unroll
  for (int i = 0; i < EXPANDED * EXPANDED; ++i) elements[i] = areThere >> i & 1 ? elements[i] : 0.0f;
#pragma unroll
  for (int c = 0; c < EXPANDED; ++c) expand(EXPANDED, elements + c, EXPANDED, lines + c, EXPANDED);
#pragma unroll
  for (int r = 0; r < 4; ++r) expand(EXPANDED, lines + EXPANDED * r, 1, points + 4 * r, 1);
  putPoints(points, to, k, column);
}

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void winogradPoints(
    const Product p, const Patches patches, const Tiles tiles, const Filter filter, const float parameter,
    const global float *restrict left, const global float *restrict right, const global float *restrict bias,
    global float *restrict output) {
  local float points[2 * POINTS * DEPTH * PITCH] __attribute__((aligned(16)));
  local float *leftPoints = points, *rightPoints = points + POINTS * DEPTH * PITCH;

  Patches here = patches;
  Filter taps = filter;
#ifdef PHASES
  // All of them reach as many taps, and nothing is divided by these.
  Divisors none;
  moveTo((int)get_group_id(2), &here, &taps, &none);
  const int split = 0;
#else
  const int split = (int)get_group_id(2);
  output += (size_t)split * p.m * p.n;
#endif
  const int firstColumn = (int)get_group_id(0) * BLOCK;
  const int firstRow = (p.firstBlock + (int)get_group_id(1)) * BLOCK;
  const int firstK = split * p.splitLength, endK = min(firstK + p.splitLength, tiles.k);

  // The element of each operand that the item fetches: neighbours lie beside each other in memory.
  const int item = (int)get_local_id(0);
#ifdef LEFT_TRANSPOSED
  const int leftRow = item % BLOCK, leftK = item / BLOCK;
#else
  const int leftRow = item / DEPTH, leftK = item % DEPTH;
#endif
#ifdef FILTER
  const int rightColumn = item / DEPTH, rightK = item % DEPTH;
#else
  const int rightColumn = item % BLOCK, rightK = item / BLOCK;
#endif
  // Past the end the last one once more: nobody stores what comes of it.
  const int row = min(firstRow + leftRow, tiles.rows - 1), column = min(firstColumn + rightColumn, p.n - 1);
#ifdef LEFT_TRANSPOSED
  const Feature rowFeature = featureOfTile(&here, &tiles, row);
#else
  const Tile rowTile = tileOf(&tiles, row);
#endif

  const int point = item / 16, y = item % 16 / 4, x = item % 4;
  float sums[8][8];
#pragma unroll
  for (int i = 0; i < 8; ++i)
#pragma unroll
    for (int j = 0; j < 8; ++j) sums[i][j] = 0.0f;

  float pixels[POINTS], elements[EXPANDED * EXPANDED];
  int leftAreThere = 0, rightAreThere = 0;
  // The first turn fetches what the second multiplies, and so on.
  for (int k0 = firstK - DEPTH; k0 < endK; k0 += DEPTH) {
    if (k0 >= firstK) {
      putPixels(pixels, leftAreThere, leftPoints, leftK, leftRow);
      putRight(elements, rightAreThere, rightPoints, rightK, rightColumn);
      barrier(CLK_LOCAL_MEM_FENCE);
    }
    // Past the end these are zeros, and nobody looks at them.
    const int nextLeft = k0 + DEPTH + leftK, nextRight = k0 + DEPTH + rightK;
#ifdef LEFT_TRANSPOSED
    const Tile tile = tileOf(&tiles, nextLeft);
    const Feature feature = rowFeature;
#else
    const Tile tile = rowTile;
    const Feature feature = featureOfTile(&here, &tiles, nextLeft);
#endif
    leftAreThere = fetchPixels(&here, left, tile, feature, nextLeft < endK, pixels);
    rightAreThere = fetchRight(&p, &here, &tiles, &taps, right, nextRight, column, nextRight < endK, elements);
    if (k0 < firstK) continue;
    // Unrolled whole, AMD's compiler would multiply only after all loads have arrived.
#pragma unroll 2
    for (int k = 0; k < DEPTH; ++k) {
      const local float *ofLeft = leftPoints + (point * DEPTH + k) * PITCH + 4 * y;
      const local float *ofRight = rightPoints + (point * DEPTH + k) * PITCH + 4 * x;
      float a[8], b[8];
      loadLocal(4, ofLeft, a);
      loadLocal(4, ofLeft + BLOCK / 2, a + 4);
      loadLocal(4, ofRight, b);
      loadLocal(4, ofRight + BLOCK / 2, b + 4);
#pragma unroll
      for (int i = 0; i < 8; ++i)
#pragma unroll
        for (int j = 0; j < 8; ++j) sums[i][j] += a[i] * b[j];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  const int exchanged = BLOCK / 2;
#pragma unroll
  for (int part = 0; part < 2; ++part) {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const int place = (point * BLOCK + RESULT_AT(i, y, 4, 4)) * exchanged + 4 * x;
      *(local float4 *)(points + place) =
          (float4)(sums[i][4 * part], sums[i][4 * part + 1], sums[i][4 * part + 2], sums[i][4 * part + 3]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int place = item; place < BLOCK * exchanged; place += GROUP) {
      const int resultRow = firstRow + place / exchanged;
      const int resultColumn = firstColumn + part * exchanged + place % exchanged;
      float all[POINTS], lines[4 * COLLAPSED], results[COLLAPSED * COLLAPSED];
#pragma unroll
      for (int i = 0; i < POINTS; ++i) all[i] = points[i * BLOCK * exchanged + place];
#pragma unroll
      for (int c = 0; c < 4; ++c) collapse(COLLAPSED, all + c, 4, lines + c, 4);
#pragma unroll
      for (int r = 0; r < COLLAPSED; ++r) collapse(COLLAPSED, lines + 4 * r, 1, results + COLLAPSED * r, 1);
      if (resultRow >= tiles.rows || resultColumn >= p.n) continue;
#ifdef LEFT_TRANSPOSED
      const Feature f = featureOfTile(&here, &tiles, resultRow);
#else
      const Tile t = tileOf(&tiles, resultRow);
      const float added = p.hasBias ? bias[resultColumn] : 0.0f;
#endif
#pragma unroll
      for (int r = 0; r < COLLAPSED; ++r) {
#pragma unroll
        for (int c = 0; c < COLLAPSED; ++c) {
          const float result = results[COLLAPSED * r + c];
#ifdef LEFT_TRANSPOSED
          const int tap = (r * STEP + f.y) * here.taps[2] + c * STEP + f.x;
          output[((size_t)tap * here.channels + f.channel) * p.n + resultColumn] = result;
#else
          Position position;
          position.n = t.n;
          position.z = 0;
          position.y = t.y * OUTPUTS + r;
          position.x = t.x * OUTPUTS + c;
          const float sum = result + added;
          if (position.y < here.rows[1] && position.x < here.rows[2])
            output[targetRow(&here, position) * p.n + resultColumn] = ACTIVATION(sum, parameter);
#endif
        }
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
