#include "VectorLoops.h"
#include "VectorMath.h"

#define EACH(expression)                \
  do {                                  \
    for (long i = 0; i < count; i++) {  \
      const float x = input[i];         \
      output[i] = (expression);         \
    }                                   \
    return;                             \
  } while (0)

VL_CLONES void vl_activate(
  VLActivation activation, float parameter, const float *input, float *output, long count
) {
  switch (activation) {
    case VLActivationIdentity: EACH(x);
    case VLActivationReLU: EACH(x < 0.0f ? 0.0f : x);
    case VLActivationLeakyReLU: EACH(x > 0.0f ? x : parameter * x);
    case VLActivationSigmoid: EACH(vl_sigmoid(x));
    case VLActivationTanh: EACH(vl_tanh(x));
    case VLActivationELU: EACH(vl_elu(x, parameter));
  }
}

VL_CLONES void vl_unary(
  VLUnary operation, float first, float second, const float *restrict input, float *restrict output, long count
) {
  switch (operation) {
    case VLUnaryAffine: EACH(first * x + second);
    case VLUnaryExponential: EACH(vl_exp(x));
    case VLUnaryLogarithm: EACH(vl_log(x));
    case VLUnaryLogarithmOnePlus: EACH(vl_log_one_plus(x));
    case VLUnaryExponentialMinusOne: EACH(first * vl_exp_minus_one(x));
    case VLUnarySquareRoot: EACH(vl_sqrt(x));
    case VLUnaryReciprocalSquareRoot: EACH(1.0f / vl_sqrt(x));
    case VLUnarySquare: EACH(x * x);
    case VLUnaryReciprocal: EACH(1.0f / x);
    case VLUnaryAbsolute: EACH(fabsf(x));
    case VLUnarySign: EACH(x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f);
    case VLUnaryFloor: EACH(floorf(x));
    // Arguments of any size need libm's long reduction; nothing hot uses these three.
    case VLUnarySine: EACH(sinf(x));
    case VLUnaryCosine: EACH(cosf(x));
    case VLUnaryPower: EACH(powf(x, first));
    case VLUnarySoftplus: EACH(vl_softplus(x));
    case VLUnaryClamp: {
      for (long i = 0; i < count; i++) {
        const float x = input[i], raised = x < first ? first : x;
        output[i] = raised > second ? second : raised;
      }
      return;
    }
  }
}

VL_CLONES void vl_select(
  const float *restrict condition, const float *restrict left, const float *restrict right,
  float *restrict output, long count
) {
  for (long i = 0; i < count; i++) {
    const float a = left[i], b = right[i];
    output[i] = condition[i] != 0.0f ? a : b;
  }
}

VL_CLONES void vl_fill(float value, float *output, long count) {
  for (long i = 0; i < count; i++) output[i] = value;
}

VL_CLONES void vl_add(const float *restrict input, float *restrict sums, long count) {
  for (long i = 0; i < count; i++) sums[i] += input[i];
}

#define ROWS(expression)                                  \
  do {                                                    \
    for (long row = 0; row < rows; row++) {               \
      float *restrict values_ = values + row * channels;  \
      for (long c = 0; c < channels; c++) {               \
        const float x = values_[c] + bias[c];             \
        values_[c] = (expression);                        \
      }                                                   \
    }                                                     \
    return;                                               \
  } while (0)

VL_CLONES void vl_bias_activate(
  const float *restrict bias, VLActivation activation, float parameter, float *restrict values, long rows,
  long channels
) {
  if (!bias) {
    vl_activate(activation, parameter, values, values, rows * channels);
    return;
  }
  if (channels == 1) {
    // Rows of one element would leave the vectors empty.
    const float b = bias[0], *input = values;
    float *output = values;
    const long count = rows;
    switch (activation) {
      case VLActivationIdentity: EACH(x + b);
      case VLActivationReLU: EACH(x + b < 0.0f ? 0.0f : x + b);
      case VLActivationLeakyReLU: EACH(x + b > 0.0f ? x + b : parameter * (x + b));
      case VLActivationSigmoid: EACH(vl_sigmoid(x + b));
      case VLActivationTanh: EACH(vl_tanh(x + b));
      case VLActivationELU: EACH(vl_elu(x + b, parameter));
    }
  }
  switch (activation) {
    case VLActivationIdentity: ROWS(x);
    case VLActivationReLU: ROWS(x < 0.0f ? 0.0f : x);
    case VLActivationLeakyReLU: ROWS(x > 0.0f ? x : parameter * x);
    case VLActivationSigmoid: ROWS(vl_sigmoid(x));
    case VLActivationTanh: ROWS(vl_tanh(x));
    case VLActivationELU: ROWS(vl_elu(x, parameter));
  }
}
