// Matrix product for graphics cards.
//
// Index mapping: a work-group (x: block of columns, y: block of rows, z: batch and split) computes
// TILE_M × TILE_N results, work-item (x, y) of it chunks of four rows from 4 · y and of four columns from 4 · x on,
// then those 4 · ITEMS farther, so that neighbours store neighbouring columns. For every TILE_K of k the group
// loads its parts of both operands into local memory, each element once, neighbours along what is contiguous.
//
// Why: with 8 × 8 results a work-item, four local loads of four floats feed sixty-four multiply-adds; smaller tiles
// are for products that would otherwise fill too few groups. While a tile is multiplied the next is on its way from
// memory into registers, then goes into the other half of local memory: one barrier a tile, and no waiting for
// memory. Barriers stand in uniform control flow; bounds are kept by loading zeros.
//
// Macros: TILE_M, TILE_N, TILE_K, ITEMS_M, ITEMS_N; RIGHT_TRANSPOSED if `right` is columns × k; SINGLE_TAP if
// patches are rows of a matrix.

#define GROUP (ITEMS_M * ITEMS_N)
#define RESULTS_M (TILE_M / ITEMS_M)
#define RESULTS_N (TILE_N / ITEMS_N)
// GROUP is a multiple of TILE_K, TILE_M and TILE_N: what an item loads lies in one column, one row, of a tile.
#define LEFT_LOADS (TILE_M * TILE_K / GROUP)
#define RIGHT_LOADS ((TILE_N * TILE_K + GROUP - 1) / GROUP)
// Results come in chunks of four, which one load and one store move, or one by one if there are fewer.
#define CHUNK_M (RESULTS_M % 4 == 0 ? 4 : 1)
#define CHUNK_N (RESULTS_N % 4 == 0 ? 4 : 1)
#define ROW_OF(i) ((i) / CHUNK_M * (CHUNK_M * ITEMS_M) + y * CHUNK_M + (i) % CHUNK_M)
#define COLUMN_OF(j) ((j) / CHUNK_N * (CHUNK_N * ITEMS_N) + x * CHUNK_N + (j) % CHUNK_N)
// Distances between rows of a tile: multiples of four for whole chunks, and four more than a multiple of the banks, so
// that transposing stores go to different ones.
#define LEFT_PITCH (TILE_M + 4)
#define RIGHT_PITCH (TILE_N + 4)

// Which element of the right tile a load is: neighbours along what is contiguous in memory.
#ifdef RIGHT_TRANSPOSED
#define RIGHT_COLUMN(element) ((element) / TILE_K)
#define RIGHT_K(element) ((element) % TILE_K)
#else
#define RIGHT_COLUMN(element) ((element) % TILE_N)
#define RIGHT_K(element) ((element) / TILE_N)
#endif

static inline void loadChunk(float *to, const local float *from) {
  const float4 chunk = *(const local float4 *)from;
  to[0] = chunk.x;
  to[1] = chunk.y;
  to[2] = chunk.z;
  to[3] = chunk.w;
}
#define LOAD_CHUNK(chunk, to, from) \
  if (chunk == 4) loadChunk(to, from); else *(to) = *(from)

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

// What one item fetches of the left tile at k0; k counts to endK.
static inline void fetchLeft(
    const Patches *patches, const Divisors *divisors, const global float *left, const Start *rows, const Feature row,
    const int item, const int k0, const int endK, float *fetched) {
#ifdef LEFT_TRANSPOSED
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
    fetched[i] = leftElement(
        patches, left, startOf(patches, divisors, k0 + item / TILE_M + i * (GROUP / TILE_M), endK), row);
#else
  const Feature feature = featureOf(patches, divisors, k0 + item % TILE_K, endK);
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i) fetched[i] = leftElement(patches, left, rows[i], feature);
#endif
}

static inline void fetchRight(
    const Product *p, const global float *right, const int firstColumn, const int item, const int k0, const int endK,
    float *fetched) {
#pragma unroll
  for (int i = 0; i < RIGHT_LOADS; ++i) {
    const int column = firstColumn + RIGHT_COLUMN(item + i * GROUP), k = k0 + RIGHT_K(item + i * GROUP);
#ifdef RIGHT_TRANSPOSED
    const size_t offset = (size_t)column * p->rightRow + k;
#else
    const size_t offset = (size_t)k * p->rightRow + column;
#endif
    const int inside = (k < endK) & (column < p->n);
    const float value = right[inside ? offset : 0];
    fetched[i] = inside ? value : 0.0f;
  }
}

static inline void putTiles(
    const int item, const float *fetchedLeft, const float *fetchedRight, local float *leftTile, local float *rightTile) {
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
#ifdef LEFT_TRANSPOSED
    leftTile[(item / TILE_M + i * (GROUP / TILE_M)) * LEFT_PITCH + item % TILE_M] = fetchedLeft[i];
#else
    leftTile[item % TILE_K * LEFT_PITCH + item / TILE_K + i * (GROUP / TILE_K)] = fetchedLeft[i];
#endif
#pragma unroll
  for (int i = 0; i < RIGHT_LOADS; ++i)
    if (item + i * GROUP < TILE_N * TILE_K)
      rightTile[RIGHT_K(item + i * GROUP) * RIGHT_PITCH + RIGHT_COLUMN(item + i * GROUP)] = fetchedRight[i];
}

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void product(
    const Product p, const Patches patches, const Divisors divisors, const ulong leftBatch,
    const ulong rightBatch, const float parameter, const global float *restrict left,
    const global float *restrict right, const global float *restrict bias, global float *restrict output) {
  local float leftTiles[2 * TILE_K * LEFT_PITCH] __attribute__((aligned(16)));
  local float rightTiles[2 * TILE_K * RIGHT_PITCH] __attribute__((aligned(16)));

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

  const Feature leftRow = featureOf(&patches, &divisors, firstRow + item % TILE_M, p.m);
  Start leftRows[LEFT_LOADS];
#ifndef LEFT_TRANSPOSED
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
    leftRows[i] = startOf(&patches, &divisors, firstRow + item / TILE_K + i * (GROUP / TILE_K), p.m);
#endif

  float sums[RESULTS_M][RESULTS_N];
#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
    for (int j = 0; j < RESULTS_N; ++j) sums[i][j] = 0.0f;

  float leftNext[LEFT_LOADS], rightNext[RIGHT_LOADS];
  fetchLeft(&patches, &divisors, left, leftRows, leftRow, item, firstK, endK, leftNext);
  fetchRight(&p, right, firstColumn, item, firstK, endK, rightNext);
  putTiles(item, leftNext, rightNext, leftTiles, rightTiles);
  barrier(CLK_LOCAL_MEM_FENCE);
  int current = 0;
  for (int k0 = firstK; k0 < endK; k0 += TILE_K) {
    // Past the end these are zeros, and nobody looks at them.
    fetchLeft(&patches, &divisors, left, leftRows, leftRow, item, k0 + TILE_K, endK, leftNext);
    fetchRight(&p, right, firstColumn, item, k0 + TILE_K, endK, rightNext);
    const local float *leftTile = leftTiles + current * (TILE_K * LEFT_PITCH);
    const local float *rightTile = rightTiles + current * (TILE_K * RIGHT_PITCH);
    for (int k = 0; k < TILE_K; ++k) {
      float rows[RESULTS_M], columns[RESULTS_N];
#pragma unroll
      for (int i = 0; i < RESULTS_M; i += CHUNK_M) LOAD_CHUNK(CHUNK_M, rows + i, leftTile + k * LEFT_PITCH + ROW_OF(i));
#pragma unroll
      for (int j = 0; j < RESULTS_N; j += CHUNK_N)
        LOAD_CHUNK(CHUNK_N, columns + j, rightTile + k * RIGHT_PITCH + COLUMN_OF(j));
#pragma unroll
      for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
        for (int j = 0; j < RESULTS_N; ++j) sums[i][j] += rows[i] * columns[j];
    }
    current ^= 1;
    putTiles(
        item, leftNext, rightNext, leftTiles + current * (TILE_K * LEFT_PITCH),
        rightTiles + current * (TILE_K * RIGHT_PITCH));
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i) {
    const int row = firstRow + ROW_OF(i);
    if (row < p.m) {
#ifdef LEFT_TRANSPOSED
      global float *to = output + (size_t)row * p.n;
#else
      const Position position = positionOf(&patches, &divisors, row);
      global float *to = output + (p.splits == 1 ? targetRow(&patches, position) : (size_t)row) * p.n;
#endif
#pragma unroll
      for (int j = 0; j < RESULTS_N; ++j) {
        const int column = firstColumn + COLUMN_OF(j);
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
