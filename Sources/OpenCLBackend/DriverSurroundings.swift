import Foundation

/// What the drivers' answer depends on, as far as it can be told without loading them.
struct DriverSurroundings {
  /// Names the record: the program, and the variables that loaders and drivers read.
  let key: String
  /// Changes with what may change under one name: program, drivers' files, devices, limits, Linux itself.
  let stamp: String

  /// Beginnings of names of variables: of the loaders', PoCL's, Mesa's, NVIDIA's, AMD's and Intel's, and of what
  /// all programs read to find files and libraries.
  private static let variables = [
    "OCL_", "OPENCL_", "POCL_", "RUSTICL_", "MESA_", "GALLIUM_", "LIBGL_", "LP_", "DRI_", "VK_", "CUDA_", "NVIDIA_", "GPU_",
    "HSA_", "ROC", "AMD_", "HIP_", "NEO", "INTEL_", "IGC_", "ZE_", "CL_", "OCLGRIND_", "LD_", "XDG_", "HOME", "TMPDIR",
  ]

  /// Where libraries are that are named without a folder, after those of `LD_LIBRARY_PATH`.
  private static let libraryFolders = ["/lib", "/usr/lib", "/usr/local/lib"].flatMap { folder in
    ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "\(folder)/\($0)" } + [folder, folder + "64"]
  }

  init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    let program = DriverProcess.program
    let read = environment.filter { variable in Self.variables.contains { variable.key.hasPrefix($0) } }
    key = ProgramCache.key([program] + read.map { "\($0.key)=\($0.value)" }.sorted())

    let files =
      [program, "/etc/ld.so.cache"] + Self.driverFiles(environment) + Self.paths(environment["LD_PRELOAD"], " :")
    let places = ["/sys/devices/system/cpu", "/proc/self"].map { "\($0) \(access($0, R_OK))" }
    let limits = [RLIMIT_AS, RLIMIT_DATA, RLIMIT_NOFILE, __RLIMIT_NPROC].map { name in
      var limit = rlimit()
      getrlimit(Int32(name.rawValue), &limit)
      return "\(limit.rlim_cur)"
    }
    stamp = ProgramCache.key(files.map(Self.state) + places + limits + Self.deviceNodes() + [Self.kernel])
  }

  /// Every `.icd` file, and the library that it names.
  private static func driverFiles(_ environment: [String: String]) -> [String] {
    let vendors = paths(environment["OCL_ICD_VENDORS"] ?? environment["OPENCL_VENDOR_PATH"] ?? "/etc/OpenCL/vendors")
    let named = (vendors + paths(environment["OCL_ICD_FILENAMES"])).flatMap { path in
      names(in: path)?.filter { $0.hasSuffix(".icd") }.map { "\(path)/\($0)" } ?? [path]
    }
    let folders = paths(environment["LD_LIBRARY_PATH"]) + libraryFolders
    return named.flatMap { path -> [String] in
      var library = path
      if path.hasSuffix(".icd") {
        guard let data = FileManager.default.contents(atPath: path)?.prefix(4096) else { return [path] }
        let line = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        library = line.trimmingCharacters(in: .whitespaces)
      }
      let found =
        library.contains("/") ? library : folders.map { "\($0)/\(library)" }.first { access($0, F_OK) == 0 } ?? library
      return [path, found]
    }
  }

  /// The library of NVIDIA's driver if no file names it to OpenCL's loader, as in containers that were lent a card; nil where
  /// the user has chosen the drivers.
  static func unnamedDriver(
    _ environment: [String: String] = ProcessInfo.processInfo.environment, in folders: [String] = libraryFolders
  ) -> String? {
    let chosen = ["OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH", "OCL_ICD_FILENAMES"].contains { environment[$0] != nil }
    let places = paths(environment["LD_LIBRARY_PATH"]) + folders + ["/usr/local/nvidia/lib64"]
    guard !chosen, let folder = places.first(where: { access($0 + "/libnvidia-opencl.so.1", F_OK) == 0 }),
      !driverFiles(environment).contains(where: { $0.contains("nvidia-opencl") })
    else { return nil }
    return folder + "/libnvidia-opencl.so.1"
  }

  /// What changes when another version takes a file's place: versions are a part of libraries' real names.
  private static func state(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "\(path) is missing" }
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    return "\(resolved.map { String(cString: $0) } ?? path) \(status.st_size) \(status.st_ino) "
      + "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  /// Graphics cards' device files, and whether they may be used.
  private static func deviceNodes() -> [String] {
    let own = (names(in: "/dev") ?? []).filter { name in
      ["nvidia", "kfd", "dxg", "mali"].contains { name.hasPrefix($0) }
    }
    let inFolders = ["dri", "accel"].flatMap { folder in (names(in: "/dev/" + folder) ?? []).map { "\(folder)/\($0)" } }
    return (own + inFolders).map { "\($0) \(access("/dev/" + $0, R_OK | W_OK))" }
  }

  private static var kernel: String {
    var system = utsname()
    uname(&system)
    // Not the name of the machine, which is another one in every container.
    return [withUnsafeBytes(of: system.release, Array.init), withUnsafeBytes(of: system.version, Array.init)]
      .map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }.joined(separator: " ")
  }

  private static func paths(_ list: String?, _ separators: String = ":") -> [String] {
    (list ?? "").split { separators.contains($0) }.map(String.init)
  }

  /// Sorted, as folders list them in any order; nil if there is no such folder.
  private static func names(in folder: String) -> [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }
}
