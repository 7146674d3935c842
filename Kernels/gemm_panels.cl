// Before and after a product: bringing its right operand into the order it is read in, and adding up splits.

// right(k, column) with k = (tap, inner): source[tapIndex · tapStride + inner · innerStride + column · columnStride],
// where tap (z, y, x) of the product is tap first + (z, y, x) · step of the stored filter.
typedef struct {
  int k, n;
  int inner;               // values of k that belong to one tap
  int taps[3];
  int first[3], step[3];
  int filterTaps[3];
  int innerStride, columnStride, tapStride;
  int panel;               // columns of a panel
  int paddedK;             // rows of a panel; those past k are zeros, as are columns past n
  int panels;
  int batch;               // matrices, sourceBatch floats apart
} Panels;

// Index mapping: one unit is one row of one panel: output[batch][panel][k][column in panel].
kernel void packPanels(
    const Panels p, const ulong sourceBatch, const global float *restrict source, global float *restrict output) {
  FOR_EACH(unit, (index_t)p.batch * p.panels * p.paddedK) {
    const int block = (int)(unit / p.paddedK), k = (int)(unit % p.paddedK);
    const int panel = block % p.panels;
    global float *to = output + (size_t)unit * p.panel;
    const int tap = k / p.inner, inner = k % p.inner;
    const int x = p.first[2] + tap % p.taps[2] * p.step[2];
    const int y = p.first[1] + tap / p.taps[2] % p.taps[1] * p.step[1];
    const int z = p.first[0] + tap / p.taps[2] / p.taps[1] * p.step[0];
    const size_t tapIndex = ((size_t)z * p.filterTaps[1] + y) * p.filterTaps[2] + x;
    const int column = panel * p.panel;
    const int columns = k < p.k ? min(p.panel, p.n - column) : 0;
    const global float *from =
        source + block / p.panels * sourceBatch + tapIndex * p.tapStride + (size_t)inner * p.innerStride +
        (size_t)column * p.columnStride;
    for (int i = 0; i < columns; ++i) to[i] = from[(size_t)i * p.columnStride];
    for (int i = columns; i < p.panel; ++i) to[i] = 0.0f;
  }
}

#ifdef ACTIVATION
// Index mapping: one unit is WIDTH elements of the flat m × n result; elements of a row may go elsewhere and
// get a bias only if WIDTH is 1. Splits are added in their order, so the result does not depend on timing.
kernel void sumSplits(
    const Product p, const Patches patches, const float parameter, const global float *restrict parts,
    const global float *restrict bias, global float *restrict output) {
  const size_t count = (size_t)p.m * p.n;
  FOR_EACH(unit, (count + WIDTH - 1) / WIDTH) {
    const size_t element = (size_t)unit * WIDTH;
    floatv sum = LOAD(parts + element);
    for (int split = 1; split < p.splits; ++split) sum += LOAD(parts + split * count + element);
#if WIDTH == 1
    const int row = (int)(element / p.n), column = (int)(element % p.n);
    if (p.hasBias) sum += bias[column];
    output[targetRow(&patches, positionAt(&patches, row)) * p.n + column] = ACTIVATION(sum, parameter);
#else
    STORE(ACTIVATION(sum, parameter), output + element);
#endif
  }
}
#endif
