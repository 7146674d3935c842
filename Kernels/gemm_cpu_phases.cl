// The gradient of a strided convolution by its input, for processors: all phases of the stride at once.
//
// Index mapping: work-item = work-group, which takes blocks (x: positions, y: panels). A position stands for one pixel of
// every phase. The work-item copies what all of them see into a tile once, then multiplies, for each phase, the taps
// that reach it with the same taps of the filter.
//
// Why: phases have few taps, hence little to multiply for each copied pixel, and most pixels reach several phases.
// Each phase by itself would copy them again, and be a small launch.
//
// Macros: DEPTH, those of gemm_cpu_block.cl and gemm_cpu_tile.cl.

// A tap of a phase lies at `offset` + tap in the tile, and is tap `first` + tap · step of the stored filter.
typedef struct {
  int count[3];
  int step[3];
  int filterTaps[3];
  int offset[3][MOST_PHASES];
  int taps[3][MOST_PHASES];
  int first[3][MOST_PHASES];
} Phases;

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void phasesProduct(
    const Product p, const Patches patches, const Phases phases, const ulong rightPanel, const float parameter,
    const global float *restrict left, const global float *restrict right, const global float *restrict bias,
    global float *restrict output, const Grid grid, volatile global int *taken) {
  float tile[TILE];
  Position positions[ROW_LIMIT];

  Block block = {.turn = -1};
  while (takeBlock(&grid, taken, &block)) {
    const int firstRow = block.x * p.rowsPerGroup;
    const int rows = min(p.rowsPerGroup, p.m - firstRow);
    const int firstPanel = block.y * p.panelsPerGroup;
    const int endPanel = min(firstPanel + p.panelsPerGroup, (p.n + PANEL - 1) / PANEL);
    const int channels = patches.channels;

    Position position = positionAt(&patches, firstRow);
    for (int row = 0; row < rows; ++row, advance(&patches, &position)) positions[row] = position;
    gatherPatches(&patches, left, firstRow, rows, 0, p.k, PITCH, tile);
    for (int row = rows; row < (rows + ROWS - 1) / ROWS * ROWS; ++row) clear(tile + row * PITCH, 0, p.k);

    for (int panel = firstPanel; panel < endPanel; ++panel)
      for (int phase = 0; phase < phases.count[0] * phases.count[1] * phases.count[2]; ++phase) {
        const int x = phase % phases.count[2], y = phase / phases.count[2] % phases.count[1];
        const int z = phase / phases.count[2] / phases.count[1];
        for (int row0 = 0; row0 < rows; row0 += ROWS) {
          const int blockRows = min(ROWS, rows - row0);
          size_t targets[ROWS];
          for (int i = 0; i < blockRows; ++i) {
            const Position q = positions[row0 + i];
            const int isInside = (q.z * patches.targetStep[0] + z < patches.target[0]) &
                                 (q.y * patches.targetStep[1] + y < patches.target[1]) &
                                 (q.x * patches.targetStep[2] + x < patches.target[2]);
            const size_t offset = ((size_t)z * patches.target[1] + y) * patches.target[2] + x;
            targets[i] = isInside ? (targetRow(&patches, q) + offset) * p.n : NOWHERE;
          }
          floatv sums[ROWS][VECTORS];
          expectBlock(&p, targets, blockRows, panel, output);
          clearBlock(sums);
          for (int tapZ = 0; tapZ < phases.taps[0][z]; ++tapZ)
            for (int tapY = 0; tapY < phases.taps[1][y]; ++tapY)
              for (int tapX = 0; tapX < phases.taps[2][x]; ++tapX) {
                const int seen = ((phases.offset[0][z] + tapZ) * patches.taps[1] + phases.offset[1][y] + tapY) *
                                     patches.taps[2] + phases.offset[2][x] + tapX;
                const int tap = ((phases.first[0][z] + tapZ * phases.step[0]) * phases.filterTaps[1] +
                                 phases.first[1][y] + tapY * phases.step[1]) * phases.filterTaps[2] +
                                phases.first[2][x] + tapX * phases.step[2];
                multiplyBlock(
                    tile + LEFT_AT(row0, seen * channels), PITCH,
                    right + panel * rightPanel + (size_t)tap * channels * PANEL, PANEL, channels, sums);
              }
          storeBlock(&p, sums, targets, blockRows, panel, 1, 1, parameter, bias, output);
        }
      }
  }
}
