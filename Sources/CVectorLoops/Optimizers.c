#include "VectorLoops.h"
#include "VectorMath.h"

VL_CLONES void vl_sgd(float rate, const float *restrict g, float *restrict w, long count) {
  for (long i = 0; i < count; i++) w[i] -= rate * g[i];
}

VL_CLONES void vl_sgd_momentum(
  float rate, float momentum, bool nesterov, const float *restrict g, float *restrict w, float *restrict v,
  long count
) {
  for (long i = 0; i < count; i++) {
    const float step = rate * g[i], velocity = momentum * v[i] - step;
    v[i] = velocity;
    w[i] += nesterov ? momentum * velocity - step : velocity;
  }
}

VL_CLONES void vl_moving_average(float decay, float scale, const float *restrict g, float *restrict w, long count) {
  for (long i = 0; i < count; i++) w[i] = decay * w[i] + scale * g[i];
}

VL_CLONES void vl_rmsprop(
  float rate, float rho, float epsilon, const float *restrict g, float *restrict w, float *restrict v, long count
) {
  const float rest = 1.0f - rho;
  for (long i = 0; i < count; i++) {
    const float square = rho * v[i] + rest * (g[i] * g[i]);
    v[i] = square;
    w[i] -= rate * g[i] / vl_sqrt(square + epsilon);
  }
}

VL_CLONES void vl_adam(
  float rate, float beta1, float beta2, float epsilon, float decay, const float *restrict g, float *restrict w,
  float *restrict m, float *restrict v, long count
) {
  const float rest1 = 1.0f - beta1, rest2 = 1.0f - beta2;
  for (long i = 0; i < count; i++) {
    const float first = m[i] + (g[i] - m[i]) * rest1, second = v[i] + (g[i] * g[i] - v[i]) * rest2;
    m[i] = first;
    v[i] = second;
    w[i] = w[i] - decay * w[i] - rate * first / (vl_sqrt(second) + epsilon);
  }
}
