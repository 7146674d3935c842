// libgomp's entry points, which are also what `#pragma omp parallel` compiles to. Calling them by name needs no compiler
// flag, and the loops here then run on the very threads that oneDNN's do: a second pool would compete with OpenMP's
// threads, which spin for milliseconds after each region.
#pragma once

extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int threads);
extern void omp_set_dynamic(int is_dynamic);
extern int omp_get_num_procs(void);
extern int omp_get_thread_num(void);

/// To be called before every parallel section: decides now and then whether threads that wait may spin.
void look_at_other_programs(void);
