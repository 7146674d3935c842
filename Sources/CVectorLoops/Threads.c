#include "VectorLoops.h"
#include <stdatomic.h>

// libgomp's entry points, which are also what `#pragma omp parallel` compiles to. Calling them by name needs
// no compiler flag, and the loops here then run on the very threads that oneDNN's do: a second pool would
// compete with OpenMP's threads, which spin for milliseconds after each region.
extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int threads);

typedef struct {
  void (*body)(void *, long);
  void *context;
  long slices;
  atomic_long next;
} Work;

static void take_slices(void *context) {
  Work *work = context;
  for (;;) {
    const long slice = atomic_fetch_add_explicit(&work->next, 1, memory_order_relaxed);
    if (slice >= work->slices) return;
    work->body(work->context, slice);
  }
}

void vl_parallel(long slices, int threads, void (*body)(void *, long), void *context) {
  if (slices <= 1 || threads <= 1) {
    for (long slice = 0; slice < slices; slice++) body(context, slice);
    return;
  }
  Work work = {body, context, slices, 0};
  GOMP_parallel(take_slices, &work, (unsigned)(slices < threads ? slices : threads), 0);
}

int vl_available_threads(void) { return omp_get_max_threads(); }
void vl_set_threads(int threads) { omp_set_num_threads(threads); }
