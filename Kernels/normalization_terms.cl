// What kernels of both families take, and compute of an element: goes before `normalization_cpu.cl` and
// `normalization_gpu.cl`.

#define NORMALIZATION_PARAMETERS                                                                           \
  const float epsilon, const float activationParameter, const int hasScale, const int hasOffset,           \
      global const float *restrict input, global const float *restrict mean,                               \
      global const float *restrict variance, global const float *restrict scale,                           \
      global const float *restrict offset

#define GRADIENT_PARAMETERS                                                                                \
  const float epsilon, const float activationParameter, const int hasScale, const int hasOffset,           \
      global const float *restrict input, global const float *restrict gradient,                           \
      global const float *restrict mean, global const float *restrict variance,                            \
      global const float *restrict scale, global const float *restrict offset

// The centred input c and the gradient g before the activation, whose argument is computed again.
#define NORMALIZED_GRADIENT(at, centre, factor, shift)                                                     \
  const floatv c = LOAD(input + (at)) - centre;                                                            \
  const floatv argument = c * factor + shift;                                                              \
  const floatv activated = ACTIVATION(argument, activationParameter), arriving = LOAD(gradient + (at));    \
  const floatv g = ACTIVATION_BACKWARD(activated, arriving, activationParameter);
