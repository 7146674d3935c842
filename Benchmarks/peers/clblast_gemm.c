// Matrix products by CLBlast on the first OpenCL device, timed: one JSON object a line, named as figment names
// them. Build: cc -O2 clblast_gemm.c -lclblast -lOpenCL
#define CL_TARGET_OPENCL_VERSION 120
#include <clblast_c.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void require(int succeeded, const char *what) {
  if (succeeded) return;
  fprintf(stderr, "%s failed\n", what);
  exit(1);
}

static cl_mem matrix(cl_context context, cl_command_queue queue, size_t count) {
  cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, count * sizeof(float), NULL, NULL);
  const float value = 0.5f;
  require(buffer && clEnqueueFillBuffer(queue, buffer, &value, sizeof value, 0, count * sizeof(float), 0, NULL, NULL) == 0,
    "a matrix");
  return buffer;
}

int main(void) {
  cl_platform_id platform;
  cl_device_id device;
  require(clGetPlatformIDs(1, &platform, NULL) == 0, "clGetPlatformIDs");
  require(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL) == 0, "clGetDeviceIDs");
  cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
  cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
  require(queue != NULL, "clCreateCommandQueue");

  const size_t cases[5][3] = {{512, 512, 512}, {1024, 1024, 1024}, {1025, 1025, 1025}, {2048, 2048, 2048}, {64, 64, 2048}};
  const char *suffixes[3] = {"", " NT", " TN"};
  for (int c = 0; c < 5; c++) {
    const size_t m = cases[c][0], n = cases[c][1], k = cases[c][2];
    cl_mem a = matrix(context, queue, m * k), b = matrix(context, queue, k * n), result = matrix(context, queue, m * n);
    for (int form = 0; form < 3; form++) {
      const int left = form == 2, right = form == 1;
      double times[7];
      int count = 0;
      const double start = now();
      // Two runs warm up; on a processor CLBlast takes seconds, and one more is enough.
      for (int run = -2; run < 7 && (run < 1 || now() - start < 2); run++) {
        const double began = now();
        const CLBlastStatusCode status = CLBlastSgemm(
          CLBlastLayoutRowMajor, left ? CLBlastTransposeYes : CLBlastTransposeNo,
          right ? CLBlastTransposeYes : CLBlastTransposeNo, m, n, k, 1.0f, a, 0, left ? m : k, b, 0, right ? k : n, 0.0f,
          result, 0, n, &queue, NULL);
        require(status == CLBlastSuccess && clFinish(queue) == 0, "CLBlastSgemm");
        if (run >= 0) times[count++] = now() - began;
      }
      qsort(times, count, sizeof times[0], ascending);
      printf("{\"name\": \"product %zu×%zu×%zu%s\", \"median_ms\": %.4f}\n", m, n, k, suffixes[form], times[count / 2] * 1e3);
    }
    clReleaseMemObject(a);
    clReleaseMemObject(b);
    clReleaseMemObject(result);
  }
  return 0;
}
