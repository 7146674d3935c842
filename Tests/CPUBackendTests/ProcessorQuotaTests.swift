@testable import CPUBackend
import TestSupport
import Testing

/// The quota of a container's control groups, read from trees like Linux'.
@Suite struct ProcessorQuotaTests {
  private func quota(_ files: [String: String]) throws -> Int? {
    let folder = try TemporaryFolder()
    for (name, text) in files { _ = try folder.write(Array("\(text)\n".utf8), name) }
    return processorQuota(root: folder.url.path)
  }

  private let unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
  private let separate = """
    30 23 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
    31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
    32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:16 master:3 - cgroup cgroup rw,cpu,cpuacct
    33 30 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
    """

  private func unified(_ path: String, mounts: String? = nil, _ limits: [String: String]) throws -> Int? {
    var files = ["proc/self/cgroup": "0::\(path)", "proc/self/mountinfo": mounts ?? unified]
    for (folder, limit) in limits { files["sys/fs/cgroup\(folder)/cpu.max"] = limit }
    return try quota(files)
  }

  private func separate(_ path: String, _ limits: [String: (quota: String, period: String)]) throws -> Int? {
    var files = [
      "proc/self/cgroup": "9:cpuset:/\n4:memory:\(path)\n3:cpu,cpuacct:\(path)\n0::\(path)",
      "proc/self/mountinfo": separate,
    ]
    for (folder, limit) in limits {
      files["sys/fs/cgroup/cpu,cpuacct\(folder)/cpu.cfs_quota_us"] = limit.quota
      files["sys/fs/cgroup/cpu,cpuacct\(folder)/cpu.cfs_period_us"] = limit.period
    }
    return try quota(files)
  }

  @Test func withoutControlGroupsThereIsNone() throws {
    #expect(try quota([:]) == nil)
    #expect(try unified("/", [:]) == nil)
    #expect(try unified("/a/b", ["/a/b": "max 100000", "/a": "max 100000"]) == nil)
    #expect(try separate("/", ["": ("-1", "100000")]) == nil)
  }

  @Test func versionTwo() throws {
    #expect(try unified("/", ["": "200000 100000"]) == 2)
    #expect(try unified("/a", ["/a": "100000 100000"]) == 1)
    #expect(try unified("/a", ["/a": "150000 100000"]) == 2, "rounded up")
    #expect(try unified("/a", ["/a": "1000 100000"]) == 1, "one at least")
    #expect(try unified("/a", ["/a": "3200000 50000"]) == 64)
    #expect(try unified("/a", ["/a": "\(Int.max) 1"]) == .max)
  }

  @Test func versionOne() throws {
    #expect(try separate("/", ["": ("200000", "100000")]) == 2)
    #expect(try separate("/docker/x", ["/docker/x": ("250000", "100000"), "/docker": ("-1", "100000")]) == 3)
  }

  @Test func theGroupsAroundBoundToo() throws {
    #expect(try unified("/a/b/c", ["/a/b/c": "max 100000", "/a/b": "800000 100000", "/a": "300000 100000"]) == 3)
    #expect(try unified("/a/b", ["/a/b": "100000 100000", "/a": "300000 100000"]) == 1)
    #expect(try separate("/a/b", ["/a/b": ("-1", "100000"), "/a": ("400000", "100000")]) == 4)
    #expect(try unified("/a", ["/other": "100000 100000"]) == nil, "others' do not")
  }

  /// A container without a namespace of its own sees the host's path of its group, mounted as the root.
  @Test func aGroupThatIsMountedAsTheRoot() throws {
    let mount = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup rw"
    #expect(try unified("/docker/x", mounts: mount, ["": "200000 100000"]) == 2)
    #expect(try unified("/docker/x/y", mounts: mount, ["": "200000 100000", "/y": "100000 100000"]) == 1)
    #expect(try unified("/elsewhere", mounts: mount, ["": "200000 100000", "/elsewhere": "100000 100000"]) == 2)
    #expect(try unified("/../y", ["": "200000 100000", "/y": "100000 100000"]) == 2, "outside of the namespace")
  }

  @Test func foldersWithSpaces() throws {
    let mount = #"30 23 0:26 / /sys/fs/cgroup/a\040b rw - cgroup2 cgroup2 rw"#
    #expect(try unified("/c:d e", mounts: mount, ["/a b/c:d e": "200000 100000"]) == 2)
  }

  @Test func whatIsNoQuotaIsIgnored() throws {
    for text in ["", "100000", "0 0", "100000 0", "-5 100000", "much more", "1 2 3", "inf 1", "1e30 1"] {
      #expect(try unified("/a", ["/a": text, "": "300000 100000"]) == 3, "\(text)")
    }
    for line in ["", "no mount", "1 2 3 4 5 6 - cgroup2", "30 23 0:26 / /sys/fs/cgroup rw"] {
      #expect(try unified("/a", mounts: line, ["/a": "100000 100000"]) == nil, "\(line)")
    }
  }
}
