import Figment
import OpenCLBackend

/// Where the time of a training step goes: each kernel's, by the device's own clock.
struct KernelBenchmark {
  let step: StepBenchmark
  let batchSize: Int?

  /// The step from its first kernel to its last, then its kernels, those that take longest first.
  func measure(seconds: Double, on device: Device) throws -> [BenchmarkResult] {
    guard let opened = device.backend as? OpenCLBackend else {
      throw UsageError("the suite kernels times OpenCL's kernels, and \(device.identifier) has none: name one by --device opencl")
    }
    var configuration = OpenCLConfiguration.fromEnvironment
    configuration.timesLaunches = true
    let backend = try OpenCLBackend(sharing: opened, configuration: configuration)
    let step = try step.step(batchSize: batchSize, on: Device(backend))
    // The first steps make what all others use again.
    for _ in 0..<2 { _ = try step() }

    var spans = [Double](), times = [LaunchNote: [Double]](), counts = [LaunchNote: Int](), launches = 0
    let start = ContinuousClock.now
    while spans.count < 5 || (ContinuousClock.now - start).inSeconds < seconds {
      let launched = try backend.timingLaunches { _ = try step() }
      guard let first = launched.first, let last = launched.last else {
        throw UsageError("the step “\(self.step.name)” launched no kernel")
      }
      spans.append(Double(last.end - first.start) / 1e6)
      let sums = Dictionary(grouping: launched, by: \.note)
      for (note, same) in sums { times[note, default: []].append(same.reduce(0) { $0 + Double($1.end - $1.start) / 1e6 }) }
      (counts, launches) = (sums.mapValues(\.count), launched.count)
    }

    let span = spans.median
    var whole = BenchmarkResult(name: self.step.name, device: backend.identifier)
    (whole.batch, whole.count, whole.medianMs) = (batchSize ?? self.step.batchSize, launches, span)
    let kernels = times.map { note, times in
      var result = BenchmarkResult(name: "\(self.step.name) \(note.kernel)", device: backend.identifier)
      (result.count, result.medianMs, result.launch) = (counts[note], times.median, .init(note))
      result.percentOfStep = 100 * times.median / span
      result.variant = "\(note.global) in \(note.local)"
      return result
    }
    whole.percentOfStep = kernels.reduce(0) { $0 + ($1.percentOfStep ?? 0) }
    return [whole] + kernels.sorted { ($0.medianMs ?? 0) > ($1.medianMs ?? 0) }
  }
}
