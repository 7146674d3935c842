import Foundation

/// The folders of Python's packages, the user's own and the system's, in the order in which they are looked at: those of the
/// virtual environment, of `pip install --user`, and below `/usr/local` and `/usr`.
package func pythonPackageFolders(environment: [String: String]) -> [URL] {
  let pythons = [environment["VIRTUAL_ENV"], environment["HOME"].map { $0 + "/.local" }, "/usr/local", "/usr"].compactMap { $0 }
  return pythons.flatMap { python -> [URL] in
    let library = URL(filePath: python + "/lib")
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
    return versions.filter { $0.hasPrefix("python3") }.sorted().flatMap { version in
      ["site-packages", "dist-packages"].map { library.appending(path: "\(version)/\($0)") }
    }
  }
}
