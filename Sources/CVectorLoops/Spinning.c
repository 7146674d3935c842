#include "OpenMP.h"
#include "VectorLoops.h"
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

// A thread that waits for others spins first, by default for some 300,000 turns: milliseconds in which it keeps a
// processor from the very thread it waits for, if other programs run too. libgomp cuts this to 100 turns while it
// manages more threads than there are processors, so then we have it manage more, which sleep. But threads that sleep
// must be woken, which takes a virtual machine up to 0.1 ms. Measured there on two processors, a training step of 13 ms
// takes 23 to 33 ms without spinning; with it, beside two other programs, 460 ms instead of 36.
//
// So threads spin while this process is alone. Whether it is, Linux tells: how long threads ran, and how long they could
// have but for others. On two processors they waited for up to 0.03 of the time they ran on an idle machine, and for 0.4
// and more beside another program that computes, whether they spun or slept. Where Linux was built without these
// figures they spin, as by libgomp's default. Whoever sets libgomp's variables has decided for himself.
static const double TOLERATED_WAITING = 0.05;
static const long long WATCHED_NANOSECONDS = 250 * 1000 * 1000;

typedef struct { long long ran, waited; } Schedule;

static struct {
  pthread_mutex_t turn;  // of whoever decides
  pthread_mutex_t lock;  // of `is_limited`
  pthread_cond_t end;
  pthread_t sleeper;
  int is_limited;
  Schedule seen;
} spinning = {.turn = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_COND_INITIALIZER};
static atomic_llong next_look = LLONG_MAX;

static void do_nothing(void *context) { (void)context; }

// As many threads as there are processors: with any others at work there are more. libgomp forgets them when this one
// ends.
static void *sleep_while_limited(void *context) {
  prctl(PR_SET_NAME, "spin limiter");
  GOMP_parallel(do_nothing, context, (unsigned)omp_get_num_procs(), 0);
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

// The nanoseconds that this process' threads ran, and waited for a processor.
static Schedule schedule(void) {
  Schedule sum = {0, 0};
  DIR *threads = opendir("/proc/self/task");
  if (!threads) return sum;
  for (struct dirent *entry; (entry = readdir(threads));) {
    char path[sizeof entry->d_name + 32];
    snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", entry->d_name);
    FILE *file = fopen(path, "r");
    if (!file) continue;  // `.` and `..`, and threads that ended meanwhile
    Schedule own;
    if (fscanf(file, "%lld %lld", &own.ran, &own.waited) == 2) {
      sum.ran += own.ran;
      sum.waited += own.waited;
    }
    fclose(file);
  }
  closedir(threads);
  return sum;
}

static void set_limited(int is_limited) {
  pthread_mutex_lock(&spinning.lock);
  spinning.is_limited = is_limited;
  pthread_cond_signal(&spinning.end);
  pthread_mutex_unlock(&spinning.lock);
}

int vl_spins_little(void) {
  pthread_mutex_lock(&spinning.lock);
  const int is_limited = spinning.is_limited;
  pthread_mutex_unlock(&spinning.lock);
  return is_limited;
}

// Whoever calls it has the turn.
static void decide(int is_limited) {
  if (is_limited == vl_spins_little()) return;
  set_limited(is_limited);
  if (!is_limited) {
    pthread_join(spinning.sleeper, NULL);
  } else if (pthread_create(&spinning.sleeper, NULL, sleep_while_limited, NULL) != 0) {
    set_limited(0);
  }
}

// Decides from what happened since the last time, once that was enough; that may take several looks.
static void look_around(void) {
  atomic_store(&next_look, nanoseconds() + WATCHED_NANOSECONDS);
  const Schedule now = schedule();
  const long long ran = now.ran - spinning.seen.ran, waited = now.waited - spinning.seen.waited;
  if (ran >= 0 && ran < WATCHED_NANOSECONDS) return;
  // Threads that end take their figures with them.
  if (ran > 0) decide(waited > TOLERATED_WAITING * ran);
  spinning.seen = now;
}

void vl_spin_only_alone(int threads) {
  if (threads < 2 || threads < omp_get_num_procs()) return;
  if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
  long long never = LLONG_MAX;
  atomic_compare_exchange_strong(&next_look, &never, nanoseconds() + WATCHED_NANOSECONDS);
}

void vl_limit_spinning(int is_limited) {
  pthread_mutex_lock(&spinning.turn);
  decide(is_limited != 0);
  atomic_store(&next_look, nanoseconds() + WATCHED_NANOSECONDS);
  pthread_mutex_unlock(&spinning.turn);
}

// Whoever gets the turn looks; the others go on.
void look_at_other_programs(void) {
  if (nanoseconds() < atomic_load_explicit(&next_look, memory_order_relaxed)) return;
  if (pthread_mutex_trylock(&spinning.turn) != 0) return;
  look_around();
  pthread_mutex_unlock(&spinning.turn);
}
