// Before and after a product: bringing its right operand into the order it is read in, and adding up splits. And products
// that are done before a panel would be filled.

// Index mapping: one unit is WIDTH elements of the m × n result. They lie in one row unless it `isFlat`: its rows stay
// where they are, and there is no bias. Splits are added in their order, so the result does not depend on timing.
kernel void sumSplits(
    const Product p, const Patches patches, const int isFlat, const float parameter, const global float *restrict parts,
    const global float *restrict bias, global float *restrict output) {
  const size_t count = (size_t)p.m * p.n;
  FOR_EACH(unit, (count + WIDTH - 1) / WIDTH) {
    const size_t element = (size_t)unit * WIDTH;
    floatv sum = LOAD(parts + element);
    for (int split = 1; split < p.splits; ++split) sum += LOAD(parts + split * count + element);
    size_t target = element;
    if (!isFlat) {
      const int row = (int)(element / p.n), column = (int)(element - (size_t)row * p.n);
      if (p.hasBias) sum += LOAD(bias + column);
      target = targetRow(&patches, positionAt(&patches, row)) * p.n + column;
    }
    STORE(ACTIVATION(sum, parameter), output + target);
  }
}

#ifdef CPU_FAMILY
// Index mapping: one unit is one row of one panel: output[batch][panel][k][column in panel].
kernel void packPanels(
    const Panels p, const ulong sourceBatch, const global float *restrict source, global float *restrict output) {
  FOR_EACH(unit, (index_t)p.batch * p.panels * p.paddedK) {
    const int block = (int)(unit / p.paddedK), k = (int)(unit % p.paddedK);
    const int panel = block % p.panels;
    global float *to = output + (size_t)unit * p.panel;
    const int column = panel * p.panel;
    const int columns = k < p.k ? min(p.panel, p.n - column) : 0;
    const global float *from =
        source + block / p.panels * sourceBatch + rowOffset(&p, k) + (size_t)column * p.columnStride;
    for (int i = 0; i < columns; ++i) to[i] = from[(size_t)i * p.columnStride];
    for (int i = columns; i < p.panel; ++i) to[i] = 0.0f;
  }
}

// Index mapping: one unit is one element of the product of two plain matrices, given by the distances of their rows and
// columns.
kernel void plainProduct(
    const Product p, const int leftRow, const int leftColumn, const int rightRow, const int rightColumn,
    const float parameter, const global float *restrict left, const global float *restrict right,
    const global float *restrict bias, global float *restrict output) {
  FOR_EACH(unit, (index_t)p.m * p.n) {
    const int row = (int)(unit / p.n), column = (int)unit - row * p.n;
    const global float *a = left + row * leftRow, *b = right + column * rightColumn;
    float sum = p.hasBias ? bias[column] : 0.0f;
    for (int k = 0; k < p.k; ++k) sum += a[k * leftColumn] * b[k * rightRow];
    storeLanes(ACTIVATION(SPLAT(sum), parameter), output + unit, 1);
  }
}
#endif
