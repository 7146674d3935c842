import Foundation

/// Compiled programs on disk, so that a second run compiles nothing.
///
/// An entry is named after a hash of all that its contents depend on: expanded source, options, device,
/// driver and platform versions. It carries a hash of its own bytes, because drivers have been seen to
/// crash on a damaged binary. Whatever is wrong with an entry or the folder means that the program is built
/// from source; the cache never causes an error.
struct ProgramCache: Sendable {
  let directory: URL?

  /// `$FIGMENT_CACHE_DIR`, else `$XDG_CACHE_HOME/figment`, else `~/.cache/figment`.
  static var standard: ProgramCache {
    ProgramCache(directory: folder?.appendingPathComponent("programs", isDirectory: true))
  }

  /// Where this user's caches are kept.
  static var folder: URL? {
    let environment = ProcessInfo.processInfo.environment
    func folder(_ variable: String) -> URL? {
      guard let path = environment[variable], !path.isEmpty else { return nil }
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    return
      folder("FIGMENT_CACHE_DIR") ?? folder("XDG_CACHE_HOME")?.appendingPathComponent("figment")
      ?? folder("HOME")?.appendingPathComponent(".cache/figment")
  }

  static let disabled = ProgramCache(directory: nil)

  static func key(_ parts: [String]) -> String {
    // The length of each part goes in too, so that moving text between parts changes the key.
    hash(parts.map { "\($0.utf8.count)\n\($0)" }.joined().utf8)
  }

  func binary(for key: String) -> [UInt8]? {
    guard let url = url(for: key), let entry = try? Data(contentsOf: url) else { return nil }
    let newline = UInt8(ascii: "\n")
    guard let end = entry.firstIndex(of: newline) else { return nil }
    let binary = Array(entry[(end + 1)...])
    guard Array(entry[..<end]) == Array(header(of: binary).utf8) else { return nil }
    return binary
  }

  func store(_ binary: [UInt8], for key: String) {
    guard let directory, let url = url(for: key), !binary.isEmpty else { return }
    // Written beside and renamed, so that another process never reads half an entry.
    let temporary = directory.appendingPathComponent(".\(key).\(UInt64.random(in: 0 ... .max))")
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      try (Data("\(header(of: binary))\n".utf8) + Data(binary)).write(to: temporary)
      guard rename(temporary.path, url.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
    }
  }

  private func header(of binary: [UInt8]) -> String {
    "figment program 1 \(binary.count) \(ProgramCache.hash(binary))"
  }

  func url(for key: String) -> URL? { directory?.appendingPathComponent(key + ".bin") }

  /// 128-bit FNV-1a, as 32 hexadecimal digits.
  private static func hash(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    for byte in bytes { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}
