// Pixels are bytes, sums 32-bit integers that are rounded and cut to a byte, rows before columns: bit for bit as Pillow.
#include "PictureLoops.h"

// One copy for each instruction set, as in CVectorLoops.
#if defined(__x86_64__) && defined(__ELF__) && !__has_feature(thread_sanitizer)
#define PL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PL_CLONES
#endif
#define PL_INLINE static inline __attribute__((always_inline))

#pragma clang diagnostic ignored "-Wpsabi"
typedef uint8_t bytes4 __attribute__((vector_size(4), aligned(1)));
typedef int32_t ints4 __attribute__((vector_size(16)));

enum { fractionBits = 22, half = 1 << (fractionBits - 1) };

PL_INLINE uint8_t byte_of(int32_t sum) {
  const int32_t value = sum >> fractionBits;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

PL_INLINE ints4 widened(bytes4 pixel) { return __builtin_convertvector(pixel, ints4); }

/// Three channels are read as four bytes, the last of which belongs to the next pixel and is left out; so the last pixel of
/// a window is read by itself.
PL_INLINE void resize_row_of_three(
  const uint8_t *input, uint8_t *output, long outputWidth, const PLWindow *windows, const int32_t *weights, long taps
) {
  for (long x = 0; x < outputWidth; x++, weights += taps) {
    const uint8_t *pixel = input + 3L * windows[x].first;
    const int last = windows[x].count - 1;
    ints4 sum = {half, half, half, half};
    for (int tap = 0; tap < last; tap++, pixel += 3) sum += widened(*(const bytes4 *)pixel) * weights[tap];
    const bytes4 end = {pixel[0], pixel[1], pixel[2], 0};
    sum += widened(end) * weights[last];
    for (int channel = 0; channel < 3; channel++) output[3 * x + channel] = byte_of(sum[channel]);
  }
}

PL_INLINE void resize_row_of_one(
  const uint8_t *input, uint8_t *output, long outputWidth, const PLWindow *windows, const int32_t *weights, long taps
) {
  for (long x = 0; x < outputWidth; x++, weights += taps) {
    const uint8_t *pixel = input + windows[x].first;
    int32_t sum = half;
    for (int tap = 0; tap < windows[x].count; tap++) sum += pixel[tap] * weights[tap];
    output[x] = byte_of(sum);
  }
}

PL_CLONES void pl_resize_rows(
  const uint8_t *input, long inputWidth, long rows, int channels, uint8_t *output, long outputWidth, const PLWindow *windows,
  const int32_t *weights, long taps
) {
  for (long row = 0; row < rows; row++) {
    const uint8_t *from = input + row * inputWidth * channels;
    uint8_t *to = output + row * outputWidth * channels;
    if (channels == 3) resize_row_of_three(from, to, outputWidth, windows, weights, taps);
    else resize_row_of_one(from, to, outputWidth, windows, weights, taps);
  }
}

PL_CLONES void pl_resize_columns(
  const uint8_t *input, long rowBytes, uint8_t *output, long outputRows, const PLWindow *windows, const int32_t *weights,
  long taps
) {
  // As many sums as stay in the nearest cache.
  enum { block = 1024 };
  int32_t sums[block];
  for (long y = 0; y < outputRows; y++, weights += taps) {
    for (long start = 0; start < rowBytes; start += block) {
      const long count = rowBytes - start < block ? rowBytes - start : block;
      for (long i = 0; i < count; i++) sums[i] = half;
      for (int tap = 0; tap < windows[y].count; tap++) {
        const uint8_t *row = input + (windows[y].first + tap) * rowBytes + start;
        const int32_t weight = weights[tap];
        for (long i = 0; i < count; i++) sums[i] += row[i] * weight;
      }
      for (long i = 0; i < count; i++) output[y * rowBytes + start + i] = byte_of(sums[i]);
    }
  }
}
