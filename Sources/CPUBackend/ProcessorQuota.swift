import Glibc

/// The processors that this process may keep busy by Linux' control groups, rounded up; nil without a quota.
///
/// Containers are bounded like this. More threads than that are stopped, together, until the next period begins.
///
/// - Parameter root: The folder that `/proc` and `/sys` lie in, for tests.
func processorQuota(root: String = "") -> Int? {
  let mounts = lines(of: root + "/proc/self/mountinfo").compactMap(ControlGroupMount.init)
  let quotas = lines(of: root + "/proc/self/cgroup").flatMap { line -> [Int] in
    // hierarchy:controllers:path
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return [] }
    let controllers = fields[1].split(separator: ",")
    return mounts.filter { $0.isUnified ? controllers.isEmpty : controllers.contains("cpu") }.flatMap { mount in
      mount.folders(upFrom: fields[2]).compactMap { mount.quota(of: root + $0) }
    }
  }
  return quotas.min()
}

/// Where a hierarchy of control groups that bounds processors can be seen.
private struct ControlGroupMount {
  /// Whether it is of version 2, with one hierarchy for all controllers.
  let isUnified: Bool
  /// The group that is seen at `point`.
  let root: String
  let point: String

  /// - Parameter line: number, parent, device, root, mount point, options, optional fields, "-", type, source, options.
  init?(_ line: Substring) {
    let fields = line.split(separator: " ")
    guard let end = fields.firstIndex(of: "-"), end >= 6, fields.count > end + 3 else { return nil }
    isUnified = fields[end + 1] == "cgroup2"
    guard isUnified || (fields[end + 1] == "cgroup" && fields[end + 3].split(separator: ",").contains("cpu")) else {
      return nil
    }
    (root, point) = (unescaped(fields[3]), unescaped(fields[4]))
  }

  /// The folders of the group `path` and of those around it, up to the mount point.
  func folders(upFrom path: Substring) -> [String] {
    var names = path.split(separator: "/")
    let hidden = root.split(separator: "/")
    // A group outside of what is mounted cannot be seen; the mount point then bounds it.
    names = names.starts(with: hidden) && !names.contains("..") ? Array(names.dropFirst(hidden.count)) : []
    return (0...names.count).map { ([point] + names.prefix($0).map(String.init)).joined(separator: "/") }
  }

  /// In processors, rounded up.
  func quota(of folder: String) -> Int? {
    let files = isUnified ? ["cpu.max"] : ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
    // Microseconds that may be used in each period of so many: "max 100000", "-1" and "100000" where there is no bound.
    let values = files.flatMap { lines(of: "\(folder)/\($0)") }.flatMap { $0.split(separator: " ") }.map { Int($0) }
    guard values.count == 2, let quota = values[0], let period = values[1], quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }
}

/// Of Linux' mount table, where spaces are written as octal numbers.
private func unescaped(_ text: Substring) -> String {
  var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "\\"), rest.count >= 3,
      let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
    {
      bytes.append(code)
      rest.removeFirst(3)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Of a small text file; none if it cannot be read.
private func lines(of path: String) -> [Substring] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 4096)
  while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part.prefix(count) }
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
}
