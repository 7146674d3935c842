// Copies between two strided views of one shape.
//
// A row is the last axis. The other axes, innermost first in `View`, are found from the row's number by
// division; RANK counts them. Macros: RANK; SEGMENT; CONTIGUOUS if both views have stride 1 along the row,
// which then moves in vectors.

typedef struct {
  int shape[RANK];
  int source[RANK];
  int destination[RANK];
} View;

static inline void locate(const View view, index_t row, offset_t *source, offset_t *destination) {
  for (int axis = 0; axis < RANK; ++axis) {
    const index_t next = axis == RANK - 1 ? 0 : row / view.shape[axis];
    const offset_t coordinate = (offset_t)(row - next * view.shape[axis]);
    *source += coordinate * view.source[axis];
    *destination += coordinate * view.destination[axis];
    row = next;
  }
}

// Unit i is segment i % segments, of SEGMENT columns, of row i / segments.
kernel void copyRows(
    const index_t rows, const uint columns, const View view, const offset_t sourceOffset,
    const offset_t destinationOffset, const int sourceStep, const int destinationStep,
    global const float *restrict input, global float *restrict output) {
  const uint segments = (columns + SEGMENT - 1) / SEGMENT;
  FOR_EACH(i, rows * segments) {
    const index_t row = i / segments;
    const uint first = (uint)(i - row * segments) * SEGMENT;
    const uint end = min(columns, first + SEGMENT);
    offset_t source = sourceOffset, destination = destinationOffset;
    locate(view, row, &source, &destination);
#ifdef CONTIGUOUS
    for (uint c = first; c < end; c += WIDTH)
      storeLanes(LOAD(input + source + c), output + destination + c, min(end - c, (uint)WIDTH));
#else
    for (uint c = first; c < end; ++c)
      output[destination + (offset_t)c * destinationStep] = input[source + (offset_t)c * sourceStep];
#endif
  }
}

#ifdef CPU_FAMILY
// On processors, a transposition: the destination has stride 1 along the row, the source along another axis,
// `line`, which `View` then leaves out. Item i is a TILE × TILE square, small enough that the lines of memory
// it touches on both sides stay in the nearest cache.
#define TILE 16

kernel void copyTiles(
    const index_t rows, const uint lines, const uint columns, const View view, const offset_t sourceOffset,
    const offset_t destinationOffset, const int sourceStep, const int destinationStep,
    global const float *restrict input, global float *restrict output) {
  const uint tilesDown = (lines + TILE - 1) / TILE, tilesAcross = (columns + TILE - 1) / TILE;
  FOR_EACH(i, rows * tilesDown * tilesAcross) {
    const index_t row = i / (tilesDown * tilesAcross);
    const uint tile = (uint)(i - row * (tilesDown * tilesAcross));
    const uint line = tile / tilesAcross * TILE, column = tile % tilesAcross * TILE;
    offset_t source = sourceOffset, destination = destinationOffset;
    locate(view, row, &source, &destination);
    source += (offset_t)line + (offset_t)column * sourceStep;
    destination += (offset_t)line * destinationStep + (offset_t)column;
    const uint height = min(lines - line, (uint)TILE), width = min(columns - column, (uint)TILE);
    if (height == TILE && width == TILE) {
      // Whole: read along the source, write along the destination, turn it in between.
      float square[TILE][TILE];
      for (uint c = 0; c < TILE; ++c) vstore16(vload16(0, input + source + (offset_t)c * sourceStep), 0, square[c]);
      for (uint l = 0; l < TILE; ++l)
        vstore16(
            (float16)(square[0][l], square[1][l], square[2][l], square[3][l], square[4][l], square[5][l],
                      square[6][l], square[7][l], square[8][l], square[9][l], square[10][l], square[11][l],
                      square[12][l], square[13][l], square[14][l], square[15][l]),
            0, output + destination + (offset_t)l * destinationStep);
      continue;
    }
    for (uint l = 0; l < height; ++l)
      for (uint c = 0; c < width; ++c)
        output[destination + (offset_t)l * destinationStep + (offset_t)c] =
            input[source + (offset_t)l + (offset_t)c * sourceStep];
  }
}
#endif
