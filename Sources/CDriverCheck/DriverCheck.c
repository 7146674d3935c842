// The half of a driver check that drivers may end: see DriverProcess.swift for the other.
//
// A constructor in a new process, before main: so it works in any program that links the library, and the drivers meet
// a process without threads, locks or handles of the host's. A fork without a new program is quicker by the time that a
// program takes to load, but inherits all these: drivers that the host has already set up (CUDA's) do not work in it,
// what another thread had locked stays locked, and the thread sanitizer ends it. It uses the C library and OpenCL alone,
// as the runtimes of Swift and C++ may be set up only after it.
#define _GNU_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include "DriverCheck.h"

#include <CL/cl.h>
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

const char *const driver_check_variable = "FIGMENT_DRIVER_CHECK";

static int program_base(struct dl_phdr_info *info, size_t size, void *base) {
  (void)size;
  *(ElfW(Addr) *)base = info->dlpi_addr;
  return 1; // The first is the program.
}

const char *driver_check_library(void) {
  ElfW(Addr) program = 0;
  struct link_map *own = NULL;
  Dl_info names;
  dl_iterate_phdr(program_base, &program);
  if (!dladdr1((void *)driver_check_library, &names, (void **)&own, RTLD_DL_LINKMAP) || own->l_addr == program) return NULL;
  return names.dli_fname;
}

static void tell(const char *text) {
  if (write(3, text, strlen(text)) < 0) _exit(1); // Nobody listens any more.
}

static void tell_platform(cl_uint place, cl_platform_id platform) {
  char name[256] = "", version[256] = "", line[600];
  clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
  clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof version - 1, version, NULL);
  for (char *c = name; *c; c++) if (*c == '\n' || *c == '\t') *c = ' ';
  for (char *c = version; *c; c++) if (*c == '\n') *c = ' ';
  snprintf(line, sizeof line, "platform %u %s\t%s\n", place, name, version);
  tell(line);
}

/// Asks what `OpenCLDevice` asks. Whatever is an error here is one again in the program, which says so.
static void ask(cl_device_id device) {
  static const cl_device_info questions[] = {
    CL_DEVICE_NAME, CL_DEVICE_VENDOR, CL_DRIVER_VERSION, CL_DEVICE_VERSION, CL_DEVICE_EXTENSIONS,
    CL_DEVICE_MAX_COMPUTE_UNITS, CL_DEVICE_MAX_CLOCK_FREQUENCY, CL_DEVICE_GLOBAL_MEM_SIZE, CL_DEVICE_MAX_MEM_ALLOC_SIZE,
    CL_DEVICE_LOCAL_MEM_SIZE, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, CL_DEVICE_MAX_WORK_GROUP_SIZE, CL_DEVICE_AVAILABLE,
    CL_DEVICE_COMPILER_AVAILABLE,
  };
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    size_t size = 0;
    if (clGetDeviceInfo(device, questions[i], 0, NULL, &size) != CL_SUCCESS || size > 1 << 20) continue;
    void *answer = malloc(size + 1);
    if (answer) clGetDeviceInfo(device, questions[i], size, answer, NULL);
    free(answer);
  }
}

/// Compiles a kernel on a graphics card and runs it: what else ends a program that has found one.
static void compute(cl_platform_id platform, cl_device_id device) {
  const char *source = "kernel void twice(global float *x) { x[get_global_id(0)] *= 2; }";
  const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
  float values[64] = {0};
  size_t count = 64;
  cl_int code;
  cl_context context = clCreateContext(properties, 1, &device, NULL, NULL, &code);
  if (!context) return;
  cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
  cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &code);
  cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof values, values, &code);
  if (!queue || !program || !buffer || clBuildProgram(program, 1, &device, "-cl-std=CL1.2", NULL, NULL)) return;
  cl_kernel kernel = clCreateKernel(program, "twice", &code);
  if (!kernel || clSetKernelArg(kernel, 0, sizeof buffer, &buffer)) return;
  if (clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL)) return;
  clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL);
}

static void ask_platform(cl_platform_id platform) {
  cl_uint count = 0;
  if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count) != CL_SUCCESS || count == 0 || count > 1024) return;
  cl_device_id devices[count];
  if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices, NULL) != CL_SUCCESS) return;
  for (cl_uint i = 0; i < count; i++) {
    cl_device_type type = 0;
    ask(devices[i]);
    clGetDeviceInfo(devices[i], CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (type & CL_DEVICE_TYPE_GPU) compute(platform, devices[i]);
  }
}

static void ask_drivers(const char *left_out) {
  cl_uint count = 0;
  if (clGetPlatformIDs(0, NULL, &count) != CL_SUCCESS || count == 0 || count > 1024) return;
  cl_platform_id platforms[count];
  if (clGetPlatformIDs(count, platforms, NULL) != CL_SUCCESS) return;
  for (cl_uint place = 0; place < count; place++) {
    char word[16];
    snprintf(word, sizeof word, " %u ", place);
    tell_platform(place, platforms[place]);
    if (!strstr(left_out, word)) ask_platform(platforms[place]);
  }
}

__attribute__((constructor)) static void check_drivers(void) {
  const char *request = getenv(driver_check_variable);
  if (!request) return;
  int parent, seconds, used = 0;
  if (sscanf(request, "%d %d%n", &parent, &seconds, &used) != 2 || seconds < 1) {
    fprintf(stderr, "%s is “%s”; it is set by Figment alone: unset it\n", driver_check_variable, request);
    _exit(2);
  }
  char left_out[256];
  snprintf(left_out, sizeof left_out, "%s ", request + used);
  // Debian's loader asks all drivers for their devices before it names one, to sort them.
  setenv("OCL_ICD_PLATFORM_SORT", "none", 1);
  // What a driver starts shall not do the same.
  unsetenv(driver_check_variable);
  // Neither outlives the program that waits, nor leaves a core file behind.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  alarm((unsigned)seconds);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  tell("started\n");
  ask_drivers(left_out);
  tell("done\n");
  _exit(0);
}
