// The loops of the CPU backend, built for several instruction sets; the processor picks one when the program
// starts. Each works on the range it is given, on the calling thread; `vl_parallel` spreads ranges.
//
// Arrays of activations are channels-last. Outputs never overlap inputs unless a function says so.
#pragma once
#include <signal.h>
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
/// The threads that OpenMP would ask for: the processors that this process might run on when it started, or
/// OMP_NUM_THREADS.
int vl_available_threads(void);
/// How many of `threads` it then grants: fewer where OMP_THREAD_LIMIT or its likes say so.
int vl_granted_threads(int threads);
/// The processors that the calling thread may run on now; INT_MAX if the system does not say.
int vl_allowed_processors(void);
/// Keeps threads that wait from spinning for long while other programs want their processors, if `threads` are all
/// there are processors for.
void vl_spin_only_alone(int threads);
/// Whether that is so at present.
int vl_spins_little(void);
/// Makes it so, or not, until the next look at what other programs want: for tests.
void vl_limit_spinning(int is_limited);
/// To be called before oneDNN is, by the same thread: how many threads it then uses. Until `vl_leave_library` the thread
/// handles no signals, for oneDNN's products keep numbers below the stack's end, where the system would put the handler's
/// frame: they came back as other numbers, and as pointers into nowhere.
void vl_enter_library(int threads, sigset_t *before);
/// With what `vl_enter_library` stored.
void vl_leave_library(const sigset_t *before);

// MARK: Elements

VL_ENUM(VLActivation) {
  VLActivationIdentity, VLActivationReLU, VLActivationLeakyReLU, VLActivationSigmoid, VLActivationTanh,
  VLActivationELU
};

VL_ENUM(VLUnary) {
  VLUnaryAffine, VLUnaryExponential, VLUnaryLogarithm, VLUnaryLogarithmOnePlus, VLUnaryExponentialMinusOne,
  VLUnarySquareRoot, VLUnaryReciprocalSquareRoot, VLUnarySquare, VLUnaryReciprocal, VLUnaryAbsolute, VLUnarySign, VLUnaryFloor,
  VLUnarySine, VLUnaryCosine, VLUnarySoftplus, VLUnaryClamp, VLUnaryPower
};

VL_ENUM(VLBinary) {
  VLBinaryAdd, VLBinarySubtract, VLBinaryMultiply, VLBinaryDivide, VLBinaryMaximum, VLBinaryMinimum,
  VLBinaryPower, VLBinaryEqual, VLBinaryGreater, VLBinaryGreaterOrEqual, VLBinarySigmoidCrossEntropy,
  VLBinarySigmoidMinus, VLBinaryUnitNormalDivergence, VLBinaryGradientIdentity, VLBinaryGradientReLU,
  VLBinaryGradientLeakyReLU, VLBinaryGradientSigmoid, VLBinaryGradientTanh, VLBinaryGradientELU
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
/// The adjoint, for one sample's input rows `first ..< last`, counted over depth and height. The matrix has
/// `columns` columns, of which the first taps · channels are the windows'.
void vl_sum_window_rows(
  const VLWindows *windows, const float *matrix, long columns, float *input, long first, long last);
/// One sample's output positions `first ..< last`.
void vl_maximum_pooling(
  const VLWindows *windows, const float *input, float *output, float *taps, long first, long last);
/// One sample, channels `first ..< last`; adds into `input`.
void vl_maximum_pooling_scatter(
  const VLWindows *windows, const float *gradient, const float *taps, float *input, long first, long last);
/// The same where every input belongs to one window: output positions `first ..< last`, which write all of theirs.
void vl_maximum_pooling_spread(
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

// MARK: Matrix products from registers

/// Whether the processor has 32 registers of 16 floats (AVX-512).
bool vl_is_wide(void);

/// A lies in blocks of 14 rows, in each the columns 16 at a time: a block is [k / 16, 14, 16].
enum { VL_BLOCK_ROWS = 14 };
/// B and C lie in panels of 32 columns: [n / 32, rows, 32].
enum { VL_PANEL = 32 };

/// One panel of `C = A · B`, or `C += A · B` if it `adds`. `k` is a multiple of 16; the blocks of A are
/// `aBlock` apart. Meanwhile what comes next is fetched into the cache: at step s of each run r of 16 steps,
/// 32 floats at `ahead + r · aheadRun + s · aheadStep`.
void vl_multiply_rows(
  const float *a, long aBlock, const float *panel, long rows, long k, bool adds, const float *ahead,
  long aheadRun, long aheadStep, float *c);
/// `count` panels of `C = Aᵀ · B`, or `C += Aᵀ · B` if it `adds`: C has k rows, and the products are summed over the
/// `rows` of A and B. B is in blocks like A, `panelBlock` apart, each of panels of 14 rows.
void vl_multiply_columns(
  const float *a, long aBlock, const float *panels, long panelBlock, long rows, long k, long count, bool adds,
  float *c);

/// Rows `first ..< last` of a row-major matrix to blocks, with zeros after the last column.
void vl_pack_rows(const float *a, long first, long last, long k, float *blocks);

/// `C = A · B` with few rows m; B is row-major, or its transpose is.
typedef struct {
  long m, n, k;
  bool transposesRight;
} VLFewRows;

/// The most columns of a strip, and the room for what is packed of it.
long vl_strip_width(bool transposesRight);
enum { VL_STRIP_SIZE = 65536 };

/// Columns `first ..< last` of C, at most a strip. `blocks` is A, packed; `memory` has room for
/// `VL_STRIP_SIZE + m · columns`, in whole panels.
void vl_few_rows_strip(
  const VLFewRows *product, const float *blocks, const float *b, long first, long last, float *memory,
  float *result);

// MARK: Winograd's convolutions, see WinogradLines.h

/// Two or three axes, the outermost of three being unused for two.
typedef struct {
  long rank;
  /// Of one phase of the filter, and of a tile, on each axis: 2 and 3, or 3 and 4, for two axes; 2, and 2 to 4, for three.
  long taps, results;
  /// Of one sample.
  long tiles[3];
} VLWinograd;

/// A channels-last batch that tiles are read from or written to: element e of tile i in phase r lies at
/// `step · (i · results + e) + r + origin` on each axis. Channels are a multiple of 16.
typedef struct {
  long size[3], origin[3];
  long channels, step;
  /// `step` to the number of axes, or 1 for a phase alone, which `origin` then has in it.
  long phases;
} VLTiledImage;

/// `stride · taps` taps an axis, as `phases` = `stride` to the number of axes; and which panels of its matrices are held.
typedef struct {
  long rank, taps, results, stride, phases, inputChannels, outputChannels, firstPanel, panels;
} VLWinogradFilter;

/// Floats behind the block of each point, without which all points of a row fell into one set of a cache.
enum { VL_POINT_GAP = 16 };

/// Tiles `firstTile + first ..< firstTile + last`, where `first` begins a block, to the rows of one matrix A a
/// point: [rows / 14, points, block and gap].
void vl_winograd_gather(
  const VLWinograd *winograd, const VLTiledImage *image, const float *input, long firstTile, float *matrix,
  long first, long last);
/// The same for the gradient of the results, to panels of B: [rows / 14, points, panels · 14 · 32 and gap].
void vl_winograd_gather_gradient(
  const VLWinograd *winograd, const VLTiledImage *image, const float *input, long firstTile, float *matrix,
  long first, long last);
/// Multiplies rows `firstRow ..< firstRow + rows` of A, where `firstRow` begins a block, by some panels and
/// writes the results of these tiles. `filter` is the first of these panels, of `heldPanels` a point. `products`
/// has room for `points · panels · rows · 32`. The activation is the identity or one of the ReLUs.
void vl_winograd_outputs(
  const VLWinograd *winograd, const VLTiledImage *image, const float *matrix, long k, const float *filter,
  long heldPanels, long firstPanel, long panels, long firstTile, long firstRow, long rows, float *products,
  const float *bias, VLActivation activation, float parameter, float *output);
/// Rows `first ..< last` of (phase, input channel), to panels of output channels.
void vl_winograd_filter(
  const VLWinogradFilter *shape, const float *filter, float *panels, long first, long last);
/// The same for the input's gradient: rows are output channels, panels of (phase, input channel);
/// `first ..< last` count 16 of these, from the first panel on.
void vl_winograd_turned_filter(
  const VLWinogradFilter *shape, const float *filter, float *panels, long first, long last);
/// The filter's gradient, rows `first ..< last`.
void vl_winograd_filter_gradient(
  const VLWinogradFilter *shape, const float *panels, float *filter, long first, long last);

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

/// One value of each a channel: what the normalization was, `activation(factor · input + shift)`.
typedef struct {
  const float *mean, *factor, *shift;
  VLActivation activation;
  float parameter;
} VLNormalizationFactors;

/// `offset = Σ g`, `scale = Σ g · (input − mean)`, with g the gradient before the activation.
void vl_normalization_sums(
  const VLNormalizationFactors *factors, const float *input, const float *gradient, long rows, long channels,
  double *scale, double *offset);
/// `output = factor · g + b · (input − mean) + c`.
void vl_normalization_gradient(
  const VLNormalizationFactors *factors, const float *input, const float *gradient, const float *b,
  const float *c, float *output, long rows, long channels);

// MARK: Random numbers: Philox4x32-10, four draws a block; dropout takes eight

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

// From the gradient `g`, in place: the parameter `w`, and what the rule remembers of it.
void vl_sgd(float rate, const float *g, float *w, long count);
void vl_sgd_momentum(
  float rate, float momentum, bool nesterov, const float *g, float *w, float *v, long count);
void vl_moving_average(float decay, float scale, const float *g, float *w, long count);
void vl_rmsprop(float rate, float rho, float epsilon, const float *g, float *w, float *v, long count);
void vl_adam(
  float rate, float beta1, float beta2, float epsilon, float decay, const float *g, float *w, float *m, float *v,
  long count);

#ifdef __cplusplus
}
#endif
