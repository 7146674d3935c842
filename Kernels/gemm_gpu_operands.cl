// What products on graphics cards share: how operands are fetched and left, and where in images patches and filters are.
//
// Macros: SINGLE_TAP if patches are rows of a matrix; PHASES if z of a group counts phases of the stride, all of which have as
// many positions; UNEVEN_PHASES if some reach fewer taps; PLANAR if images have no depth; LOADS_ANYWAY, see `fetch`.

// Where the i-th result of an item lies that is the `place`-th of so many items along an axis.
#define RESULT_AT(i, place, chunk, items) ((i) / (chunk) * ((chunk) * (items)) + (place) * (chunk) + (i) % (chunk))

static inline void unpack(const float4 chunk, float *to) {
  to[0] = chunk.x;
  to[1] = chunk.y;
  to[2] = chunk.z;
  to[3] = chunk.w;
}

// A width is known when the kernel is compiled. (vload4 and vstore4, which may be anywhere, are four accesses on NVIDIA.)
static inline void loadGlobal(const int width, const global float *from, float *to) {
  if (width == 4) {
    unpack(*(const global float4 *)from, to);
  } else {
    to[0] = *from;
  }
}

// Fetches what is there, or zeros. A compiler may have the program await a load under a condition at once, because it copies
// the result over the zeros (Intel's, and AMD's at times). With LOADS_ANYWAY an item loads the first elements instead of what is
// not there, and tells so: whoever puts them into local memory makes zeros of them, when nothing has to wait any more.
static inline int fetch(
    const int width, const global float *from, const offset_t offset, const int isThere, float *to) {
#ifdef LOADS_ANYWAY
  loadGlobal(width, from + (isThere ? offset : 0), to);
  return isThere;
#else
#pragma unroll
  for (int w = 0; w < width; ++w) to[w] = 0.0f;
  if (isThere) loadGlobal(width, from + offset, to);
  return 1;
#endif
}

static inline void storeGlobal(const int width, const float *from, global float *to) {
  if (width == 4) {
    *(global float4 *)to = (float4)(from[0], from[1], from[2], from[3]);
  } else {
    *to = from[0];
  }
}

static inline void loadLocal(const int width, const local float *from, float *to) {
  if (width == 4) {
    unpack(*(const local float4 *)from, to);
  } else {
    to[0] = *from;
  }
}

// Division by a number known to the host (Granlund and Montgomery, 1994), exact below 2³¹: as fast as by a
// constant, and one program serves every geometry.
typedef struct {
  uint magic, shift;
} Divisor;
typedef struct {
  Divisor rows[3];
  Divisor taps[3];
  Divisor channels;
#ifdef UNEVEN_PHASES
  Divisor fewerTaps[3];  // one less
#endif
} Divisors;

static inline int divide(const int number, const Divisor d) {
  return (int)((mul_hi((uint)number, d.magic) + (uint)number) >> d.shift);
}

static inline Position positionOf(const Patches *patches, const Divisors *divisors, const int index) {
  Position p;
#ifdef SINGLE_TAP
  p.n = index;
  p.z = p.y = p.x = 0;
#else
  const int row = divide(index, divisors->rows[2]);
  const int slice = divide(row, divisors->rows[1]);
#ifdef PLANAR
  p.n = slice;
  p.z = 0;
#else
  p.n = divide(slice, divisors->rows[0]);
  p.z = slice - p.n * patches->rows[0];
#endif
  p.y = row - slice * patches->rows[1];
  p.x = index - row * patches->rows[2];
#endif
  return p;
}

// Where a patch begins in the image, or where a feature lies from there: which pixel, and which element that is.
typedef struct {
  int z, y, x;
  offset_t offset;
} Pixel;

static inline Pixel startOf(const Patches *patches, const Divisors *divisors, const int index) {
  Pixel s;
#ifdef SINGLE_TAP
  s.z = s.y = s.x = 0;
  s.offset = (offset_t)index * patches->channels;
#else
  const Position p = positionOf(patches, divisors, index);
  s.y = p.y * patches->step[1] + patches->origin[1];
  s.x = p.x * patches->step[2] + patches->origin[2];
#ifdef PLANAR
  s.z = 0;
  const offset_t slice = p.n;
#else
  s.z = p.z * patches->step[0] + patches->origin[0];
  const offset_t slice = (offset_t)p.n * patches->source[0] + s.z;
#endif
  const offset_t row = slice * patches->source[1] + s.y;
  s.offset = (row * patches->source[2] + s.x) * patches->channels;
#endif
  return s;
}

// A value of k: a tap, and a channel there.
typedef struct {
  int z, y, x, channel;
} Tap;

static inline Tap tapOf(const Patches *patches, const Divisors *divisors, const int k) {
  Tap t;
#ifdef SINGLE_TAP
  t.z = t.y = t.x = 0;
  t.channel = k;
#else
  const int tap = divide(k, divisors->channels);
  const int row = divide(tap, divisors->taps[2]);
  t.x = tap - row * patches->taps[2];
#ifdef PLANAR
  t.y = row;
  t.z = 0;
#else
  t.z = divide(row, divisors->taps[1]);
  t.y = row - t.z * patches->taps[1];
#endif
  t.channel = k - tap * patches->channels;
#endif
  return t;
}

static inline Pixel featureOf(const Patches *patches, const Divisors *divisors, const int index) {
  const Tap t = tapOf(patches, divisors, index);
  Pixel f;
  f.x = t.x * patches->tapStep[2];
  f.y = t.y * patches->tapStep[1];
#ifdef PLANAR
  f.z = 0;
#else
  f.z = t.z * patches->tapStep[0];
#endif
#ifdef SINGLE_TAP
  f.offset = t.channel;
#else
  f.offset =
      ((offset_t)(f.z * patches->source[1] + f.y) * patches->source[2] + f.x) * patches->channels + t.channel;
#endif
  return f;
}

// A stored filter, [taps, columns, channels]: tap (z, y, x) of a product is its tap first + (z, y, x) · step.
typedef struct {
  int taps[3];
  int first[3], step[3];
  int phases[3];     // of the stride, along each axis: this is the first of them
  int remainder[3];  // of the padding, divided by the stride
} Filter;

// Goes on to one of the phases, which reach other taps from other pixels, and write other positions. Along an axis these are
// the taps `residue`, `residue + stride` and so on, the last of them first; `divisors` are made for the most there are.
static inline void moveTo(const int phase, Patches *patches, Filter *filter, Divisors *divisors) {
  const int z = phase / (filter->phases[1] * filter->phases[2]), y = phase / filter->phases[2] % filter->phases[1];
  const int place[3] = {z, y, phase % filter->phases[2]};
#pragma unroll
  for (int axis = 0; axis < 3; ++axis) {
    const int stride = patches->targetStep[axis], wraps = place[axis] + filter->remainder[axis] >= stride;
    const int residue = place[axis] + filter->remainder[axis] - wraps * stride;
    patches->origin[axis] += wraps;
#ifdef UNEVEN_PHASES
    if (residue + (patches->taps[axis] - 1) * stride >= filter->taps[axis]) {
      patches->taps[axis] -= 1;
      patches->origin[axis] += 1;
      divisors->taps[axis] = divisors->fewerTaps[axis];
    }
#endif
    patches->targetOrigin[axis] = place[axis];
    filter->first[axis] = residue + (patches->taps[axis] - 1) * stride;
  }
}

static inline int isInside(const Patches *patches, const Pixel start, const Pixel feature) {
#ifdef SINGLE_TAP
  return 1;
#else
  const int isInPlane = ((uint)(start.y + feature.y) < (uint)patches->source[1]) &
                        ((uint)(start.x + feature.x) < (uint)patches->source[2]);
#ifdef PLANAR
  return isInPlane;
#else
  return isInPlane & ((uint)(start.z + feature.z) < (uint)patches->source[0]);
#endif
#endif
}
