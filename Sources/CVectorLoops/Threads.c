#include "VectorLoops.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

// libgomp's entry points, which are also what `#pragma omp parallel` compiles to. Calling them by name needs
// no compiler flag, and the loops here then run on the very threads that oneDNN's do: a second pool would
// compete with OpenMP's threads, which spin for milliseconds after each region.
extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int threads);
extern int omp_get_num_procs(void);

// A thread that waits for others spins first, by default for some 300,000 turns: milliseconds in which it
// keeps a processor from the very thread it waits for, if other programs run too. libgomp cuts this to 100 turns while
// it manages more threads than there are processors, so we have it manage one more, which sleeps. Measured on
// two processors, a training step of 12.5 ms then takes 13.3 ms when nothing else runs, but 0.1 s instead of
// 0.5 s when four programs do. Whoever sets libgomp's variables has decided for himself.
static void do_nothing(void *context) { (void)context; }

static void *sleep_forever(void *context) {
  GOMP_parallel(do_nothing, context, 2, 0);
  for (;;) pause();
}

static void start_sleeper(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, sleep_forever, NULL) == 0) pthread_detach(thread);
}

void vl_limit_spinning(int threads) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (threads < 2 || threads < omp_get_num_procs()) return;
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
  pthread_once(&once, start_sleeper);
}

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
