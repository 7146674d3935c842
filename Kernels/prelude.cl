// Goes before every family. Macros given at build time, here and in the families:
//   CPU_FAMILY or GPU_FAMILY   which kind of device the kernel is for
//   WIDTH                      floats in a vector: 1, 2, 4, 8 or 16 (1 unless given)
//   WIDE                       counts do not fit 31 bits: indices are 64 bits wide
//   STREAMS                    the result is too large for the caches, and all of its vectors are whole and aligned
//   INTERPRETED                no processor runs the kernels, but a program that does not know what a prefetch is
//
// Every buffer may be read 64 bytes past its end and is written whole 64-byte lines at a time: kernels over
// flat ranges load and store full vectors and have no scalar tail. What lies past the end does not matter.

// Vectors wider than the processor's own would be passed otherwise than elsewhere, if functions were not all inlined. (A
// compiler that does not know this warning would warn of the pragma.)
#if defined(__has_warning)
#if __has_warning("-Wpsabi")
#pragma clang diagnostic ignored "-Wpsabi"
#endif
#endif

#ifdef WIDE
typedef ulong index_t;
typedef long offset_t;
#else
typedef uint index_t;
typedef int offset_t;
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#ifndef WIDTH
#define WIDTH 1
#endif
#if WIDTH == 1
typedef float floatv;
typedef int intv;
#define LANES 0
#define LOAD(pointer) (*(pointer))
#define STORE(value, pointer) (*(pointer) = (value))
#define SPLAT(x) (x)
#else
typedef JOIN(float, WIDTH) floatv;
typedef JOIN(int, WIDTH) intv;
// The number of each lane.
#define LANES JOIN(LANES_, WIDTH)
#define LANES_4 ((int4)(0, 1, 2, 3))
#define LANES_16 ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define SPLAT(x) ((floatv)(x))
#ifdef GPU_FAMILY
// On a card every vector begins at a multiple of its size. vload4 and vstore4, which do not know that, are four accesses on
// NVIDIA.
#define LOAD(pointer) (*(const global floatv *)(pointer))
#define STORE(value, pointer) (*(global floatv *)(pointer) = (value))
#else
#define LOAD(pointer) JOIN(vload, WIDTH)(0, pointer)
#define STORE(value, pointer) JOIN(vstore, WIDTH)(value, 0, pointer)
#endif
#endif

// Stores a whole aligned vector past the caches: a line that is only written need not be read before.
#if defined(__has_builtin)
#if __has_builtin(__builtin_nontemporal_store)
#define STREAM(value, pointer) __builtin_nontemporal_store(value, (global floatv *)(pointer))
#endif
#endif
#ifndef STREAM
#define STREAM(value, pointer) STORE(value, pointer)
#endif

// Ask for the line at a pointer, which may lie outside of a buffer, before it is read or written; LATER only into the
// second-level cache. Lines that will be stored past the caches are not asked for. Worth it where a processor sees no
// line ahead by itself: jumps, and lines that are only written. A card hides the wait otherwise.
// Every Clang says that it has the builtin, but it ends drivers whose compilers name neither a processor nor SPIR as what
// they compile for, such as Mesa's rusticl.
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || defined(__powerpc64__) || \
    defined(__riscv) || defined(__SPIR__)
#define HAS_PREFETCH
#endif
#if defined(CPU_FAMILY) && defined(HAS_PREFETCH) && defined(__has_builtin) && !defined(INTERPRETED)
#if __has_builtin(__builtin_prefetch)
#define WILL_READ(pointer) __builtin_prefetch((const void *)(size_t)(pointer), 0, 3)
#define WILL_READ_LATER(pointer) __builtin_prefetch((const void *)(size_t)(pointer), 0, 2)
#ifndef STREAMS
#define WILL_WRITE(pointer) __builtin_prefetch((const void *)(size_t)(pointer), 1, 3)
#endif
#endif
#endif
#ifndef WILL_READ
#define WILL_READ(pointer) ((void)0)
#define WILL_READ_LATER(pointer) ((void)0)
#endif
#ifndef WILL_WRITE
#define WILL_WRITE(pointer) ((void)0)
#endif

// Stores a vector of a result.
#ifdef STREAMS
#define WRITE(value, pointer) STREAM(value, pointer)
#else
#define WRITE(value, pointer) STORE(value, pointer)
#endif

// Stores the first `lanes` of a vector of a result where what follows belongs to somebody else.
static inline void storeLanes(floatv value, global float *pointer, uint lanes) {
#if WIDTH > 1 && !defined(STREAMS)
  if (lanes < WIDTH) {
    float parts[WIDTH];
    JOIN(vstore, WIDTH)(value, 0, parts);
    for (uint lane = 0; lane < lanes; ++lane) pointer[lane] = parts[lane];
    return;
  }
#endif
  WRITE(value, pointer);
}

// Walks 0 ..< count, shared among all work-items. On a processor each takes a range of its own, so that
// caches and prefetchers see straight lines; on a graphics card neighbours take neighbouring elements, so
// that their accesses coalesce.
#ifdef CPU_FAMILY
#define FOR_EACH(i, count)                                                                     \
  for (index_t i##Share = (index_t)(((count) + get_global_size(0) - 1) / get_global_size(0)),  \
               i = (index_t)get_global_id(0) * i##Share,                                       \
               i##End = min((index_t)(i + i##Share), (index_t)(count));                        \
       i < i##End; ++i)
#else
#define FOR_EACH(i, count) \
  for (index_t i = (index_t)get_global_id(0); i < (index_t)(count); i += (index_t)get_global_size(0))
#endif

// x · P(x²) / Q(x²), fitted on (0, 9] to the least relative error, 6 units in the last place: the drivers' functions take
// several times as long on processors, which keeps them from the speed of memory.
static inline floatv hyperbolicTangent(const floatv argument) {
  const floatv x = argument < -9.0f ? (floatv)(-9.0f) : (argument > 9.0f ? (floatv)(9.0f) : argument), s = x * x;
  const floatv numerator =
      1.0f + s * (0.133810237f + s * (3.49558634e-3f + s * (2.06090554e-5f + s * 1.33546258e-8f)));
  const floatv denominator =
      1.0f + s * (0.467143387f + s * (2.58769747e-2f + s * (3.28563212e-4f + s * 7.7765435e-7f)));
  const floatv y = x * numerator / denominator;
  return y > 1.0f ? (floatv)(1.0f) : (y < -1.0f ? (floatv)(-1.0f) : y);
}

// Activations of x with the parameter p. All let NaN through. ReLU is the leaky one with p = 0 and the identity that
// with p = 1: kernels are compiled once for the three, which nearly all layers have.
#define LEAKY_RELU(x, p) ((x) < 0.0f ? SLOPE(x, p) : (x))
#define RELU(x) ((x) < 0.0f ? (floatv)(0.0f) : (x))
// Not 0 · x, which is not 0 where x is infinite.
#define SLOPE(x, p) ((p) == 0.0f ? (floatv)(0.0f) : (p) * (x))
#define SIGMOID(x, p) (1.0f / (1.0f + exp(-(x))))
#define TANH(x, p) hyperbolicTangent(x)
#define ELU(x, p) ((x) > 0.0f ? (x) : (p) * expm1(x))

// Their derivatives: from the output a and the gradient b that arrives there.
#define LEAKY_RELU_BACKWARD(a, b, p) ((a) > 0.0f ? (b) : SLOPE(b, p))
#define SIGMOID_BACKWARD(a, b, p) ((a) * (1.0f - (a)) * (b))
// Not 1 - a * a, which cancels where the output saturates.
#define TANH_BACKWARD(a, b, p) ((1.0f - (a)) * (1.0f + (a)) * (b))
#define ELU_BACKWARD(a, b, p) ((a) > 0.0f ? (b) : ((a) + (p)) * (b))
// That of the macro ACTIVATION, if a kernel has one.
#define ACTIVATION_BACKWARD JOIN(ACTIVATION, _BACKWARD)

// NaN if either is; fmax and fmin would drop it.
#define GREATEST(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define LEAST(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
