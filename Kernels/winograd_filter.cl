// Filters into the points of `winograd.cl`.

// Tap (y, x) of slab (tapZ, phaseY, phaseX) is first + (tapZ · step, phaseY + y · step, phaseX + x · step) of the stored
// filter, whose element lies at tap · tapStride + channel · innerStride + column · columnStride.
typedef struct {
  int k, n;
  int channels, phases;
  int first[3], step[3];
  int filterTaps[3];
  int innerStride, columnStride, tapStride;
  int panel, panels;
} Filters;

static inline size_t tapIndex(const Filters *f, const int slab, const int y, const int x) {
  const int tapZ = f->first[0] + slab / (f->phases * f->phases) * f->step[0];
  const int tapY = f->first[1] + slab / f->phases % f->phases + y * f->step[1];
  const int tapX = f->first[2] + slab % f->phases + x * f->step[2];
  return ((size_t)tapZ * f->filterTaps[1] + tapY) * f->filterTaps[2] + tapX;
}

// G of TAPS vectors.
static inline void spread(const floatv *g, const int step, floatv *to, const int toStep) {
  const floatv ends = 0.5f * (g[0] + g[(TAPS - 1) * step]);
  to[0] = g[0];
#if TAPS == 3
  const floatv middle = 0.5f * g[step];
  to[toStep] = ends + middle;
  to[2 * toStep] = ends - middle;
#else
  to[toStep] = ends;
  to[2 * toStep] = 0.5f * (g[0] - g[step]);
#endif
  to[3 * toStep] = g[(TAPS - 1) * step];
}

// Index mapping: one unit is WIDTH columns of one k: output[panel][point][k][column in panel], zeros past column n.
kernel void transformFilter(
    const Filters f, const global float *restrict source, global float *restrict output) {
  const int vectors = f.panel / WIDTH;
  FOR_EACH(unit, (index_t)f.panels * f.k * vectors) {
    const int vector = (int)(unit % vectors), k = (int)(unit / vectors % f.k), panel = (int)(unit / vectors / f.k);
    const int column = panel * f.panel + vector * WIDTH;
    const int columns = clamp(f.n - column, 0, WIDTH);
    const int slab = k / f.channels, channel = k % f.channels;
    floatv g[TAPS * TAPS], spreadRows[4 * TAPS], u[POINTS];
#pragma unroll
    for (int tap = 0; tap < TAPS * TAPS; ++tap) {
      const global float *from = source + tapIndex(&f, slab, tap / TAPS, tap % TAPS) * f.tapStride +
                                 (size_t)channel * f.innerStride + (size_t)column * f.columnStride;
      if (f.columnStride == 1 && columns == WIDTH) {
        g[tap] = WHOLE(const global, from);
      } else {
        float lanes[WIDTH];
        for (int i = 0; i < WIDTH; ++i) lanes[i] = i < columns ? from[(size_t)i * f.columnStride] : 0.0f;
        g[tap] = WHOLE(private, lanes);
      }
    }
#pragma unroll
    for (int x = 0; x < TAPS; ++x) spread(g + x, TAPS, spreadRows + x, TAPS);
#pragma unroll
    for (int y = 0; y < 4; ++y) spread(spreadRows + TAPS * y, 1, u + 4 * y, 1);
#pragma unroll
    for (int point = 0; point < POINTS; ++point)
      WHOLE(global, output + (((size_t)panel * POINTS + point) * f.k + k) * f.panel + vector * WIDTH) = u[point];
  }
}
