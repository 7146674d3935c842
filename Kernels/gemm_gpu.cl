// Matrix product for graphics cards.
//
// Index mapping: a work-group (x: block of columns, y: block of rows, z: batch and split) computes
// TILE_M × TILE_N results, work-item (x, y) of it those in rows y, y + ITEMS_M, … and columns
// x, x + ITEMS_N, …, so that neighbours store neighbouring columns. For every TILE_K of k the group loads its
// parts of both operands into local memory, each element once, neighbours along what is contiguous in memory.
//
// Why: with 8 × 8 results a work-item, sixteen local loads feed sixty-four multiply-adds; smaller tiles are for
// products that would otherwise fill too few groups. Barriers stand in uniform control flow; bounds are kept
// by loading zeros.
//
// Macros: TILE_M, TILE_N, TILE_K, ITEMS_M, ITEMS_N; RIGHT_TRANSPOSED if `right` is columns × k; SINGLE_TAP if
// patches are rows of a matrix.

#define GROUP (ITEMS_M * ITEMS_N)
#define RESULTS_M (TILE_M / ITEMS_M)
#define RESULTS_N (TILE_N / ITEMS_N)
// GROUP is a multiple of TILE_K, TILE_M and TILE_N: what an item loads lies in one column, one row, of a tile.
#define LEFT_LOADS (TILE_M * TILE_K / GROUP)
#define RIGHT_LOADS ((TILE_N * TILE_K + GROUP - 1) / GROUP)
// An odd distance between rows of a tile keeps transposing stores out of each other's banks.
#define LEFT_PITCH (TILE_M + 1)
#define RIGHT_PITCH (TILE_N + 1)

// Division by a number known to the host (Granlund and Montgomery, 1994), exact below 2³¹: as fast as by a
// constant, and one program serves every geometry.
typedef struct {
  uint magic, shift;
} Divisor;
typedef struct {
  Divisor rows[3];
  Divisor taps[3];
  Divisor channels;
} Divisors;

static inline int divide(const int number, const Divisor d) {
  return (int)((mul_hi((uint)number, d.magic) + (uint)number) >> d.shift);
}

// Where a patch begins in the image, and where a feature lies from there.
typedef struct {
  int n, z, y, x;
} Start;
typedef struct {
  int z, y, x, channel;
} Feature;

static inline Position positionOf(const Patches *patches, const Divisors *divisors, const int index) {
  Position p;
#ifdef SINGLE_TAP
  p.n = index;
  p.z = p.y = p.x = 0;
#else
  const int row = divide(index, divisors->rows[2]);
  const int slice = divide(row, divisors->rows[1]);
  p.n = divide(slice, divisors->rows[0]);
  p.z = slice - p.n * patches->rows[0];
  p.y = row - slice * patches->rows[1];
  p.x = index - row * patches->rows[2];
#endif
  return p;
}

static inline Start startOf(const Patches *patches, const Divisors *divisors, const int index, const int count) {
  const Position p = positionOf(patches, divisors, index);
  Start s;
  s.n = index < count ? p.n : -1;
  s.z = p.z * patches->step[0] + patches->origin[0];
  s.y = p.y * patches->step[1] + patches->origin[1];
  s.x = p.x * patches->step[2] + patches->origin[2];
  return s;
}

static inline Feature featureOf(const Patches *patches, const Divisors *divisors, const int index, const int count) {
  Feature f;
#ifdef SINGLE_TAP
  f.z = f.y = f.x = 0;
  f.channel = index < count ? index : -1;
#else
  const int tap = divide(index, divisors->channels);
  const int row = divide(tap, divisors->taps[2]);
  const int slice = divide(row, divisors->taps[1]);
  f.channel = index < count ? index - tap * patches->channels : -1;
  f.x = (tap - row * patches->taps[2]) * patches->tapStep[2];
  f.y = (row - slice * patches->taps[1]) * patches->tapStep[1];
  f.z = slice * patches->tapStep[0];
#endif
  return f;
}

static inline float leftElement(const Patches *patches, const global float *image, const Start s, const Feature f) {
#ifdef SINGLE_TAP
  const int inside = (s.n >= 0) & (f.channel >= 0);
  const size_t offset = (size_t)s.n * patches->channels + f.channel;
#else
  const int z = s.z + f.z, y = s.y + f.y, x = s.x + f.x;
  const int inside = (s.n >= 0) & (f.channel >= 0) & ((uint)z < (uint)patches->source[0]) &
                     ((uint)y < (uint)patches->source[1]) & ((uint)x < (uint)patches->source[2]);
  const size_t row = ((size_t)s.n * patches->source[0] + z) * patches->source[1] + y;
  const size_t offset = (row * patches->source[2] + x) * patches->channels + f.channel;
#endif
  // Without a branch: outside, an element that exists is loaded and dropped.
  const float element = image[inside ? offset : 0];
  return inside ? element : 0.0f;
}

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void product(
    const Product p, const Patches patches, const Divisors divisors, const ulong leftBatch,
    const ulong rightBatch, const float parameter, const global float *restrict left, const global float *restrict right,
    const global float *restrict bias, global float *restrict output) {
  local float leftTile[TILE_K * LEFT_PITCH];
  local float rightTile[TILE_K * RIGHT_PITCH];

  const int split = (int)get_group_id(2) % p.splits;
  const size_t batch = get_group_id(2) / p.splits;
  left += batch * leftBatch;
  right += batch * rightBatch;
  output += get_group_id(2) * ((size_t)p.m * p.n);

  const int firstColumn = (int)get_group_id(0) * TILE_N;
  const int firstRow = (int)get_group_id(1) * TILE_M;
  const int firstK = split * p.splitLength;
  const int endK = min(firstK + p.splitLength, p.k);
  const int x = get_local_id(0), y = get_local_id(1);
  const int item = y * ITEMS_N + x;

#ifdef LEFT_TRANSPOSED
  const Feature leftRow = featureOf(&patches, &divisors, firstRow + item % TILE_M, p.m);
#else
  Start leftRows[LEFT_LOADS];
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
    leftRows[i] = startOf(&patches, &divisors, firstRow + item / TILE_K + i * (GROUP / TILE_K), p.m);
#endif

  float sums[RESULTS_M][RESULTS_N];
#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
    for (int j = 0; j < RESULTS_N; ++j) sums[i][j] = 0.0f;

  for (int k0 = firstK; k0 < endK; k0 += TILE_K) {
#ifdef LEFT_TRANSPOSED
#pragma unroll
    for (int i = 0; i < LEFT_LOADS; ++i) {
      const int k = item / TILE_M + i * (GROUP / TILE_M);
      leftTile[k * LEFT_PITCH + item % TILE_M] =
          leftElement(&patches, left, startOf(&patches, &divisors, k0 + k, endK), leftRow);
    }
#else
    const Feature feature = featureOf(&patches, &divisors, k0 + item % TILE_K, endK);
#pragma unroll
    for (int i = 0; i < LEFT_LOADS; ++i)
      leftTile[item % TILE_K * LEFT_PITCH + item / TILE_K + i * (GROUP / TILE_K)] =
          leftElement(&patches, left, leftRows[i], feature);
#endif
#pragma unroll
    for (int i = 0; i < RIGHT_LOADS; ++i) {
      const int element = item + i * GROUP;
#ifdef RIGHT_TRANSPOSED
      const int column = element / TILE_K, k = element % TILE_K;
      const size_t offset = (size_t)(firstColumn + column) * p.rightRow + (k0 + k);
#else
      const int column = element % TILE_N, k = element / TILE_N;
      const size_t offset = (size_t)(k0 + k) * p.rightRow + (firstColumn + column);
#endif
      const int inside = (k0 + k < endK) & (firstColumn + column < p.n);
      const float value = right[inside ? offset : 0];
      if (element < TILE_N * TILE_K) rightTile[k * RIGHT_PITCH + column] = inside ? value : 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = 0; k < TILE_K; ++k) {
      float rows[RESULTS_M], columns[RESULTS_N];
#pragma unroll
      for (int i = 0; i < RESULTS_M; ++i) rows[i] = leftTile[k * LEFT_PITCH + y + i * ITEMS_M];
#pragma unroll
      for (int j = 0; j < RESULTS_N; ++j) columns[j] = rightTile[k * RIGHT_PITCH + x + j * ITEMS_N];
#pragma unroll
      for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
        for (int j = 0; j < RESULTS_N; ++j) sums[i][j] += rows[i] * columns[j];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i) {
    const int row = firstRow + y + i * ITEMS_M;
    if (row < p.m) {
#ifdef LEFT_TRANSPOSED
      global float *to = output + (size_t)row * p.n;
#else
      const Position position = positionOf(&patches, &divisors, row);
      global float *to = output + (p.splits == 1 ? targetRow(&patches, position) : (size_t)row) * p.n;
#endif
#pragma unroll
      for (int j = 0; j < RESULTS_N; ++j) {
        const int column = firstColumn + x + j * ITEMS_N;
        if (column < p.n) {
          float value = sums[i][j];
          if (p.splits == 1) {
            if (p.hasBias) value += bias[column];
            value = ACTIVATION(value, parameter);
          }
          to[column] = value;
        }
      }
    }
  }
}
