// The loops of resizing, built for several instruction sets; the processor picks one when the program starts.
#pragma once
#include <stdint.h>

/// What one extent of a picture is made of: each output pixel the sum of `count` neighbouring input pixels from `first`
/// on, weighted in units of 2⁻²².
typedef struct {
  int first;
  int count;
} PLWindow;

/// Resizes every row. `channels` is 1 or 3; `weights` holds `taps` places for each of `outputWidth` windows.
void pl_resize_rows(
  const uint8_t *input, long inputWidth, long rows, int channels, uint8_t *output, long outputWidth, const PLWindow *windows,
  const int32_t *weights, long taps);

/// Makes each of `outputRows` rows of `rowBytes` bytes out of rows of the input.
void pl_resize_columns(
  const uint8_t *input, long rowBytes, uint8_t *output, long outputRows, const PLWindow *windows, const int32_t *weights,
  long taps);
