import COpenCL
import Foundation
import Kernels

extension OpenCLRuntime {
  /// The kernel `name` of `source`, compiled with `defines` as macros; compiled once, then remembered.
  ///
  /// `CPU_FAMILY` or `GPU_FAMILY` is defined too. Kernels of one source with the same macros share a program,
  /// because reading a program costs more than compiling a small kernel (45 ms on PoCL even if all is cached:
  /// its headers). One that does not compile throws its build log.
  func kernel(
    _ source: KernelSource, _ name: String, defines: KeyValuePairs<String, any MacroValue> = [:]
  ) throws -> OpenCLKernel {
    try kernel(source, KernelKey(name: name, macros: defines.map { Macro($0, $1) }))
  }

  /// The same with macros put together while the program runs.
  func kernel(_ source: KernelSource, _ name: String, macros: [Macro]) throws -> OpenCLKernel {
    try kernel(source, KernelKey(name: name, macros: macros))
  }

  private func kernel(_ source: KernelSource, _ key: KernelKey) throws -> OpenCLKernel {
    try lock.withLock {
      if let kernel = kernels[key] { return kernel }
      let kernel = try makeKernel(source, key.name, key.options)
      kernels[key] = kernel
      return kernel
    }
  }

  private func makeKernel(_ source: KernelSource, _ name: String, _ macros: String) throws(OpenCLError) -> OpenCLKernel {
    try OpenCLKernel(name, of: program(source, macros, for: name), source, macros, on: device)
  }

  private func program(_ source: KernelSource, _ macros: String, for name: String) throws(OpenCLError) -> cl_program {
    let identity = source.rawValue + macros
    if let program = programs[identity] { return program }
    // No fast-relaxed-math: NaN and infinity must go through. Multiply-add may be fused.
    let options =
      "-cl-std=CL1.2 -cl-mad-enable -D\(family == .cpu ? "CPU_FAMILY" : "GPU_FAMILY")" + macros
      + ([.gemmGPU, .winogradGPU].contains(source) ? device.productOptions : "")
    let text = configuration.expandSource(source)
    let key = ProgramCache.key([
      text, options, device.name, device.vendor, device.version, device.driverVersion, device.platformVersion,
    ])
    let program: cl_program
    if let cached = cachedProgram(key, options) {
      program = cached
    } else {
      program = try buildProgram(text, options, kernelName: name)
      storeBinary(of: program, key)
    }
    programs[identity] = program
    return program
  }

  private func buildProgram(_ text: String, _ options: String, kernelName: String) throws(OpenCLError) -> cl_program {
    var code: Int32 = 0
    let program = text.withCString { pointer in
      var pointer: UnsafePointer<CChar>? = pointer
      return clCreateProgramWithSource(context, 1, &pointer, nil, &code)
    }
    try check(code, "clCreateProgramWithSource", during: "kernel \(kernelName)")
    code = build(program!, options)
    if code != CL_SUCCESS {
      let log = buildLog(program!)
      clReleaseProgram(program)
      throw .buildFailed(kernel: kernelName + " (\(options))", code: code, log: log)
    }
    return program!
  }

  private func build(_ program: cl_program, _ options: String) -> Int32 {
    var id: cl_device_id? = device.id
    return clBuildProgram(program, 1, &id, options, nil, nil)
  }

  /// What the driver's compiler said when it built `program`.
  func buildLog(_ program: cl_program) -> String {
    let log = try? infoText("reading the build log", "clGetProgramBuildInfo") {
      clGetProgramBuildInfo(program, device.id, cl_program_build_info(CL_PROGRAM_BUILD_LOG), $0, $1, $2)
    }
    return log ?? "(the driver gives no build log)"
  }

  // MARK: Programs kept on disk

  private func cachedProgram(_ key: String, _ options: String) -> cl_program? {
    guard let binary = cache.binary(for: key) else { return nil }
    var id: cl_device_id? = device.id
    var size = binary.count
    var status: Int32 = 0, code: Int32 = 0
    let program = binary.withUnsafeBufferPointer { bytes in
      var pointer = bytes.baseAddress
      return clCreateProgramWithBinary(context, 1, &id, &size, &pointer, &status, &code)
    }
    guard let program else { return nil }
    guard code == CL_SUCCESS, status == CL_SUCCESS, build(program, options) == CL_SUCCESS else {
      clReleaseProgram(program)
      return nil
    }
    return program
  }

  private func storeBinary(of program: cl_program, _ key: String) {
    guard cache.directory != nil else { return }
    var size = 0
    clGetProgramInfo(
      program, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &size, nil)
    guard size > 0 else { return }
    let binary = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
      var pointer = bytes.baseAddress
      let code = clGetProgramInfo(
        program, cl_program_info(CL_PROGRAM_BINARIES), MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &pointer, nil)
      count = code == CL_SUCCESS ? size : 0
    }
    cache.store(binary, for: key)
  }
}
