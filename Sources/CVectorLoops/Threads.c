#define _GNU_SOURCE
#include "OpenMP.h"
#include "VectorLoops.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

// libgomp is not built for the thread sanitizer, which therefore does not see that what the caller wrote is there for
// its team, and what the team wrote for the caller.
#if __has_feature(thread_sanitizer)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define HAND_OVER(address) __tsan_release(address)
#define TAKE_OVER(address) __tsan_acquire(address)
#else
#define HAND_OVER(address) ((void)0)
#define TAKE_OVER(address) ((void)0)
#endif

// All that may come at any moment, but not what an instruction brings upon its own thread.
static void block_signals(sigset_t *before) {
  sigset_t signals;
  sigfillset(&signals);
  const int own[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&signals, own[i]);
  pthread_sigmask(SIG_BLOCK, &signals, before);
}

typedef struct {
  void (*body)(void *, long);
  void *context;
  long slices;
  atomic_long next;
} Work;

static void take_slices(void *context) {
  Work *work = context;
  TAKE_OVER(work);
  // The runtime's threads will compute for oneDNN, too: see `vl_enter_library`. Those that it starts for oneDNN inherit it.
  static _Thread_local int is_shielded;
  if (!is_shielded && omp_get_thread_num() > 0) {
    block_signals(NULL);
    is_shielded = 1;
  }
  for (;;) {
    const long slice = atomic_fetch_add_explicit(&work->next, 1, memory_order_relaxed);
    if (slice >= work->slices) break;
    work->body(work->context, slice);
  }
  HAND_OVER(work);
}

void vl_parallel(long slices, int threads, void (*body)(void *, long), void *context) {
  if (slices <= 1 || threads <= 1) {
    for (long slice = 0; slice < slices; slice++) body(context, slice);
    return;
  }
  look_at_other_programs();
  Work work = {body, context, slices, 0};
  HAND_OVER(&work);
  GOMP_parallel(take_slices, &work, (unsigned)(slices < threads ? slices : threads), 0);
  TAKE_OVER(&work);
}

int vl_available_threads(void) { return omp_get_max_threads(); }

int vl_allowed_processors(void) {
  // The set must be as large as the kernel's, whose size nobody tells.
  for (size_t size = sizeof(cpu_set_t); size <= 1 << 20; size *= 2) {
    cpu_set_t *set = malloc(size);
    if (!set) break;
    const int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    const int error = errno;
    free(set);
    if (count > 0) return count;
    if (error != EINVAL) break;
  }
  return INT_MAX;
}

typedef struct {
  int asked;
  atomic_int granted;
} Team;

static void count_thread(void *granted) { atomic_fetch_add((atomic_int *)granted, 1); }

static void *ask_for_team(void *context) {
  Team *team = context;
  omp_set_dynamic(0);
  GOMP_parallel(count_thread, &team->granted, (unsigned)team->asked, 0);
  return NULL;
}

// On a thread of its own, with which its team ends: threads that wait spin less for every team there is.
int vl_granted_threads(int threads) {
  if (threads <= 1) return 1;
  Team team = {threads, 0};
  pthread_t asker;
  if (pthread_create(&asker, NULL, ask_for_team, &team) != 0) return 1;
  pthread_join(asker, NULL);
  return team.granted;
}

void vl_enter_library(int threads, sigset_t *before) {
  block_signals(before);
  // Else OMP_DYNAMIC would grant fewer when the machine is busy, and oneDNN's barriers wait for all.
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
  if (threads > 1) look_at_other_programs();
}

void vl_leave_library(const sigset_t *before) { pthread_sigmask(SIG_SETMASK, before, NULL); }
