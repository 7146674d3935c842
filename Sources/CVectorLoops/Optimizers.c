#include "VectorLoops.h"
#include "VectorMath.h"

VL_CLONES void vl_sgd(float rate, const float *restrict w, const float *restrict g, float *restrict newW, long count) {
  for (long i = 0; i < count; i++) newW[i] = w[i] - rate * g[i];
}

VL_CLONES void vl_sgd_momentum(
  float rate, float momentum, bool nesterov, const float *restrict w, const float *restrict g,
  const float *restrict v, float *restrict newW, float *restrict newV, long count
) {
  for (long i = 0; i < count; i++) {
    const float step = rate * g[i], velocity = momentum * v[i] - step;
    newV[i] = velocity;
    newW[i] = w[i] + (nesterov ? momentum * velocity - step : velocity);
  }
}

VL_CLONES void vl_rmsprop(
  float rate, float rho, float epsilon, const float *restrict w, const float *restrict g,
  const float *restrict v, float *restrict newW, float *restrict newV, long count
) {
  const float rest = 1.0f - rho;
  for (long i = 0; i < count; i++) {
    const float square = rho * v[i] + rest * (g[i] * g[i]);
    newV[i] = square;
    newW[i] = w[i] - rate * g[i] / vl_sqrt(square + epsilon);
  }
}

VL_CLONES void vl_adam(
  float rate, float beta1, float beta2, float epsilon, float decay, const float *restrict w,
  const float *restrict g, const float *restrict m, const float *restrict v, float *restrict newW,
  float *restrict newM, float *restrict newV, long count
) {
  const float rest1 = 1.0f - beta1, rest2 = 1.0f - beta2;
  for (long i = 0; i < count; i++) {
    const float first = m[i] + (g[i] - m[i]) * rest1, second = v[i] + (g[i] * g[i] - v[i]) * rest2;
    newM[i] = first;
    newV[i] = second;
    newW[i] = w[i] - decay * w[i] - rate * first / (vl_sqrt(second) + epsilon);
  }
}
