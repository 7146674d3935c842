// Element by element: unary and binary operations, choice, fill.
//
// Flat kernels: vector i holds elements i · WIDTH ..< (i + 1) · WIDTH, and work-items share the vectors.
// There is a kernel for every operation below, so that one program serves them all: to read a program costs
// more than to compile a kernel of it. Macros: OPERATION, for programs of that one
// alone; for broadcasting, LEFT, RIGHT, RANK, SEGMENT besides.

#define LEAKY_RELU_1(x, p, q) LEAKY_RELU(x, p)
#define SIGMOID_1(x, p, q) SIGMOID(x, p)
#define TANH_1(x, p, q) TANH(x, p)
#define ELU_1(x, p, q) ELU(x, p)
#define AFFINE(x, p, q) ((p) * (x) + (q))
#define EXPONENTIAL(x, p, q) exp(x)
#define LOGARITHM(x, p, q) log(x)
#define LOGARITHM_ONE_PLUS(x, p, q) log1p(x)
#define EXPONENTIAL_MINUS_ONE(x, p, q) ((p) * expm1(x))
#define SQUARE_ROOT(x, p, q) sqrt(x)
// Not rsqrt: drivers round it differently.
#define RECIPROCAL_SQUARE_ROOT(x, p, q) (1.0f / sqrt(x))
#define SQUARE(x, p, q) ((x) * (x))
#define RECIPROCAL(x, p, q) (1.0f / (x))
#define ABSOLUTE(x, p, q) fabs(x)
#define SIGN(x, p, q) ((x) > 0.0f ? (floatv)(1.0f) : ((x) < 0.0f ? (floatv)(-1.0f) : (floatv)(0.0f)))
#define FLOOR(x, p, q) floor(x)
#define SINE(x, p, q) sin(x)
#define COSINE(x, p, q) cos(x)
#define SOFTPLUS(x, p, q) (RELU(x) + log1p(exp(-fabs(x))))
#define CLAMP(x, p, q) ((x) < (p) ? (floatv)(p) : ((x) > (q) ? (floatv)(q) : (x)))
#define POWER_CONSTANT(x, p, q) pow(x, (floatv)(p))

#define ADD(a, b, p) ((a) + (b))
#define SUBTRACT(a, b, p) ((a) - (b))
#define MULTIPLY(a, b, p) ((a) * (b))
#define DIVIDE(a, b, p) ((a) / (b))
#define MAXIMUM(a, b, p) GREATEST(a, b)
#define MINIMUM(a, b, p) LEAST(a, b)
#define POWER(a, b, p) pow(a, b)
#define TRUTH(condition) ((condition) ? (floatv)(1.0f) : (floatv)(0.0f))
#define EQUAL(a, b, p) TRUTH((a) == (b))
#define GREATER(a, b, p) TRUTH((a) > (b))
#define GREATER_OR_EQUAL(a, b, p) TRUTH((a) >= (b))
#define SIGMOID_CROSS_ENTROPY(a, b, p) \
  (RELU(a) - (a) * (b) + log1p(exp(-fabs(a))))
#define SIGMOID_MINUS(a, b, p) ((p) * (SIGMOID(a, p) - (b)))
#define UNIT_NORMAL_DIVERGENCE(a, b, p) ((p) * ((a) * (a) + (expm1(b) - (b))))

#ifdef RANK

typedef struct {
  offset_t shape[RANK];
  offset_t left[RANK];
  offset_t right[RANK];
} View;

// Rows of `columns`, the last axis, along which the operands advance by LEFT and RIGHT, each 1 or 0. Unit i
// is segment i % segments, of SEGMENT columns, of row i / segments. The other axes, innermost first in
// `View`, are found from the row by division; RANK counts them.
kernel void binaryRows(
    const float p, const index_t rows, const uint columns, const View view,
    global const float *restrict left, global const float *restrict right, global float *restrict output) {
  const uint segments = (columns + SEGMENT - 1) / SEGMENT;
  FOR_EACH(i, rows * segments) {
    const index_t row = i / segments;
    const uint first = (uint)(i - row * segments) * SEGMENT;
    const uint end = min(columns, first + SEGMENT);
    index_t rest = row, leftBase = 0, rightBase = 0;
    for (int axis = 0; axis < RANK; ++axis) {
      const index_t next = axis == RANK - 1 ? 0 : rest / view.shape[axis];
      const index_t coordinate = rest - next * view.shape[axis];
      leftBase += coordinate * view.left[axis];
      rightBase += coordinate * view.right[axis];
      rest = next;
    }
    for (uint column = first; column < end; column += WIDTH) {
#if LEFT == 1
      const floatv a = LOAD(left + leftBase + column);
#else
      const floatv a = SPLAT(left[leftBase]);
#endif
#if RIGHT == 1
      const floatv b = LOAD(right + rightBase + column);
#else
      const floatv b = SPLAT(right[rightBase]);
#endif
      storeLanes(OPERATION(a, b, p), output + row * columns + column, min(end - column, (uint)WIDTH));
    }
  }
}

#elif !defined(OPERATION)

kernel void fill(const float value, const index_t count, global float *restrict output) {
  FOR_EACH(i, (count + WIDTH - 1) / WIDTH) STORE(SPLAT(value), output + i * WIDTH);
}

kernel void choose(
    const index_t count, global const float *restrict condition, global const float *restrict left,
    global const float *restrict right, global float *restrict output) {
  FOR_EACH(i, (count + WIDTH - 1) / WIDTH) {
    const floatv c = LOAD(condition + i * WIDTH);
    const floatv a = LOAD(left + i * WIDTH);
    const floatv b = LOAD(right + i * WIDTH);
    WRITE(c != 0.0f ? a : b, output + i * WIDTH);
  }
}

#define UNARY(OPERATION)                                                                        \
  kernel void JOIN(unary_, OPERATION)(                                                          \
      const float p, const float q, const index_t count, global const float *restrict input,    \
      global float *restrict output) {                                                          \
    FOR_EACH(i, (count + WIDTH - 1) / WIDTH) {                                                  \
      const floatv x = LOAD(input + i * WIDTH);                                                 \
      WRITE(OPERATION(x, p, q), output + i * WIDTH);                                            \
    }                                                                                           \
  }

// Both operands flat; one whose step is 0 is a single value.
#define BINARY(OPERATION)                                                                       \
  kernel void JOIN(binary_, OPERATION)(                                                         \
      const float p, const index_t count, const uint leftStep, const uint rightStep,            \
      global const float *restrict left, global const float *restrict right,                    \
      global float *restrict output) {                                                          \
    const floatv leftValue = SPLAT(left[0]), rightValue = SPLAT(right[0]);                      \
    FOR_EACH(i, (count + WIDTH - 1) / WIDTH) {                                                  \
      const floatv a = leftStep ? LOAD(left + i * WIDTH) : leftValue;                           \
      const floatv b = rightStep ? LOAD(right + i * WIDTH) : rightValue;                        \
      WRITE(OPERATION(a, b, p), output + i * WIDTH);                                            \
    }                                                                                           \
  }

UNARY(LEAKY_RELU_1) UNARY(SIGMOID_1) UNARY(TANH_1) UNARY(ELU_1) UNARY(AFFINE)
UNARY(EXPONENTIAL) UNARY(LOGARITHM) UNARY(LOGARITHM_ONE_PLUS) UNARY(EXPONENTIAL_MINUS_ONE)
UNARY(SQUARE_ROOT) UNARY(RECIPROCAL_SQUARE_ROOT) UNARY(SQUARE) UNARY(RECIPROCAL) UNARY(ABSOLUTE) UNARY(SIGN)
UNARY(FLOOR) UNARY(SINE) UNARY(COSINE) UNARY(SOFTPLUS) UNARY(CLAMP) UNARY(POWER_CONSTANT)
BINARY(ADD) BINARY(SUBTRACT) BINARY(MULTIPLY) BINARY(DIVIDE) BINARY(MAXIMUM) BINARY(MINIMUM) BINARY(POWER)
BINARY(EQUAL) BINARY(GREATER) BINARY(GREATER_OR_EQUAL)
BINARY(LEAKY_RELU_BACKWARD) BINARY(SIGMOID_BACKWARD) BINARY(TANH_BACKWARD) BINARY(ELU_BACKWARD)
BINARY(SIGMOID_CROSS_ENTROPY) BINARY(SIGMOID_MINUS) BINARY(UNIT_NORMAL_DIVERGENCE)

#endif
