import Foundation

/// PoCL's own cache, of which it says nothing where it cannot write it: it then shows no device, or crashes
/// when it builds a kernel.
enum PoCLCache {
  static let platformName = "Portable Computing Language"

  /// Where PoCL keeps it.
  static func folder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    if let own = environment["POCL_CACHE_DIR"] { return own }
    if let caches = environment["XDG_CACHE_HOME"], !caches.isEmpty { return caches + "/pocl/kcache" }
    if let home = environment["HOME"] { return home + "/.cache/pocl/kcache" }
    return "/tmp/pocl/kcache"
  }

  /// Why it cannot be written, or nil. It is tried as PoCL does it: a folder that is missing is made.
  static func problem() -> OpenCLError? {
    let folder = folder()
    let probe = URL(fileURLWithPath: folder).appendingPathComponent("figment-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: probe, withIntermediateDirectories: true)
      try FileManager.default.removeItem(at: probe)
      return nil
    } catch {
      return .driverCacheNotWritable(folder: folder, variable: "POCL_CACHE_DIR")
    }
  }
}
