// The tile of `left` that a work-item on a processor multiplies from: a part of the matrix of patches, copied
// into private memory so that the inner loops read straight lines at constant distances, whatever the
// geometry, and pay for it once for all columns.
//
// Index mapping: LEFT_AT(row, k). Features of a patch are contiguous, so rows of the tile are patches: rows of
// the product, or values of k with LEFT_TRANSPOSED.
//
// Macros: DEPTH and ROW_LIMIT, the most values of k and rows it holds; WIDTH.

// Rows of the tile are a vector longer than needed because copies write whole vectors, and never a multiple of
// the cache's period apart.
#ifdef LEFT_TRANSPOSED
#define PITCH (ROW_LIMIT + 16)
#define TILE (DEPTH * PITCH)
#define LEFT_AT(row, k) ((k) * PITCH + (row))
#else
#define PITCH (DEPTH + 16)
#define TILE (ROW_LIMIT * PITCH)
#define LEFT_AT(row, k) ((row) * PITCH + (k))
#endif

inline void clear(float *destination, const int from, const int to) {
  for (int i = from; i < to; i += WIDTH) STORE(SPLAT(0.0f), destination + i);
}

// Copies features firstFeature ..< firstFeature + features of consecutive patches into rows of the tile.
inline void gatherPatches(
    const Patches *patches, const global float *restrict image, const int firstPosition, const int positions,
    const int firstFeature, const int features, float *tile) {
  // Taps that are neighbours in the image form one run of contiguous features.
  const int merges = patches->tapStep[2] == 1;
  const int runTaps = merges ? 1 : patches->taps[2];
  const int runLength = (merges ? patches->taps[2] : 1) * patches->channels;
  const int firstRun = firstFeature / runLength;
  const int firstOffset = firstFeature - firstRun * runLength;
  const int firstX = firstRun % runTaps, firstY = firstRun / runTaps % patches->taps[1];
  const int firstZ = firstRun / runTaps / patches->taps[1];

  Position p = positionAt(patches, firstPosition);
  for (int i = 0; i < positions; ++i, advance(patches, &p), tile += PITCH) {
    const int startZ = p.z * patches->step[0] + patches->origin[0];
    const int startY = p.y * patches->step[1] + patches->origin[1];
    const int startX = p.x * patches->step[2] + patches->origin[2];
    int tapZ = firstZ, tapY = firstY, tapX = firstX, offset = firstOffset;
    for (int done = 0; done < features;) {
      const int length = min(runLength - offset, features - done);
      const int z = startZ + tapZ * patches->tapStep[0];
      const int y = startY + tapY * patches->tapStep[1];
      const int x = startX + tapX * patches->tapStep[2];
      const int inside = z >= 0 && z < patches->source[0] && y >= 0 && y < patches->source[1];
      // The part of the run that lies in the image; ends are zeros. Vectors overrun into what comes later.
      const int low = inside ? clamp(-x * patches->channels - offset, 0, length) : length;
      const int high = inside ? clamp((patches->source[2] - x) * patches->channels - offset, 0, length) : length;
      clear(tile, done, done + low);
      if (low < high) {
        const long row = ((long)p.n * patches->source[0] + z) * patches->source[1] + y;
        const global float *from = image + ((row * patches->source[2] + x) * patches->channels + offset + low);
        for (int j = 0; j < high - low; j += WIDTH) STORE(LOAD(from + j), tile + done + low + j);
      }
      clear(tile, done + high, done + length);
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
    clear(tile, features, features + 8);
  }
}
