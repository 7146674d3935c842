// Filters into the points of `winograd_points.cl`.

// Of two axes, tap (y, x) of slab (tapZ, phaseY, phaseX) is first + (tapZ · step, phaseY + y · step, phaseX + x · step) of the
// stored filter; of three, (z, y, x) of (phaseZ, phaseY, phaseX) is first + (phaseZ + z · step, …). Its element lies at
// tap · tapStride + channel · innerStride + column · columnStride.
typedef struct {
  int k, n;
  int firstSlab;        // to which the first k belongs
  int channels, phases;
  int first[3], step[3];
  int filterTaps[3];
  int innerStride, columnStride, tapStride;
  int panel, panels;
} Filters;

static inline size_t tapIndex(const Filters *f, const int slab, const int tap) {
  const int y = tap / TAPS % TAPS, x = tap % TAPS, depth = slab / (f->phases * f->phases);
#if AXES == 3
  const int tapZ = f->first[0] + depth + tap / (TAPS * TAPS) * f->step[0];
#else
  const int tapZ = f->first[0] + depth * f->step[0];
#endif
  const int tapY = f->first[1] + slab / f->phases % f->phases + y * f->step[1];
  const int tapX = f->first[2] + slab % f->phases + x * f->step[2];
  return ((size_t)tapZ * f->filterTaps[1] + tapY) * f->filterTaps[2] + tapX;
}

// Index mapping: one unit is WIDTH columns of one k: output[panel][point][k][column in panel], zeros past column n.
kernel void transformFilter(
    const Filters f, const global float *restrict source, global float *restrict output) {
  const int vectors = f.panel / WIDTH;
  FOR_EACH(unit, (index_t)f.panels * f.k * vectors) {
    const int vector = (int)(unit % vectors), k = (int)(unit / vectors % f.k), panel = (int)(unit / vectors / f.k);
    const int column = panel * f.panel + vector * WIDTH;
    const int columns = clamp(f.n - column, 0, WIDTH);
    const int slab = f.firstSlab + k / f.channels, channel = k % f.channels;
    floatv g[POINTS], u[POINTS];
#pragma unroll
    for (int tap = 0; tap < FILTER_TAPS; ++tap) {
      const global float *from = source + tapIndex(&f, slab, tap) * f.tapStride +
                                 (size_t)channel * f.innerStride + (size_t)column * f.columnStride;
      if (f.columnStride == 1 && columns == WIDTH) {
        g[tap] = WHOLE(const global, from);
      } else {
        float lanes[WIDTH];
        for (int i = 0; i < WIDTH; ++i) lanes[i] = i < columns ? from[(size_t)i * f.columnStride] : 0.0f;
        g[tap] = WHOLE(private, lanes);
      }
    }
    ALONG_AXES(spreadFilter, TAPS, POINTS_OF_AXIS, g, u);
    global float *to = output + ((size_t)panel * POINTS * f.k + k) * f.panel + vector * WIDTH;
    const size_t pointPitch = (size_t)f.k * f.panel;
#pragma unroll
    for (int point = 0; point < POINTS; ++point) WHOLE(global, to + point * pointPitch) = TRANSFORMED(g, u)[point];
  }
}
