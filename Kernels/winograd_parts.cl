// Convolutions by Winograd's filtering, `winograd_points.cl`, over two axes or three, for processors: their results and the
// gradients of their filters. A stride of 2 takes an image apart into phases, which are images of their own with a filter of
// every second tap: k runs over (phase, channel). Of two axes the depth is 1.
//
// Why not in blocks of tiles, as in `winograd.cl`: a filter of many channels, whose points are up to 16 times the filter, has to
// be read as seldom as can be. So a part of k is taken at a time, whose points of many tiles and of the filter fit the last cache
// together; their products are added to those of the parts before, and transformed back after the last.
//
// Macros besides: ACTIVATION.

typedef struct {
  int tiles[3];         // of an image
  int firstTile, count; // of those of all images: what is taken at a time
  int paddedCount;      // whole register blocks; rows of points past `count` are zeros
  int phases;           // on each axis: the stride
  int firstSlab, slabs; // the part of k: so many phases
  int k;                // slabs · channels
  int tilesPerGroup;
  int rows, columns;    // filter gradient: what a block has of k and n
} Parts;

#define CUBE(extent) ((AXES == 3 ? (extent) : 1) * (extent) * (extent))
#define PHASES(w) ((AXES == 3 ? (w).phases : 1) * (w).phases * (w).phases)

// Points: [slice of k][point][tile][pitch].
typedef struct {
  int slice, pitch;
} Layout;

static inline size_t pointPitchOf(const Parts *w, const Layout *l) { return (size_t)w->paddedCount * l->pitch + 16; }

// Where `extent` neighbours an axis lie in their image, `step` apart from `first` on; −1 outside.
static inline void placeNeighbours(
    const int extent, const int first[3], const int step, const int size[3], const int channels, int *offsets) {
  for (int z = 0; z < (AXES == 3 ? extent : 1); ++z)
    for (int y = 0; y < extent; ++y)
      for (int x = 0; x < extent; ++x) {
        const int atZ = first[0] + z * step, atY = first[1] + y * step, atX = first[2] + x * step;
        const int isInside =
            (atZ >= 0) & (atZ < size[0]) & (atY >= 0) & (atY < size[1]) & (atX >= 0) & (atX < size[2]);
        *offsets++ = isInside ? ((atZ * size[1] + atY) * size[2] + atX) * channels : -1;
      }
}

// The points of a tile's neighbours, `extent` an axis: of a gradient by A, of an image by Bᵀ. Their channels are values
// firstK ..< firstK + channels of k.
static inline void transformNeighbours(
    const int isGradient, const int extent, const global float *sample, const int *offsets, const int channels,
    const int firstK, const Layout *layout, const size_t pointPitch, global float *tile) {
  for (int c = 0; c < channels; c += WIDTH) {
    floatv x[POINTS], y[POINTS];
    for (int i = 0; i < CUBE(extent); ++i)
      x[i] = offsets[i] < 0 ? SPLAT(0.0f) : WHOLE(const global, sample + offsets[i] + c);
    if (isGradient)
      ALONG_AXES(spreadOutputGradient, OUTPUTS, POINTS_OF_AXIS, x, y);
    else
      ALONG_AXES(spreadInput, POINTS_OF_AXIS, POINTS_OF_AXIS, x, y);
    const int slice = (firstK + c) / layout->slice;
    global float *to = tile + slice * POINTS * pointPitch + (firstK + c - slice * layout->slice);
    for (int i = 0; i < POINTS; ++i) WHOLE(global, to + i * pointPitch) = TRANSFORMED(x, y)[i];
  }
}

// Index mapping: one unit is a phase of a tile.
kernel void transformTiles(
    const Patches patches, const Parts w, const Layout layout, const global float *restrict image,
    global float *restrict points) {
  const int phases = w.phases, channels = patches.channels;
  const size_t pointPitch = pointPitchOf(&w, &layout);
  FOR_EACH(unit, (index_t)w.paddedCount * w.slabs) {
    const int row = (int)(unit / w.slabs), ofPart = (int)(unit - (index_t)row * w.slabs), slab = w.firstSlab + ofPart;
    const Position tile = placeAt(w.tiles[0], w.tiles[1], w.tiles[2], w.firstTile + row);
    const int first[3] = {
        AXES == 3 ? tile.z * OUTPUTS * phases + patches.origin[0] + slab / (phases * phases) : 0,
        tile.y * OUTPUTS * phases + patches.origin[1] + slab / phases % phases,
        tile.x * OUTPUTS * phases + patches.origin[2] + slab % phases};
    int offsets[POINTS];
    // No extent: nothing is inside.
    const int none[3] = {0, 0, 0};
    placeNeighbours(POINTS_OF_AXIS, first, phases, row < w.count ? patches.source : none, channels, offsets);
    const global float *sample =
        image + (size_t)tile.n * patches.source[0] * patches.source[1] * patches.source[2] * channels;
    transformNeighbours(
        0, POINTS_OF_AXIS, sample, offsets, channels, ofPart * channels, &layout, pointPitch,
        points + (size_t)row * layout.pitch);
  }
}

// Index mapping: one unit is a tile of the gradient [position][n].
kernel void transformGradients(
    const Product p, const Patches patches, const Parts w, const Layout layout, const global float *restrict gradient,
    global float *restrict points) {
  const int channels = p.n;
  const size_t pointPitch = pointPitchOf(&w, &layout);
  FOR_EACH(row, w.count) {
    const Position tile = placeAt(w.tiles[0], w.tiles[1], w.tiles[2], w.firstTile + (int)row);
    const int first[3] = {tile.z * OUTPUTS, tile.y * OUTPUTS, tile.x * OUTPUTS};
    int offsets[CUBE(OUTPUTS)];
    placeNeighbours(OUTPUTS, first, 1, patches.rows, channels, offsets);
    const global float *sample =
        gradient + (size_t)tile.n * patches.rows[0] * patches.rows[1] * patches.rows[2] * channels;
    transformNeighbours(
        1, OUTPUTS, sample, offsets, channels, 0, &layout, pointPitch, points + (size_t)row * layout.pitch);
  }
}

// Index mapping: work-item = work-group, which takes blocks (x: tiles, y: a panel of output channels).
// products[panel][block of tiles][point][tile][column in panel].
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void tilesProduct(
    const Product p, const Patches patches, const Parts w, const Layout layout, const float parameter,
    const global float *restrict points, const global float *restrict right, const global float *restrict bias,
    global float *products, global float *restrict output, const Grid grid, volatile global int *taken) {
  const size_t pointPitch = pointPitchOf(&w, &layout), productPitch = (size_t)w.tilesPerGroup * PANEL + 16;
  const int isFirst = w.firstSlab == 0, isLast = w.firstSlab + w.slabs == PHASES(w);
  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int tile0 = block.x * w.tilesPerGroup, panel = block.y, firstColumn = panel * PANEL;
    const int columns = min(PANEL, p.n - firstColumn);
    const int rows = min(w.tilesPerGroup, w.paddedCount - tile0), tiles = min(rows, w.count - tile0);
    global float *sums = products + ((size_t)block.y * grid.extents[0] + block.x) * POINTS * productPitch;
    // So many rows of a panel stay in the first-level cache while all tiles pass by.
    for (int point = 0; point < POINTS; ++point)
      for (int k0 = 0; k0 < w.k; k0 += 128)
        multiplyPoint(
            points + point * pointPitch + (size_t)tile0 * layout.pitch + k0, layout.pitch,
            right + (((size_t)panel * POINTS + point) * w.k + k0) * PANEL, rows, min(128, w.k - k0), isFirst && k0 == 0,
            sums + point * productPitch);
    if (!isLast) continue;

    Position tile = placeAt(w.tiles[0], w.tiles[1], w.tiles[2], w.firstTile + tile0);
    for (int t = 0; t < tiles; ++t, advancePlace(w.tiles[0], w.tiles[1], w.tiles[2], &tile))
      for (int column = 0; column < columns; column += WIDTH) {
        floatv m[POINTS], other[POINTS];
        for (int point = 0; point < POINTS; ++point)
          m[point] = WHOLE(global, sums + point * productPitch + t * PANEL + column);
        ALONG_AXES(foldOutput, POINTS_OF_AXIS, OUTPUTS, m, other);
        const floatv offset = p.hasBias ? LOAD(bias + firstColumn + column) : SPLAT(0.0f);
        for (int z = 0; z < (AXES == 3 ? OUTPUTS : 1); ++z)
          for (int y = 0; y < OUTPUTS; ++y)
            for (int x = 0; x < OUTPUTS; ++x) {
              const Position position = {tile.n, tile.z * OUTPUTS + z, tile.y * OUTPUTS + y, tile.x * OUTPUTS + x};
              if ((position.z < patches.rows[0]) & (position.y < patches.rows[1]) & (position.x < patches.rows[2])) {
                const floatv value = TRANSFORMED(m, other)[(z * OUTPUTS + y) * OUTPUTS + x] + offset;
                storeLanes(
                    ACTIVATION(value, parameter),
                    output + targetRow(&patches, position) * p.n + firstColumn + column, columns - column);
              }
            }
      }
  }
}

// Index mapping: work-item = work-group, which takes blocks (x: slices of k, y: slices of n). output[tap][channel][n], to which
// all tiles but the first are added.
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void tilesFilterGradient(
    const Product p, const Patches patches, const Parts w, const ulong scratchSize,
    const global float *restrict points, const global float *restrict gradients, global float *scratch,
    global float *restrict output, const Grid grid, volatile global int *taken) {
  scratch += get_group_id(0) * scratchSize;
  const Layout left = {w.rows, w.rows}, right = {w.columns, w.columns};
  const size_t leftPitch = pointPitchOf(&w, &left), rightPitch = pointPitchOf(&w, &right);
  const size_t sumPitch = (size_t)w.rows * w.columns + 16;
  const int phases = w.phases;
  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int firstRow = block.x * w.rows, rows = min(w.rows, w.k - firstRow);
    const int firstColumn = block.y * w.columns, columns = min(w.columns, p.n - firstColumn);
    for (int point = 0; point < POINTS; ++point)
      for (int column = 0; column < columns; column += PANEL)
        for (int row = 0; row < rows; row += CHANNEL_ROWS)
          multiplyTiles(
              points + ((size_t)block.x * POINTS + point) * leftPitch + row, w.rows,
              gradients + ((size_t)block.y * POINTS + point) * rightPitch + column, w.columns, w.count, 1,
              scratch + point * sumPitch + row * w.columns + column, w.columns);

    for (int row = 0; row < rows; ++row) {
      const int ofPart = (firstRow + row) / patches.channels, channel = firstRow + row - ofPart * patches.channels;
      const int slab = w.firstSlab + ofPart;
      const int phaseZ = slab / (phases * phases), phaseY = slab / phases % phases, phaseX = slab % phases;
      global float *to = output + (size_t)channel * p.n + firstColumn;
      for (int column = 0; column < columns; column += WIDTH) {
        floatv u[POINTS], other[POINTS];
        for (int point = 0; point < POINTS; ++point)
          u[point] = WHOLE(global, scratch + point * sumPitch + row * w.columns + column);
        ALONG_AXES(foldFilterGradient, POINTS_OF_AXIS, TAPS, u, other);
        for (int i = 0; i < FILTER_TAPS; ++i) {
          const int tapZ = phaseZ + i / (TAPS * TAPS) * phases, tapY = phaseY + i / TAPS % TAPS * phases;
          const size_t tap = ((size_t)tapZ * patches.taps[1] + tapY) * patches.taps[2] + phaseX + i % TAPS * phases;
          global float *sum = to + tap * patches.channels * p.n + column;
          const floatv element = TRANSFORMED(u, other)[i];
          WHOLE(global, sum) = w.firstTile > 0 ? WHOLE(global, sum) + element : element;
        }
      }
    }
  }
}
