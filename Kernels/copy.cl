// Copies between two strided views of one shape.
//
// A row is the last axis. The other axes, innermost first in `View`, are found from the row's number by
// division; RANK counts them. Macros: RANK; SEGMENT; CONTIGUOUS if both views have stride 1 along the row,
// which then moves in vectors.

typedef struct {
  offset_t shape[RANK];
  offset_t source[RANK];
  offset_t destination[RANK];
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
    const offset_t destinationOffset, const offset_t sourceStep, const offset_t destinationStep,
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

#if defined(CPU_FAMILY) && WIDTH == 16
// On processors, a transposition: the destination has stride 1 along the row, the source along another axis,
// `line`, which `View` then leaves out. Item i is a TILE × TILE square, turned in registers; neighbours lie side by
// side in the source, so that whole stretches of it are read in the order of memory.
#define TILE 16
// The longest rows of the source that are asked for ahead: TILE of them have room in a core's own cache.
#define LINES_AHEAD 512

// One of the four steps that turn a square: the lowest bit of an element's row number and of its column number become
// the highest, of each other.
#define STEP(to, from) \
  PAIR(to, from, 0) PAIR(to, from, 1) PAIR(to, from, 2) PAIR(to, from, 3) \
  PAIR(to, from, 4) PAIR(to, from, 5) PAIR(to, from, 6) PAIR(to, from, 7)
#define PAIR(to, from, n)                                               \
  to[n] = EVERY_SECOND(from[2 * n], from[2 * n + 1], 0, 2, 4, 6, 8, a, c, e);     \
  to[n + 8] = EVERY_SECOND(from[2 * n], from[2 * n + 1], 1, 3, 5, 7, 9, b, d, f);
#define EVERY_SECOND(x, y, i, j, k, l, m, n, o, p)                                \
  (float16)(x.s##i, x.s##j, x.s##k, x.s##l, x.s##m, x.s##n, x.s##o, x.s##p,       \
            y.s##i, y.s##j, y.s##k, y.s##l, y.s##m, y.s##n, y.s##o, y.s##p)

kernel void copyTiles(
    const index_t rows, const uint lines, const uint columns, const View view, const offset_t sourceOffset,
    const offset_t destinationOffset, const offset_t sourceStep, const offset_t destinationStep,
    global const float *restrict input, global float *restrict output) {
  const uint tilesDown = (lines + TILE - 1) / TILE, tilesAcross = (columns + TILE - 1) / TILE;
  FOR_EACH(i, rows * tilesDown * tilesAcross) {
    const index_t row = i / (tilesDown * tilesAcross);
    const uint tile = (uint)(i - row * (tilesDown * tilesAcross));
    const uint line = tile % tilesDown * TILE, column = tile / tilesDown * TILE;
    offset_t source = sourceOffset, destination = destinationOffset;
    locate(view, row, &source, &destination);
    source += (offset_t)line + (offset_t)column * sourceStep;
    destination += (offset_t)line * destinationStep + (offset_t)column;
    const uint height = min(lines - line, (uint)TILE), width = min(columns - column, (uint)TILE);
    if (height == TILE && width == TILE) {
      // A stretch of the next squares' source in the order of memory, which this square is not read in.
      if (lines <= LINES_AHEAD) {
        const global float *ahead = input + source - line + (offset_t)TILE * sourceStep;
        for (uint c = line * TILE / lines; c < (line + TILE) * TILE / lines; ++c)
          for (uint l = 0; l < lines; l += TILE) WILL_READ(ahead + (offset_t)c * sourceStep + l);
      }
      float16 a[TILE], b[TILE];
#pragma unroll
      for (uint c = 0; c < TILE; ++c) a[c] = vload16(0, input + source + (offset_t)c * sourceStep);
      STEP(b, a) STEP(a, b) STEP(b, a) STEP(a, b)
#pragma unroll
      for (uint l = 0; l < TILE; ++l) WRITE(a[l], output + destination + (offset_t)l * destinationStep);
      continue;
    }
    for (uint l = 0; l < height; ++l)
      for (uint c = 0; c < width; ++c)
        output[destination + (offset_t)l * destinationStep + (offset_t)c] =
            input[source + (offset_t)l + (offset_t)c * sourceStep];
  }
}
#endif
