// What a device can do at most: arithmetic from registers, a plain copy, and nothing at all.

// Chains of vectors that depend on themselves only: more than the latency of a multiply-add times the units for it, and no
// more than a processor with 16 registers can hold.
#define CHAINS 12

// 2 · CHAINS · WIDTH operations a turn and work-item.
kernel void multiplyAdds(const uint turns, const float factor, const float term, global float *output) {
  floatv x[CHAINS];
#pragma unroll
  for (int c = 0; c < CHAINS; ++c) x[c] = SPLAT((float)(get_local_id(0) + c));
  for (uint turn = 0; turn < turns; ++turn) {
#pragma unroll
    for (int c = 0; c < CHAINS; ++c) x[c] = x[c] * factor + term;
  }
  floatv sum = SPLAT(0.0f);
#pragma unroll
  for (int c = 0; c < CHAINS; ++c) sum += x[c];
  // Stored, so that the work is not left out.
  STORE(sum, output + get_global_id(0) * WIDTH);
}

kernel void copyFlat(const index_t count, global const float *restrict input, global float *restrict output) {
  FOR_EACH(i, count / WIDTH) STORE(LOAD(input + i * WIDTH), output + i * WIDTH);
}

kernel void nothing(global float *output) {
  if (get_global_id(0) == 0) output[0] = 0.0f;
}
