import Foundation
import Testing

/// A driver that ends the process that asks it, or never answers: `auto` outlives it, says so, and remembers it.
@Suite struct EndingDriverTests {
  /// A driver of its own, without a device. In `OCL_ENDING_CALL` it does what `OCL_ENDING_WAY` says, and it writes its calls
  /// into the file `OCL_ENDING_LOG`.
  static let source = #"""
    #define CL_TARGET_OPENCL_VERSION 120
    #include <CL/cl_icd.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    static void called(const char *call) {
      const char *chosen = getenv("OCL_ENDING_CALL"), *way = getenv("OCL_ENDING_WAY");
      FILE *log = fopen(getenv("OCL_ENDING_LOG"), "a");
      fprintf(log, "%s\n", call);
      fclose(log);
      if (!chosen || strcmp(chosen, call)) return;
      fputs("loading\n\033[31mNot enough memory\n", stderr);
      if (!strcmp(way, "abort")) abort();
      if (!strcmp(way, "exit")) exit(3);
      for (;;) pause();
    }
    struct _cl_platform_id { const cl_icd_dispatch *dispatch; };
    static cl_icd_dispatch dispatch;
    static struct _cl_platform_id platform = {&dispatch};
    static cl_int clInfo(cl_platform_id p, cl_platform_info key, size_t size, void *value, size_t *needed) {
      const char *text = key == CL_PLATFORM_NAME ? "Ending" : key == CL_PLATFORM_EXTENSIONS ? "cl_khr_icd"
        : key == CL_PLATFORM_VERSION ? "OpenCL 1.2 ending" : key == CL_PLATFORM_PROFILE ? "FULL_PROFILE" : "END";
      if (needed) *needed = strlen(text) + 1;
      if (value && size > strlen(text)) strcpy(value, text);
      return value && size <= strlen(text) ? CL_INVALID_VALUE : CL_SUCCESS;
    }
    cl_int clGetPlatformInfo(cl_platform_id p, cl_platform_info key, size_t size, void *value, size_t *needed) {
      return clInfo(p, key, size, value, needed);
    }
    static cl_int devices(cl_platform_id p, cl_device_type type, cl_uint n, cl_device_id *ids, cl_uint *count) {
      called("clGetDeviceIDs");
      return CL_DEVICE_NOT_FOUND;
    }
    cl_int clIcdGetPlatformIDsKHR(cl_uint n, cl_platform_id *ids, cl_uint *count) {
      if (!ids) called("clGetPlatformIDs");
      dispatch.clGetPlatformInfo = clInfo;
      dispatch.clGetDeviceIDs = devices;
      if (count) *count = 1;
      if (ids) *ids = &platform;
      return CL_SUCCESS;
    }
    void *clGetExtensionFunctionAddress(const char *name) {
      return !strcmp(name, "clIcdGetPlatformIDsKHR") ? (void *)clIcdGetPlatformIDsKHR
        : !strcmp(name, "clGetPlatformInfo") ? (void *)clInfo : NULL;
    }
    """#

  static let library = Result { try TestLibrary.build("ending-driver", [], source: source) }

  /// A machine with that driver, and others by the names of their libraries.
  private struct Machine {
    let place: Workplace
    var environment: [String: String]
    let call: String

    init(_ call: String, _ way: String, others: [String] = []) throws {
      (place, self.call) = (try Workplace(), call)
      environment = [
        "OCL_ICD_VENDORS": place.path("vendors").path, "FIGMENT_CACHE_DIR": place.path("cache").path,
        "OCL_ENDING_CALL": call, "OCL_ENDING_WAY": way, "OCL_ENDING_LOG": place.path("calls").path,
        "FIGMENT_DRIVER_SECONDS": way == "hang" ? "3" : "60",
      ]
      try FileManager.default.createDirectory(at: place.path("vendors"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: EndingDriverTests.library.get(), to: place.path("driver.so"))
      for (index, library) in ([place.path("driver.so").path] + others).enumerated() {
        try Data("\(library)\n".utf8).write(to: place.path("vendors/\(index).icd"))
      }
    }

    /// How often the driver has been asked what it does not outlive.
    var questions: Int {
      let calls = (try? String(contentsOf: place.path("calls"), encoding: .utf8)) ?? ""
      return calls.split(separator: "\n").count { $0 == call }
    }

    func devices() throws -> Figment.Outcome { try Figment.run(["devices"], environment: environment) }

    var record: URL {
      get throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path("cache/drivers").path)
        #expect(names.count == 1)
        return place.path("cache/drivers/\(names[0])")
      }
    }
  }

  static let calls = ["clGetPlatformIDs", "clGetDeviceIDs"]
  static let ways = [
    ("abort", "ended the process that asked it (Aborted)"), ("exit", "ended the process that asked it (exit status 3)"),
    ("hang", "had not answered after 3 s"),
  ]

  @Test(arguments: calls, ways)
  func autoOutlivesItAndAsksOnce(call: String, way: (name: String, words: String)) throws {
    let machine = try Machine(call, way.name)
    for _ in 1...2 {
      let outcome = try machine.place.train(
        ["--device", "auto", "--epochs", "1", "--overwrite"], environment: machine.environment)
      #expect(outcome.status == 0, "\(outcome.errors)")
      for words in ["warning: ", way.words, "its last words: “[31mNot enough memory”", "computing on cpu", "remove that file"] {
        #expect(outcome.errors.contains(words), "\(words): \(outcome.errors)")
      }
      #expect(machine.questions == 1)
    }
    let byName = try machine.place.train(["--device", "opencl", "--output", "other"], environment: machine.environment)
    #expect(byName.status == 1 && byName.errors.contains("error: ") && byName.errors.contains(way.words), "\(byName.errors)")
    #expect(machine.questions == 1)
  }

  @Test func aChangedDriverIsAskedAgain() throws {
    var machine = try Machine("clGetDeviceIDs", "abort")
    #expect(try machine.devices().output.contains("auto takes cpu") && machine.questions == 1)
    let file = machine.place.path("driver.so").path
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: file)
    #expect(try machine.devices().status == 0 && machine.questions == 2)
    // Another environment is another machine, and what is damaged is not believed.
    machine.environment["POCL_DEVICES"] = "pthread"
    #expect(try machine.devices().status == 0 && machine.questions == 3)
    machine.environment["POCL_DEVICES"] = nil
    #expect(try machine.devices().status == 0 && machine.questions == 3)
  }

  @Test(arguments: ["", "{", #"{"stamp": 1}"#]) func aDamagedRecordIsNotBelieved(text: String) throws {
    let machine = try Machine("clGetDeviceIDs", "abort")
    #expect(try machine.devices().status == 0 && machine.questions == 1)
    try Data(text.utf8).write(to: machine.record)
    #expect(try machine.devices().status == 0 && machine.questions == 2)
    #expect(try machine.devices().status == 0 && machine.questions == 2)
  }

  @Test func aCacheThatCannotBeWrittenIsNoError() throws {
    var machine = try Machine("clGetDeviceIDs", "abort")
    machine.environment["FIGMENT_CACHE_DIR"] = "/dev/null/cache"
    for time in 1...2 {
      let outcome = try machine.devices()
      #expect(outcome.status == 0 && outcome.output.contains("Not enough memory") && outcome.errors.isEmpty)
      #expect(machine.questions == time)
    }
  }

  @Test func otherDriversDevicesStay() throws {
    var machine = try Machine("clGetDeviceIDs", "abort", others: ["libpocl.so.2"])
    machine.environment["FIGMENT_AUTO_DEVICES"] = "all"
    for _ in 1...2 {
      let outcome = try machine.devices()
      #expect(outcome.status == 0 && outcome.output.contains("opencl:0"), "\(outcome)")
      #expect(outcome.output.contains("auto takes opencl:0"), "\(outcome)")
      #expect(outcome.errors.contains("warning: the OpenCL platform Ending is left out: its driver ended"), "\(outcome)")
    }
    let byName = try machine.place.train(["--device", "opencl", "--epochs", "1"], environment: machine.environment)
    #expect(byName.status == 0, "\(byName.errors)")
    #expect(machine.questions == 1)
  }

  @Test func whereNoSecondProcessAsksAutoTakesTheCPUAndANameIsObeyed() throws {
    let place = try Workplace()
    let environment = ["FIGMENT_DRIVER_SECONDS": "soon", "FIGMENT_CACHE_DIR": place.path("cache").path]
    let auto = try Figment.run(["devices"], environment: environment)
    #expect(auto.status == 0 && auto.output.contains("auto takes cpu"), "\(auto)")
    #expect(auto.output.contains(#"FIGMENT_DRIVER_SECONDS is "soon", not a number of seconds"#), "\(auto)")
    let named = try place.train(["--device", "opencl", "--epochs", "1"], environment: environment)
    #expect(named.status == 0, "\(named.errors)")
    // A program that somebody else asks for a check does not run, and says so.
    let own = try Figment.run(["devices"], environment: ["FIGMENT_DRIVER_CHECK": "yes"])
    #expect(own.status == 2 && own.output.isEmpty && own.errors.contains("FIGMENT_DRIVER_CHECK is “yes”"))
  }

  /// As a part of a library that a program loads while it runs.
  @Test func aLibraryIsAskedInAnyProgramThatLoadsItFirst() throws {
    let sources = TestLibrary.package.appendingPathComponent("Sources/CDriverCheck").path
    let library = try TestLibrary.build(
      "driver-check",
      ["\(sources)/DriverCheck.c", "\(sources)/DriverStart.c", "-I\(sources)/include", "-Wl,--no-as-needed", "-lOpenCL"])
    let place = try Workplace()
    let outcome = try Figment.run(
      [], in: place.url, environment: ["LIBRARY": library.path],
      shell: "LD_PRELOAD=$LIBRARY FIGMENT_DRIVER_CHECK=\"$$ 60\" /bin/true 3> told; cat told")
    #expect(outcome.output.hasPrefix("started\nplatform 0 ") && outcome.output.hasSuffix("\ndone\n"), "\(outcome)")
  }
}
