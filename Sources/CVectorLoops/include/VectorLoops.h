// The loops of the CPU backend, built for several instruction sets; the processor picks one when the program
// starts. Each works on the range it is given, on the calling thread; `vl_parallel` spreads ranges.
//
// Arrays of activations are channels-last. Outputs never overlap inputs unless a function says so.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define VL_ENUM(name) typedef enum __attribute__((enum_extensibility(closed))) name name; enum name

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Threads

/// Calls `body(context, slice)` for every slice in 0 ..< slices, on up to `threads` threads of the OpenMP
/// runtime that oneDNN uses too. Slices are handed out in order, to whichever thread is free.
void vl_parallel(long slices, int threads, void (*body)(void *context, long slice), void *context);
/// The threads that OpenMP would use: the processors this process may run on, or OMP_NUM_THREADS.
int vl_available_threads(void);
/// Keeps threads that wait from spinning for long, if `threads` are all there are processors for.
void vl_limit_spinning(int threads);
/// How many threads oneDNN uses when the calling thread calls it.
void vl_set_threads(int threads);

// MARK: Elements

VL_ENUM(VLActivation) {
  VLActivationIdentity, VLActivationReLU, VLActivationLeakyReLU, VLActivationSigmoid, VLActivationTanh,
  VLActivationELU
};

VL_ENUM(VLUnary) {
  VLUnaryAffine, VLUnaryExponential, VLUnaryLogarithm, VLUnaryLogarithmOnePlus, VLUnarySquareRoot,
  VLUnaryReciprocalSquareRoot, VLUnarySquare, VLUnaryReciprocal, VLUnaryAbsolute, VLUnarySign, VLUnaryFloor,
  VLUnarySine, VLUnaryCosine, VLUnarySoftplus, VLUnaryClamp, VLUnaryPower
};

VL_ENUM(VLBinary) {
  VLBinaryAdd, VLBinarySubtract, VLBinaryMultiply, VLBinaryDivide, VLBinaryMaximum, VLBinaryMinimum,
  VLBinaryPower, VLBinaryEqual, VLBinaryGreater, VLBinaryGreaterOrEqual, VLBinarySigmoidCrossEntropy,
  VLBinarySigmoidMinus, VLBinaryGradientIdentity, VLBinaryGradientReLU, VLBinaryGradientLeakyReLU,
  VLBinaryGradientSigmoid, VLBinaryGradientTanh, VLBinaryGradientELU
};

/// `parameter` is the slope or alpha. `output` may be `input`.
void vl_activate(VLActivation activation, float parameter, const float *input, float *output, long count);
/// `first` and `second` are the operation's constants in the order of its name's arguments.
void vl_unary(VLUnary operation, float first, float second, const float *input, float *output, long count);
/// `rows` rows of `count` pairs; steps of 0 repeat an element or a row. The output is contiguous.
void vl_binary(
  VLBinary operation, float parameter, const float *left, long leftRow, long leftStep, const float *right,
  long rightRow, long rightStep, float *output, long rows, long count);
void vl_select(const float *condition, const float *left, const float *right, float *output, long count);
void vl_fill(float value, float *output, long count);
/// In place: `activation(values + bias)` for rows of `channels`; a null bias adds nothing.
void vl_bias_activate(
  const float *bias, VLActivation activation, float parameter, float *values, long rows, long channels);

// MARK: Reductions over the middle axis of one [length, inner] matrix, columns first ..< last

/// Sums rows into `sums`, indexed from 0 at column `first`.
void vl_sum(const float *input, long length, long inner, long first, long last, double *sums);
void vl_extreme(
  bool largest, const float *input, long length, long inner, long first, long last, float *output);
void vl_argument_maximum(const float *input, long length, long inner, long first, long last, float *output);

// MARK: Layout

/// The two innermost axes of a strided copy. Steps may be 0 or negative at the source.
void vl_copy(
  const float *source, long sourceRow, long sourceStep, float *destination, long destinationRow,
  long destinationStep, long rows, long count);
void vl_add(const float *input, float *sums, long count);

// MARK: Windows, with three spatial axes

typedef struct {
  long input[3], output[3], kernel[3], stride[3], padding[3], dilation[3];
  long channels;
} VLWindows;

/// One sample's rows `first ..< last` of the matrix [output positions, taps · channels], zero in the padding.
void vl_window_rows(const VLWindows *windows, const float *input, float *matrix, long first, long last);
/// The adjoint: adds all rows of the matrix into one sample's input, which starts as zeros.
void vl_add_window_rows(const VLWindows *windows, const float *matrix, float *input);
/// One sample's output positions `first ..< last`.
void vl_maximum_pooling(
  const VLWindows *windows, const float *input, float *output, float *taps, long first, long last);
/// One sample, channels `first ..< last`; adds into `input`.
void vl_maximum_pooling_scatter(
  const VLWindows *windows, const float *gradient, const float *taps, float *input, long first, long last);
void vl_maximum_pooling_gather(
  const VLWindows *windows, const float *input, const float *taps, float *output, long first, long last);
void vl_average_pooling(
  const VLWindows *windows, bool countsPadding, const float *input, float *output, long first, long last);
/// One sample, channels `first ..< last`; adds into `input`.
void vl_average_pooling_gradient(
  const VLWindows *windows, bool countsPadding, const float *gradient, float *input, long first, long last);

// MARK: Convolutions to one to four channels, from a multiple of 16. Filters are [outputs, taps, channels].

/// One sample's output rows `first ..< last`, counted over depth and height.
void vl_narrow_convolution(
  const VLWindows *windows, long outputs, const float *input, const float *filter, float *output, long first,
  long last);
/// Adds to the filter gradient what those rows of one sample give. The stride along the width is 1, and the
/// row of the input with the window's reach has at most 512 elements.
void vl_narrow_filter_gradient(
  const VLWindows *windows, long outputs, const float *input, const float *gradient, float *sums, long first,
  long last);

// MARK: Upsampling rows of [width, channels]

/// Every element `factor` times.
void vl_repeat(const float *input, float *output, long width, long factor, long channels);
/// The adjoint, added into `sums`.
void vl_add_repeated(const float *input, float *sums, long width, long factor, long channels);
/// `output += weight · input` along the width, with bilinear weights; `adjoint` swaps the roles, and then
/// `input` is [width · factor, channels] and `output` [width, channels].
void vl_bilinear_row(
  bool adjoint, float weight, const float *input, float *output, long width, long factor, long channels);

// MARK: Normalization of rows of `channels`

/// Mean and sum of squared differences from it, in double precision.
void vl_moments(const float *input, long rows, long channels, double *mean, double *squares);
/// `activation(input · scale + offset)`, one scale and offset a channel.
void vl_normalize(
  const float *input, const float *scale, const float *offset, VLActivation activation, float parameter,
  float *output, long rows, long channels);
/// `offset = Σ gradient`, `scale = Σ gradient · (input − mean)`.
void vl_normalization_sums(
  const float *input, const float *gradient, const float *mean, long rows, long channels, double *scale,
  double *offset);
/// `output = a · gradient + b · (input − mean) + c`, one of each a channel.
void vl_normalization_gradient(
  const float *input, const float *gradient, const float *mean, const float *a, const float *b, const float *c,
  float *output, long rows, long channels);

// MARK: Random numbers: Philox4x32-10, four draws a block

void vl_uniform(
  uint32_t key0, uint32_t key1, uint64_t counter, float low, float high, float *output, long count);
void vl_normal(
  uint32_t key0, uint32_t key1, uint64_t counter, float mean, float deviation, float *output, long count);
void vl_dropout(
  uint32_t key0, uint32_t key1, uint64_t counter, float rate, const float *input, float *output, long count);

// MARK: Ceilings

/// Multiplies and adds from registers alone; returns how many operations that were.
long vl_multiply_adds(long turns, float factor, float term, float *result);

// MARK: Optimizers

void vl_sgd(float rate, const float *w, const float *g, float *newW, long count);
void vl_sgd_momentum(
  float rate, float momentum, bool nesterov, const float *w, const float *g, const float *v, float *newW,
  float *newV, long count);
void vl_rmsprop(
  float rate, float rho, float epsilon, const float *w, const float *g, const float *v, float *newW,
  float *newV, long count);
void vl_adam(
  float rate, float beta1, float beta2, float epsilon, float decay, const float *w, const float *g,
  const float *m, const float *v, float *newW, float *newM, float *newV, long count);

#ifdef __cplusplus
}
#endif
