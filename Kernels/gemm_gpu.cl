// Matrix product for graphics cards.
//
// Index mapping: a work-group (x: block of columns, y: block of rows from the launch's first on, z: batch and split) computes
// TILE_M × TILE_N results. The item at (x, y) of it has chunks of four rows from 4 · y and of four columns from 4 · x on, then
// those 4 · ITEMS farther, so that neighbours store neighbouring columns. For every TILE_K of k the group loads its parts of
// both operands into local memory, each element once, neighbours along what is contiguous.
//
// Why: with 8 × 8 results a work-item, four local loads of four floats feed sixty-four multiply-adds; smaller tiles
// are for products that would otherwise fill too few groups. While a tile is multiplied the next is on its way from
// memory into registers, and only what goes into the other half of local memory afterwards waits for it: one barrier a
// tile. Barriers stand in uniform control flow. Rows and columns past the end are those before it once more, and nobody
// stores them; k past the end is zeros.
//
// Macros: TILE_M, TILE_N, TILE_K, ITEMS_M, ITEMS_N; LEFT_WIDTH, RIGHT_WIDTH and OUTPUT_WIDTH, the floats that are loaded
// and stored at a time: 4 if all of them begin at a multiple of 16 bytes, or 1; RIGHT_TRANSPOSED if `right` is columns × k;
// FILTER if `right` is that of a convolution whose input gradient this is; and those of `gemm_gpu_operands.cl`.

#define GROUP (ITEMS_M * ITEMS_N)
#define RESULTS_M (TILE_M / ITEMS_M)
#define RESULTS_N (TILE_N / ITEMS_N)
// Results come in chunks of four, which one load and one store move, or one by one if there are fewer.
#define CHUNK_M (RESULTS_M % 4 == 0 ? 4 : 1)
#define CHUNK_N (RESULTS_N % 4 == 0 ? 4 : 1)
#define STORE_WIDTH (CHUNK_N == 4 && OUTPUT_WIDTH == 4 ? 4 : 1)

// A load is of so many elements along what is contiguous in memory, k or not. GROUP is a multiple of the loads along that:
// those of one item lie in one column, or one row, of a tile.
#define LEFT_LOADS ((TILE_M * TILE_K / LEFT_WIDTH + GROUP - 1) / GROUP)
#define RIGHT_LOADS ((TILE_N * TILE_K / RIGHT_WIDTH + GROUP - 1) / GROUP)
// Whether an item's i-th load is one, if there are so many: known to the compiler but where the last ones are too few for all.
#define IS_LOAD(i, load, count) (((i) + 1) * GROUP <= (count) || (load) < (count))
#define ALONG(load, extent, width) ((load) % ((extent) / (width)) * (width))
#define ACROSS(load, extent, width) ((load) / ((extent) / (width)))
#ifdef LEFT_TRANSPOSED
#define LEFT_IS_ALONG_K 0
#define LEFT_ROW(load) ALONG(load, TILE_M, LEFT_WIDTH)
#define LEFT_K(load) ACROSS(load, TILE_M, LEFT_WIDTH)
#else
#define LEFT_IS_ALONG_K 1
#define LEFT_ROW(load) ACROSS(load, TILE_K, LEFT_WIDTH)
#define LEFT_K(load) ALONG(load, TILE_K, LEFT_WIDTH)
#endif
#if defined(RIGHT_TRANSPOSED) || defined(FILTER)
#define RIGHT_IS_ALONG_K 1
#define RIGHT_COLUMN(load) ACROSS(load, TILE_K, RIGHT_WIDTH)
#define RIGHT_K(load) ALONG(load, TILE_K, RIGHT_WIDTH)
#else
#define RIGHT_IS_ALONG_K 0
#define RIGHT_COLUMN(load) ALONG(load, TILE_N, RIGHT_WIDTH)
#define RIGHT_K(load) ACROSS(load, TILE_N, RIGHT_WIDTH)
#endif
// The steps of a tile. Intel's compiler unrolls a loop whose end it knows, whatever is asked of it; a thread has tokens for
// sixteen accesses under way, and the many to local memory then take those of global loads, which are awaited for it. With
// UNKNOWN_DEPTH only the host knows the end.
#ifdef UNKNOWN_DEPTH
#define STEPS_OF_TILE p.depth
#else
#define STEPS_OF_TILE TILE_K
#endif
// Distances between rows of a tile: multiples of four for whole chunks, and four more than a multiple of the banks, so
// that transposing stores go to different ones.
#define LEFT_PITCH (TILE_M + 4)
#define RIGHT_PITCH (TILE_N + 4)

// What one item fetches of the left tile at k0; k counts to endK. `rows` are the starts of its rows, or the feature that
// its row is.
static inline int fetchLeft(
    const Patches *patches, const Divisors *divisors, const global float *left, const Pixel *rows, const int item,
    const int k0, const int endK, float *fetched) {
#ifndef LEFT_TRANSPOSED
  const Pixel feature = featureOf(patches, divisors, k0 + LEFT_K(item));
#endif
  int areThere = 0;
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i) {
    const int k = k0 + LEFT_K(item + i * GROUP);
#ifdef LEFT_TRANSPOSED
    const Pixel start = startOf(patches, divisors, k), feature = rows[0];
#else
    const Pixel start = rows[i];
#endif
    areThere |= fetch(LEFT_WIDTH, left, start.offset + feature.offset, (k < endK) & isInside(patches, start, feature),
                      fetched + i * LEFT_WIDTH) << i;
  }
  return areThere;
}

static inline int fetchRight(
    const Product *p, const Patches *patches, const Divisors *divisors, const Filter *filter,
    const global float *right, const int firstColumn, const int item, const int k0, const int endK,
    float *fetched) {
  int areThere = 0;
#pragma unroll
  for (int i = 0; i < RIGHT_LOADS; ++i) {
    const int load = item + i * GROUP, k = k0 + RIGHT_K(load);
#if RIGHT_IS_ALONG_K
    const int column = min(firstColumn + RIGHT_COLUMN(load), p->n - 1);
#endif
#ifdef FILTER
    const Tap t = tapOf(patches, divisors, k);
    const int y = filter->first[1] + t.y * filter->step[1];
#ifdef PLANAR
    const int row = y;
#else
    const int row = (filter->first[0] + t.z * filter->step[0]) * filter->taps[1] + y;
#endif
    const int tap = row * filter->taps[2] + filter->first[2] + t.x * filter->step[2];
    const offset_t offset = ((offset_t)tap * p->n + column) * patches->channels + t.channel;
#elif defined(RIGHT_TRANSPOSED)
    const offset_t offset = (offset_t)column * p->rightRow + k;
#else
    const int column = min(firstColumn + RIGHT_COLUMN(load), p->n - RIGHT_WIDTH);
    const offset_t offset = (offset_t)k * p->rightRow + column;
#endif
    areThere |= fetch(RIGHT_WIDTH, right, offset, k < endK, fetched + i * RIGHT_WIDTH) << i;
  }
  return areThere;
}

// Puts a load into a tile: along a row of it, or, if it was along k, down a column.
static inline void put(
    const int width, const int alongK, const int pitch, const float *fetched, const int isThere, local float *tile,
    const int k, const int place) {
  float elements[4];
#pragma unroll
  for (int w = 0; w < width; ++w) elements[w] = isThere ? fetched[w] : 0.0f;
  if (width == 4 && !alongK) {
    *(local float4 *)(tile + k * pitch + place) = (float4)(elements[0], elements[1], elements[2], elements[3]);
  } else {
#pragma unroll
    for (int w = 0; w < width; ++w) tile[(k + w) * pitch + place] = elements[w];
  }
}

static inline void putTiles(
    const int item, const float *fetchedLeft, const int leftAreThere, const float *fetchedRight, const int rightAreThere,
    local float *leftTile, local float *rightTile) {
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i) {
    const int load = item + i * GROUP;
    if (IS_LOAD(i, load, TILE_M * TILE_K / LEFT_WIDTH))
      put(LEFT_WIDTH, LEFT_IS_ALONG_K, LEFT_PITCH, fetchedLeft + i * LEFT_WIDTH, leftAreThere >> i & 1, leftTile, LEFT_K(load),
          LEFT_ROW(load));
  }
#pragma unroll
  for (int i = 0; i < RIGHT_LOADS; ++i) {
    const int load = item + i * GROUP;
    if (IS_LOAD(i, load, TILE_N * TILE_K / RIGHT_WIDTH))
      put(RIGHT_WIDTH, RIGHT_IS_ALONG_K, RIGHT_PITCH, fetchedRight + i * RIGHT_WIDTH, rightAreThere >> i & 1, rightTile,
          RIGHT_K(load), RIGHT_COLUMN(load));
  }
}

kernel __attribute__((reqd_work_group_size(ITEMS_N, ITEMS_M, 1))) void product(
    const Product p, const Patches patches, const Divisors divisors, const ulong leftBatch,
    const ulong rightBatch, const Filter filter, const float parameter, const global float *restrict left,
    const global float *restrict right, const global float *restrict bias, global float *restrict output) {
  local float leftTiles[2 * TILE_K * LEFT_PITCH] __attribute__((aligned(16)));
  local float rightTiles[2 * TILE_K * RIGHT_PITCH] __attribute__((aligned(16)));

  const int split = (int)get_group_id(2) % p.splits;
  const size_t batch = get_group_id(2) / p.splits;
  left += batch * leftBatch;
  right += batch * rightBatch;
  Patches here = patches;
  Filter taps = filter;
  Divisors by = divisors;
#ifdef PHASES
  moveTo((int)batch, &here, &taps, &by);
#else
  output += get_group_id(2) * ((size_t)p.m * p.n);
#endif

  const int firstColumn = (int)get_group_id(0) * TILE_N;
  const int firstRow = (p.firstBlock + (int)get_group_id(1)) * TILE_M;
  const int firstK = split * p.splitLength;
#ifdef UNEVEN_PHASES
  const int phaseK = here.taps[0] * here.taps[1] * here.taps[2] * here.channels;
#else
  const int phaseK = p.k;
#endif
  const int endK = min(firstK + p.splitLength, phaseK);
  const int item = (int)get_local_id(1) * ITEMS_N + (int)get_local_id(0);
#if ITEMS_N % 8 == 0 && ITEMS_M % 4 == 0
  // Thirty-two neighbours lie 8 × 4: they read the fewest different elements of both tiles. Each has a neighbour that reads
  // the same of one tile right beside it, as NVIDIA's local memory serves sixteen items at a time only then.
  const int x = item / 32 % (ITEMS_N / 8) * 8 + item % 16 / 2;
  const int y = item / 32 / (ITEMS_N / 8) * 4 + item % 32 / 16 * 2 + item % 2;
#else
  const int x = item % ITEMS_N, y = item / ITEMS_N;
#endif

#ifdef LEFT_TRANSPOSED
  const Pixel rows[1] = {featureOf(&here, &by, min(firstRow + LEFT_ROW(item), p.m - LEFT_WIDTH))};
#else
  Pixel rows[LEFT_LOADS];
#pragma unroll
  for (int i = 0; i < LEFT_LOADS; ++i)
    rows[i] = startOf(&here, &by, min(firstRow + LEFT_ROW(item + i * GROUP), p.m - 1));
#endif

  float sums[RESULTS_M][RESULTS_N];
#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
    for (int j = 0; j < RESULTS_N; ++j) sums[i][j] = 0.0f;

  float leftNext[LEFT_LOADS * LEFT_WIDTH], rightNext[RIGHT_LOADS * RIGHT_WIDTH];
  int leftAreThere = fetchLeft(&here, &by, left, rows, item, firstK, endK, leftNext);
  int rightAreThere = fetchRight(&p, &here, &by, &taps, right, firstColumn, item, firstK, endK, rightNext);
  putTiles(item, leftNext, leftAreThere, rightNext, rightAreThere, leftTiles, rightTiles);
  barrier(CLK_LOCAL_MEM_FENCE);
  int current = 0;
  for (int k0 = firstK; k0 < endK; k0 += TILE_K) {
    // Past the end these are zeros, and nobody looks at them.
    leftAreThere = fetchLeft(&here, &by, left, rows, item, k0 + TILE_K, endK, leftNext);
    rightAreThere = fetchRight(&p, &here, &by, &taps, right, firstColumn, item, k0 + TILE_K, endK, rightNext);
    const local float *leftTile = leftTiles + current * (TILE_K * LEFT_PITCH);
    const local float *rightTile = rightTiles + current * (TILE_K * RIGHT_PITCH);
    // Unrolled whole, AMD's compiler would multiply only after all loads have arrived, and NVIDIA's would need more
    // registers than leave two groups a multiprocessor.
#pragma unroll 2
    for (int k = 0; k < STEPS_OF_TILE; ++k) {
      float ofLeft[RESULTS_M], ofRight[RESULTS_N];
#pragma unroll
      for (int i = 0; i < RESULTS_M; i += CHUNK_M)
        loadLocal(CHUNK_M, leftTile + k * LEFT_PITCH + RESULT_AT(i, y, CHUNK_M, ITEMS_M), ofLeft + i);
#pragma unroll
      for (int j = 0; j < RESULTS_N; j += CHUNK_N)
        loadLocal(CHUNK_N, rightTile + k * RIGHT_PITCH + RESULT_AT(j, x, CHUNK_N, ITEMS_N), ofRight + j);
#pragma unroll
      for (int i = 0; i < RESULTS_M; ++i)
#pragma unroll
        for (int j = 0; j < RESULTS_N; ++j) sums[i][j] += ofLeft[i] * ofRight[j];
    }
    current ^= 1;
    putTiles(
        item, leftNext, leftAreThere, rightNext, rightAreThere, leftTiles + current * (TILE_K * LEFT_PITCH),
        rightTiles + current * (TILE_K * RIGHT_PITCH));
    barrier(CLK_LOCAL_MEM_FENCE);
  }

  if (p.splits == 1) {
#pragma unroll
    for (int j = 0; j < RESULTS_N; ++j) {
      const int column = min(firstColumn + RESULT_AT(j, x, CHUNK_N, ITEMS_N), p.n - 1);
      const float added = p.hasBias ? bias[column] : 0.0f;
#pragma unroll
      for (int i = 0; i < RESULTS_M; ++i) {
        const float sum = sums[i][j] + added;
        sums[i][j] = ACTIVATION(sum, parameter);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < RESULTS_M; ++i) {
    const int row = firstRow + RESULT_AT(i, y, CHUNK_M, ITEMS_M);
    if (row < p.m) {
#ifdef LEFT_TRANSPOSED
      global float *to = output + (size_t)row * p.n;
#else
      const Position position = positionOf(&here, &by, row);
      global float *to = output + (p.splits == 1 ? targetRow(&here, position) : (size_t)row) * p.n;
#endif
#pragma unroll
      for (int j = 0; j < RESULTS_N; j += STORE_WIDTH) {
        const int column = firstColumn + RESULT_AT(j, x, CHUNK_N, ITEMS_N);
        if (column < p.n) storeGlobal(STORE_WIDTH, sums[i] + j, to + column);
      }
    }
  }
}
