#include "VectorLoops.h"
#include "VectorMath.h"

// Every operation is expanded for the four ways its operands can walk: both along, one repeated, or any step.
#define WALK(A, B, expression)            \
  for (long i = 0; i < count; i++) {      \
    const float a = (A), b = (B);         \
    (void)a; (void)b;                     \
    output[i] = (expression);             \
  }

#define EACH(expression)                                                                       \
  do {                                                                                         \
    if (leftStep == 1 && rightStep == 1) { WALK(left[i], right[i], expression) }               \
    else if (leftStep == 1 && rightStep == 0) { const float r = right[0]; WALK(left[i], r, expression) } \
    else if (leftStep == 0 && rightStep == 1) { const float l = left[0]; WALK(l, right[i], expression) } \
    else { WALK(left[i * leftStep], right[i * rightStep], expression) }                        \
    return;                                                                                    \
  } while (0)

// max(a, 0) − a·b + log(1 + e^−|a|), where max keeps a NaN.
VL_INLINE float cross_entropy(float a, float b) { return vl_softplus(a) - a * b; }

VL_INLINE void row(
  VLBinary operation, float parameter, const float *restrict left, long leftStep, const float *restrict right,
  long rightStep, float *restrict output, long count
) {
  switch (operation) {
    case VLBinaryAdd: EACH(a + b);
    case VLBinarySubtract: EACH(a - b);
    case VLBinaryMultiply: EACH(a * b);
    case VLBinaryDivide: EACH(a / b);
    case VLBinaryMaximum: EACH(a > b || a != a ? a : b);
    case VLBinaryMinimum: EACH(a < b || a != a ? a : b);
    case VLBinaryPower: EACH(powf(a, b));
    case VLBinaryEqual: EACH(a == b ? 1.0f : 0.0f);
    case VLBinaryGreater: EACH(a > b ? 1.0f : 0.0f);
    case VLBinaryGreaterOrEqual: EACH(a >= b ? 1.0f : 0.0f);
    case VLBinarySigmoidCrossEntropy: EACH(cross_entropy(a, b));
    case VLBinarySigmoidMinus: EACH(parameter * (vl_sigmoid(a) - b));
    case VLBinaryUnitNormalDivergence: EACH(parameter * (a * a + (vl_exp_minus_one(b) - b)));
    case VLBinaryGradientIdentity: EACH(b);
    case VLBinaryGradientReLU: EACH(a > 0.0f ? b : 0.0f);
    case VLBinaryGradientLeakyReLU: EACH(a > 0.0f ? b : parameter * b);
    case VLBinaryGradientSigmoid: EACH(a * (1.0f - a) * b);
    case VLBinaryGradientTanh: EACH((1.0f - a) * (1.0f + a) * b);
    case VLBinaryGradientELU: EACH(a > 0.0f ? b : (a + parameter) * b);
  }
}

VL_CLONES void vl_binary(
  VLBinary operation, float parameter, const float *left, long leftRow, long leftStep, const float *right,
  long rightRow, long rightStep, float *output, long rows, long count
) {
  for (long r = 0; r < rows; r++)
    row(
      operation, parameter, left + r * leftRow, leftStep, right + r * rightRow, rightStep, output + r * count,
      count);
}
