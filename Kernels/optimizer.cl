// One step of an optimizer for up to 24 parameters in one launch, in place, with the formulas of Keras 3.
//
// Items share the vectors of each parameter in turn; a place without a parameter has count 0.
// Macros: RULE, one of those below; SLOTS, how many slots it has; FLAG for a variant.

#define SGD(w, g, m, v) w -= a * g;
#define MOVING_AVERAGE(w, g, m, v) w = a * w + b * g;

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

// NAME0, NAME1, … up to the last place: with two slots each, they fit the 1024 bytes of arguments that devices take.
#define ALL(name)                                                                                                  \
  name(0), name(1), name(2), name(3), name(4), name(5), name(6), name(7), name(8), name(9), name(10), name(11), \
      name(12), name(13), name(14), name(15), name(16), name(17), name(18), name(19), name(20), name(21),       \
      name(22), name(23)
#define COUNT(n) count##n
#define GRADIENT(n) gradient##n
#define PARAMETER(n) w##n
#define FIRST_SLOT(n) m##n
#define SECOND_SLOT(n) v##n

#if SLOTS == 0
#define SLOT_POINTERS(n)
#elif SLOTS == 1
#define SLOT_POINTERS(n) , global float *m##n
#else
#define SLOT_POINTERS(n) , global float *m##n, global float *v##n
#endif
#define PLACE(n) const index_t count##n, global const float *gradient##n, global float *w##n SLOT_POINTERS(n)

// a: rate; b, c: decay of the first and second slot; d: epsilon; e: decay of the parameter.
kernel void optimizerStep(
    const float a, const float b, const float c, const float d, const float e, ALL(PLACE)) {
  const index_t counts[] = {ALL(COUNT)};
  global const float *const gradients[] = {ALL(GRADIENT)};
  global float *const parameters[] = {ALL(PARAMETER)};
#if SLOTS > 0
  global float *const firstSlots[] = {ALL(FIRST_SLOT)};
#endif
#if SLOTS > 1
  global float *const secondSlots[] = {ALL(SECOND_SLOT)};
#endif
  // A processor's compiler would take three times as long over code for each place; a card's would put arrays that a loop
  // looks into in memory.
#ifdef CPU_FAMILY
#pragma unroll 1
#else
#pragma unroll
#endif
  for (int place = 0; place < (int)(sizeof(counts) / sizeof(counts[0])); ++place)
    FOR_EACH(i, (counts[place] + WIDTH - 1) / WIDTH) {
      const index_t at = i * WIDTH;
      const floatv g = LOAD(gradients[place] + at);
      floatv w = LOAD(parameters[place] + at), m, v;
#if SLOTS > 0
      m = LOAD(firstSlots[place] + at);
#endif
#if SLOTS > 1
      v = LOAD(secondSlots[place] + at);
#endif
      RULE(w, g, m, v)
      STORE(w, parameters[place] + at);
#if SLOTS > 0
      STORE(m, firstSlots[place] + at);
#endif
#if SLOTS > 1
      STORE(v, secondSlots[place] + at);
#endif
    }
}
