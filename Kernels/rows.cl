// For kernels over rows of `extent` positions of `channels` each: FOR_EACH(i, UNITS(rows, extent)), then ROW,
// FOR_EACH_POSITION and FOR_EACH_CHANNEL. On a processor a unit is a row, so that coordinates are found once
// for all of it; on a card it is one vector of channels.
#define VECTORS ((channels + WIDTH - 1) / WIDTH)
#ifdef CPU_FAMILY
#define UNITS(rows, extent) (rows)
#define ROW(i, extent) (i)
#define FOR_EACH_POSITION(x, extent) for (int x = 0; x < (int)(extent); ++x)
#define FOR_EACH_CHANNEL for (uint channel = 0; channel < channels; channel += WIDTH)
#else
#define UNITS(rows, extent) ((rows) * (extent) * VECTORS)
#define ROW(i, extent) ((i) / VECTORS / (extent))
#define FOR_EACH_POSITION(x, extent) \
  for (int x = (int)(i / VECTORS % (extent)), only##x = 1; only##x; only##x = 0)
#define FOR_EACH_CHANNEL \
  for (uint channel = (uint)(i % VECTORS) * WIDTH, onlyVector = 1; onlyVector; onlyVector = 0)
#endif
#define CHANNEL_LANES min(channels - channel, (uint)WIDTH)
