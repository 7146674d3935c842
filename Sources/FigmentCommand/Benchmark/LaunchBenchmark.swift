import Figment
import OpenCLBackend
import Synchronization

/// What a training step launches on a graphics card, and what it takes the host to get there: the first OpenCL device stands
/// in for the card, gets its kernels and computes nothing.
struct LaunchBenchmark {
  let step: StepBenchmark
  let batchSize: Int?
  /// Of the card, and who made it; the device's own if nil.
  let computeUnits: Int?
  let vendor: String?

  /// - Parameter listsKernels: Whether kernels follow, each as it is launched and how often.
  func measure(seconds: Double, listsKernels: Bool) throws -> [BenchmarkResult] {
    let notes = Notes()
    var configuration = OpenCLConfiguration()
    (configuration.family, configuration.cache) = (.gpu, .none)
    (configuration.computeUnits, configuration.vendor) = (computeUnits, vendor)
    configuration.launchObserver = { note in notes.add(note) }
    let device = Device(try OpenCLBackend(configuration: configuration))
    let step = try step.step(batchSize: batchSize, on: device)
    // The first steps make what all others use again.
    for _ in 0..<2 { _ = try step() }
    let launches = try notes.of { _ = try step() }
    var result = BenchmarkResult(name: self.step.name, device: device.identifier)
    result.batch = batchSize ?? self.step.batchSize
    result.count = launches.count
    result.medianMs = try Stopwatch(seconds: seconds).median(of: { _ = try step() }, leastSeconds: 0.1, most: 16) {}
    return [result] + (listsKernels ? kernels(launches, device) : [])
  }

  private func kernels(_ launches: [LaunchNote], _ device: Device) -> [BenchmarkResult] {
    var counts = [LaunchNote: Int](), order = [LaunchNote]()
    for launch in launches {
      if counts[launch] == nil { order.append(launch) }
      counts[launch, default: 0] += 1
    }
    return order.map { launch in
      var result = BenchmarkResult(name: "\(step.name) \(launch.kernel)", device: device.identifier)
      result.count = counts[launch]
      result.launch = .init(launch)
      return result
    }
  }

  /// Kept while someone asks for them.
  private final class Notes: Sendable {
    private let kept = Mutex<[LaunchNote]?>(nil)

    func add(_ note: LaunchNote) { kept.withLock { $0?.append(note) } }

    func of(_ body: () throws -> Void) rethrows -> [LaunchNote] {
      kept.withLock { $0 = [] }
      try body()
      return kept.withLock { notes in
        defer { notes = nil }
        return notes ?? []
      }
    }
  }
}
