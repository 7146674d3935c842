#include "VectorLoops.h"
#include "VectorMath.h"
#include <string.h>

VL_CLONES void vl_copy(
  const float *restrict source, long sourceRow, long sourceStep, float *restrict destination,
  long destinationRow, long destinationStep, long rows, long count
) {
  if (sourceStep == 1 && destinationStep == 1) {
    for (long r = 0; r < rows; r++)
      memcpy(destination + r * destinationRow, source + r * sourceRow, (size_t)count * sizeof(float));
    return;
  }
  // A transpose in tiles: each line of either side is then used while it is in the cache.
  enum { tile = 16 };
  for (long r0 = 0; r0 < rows; r0 += tile) {
    const long r1 = rows < r0 + tile ? rows : r0 + tile;
    for (long i0 = 0; i0 < count; i0 += tile) {
      const long i1 = count < i0 + tile ? count : i0 + tile;
      for (long r = r0; r < r1; r++)
        for (long i = i0; i < i1; i++)
          destination[r * destinationRow + i * destinationStep] = source[r * sourceRow + i * sourceStep];
    }
  }
}

VL_CLONES void vl_repeat(
  const float *restrict input, float *restrict output, long width, long factor, long channels
) {
  for (long w = 0; w < width; w++)
    for (long f = 0; f < factor; f++)
      for (long c = 0; c < channels; c++) output[(w * factor + f) * channels + c] = input[w * channels + c];
}

VL_CLONES void vl_add_repeated(
  const float *restrict input, float *restrict sums, long width, long factor, long channels
) {
  for (long w = 0; w < width; w++)
    for (long f = 0; f < factor; f++)
      for (long c = 0; c < channels; c++) sums[w * channels + c] += input[(w * factor + f) * channels + c];
}

VL_CLONES void vl_bilinear_row(
  bool adjoint, float weight, const float *restrict input, float *restrict output, long width, long factor,
  long channels
) {
  for (long position = 0; position < width * factor; position++) {
    // Element i covers [i, i + 1) and has its centre at i + 0.5, on both sides.
    const double centre = ((double)position + 0.5) / (double)factor - 0.5;
    const long below = centre < 0 ? -1 : (long)centre;
    const float fraction = (float)(centre - (double)below);
    for (int side = 0; side < 2; side++) {
      const long wanted = below + side, w = wanted < 0 ? 0 : wanted > width - 1 ? width - 1 : wanted;
      const float share = weight * (side ? fraction : 1.0f - fraction);
      if (share == 0.0f) continue;
      const float *from = input + (adjoint ? position : w) * channels;
      float *to = output + (adjoint ? w : position) * channels;
      for (long c = 0; c < channels; c++) to[c] += share * from[c];
    }
  }
}
