import Foundation
import Testing

/// A driver that fails at one call: `auto` passes it over before a run, and a run that it fails under ends with a line
/// that says so.
@Suite struct FailingDriverTests {
  /// Stands before the driver and fails at the call in `OCL_FAILING_CALL`, from its `OCL_FAILING_AFTER`-th time on.
  static let source = """
    #define _GNU_SOURCE
    #define CL_TARGET_OPENCL_VERSION 120
    #include <CL/cl.h>
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <string.h>
    static int fails(const char *call) {
      static int times;
      const char *chosen = getenv("OCL_FAILING_CALL"), *after = getenv("OCL_FAILING_AFTER");
      return chosen && !strcmp(chosen, call) && ++times > (after ? atoi(after) : 0);
    }
    #define REAL(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))
    cl_int clGetDeviceInfo(cl_device_id d, cl_device_info i, size_t n, void *v, size_t *r) {
      return fails("clGetDeviceInfo") ? CL_OUT_OF_HOST_MEMORY : REAL(clGetDeviceInfo)(d, i, n, v, r);
    }
    cl_context clCreateContext(
        const cl_context_properties *p, cl_uint n, const cl_device_id *d,
        void (CL_CALLBACK *f)(const char *, const void *, size_t, void *), void *u, cl_int *e) {
      if (!fails("clCreateContext")) return REAL(clCreateContext)(p, n, d, f, u, e);
      *e = CL_OUT_OF_HOST_MEMORY;
      return NULL;
    }
    cl_command_queue clCreateCommandQueue(
        cl_context c, cl_device_id d, cl_command_queue_properties p, cl_int *e) {
      if (!fails("clCreateCommandQueue")) return REAL(clCreateCommandQueue)(c, d, p, e);
      *e = CL_OUT_OF_HOST_MEMORY;
      return NULL;
    }
    cl_program clCreateProgramWithSource(
        cl_context c, cl_uint n, const char **s, const size_t *l, cl_int *e) {
      if (!fails("clCreateProgramWithSource")) return REAL(clCreateProgramWithSource)(c, n, s, l, e);
      *e = CL_OUT_OF_HOST_MEMORY;
      return NULL;
    }
    cl_kernel clCreateKernel(cl_program p, const char *k, cl_int *e) {
      if (!fails("clCreateKernel")) return REAL(clCreateKernel)(p, k, e);
      *e = CL_OUT_OF_HOST_MEMORY;
      return NULL;
    }
    cl_int clEnqueueNDRangeKernel(
        cl_command_queue q, cl_kernel k, cl_uint n, const size_t *o, const size_t *g, const size_t *l, cl_uint w,
        const cl_event *x, cl_event *e) {
      return fails("clEnqueueNDRangeKernel") ? CL_DEVICE_NOT_AVAILABLE
                                             : REAL(clEnqueueNDRangeKernel)(q, k, n, o, g, l, w, x, e);
    }
    cl_int clEnqueueReadBuffer(
        cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t n, void *p, cl_uint w, const cl_event *x, cl_event *e) {
      return fails("clEnqueueReadBuffer") ? CL_DEVICE_NOT_AVAILABLE
                                          : REAL(clEnqueueReadBuffer)(q, m, b, o, n, p, w, x, e);
    }
    """

  static let library = Result { try TestLibrary.build("failing-driver", ["-ldl"], source: source) }

  private func environment(_ call: String, after count: Int = 0) throws -> [String: String] {
    [
      "LD_PRELOAD": try Self.library.get().path, "OCL_FAILING_CALL": call, "OCL_FAILING_AFTER": "\(count)",
      "FIGMENT_AUTO_DEVICES": "all",
    ]
  }

  @Test(arguments: [
    ("clGetDeviceInfo", 0), ("clCreateContext", 0), ("clCreateCommandQueue", 0), ("clCreateProgramWithSource", 0),
    ("clCreateKernel", 0), ("clCreateKernel", 3), ("clEnqueueNDRangeKernel", 0), ("clEnqueueNDRangeKernel", 5),
    ("clEnqueueReadBuffer", 2),
  ])
  func autoPassesItOver(call: String, after count: Int) throws {
    let place = try Workplace()
    var environment = try environment(call, after: count)
    // Programs that were kept are not built again.
    if call == "clCreateProgramWithSource" { environment["FIGMENT_CACHE_DIR"] = place.path("cache").path }
    let outcome = try place.train(["--device", "auto", "--epochs", "1"], environment: environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("warning: ") && outcome.errors.contains(call), "\(outcome.errors)")
    #expect(outcome.errors.contains("computing on cpu"), "\(outcome.errors)")
    #expect(place.exists("run/checkpoints/last.safetensors"))
  }

  /// In the middle of the run, of which the epochs that ended stay.
  @Test func aDriverThatDiesEndsTheRunWithItsCause() throws {
    let place = try Workplace()
    let whole = try place.train(["--device", "auto", "--epochs", "1"], environment: ["FIGMENT_AUTO_DEVICES": "all"])
    #expect(whole.status == 0 && !whole.errors.contains("computing on cpu"), "\(whole.errors)")
    let outcome = try place.train(
      ["--device", "auto", "--epochs", "1000", "--output", "dies"],
      environment: environment("clEnqueueNDRangeKernel", after: 8000))
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("error: ") && outcome.errors.contains("CL_DEVICE_NOT_AVAILABLE"), "\(outcome.errors)")
    #expect(place.exists("dies/checkpoints/last.safetensors"))
  }
}
