#include "VectorLoops.h"
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

// libgomp's entry points, which are also what `#pragma omp parallel` compiles to. Calling them by name needs
// no compiler flag, and the loops here then run on the very threads that oneDNN's do: a second pool would
// compete with OpenMP's threads, which spin for milliseconds after each region.
extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int threads);
extern int omp_get_num_procs(void);

// A thread that waits for others spins first, by default for some 300,000 turns: milliseconds in which it keeps a
// processor from the very thread it waits for, if other programs run too. libgomp cuts this to 100 turns while it
// manages more threads than there are processors, so then we have it manage one more, which sleeps. But threads that
// sleep must be woken, which takes a virtual machine up to 0.1 ms. Measured there on two processors, a training step
// of 13 ms takes 23 ms without spinning; with it, beside two other programs, 460 ms instead of 36.
//
// So threads spin while this process is alone. Whether it is, is told by how often the system takes a processor from
// one of its threads for another program's: 30 to 50 times a second on an idle machine, 140 and more on a busy one.
// Whoever sets libgomp's variables has decided for himself.
enum { BUSY_SWITCHES_PER_SECOND = 100 };
static const long long WATCHED_NANOSECONDS = 250 * 1000 * 1000;

static struct {
  pthread_mutex_t lock;
  pthread_cond_t end;
  pthread_t sleeper;
  int is_limited;
  long switches;
  long long time;
} spinning = {.lock = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_COND_INITIALIZER};
static atomic_llong next_look = LLONG_MAX;

static void do_nothing(void *context) { (void)context; }

// libgomp forgets the thread that this one makes it manage when this one ends.
static void *sleep_while_limited(void *context) {
  GOMP_parallel(do_nothing, context, 2, 0);
  pthread_mutex_lock(&spinning.lock);
  while (spinning.is_limited) pthread_cond_wait(&spinning.end, &spinning.lock);
  pthread_mutex_unlock(&spinning.lock);
  return NULL;
}

static long long nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long switches(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nivcsw : 0;
}

// Decides anew, from what happened since the last time.
static void look_around(long long now) {
  pthread_mutex_lock(&spinning.lock);
  const long count = switches();
  const int is_busy =
      (count - spinning.switches) * 1000000000LL > (now - spinning.time) * BUSY_SWITCHES_PER_SECOND;
  spinning.switches = count;
  spinning.time = now;
  const int changes = is_busy != spinning.is_limited;
  if (changes) {
    spinning.is_limited = is_busy;
    if (is_busy && pthread_create(&spinning.sleeper, NULL, sleep_while_limited, NULL) != 0) spinning.is_limited = 0;
    pthread_cond_signal(&spinning.end);
  }
  pthread_mutex_unlock(&spinning.lock);
  if (changes && !is_busy) pthread_join(spinning.sleeper, NULL);
  atomic_store(&next_look, nanoseconds() + WATCHED_NANOSECONDS);
}

void vl_spin_only_alone(int threads) {
  if (threads < 2 || threads < omp_get_num_procs()) return;
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
  pthread_mutex_lock(&spinning.lock);
  if (spinning.time == 0) {
    spinning.time = nanoseconds();
    spinning.switches = switches();
    atomic_store(&next_look, spinning.time + WATCHED_NANOSECONDS);
  }
  pthread_mutex_unlock(&spinning.lock);
}

int vl_spins_little(void) {
  pthread_mutex_lock(&spinning.lock);
  const int is_limited = spinning.is_limited;
  pthread_mutex_unlock(&spinning.lock);
  return is_limited;
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
  const long long now = nanoseconds();
  long long due = atomic_load_explicit(&next_look, memory_order_relaxed);
  // Whoever takes the turn looks; the others go on.
  if (now >= due && atomic_compare_exchange_strong(&next_look, &due, LLONG_MAX)) look_around(now);
  Work work = {body, context, slices, 0};
  GOMP_parallel(take_slices, &work, (unsigned)(slices < threads ? slices : threads), 0);
}

int vl_available_threads(void) { return omp_get_max_threads(); }
void vl_set_threads(int threads) { omp_set_num_threads(threads); }
