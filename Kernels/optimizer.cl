// One step of an optimizer for up to 16 parameters in one launch, in place, with the formulas of Keras 3.
//
// Items share the vectors of each parameter in turn; a place without a parameter has count 0.
// Macros: RULE, one of those below; SLOTS, how many slots it has; FLAG for a variant.

#define SGD(w, g, m, v) w -= a * g;

#ifdef NESTEROV
#define MOMENTUM(w, g, m, v) \
  m = b * m - a * g;         \
  w += b * m - a * g;
#else
#define MOMENTUM(w, g, m, v) \
  m = b * m - a * g;         \
  w += m;
#endif

#define RMSPROP(w, g, m, v)        \
  m = b * m + (1.0f - b) * g * g;  \
  w -= a * g / sqrt(m + d);

#define ADAM(w, g, m, v)           \
  m += (g - m) * (1.0f - b);       \
  v += (g * g - v) * (1.0f - c);   \
  w -= e * w + a * m / (sqrt(v) + d);

#if SLOTS == 0
#define SLOT_POINTERS(n)
#define READ_SLOTS(n) floatv m, v;
#define WRITE_SLOTS(n)
#elif SLOTS == 1
#define SLOT_POINTERS(n) , global float *m##n
#define READ_SLOTS(n) floatv m = LOAD(m##n + at), v;
#define WRITE_SLOTS(n) STORE(m, m##n + at);
#else
#define SLOT_POINTERS(n) , global float *m##n, global float *v##n
#define READ_SLOTS(n) floatv m = LOAD(m##n + at), v = LOAD(v##n + at);
#define WRITE_SLOTS(n)    \
  STORE(m, m##n + at);    \
  STORE(v, v##n + at);
#endif

#define POINTERS(n) , const index_t count##n, global const float *gradient##n, global float *w##n SLOT_POINTERS(n)

#define STEP(n)                                           \
  FOR_EACH(i##n, (count##n + WIDTH - 1) / WIDTH) {        \
    const index_t at = i##n * WIDTH;                      \
    floatv w = LOAD(w##n + at);                           \
    const floatv g = LOAD(gradient##n + at);              \
    READ_SLOTS(n)                                         \
    RULE(w, g, m, v)                                      \
    STORE(w, w##n + at);                                  \
    WRITE_SLOTS(n)                                        \
  }

// a: rate; b, c: decay of the first and second slot; d: epsilon; e: decay of the parameter.
kernel void optimizerStep(
    const float a, const float b, const float c, const float d, const float e
    POINTERS(0) POINTERS(1) POINTERS(2) POINTERS(3) POINTERS(4) POINTERS(5) POINTERS(6) POINTERS(7)
    POINTERS(8) POINTERS(9) POINTERS(10) POINTERS(11) POINTERS(12) POINTERS(13) POINTERS(14) POINTERS(15)) {
  STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
  STEP(8) STEP(9) STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15)
}
