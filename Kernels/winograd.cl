// Convolutions of two axes by Winograd's filtering, `winograd_points.cl`: tiles of OUTPUTS × OUTPUTS results of a filter with
// TAPS × TAPS taps, 4 points an axis, take 16 multiplications for each pair of channels instead of 36.
//
// Height and width are transformed; depth stays a sum over taps. A stride of 2 takes the image apart into
// phases, which are images of their own with a filter of every second tap. So the sum over k of the 16
// products runs over (tap in depth, phase, channel), called slabs of channels; points are 4 · y + x.
//
// Macros besides: BLOCK, the most rows and columns of a block of a filter gradient; ACTIVATION.

typedef struct {
  int tiles[2];         // tiles of a slice: rows, columns
  int count;            // of all slices
  int phases;           // on each axis: the stride
  int k;                // slabs · channels
  int blockTiles;       // tiles, and values of k, that are taken at a time
  int blockK;
  int panelsPerGroup;
  int splits;           // filter gradient: parts that the sum over tiles is cut into
} Winograd;

// A walk over tiles: y and x count tiles.
static inline Position tileAt(const Patches *patches, const Winograd *w, const int index) {
  return placeAt(patches->rows[0], w->tiles[0], w->tiles[1], index);
}

static inline void advanceTile(const Patches *patches, const Winograd *w, Position *p) {
  advancePlace(patches->rows[0], w->tiles[0], w->tiles[1], p);
}

// Bᵀ d B of one vector of channels; the points lie pointPitch apart.
static inline void transformTile(floatv d[POINTS], global float *to, const size_t pointPitch) {
  floatv other[POINTS];
  ALONG_AXES(spreadInput, POINTS_OF_AXIS, POINTS_OF_AXIS, d, other);
#pragma unroll
  for (int point = 0; point < POINTS; ++point) WHOLE(global, to + point * pointPitch) = TRANSFORMED(d, other)[point];
}

// Transforms firstK ..< firstK + count of consecutive tiles: to[point · pointPitch + tile · pitch + k − firstK].
// `zeros` are WIDTH of them, read where a tile leaves the image.
static inline void transformImage(
    const Patches *patches, const Winograd *w, const global float *restrict image, const global float *zeros,
    const int firstTile, const int tiles, const int firstK, const int count, const int pitch,
    const size_t pointPitch, global float *to) {
  const int channels = patches->channels, phases = w->phases;
  const int depth = patches->source[0], height = patches->source[1], width = patches->source[2];
  const size_t right = (size_t)phases * channels, down = right * width;
  Position tile = tileAt(patches, w, firstTile);
  for (int t = 0; t < tiles; ++t, advanceTile(patches, w, &tile), to += pitch) {
    int slab = firstK / channels, channel = firstK - slab * channels;
    for (int done = 0; done < count; ++slab, channel = 0) {
      const int length = min(channels - channel, count - done);
      const int tapZ = slab / (phases * phases), phaseY = slab / phases % phases, phaseX = slab % phases;
      const int z = tile.z * patches->step[0] + patches->origin[0] + tapZ * patches->tapStep[0];
      const int y = tile.y * OUTPUTS * phases + patches->origin[1] + phaseY;
      const int x = tile.x * OUTPUTS * phases + patches->origin[2] + phaseX;
      const global float *from =
          image + ((((long)tile.n * depth + z) * height + y) * width + x) * channels + channel;
      const int isInside = (z >= 0) & (z < depth) & (y >= 0) & (y + 3 * phases < height) & (x >= 0) &
                           (x + 3 * phases < width);
      if (isInside) {
        for (int c = 0; c < length; c += WIDTH) {
          floatv d[POINTS];
#pragma unroll
          for (int i = 0; i < POINTS; ++i) d[i] = WHOLE(const global, from + i / 4 * down + i % 4 * right + c);
          transformTile(d, to + done + c, pointPitch);
        }
      } else {
        // Branches for each pixel once, not for each vector.
        const global float *pixels[POINTS];
        int mask[POINTS];
        for (int i = 0; i < POINTS; ++i) {
          const int pixelY = y + i / 4 * phases, pixelX = x + i % 4 * phases;
          const int isPixel = (z >= 0) & (z < depth) & (pixelY >= 0) & (pixelY < height) & (pixelX >= 0) &
                              (pixelX < width);
          pixels[i] = isPixel ? from + i / 4 * down + i % 4 * right : zeros;
          mask[i] = isPixel ? -1 : 0;
        }
        for (int c = 0; c < length; c += WIDTH) {
          floatv d[POINTS];
#pragma unroll
          for (int i = 0; i < POINTS; ++i) d[i] = WHOLE(const global, pixels[i] + (c & mask[i]));
          transformTile(d, to + done + c, pointPitch);
        }
      }
      done += length;
    }
  }
}
