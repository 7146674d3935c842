// Matrix product for graphics cards.
//
// Index mapping: a work-group (x: block of columns, y: block of rows, z: batch and split) computes
// TILE_M × TILE_N results, work-item (x, y) of it those in rows y, y + ITEMS_M, … and columns
// x, x + ITEMS_N, …, so that neighbours store neighbouring columns. For every TILE_K of k the group loads its
// parts of both operands into local memory, each element once, neighbours along what is contiguous in memory.
//
// Why: with 8 × 8 results a work-item, sixteen local loads feed sixty-four multiply-adds; smaller tiles are for
// products that would otherwise fill too few groups. Geometry is constant, so that divisions become
// multiplications. Barriers stand in uniform control flow; bounds are kept by loading zeros.
//
// Macros: TILE_M, TILE_N, TILE_K, ITEMS_M, ITEMS_N; RIGHT_TRANSPOSED if `right` is columns × k; SINGLE_TAP if
// patches are rows of a matrix. All of `Patches` but origin, targetOrigin and, with SINGLE_TAP, channels:
// ROWS_Z…, SOURCE_Z…, STEP_Z…, TAPS_Z…, TAP_STEP_Z…, TARGET_Z…, TARGET_STEP_Z…, CHANNELS.

#define GROUP (ITEMS_M * ITEMS_N)
#define RESULTS_M (TILE_M / ITEMS_M)
#define RESULTS_N (TILE_N / ITEMS_N)
#define LEFT_LOADS (TILE_M * TILE_K / GROUP)
#define RIGHT_LOADS (TILE_N * TILE_K / GROUP)
// An odd distance between rows of a tile keeps transposing stores out of each other's banks.
#define LEFT_PITCH (TILE_M + 1)
#define RIGHT_PITCH (TILE_N + 1)

// Where a patch begins in the image, and where a feature lies from there.
typedef struct {
  int n, z, y, x;
} Start;
typedef struct {
  int z, y, x, channel;
} Feature;

inline Start startOf(const Patches *patches, const int index, const int count) {
  Start s;
  s.x = index % ROWS_X * STEP_X + patches->origin[2];
  s.y = index / ROWS_X % ROWS_Y * STEP_Y + patches->origin[1];
  s.z = index / (ROWS_X * ROWS_Y) % ROWS_Z * STEP_Z + patches->origin[0];
  s.n = index < count ? index / (ROWS_X * ROWS_Y * ROWS_Z) : -1;
  return s;
}

inline Feature featureOf(const int index, const int count) {
  Feature f;
#ifdef SINGLE_TAP
  f.z = f.y = f.x = 0;
  f.channel = index < count ? index : -1;
#else
  const int tap = index / CHANNELS;
  f.channel = index < count ? index - tap * CHANNELS : -1;
  f.x = tap % TAPS_X * TAP_STEP_X;
  f.y = tap / TAPS_X % TAPS_Y * TAP_STEP_Y;
  f.z = tap / (TAPS_X * TAPS_Y) * TAP_STEP_Z;
#endif
  return f;
}

inline float leftElement(const Patches *patches, const global float *restrict image, const Start s, const Feature f) {
#ifdef SINGLE_TAP
  const int inside = s.n >= 0 && f.channel >= 0;
  const size_t offset = (size_t)s.n * patches->channels + f.channel;
#else
  const int z = s.z + f.z, y = s.y + f.y, x = s.x + f.x;
  const int inside = s.n >= 0 && f.channel >= 0 && z >= 0 && z < SOURCE_Z && y >= 0 && y < SOURCE_Y && x >= 0 &&
                     x < SOURCE_X;
  const size_t offset = ((((size_t)s.n * SOURCE_Z + z) * SOURCE_Y + y) * SOURCE_X + x) * CHANNELS + f.channel;
#endif
  return inside ? image[offset] : 0.0f;
}

inline size_t targetOf(const Patches *patches, const int index) {
  const size_t n = index / (ROWS_X * ROWS_Y * ROWS_Z);
  const int z = index / (ROWS_X * ROWS_Y) % ROWS_Z * TARGET_STEP_Z + patches->targetOrigin[0];
  const int y = index / ROWS_X % ROWS_Y * TARGET_STEP_Y + patches->targetOrigin[1];
  const int x = index % ROWS_X * TARGET_STEP_X + patches->targetOrigin[2];
  return ((n * TARGET_Z + z) * TARGET_Y + y) * TARGET_X + x;
}

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void product(
    const Product p, const Patches patches, const ulong leftBatch, const ulong rightBatch,
    const float parameter, const global float *restrict left, const global float *restrict right,
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

  // What an item loads into the left tile stays in the same rows, so that half of the address is found once.
#ifdef LEFT_TRANSPOSED
  Feature leftRows[LEFT_LOADS];
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
    leftRows[i] = featureOf(firstRow + (item + i * GROUP) % TILE_M, p.m);
#else
  Start leftRows[LEFT_LOADS];
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
    leftRows[i] = startOf(&patches, firstRow + (item + i * GROUP) / TILE_K, p.m);
#endif

  float sums[RESULTS_M][RESULTS_N];
#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
    for (int j = 0; j < RESULTS_N; ++j) sums[i][j] = 0.0f;

  for (int k0 = firstK; k0 < endK; k0 += TILE_K) {
#pragma unroll
    for (int i = 0; i < LEFT_LOADS; ++i) {
      const int element = item + i * GROUP;
#ifdef LEFT_TRANSPOSED
      const int row = element % TILE_M, k = element / TILE_M;
      leftTile[k * LEFT_PITCH + row] =
          leftElement(&patches, left, startOf(&patches, k0 + k, endK), leftRows[i]);
#else
      const int row = element / TILE_K, k = element % TILE_K;
      leftTile[k * LEFT_PITCH + row] = leftElement(&patches, left, leftRows[i], featureOf(k0 + k, endK));
#endif
    }
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
      rightTile[k * RIGHT_PITCH + column] =
          k0 + k < endK && firstColumn + column < p.n ? right[offset] : 0.0f;
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
      global float *to = output + (p.splits == 1 ? targetOf(&patches, row) : (size_t)row) * p.n;
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
