// The tile of `left` that a work-item on a processor multiplies from: a part of the matrix of patches, copied
// into private memory so that the inner loops read straight lines at constant distances, whatever the
// geometry, and pay for it once for all columns.
//
// Index mapping: LEFT_AT(row, k). Features of a patch are contiguous, so rows of the tile are patches: rows of
// the product, or values of k with LEFT_TRANSPOSED.
//
// Macros: STEP where the tile holds lines of the image (gemm_cpu_lines.cl); else ROW_LIMIT and DEPTH, the most rows and
// values of k it holds; with LEFT_TRANSPOSED instead of DEPTH TILE, its floats, of which `pitch` makes many short lines
// or few long ones; WIDTH.

// Lines of the tile are never a multiple of the cache's period apart. Copies write whole vectors: past the end of a
// line, where the next one comes later or there is room.
#ifdef LEFT_TRANSPOSED
#define LEFT_AT(row, k) ((k) * pitch + (row))
#elif defined(STEP)
#define LEFT_AT(row, k) ((row) * STEP + (k))
#else
#define PITCH (DEPTH + 16)
#define TILE (ROW_LIMIT * PITCH)
#define LEFT_AT(row, k) ((row) * PITCH + (k))
#endif

// The sum of a vector's lanes.
#if WIDTH >= 16
#define FOLD16(v) FOLD8((v).lo + (v).hi)
#endif
#define FOLD8(v) FOLD4((v).lo + (v).hi)
#define FOLD4(v) ((v).x + (v).y + ((v).z + (v).w))
#define FOLD JOIN(FOLD, WIDTH)

// Loops over the vectors of a run stay short loops: unrolled, they are most of what a compiler has to read.
static inline void clear(float *destination, const int from, const int to) {
#pragma unroll 1
  for (int i = from; i < to; i += WIDTH) WHOLE(private, destination + i) = SPLAT(0.0f);
}

static inline void copy(const global float *restrict source, float *destination, const int count) {
#pragma unroll 1
  for (int i = 0; i < count; i += WIDTH) WHOLE(private, destination + i) = WHOLE(const global, source + i);
}

// Whether patches are the rows of a matrix: images of one pixel, of which one position sees one tap.
static inline int isMatrix(const Patches *patches) {
  int is = 1;
  for (int axis = 0; axis < 3; ++axis)
    is &= (patches->rows[axis] == 1) & (patches->source[axis] == 1) & (patches->taps[axis] == 1) &
          (patches->origin[axis] == 0);
  return is;
}

// Copies features firstFeature ..< firstFeature + features of consecutive patches into lines of the tile.
static inline void gatherPatches(
    const Patches *patches, const global float *restrict image, const int firstPosition, const int positions,
    const int firstFeature, const int features, const int pitch, float *tile) {
  const int channels = patches->channels;
  const int depth = patches->source[0], height = patches->source[1], width = patches->source[2];
  if (isMatrix(patches)) {
    // Rows of a matrix: copying one takes less time than finding out where a patch lies.
    const global float *from = image + (size_t)firstPosition * channels + firstFeature;
    for (int i = 0; i < positions; ++i, from += channels, tile += pitch) {
      copy(from, tile, features);
      clear(tile, features, features + 16);
    }
    return;
  }
  // Taps that are neighbours in the image form one run of contiguous features.
  const int merges = patches->tapStep[2] == 1;
  const int runTaps = merges ? 1 : patches->taps[2];
  const int runLength = (merges ? patches->taps[2] : 1) * channels;
  const int firstRun = firstFeature / runLength;
  const int firstOffset = firstFeature - firstRun * runLength;
  const int firstX = firstRun % runTaps, firstY = firstRun / runTaps % patches->taps[1];
  const int firstZ = firstRun / runTaps / patches->taps[1];
  // Whole patches of short runs, as of images with few channels, would spend their time between the runs.
  const int isWhole = firstRun == 0 && firstOffset == 0 &&
                      features == patches->taps[0] * patches->taps[1] * runTaps * runLength;
  // The last place where a patch can start and lie in the image as a whole.
  const int lastZ = depth - 1 - (patches->taps[0] - 1) * patches->tapStep[0];
  const int lastY = height - 1 - (patches->taps[1] - 1) * patches->tapStep[1];
  const int lastX = width - 1 - (patches->taps[2] - 1) * patches->tapStep[2];

  Position p = positionAt(patches, firstPosition);
  for (int i = 0; i < positions; ++i, advance(patches, &p), tile += pitch) {
    const int startZ = p.z * patches->step[0] + patches->origin[0];
    const int startY = p.y * patches->step[1] + patches->origin[1];
    const int startX = p.x * patches->step[2] + patches->origin[2];
    const int isInside = (startZ >= 0) & (startZ <= lastZ) & (startY >= 0) & (startY <= lastY) & (startX >= 0) &
                         (startX <= lastX);
    const long start = (((long)p.n * depth + startZ) * height + startY) * width + startX;
    if (isInside & isWhole) {
      float *to = tile;
      for (int tapZ = 0; tapZ < patches->taps[0]; ++tapZ)
        for (int tapY = 0; tapY < patches->taps[1]; ++tapY) {
          const long row = start + ((long)tapZ * patches->tapStep[0] * height + tapY * patches->tapStep[1]) * width;
          const global float *from = image + row * channels;
          for (int tapX = 0; tapX < runTaps; ++tapX, to += runLength, from += patches->tapStep[2] * channels)
            copy(from, to, runLength);
        }
      clear(tile, features, features + 16);
      continue;
    }
    int tapZ = firstZ, tapY = firstY, tapX = firstX, offset = firstOffset;
    for (int done = 0; done < features;) {
      const int length = min(runLength - offset, features - done);
      const int z = tapZ * patches->tapStep[0], y = tapY * patches->tapStep[1], x = tapX * patches->tapStep[2];
      const long from = (start + ((long)z * height + y) * width + x) * channels + offset;
      if (isInside) {
        copy(image + from, tile + done, length);
      } else {
        // The part of the run that lies in the image; what is before and after is zeros.
        const int isRow = (startZ + z >= 0) & (startZ + z < depth) & (startY + y >= 0) & (startY + y < height);
        const int low = isRow ? clamp(-(startX + x) * channels - offset, 0, length) : length;
        const int high = isRow ? clamp((width - startX - x) * channels - offset, 0, length) : length;
        clear(tile, done, done + low);
        if (low < high) copy(image + from + low, tile + done + low, high - low);
        clear(tile, done + high, done + length);
      }
      done += length;
      offset = 0;
      if (++tapX == runTaps) {
        tapX = 0;
        if (++tapY == patches->taps[1]) {
          tapY = 0;
          ++tapZ;
        }
      }
    }
    // Rows of the product past the last are computed too; they must not be slow numbers.
    clear(tile, features, features + 16);
  }
}
