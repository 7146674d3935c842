import Figment

/// The operations of a VAE's training step, one by one.
struct OperationBenchmark {
  let seconds: Double

  func measure(batchSize n: Int, on device: Device) throws -> [BenchmarkResult] {
    let generator = RandomGenerator(seed: 1)
    func random(_ shape: Shape) -> Tensor { .randomUniform(shape, low: -1, using: generator, on: device) }
    var cases: [(name: String, operations: Int, run: () -> Tensor)] = []

    func convolution(_ name: String, size: Int, _ input: Int, _ output: Int, stride: Int) {
      let x = random([n, size, size, input]).tracked(), w = random([3, 3, input, output]).tracked()
      let y = x.convolved(filter: w, stride: [stride, stride], padding: .same)
      let g = random(y.shape)
      let operations = 2 * y.count * 9 * input
      cases.append(
        (name, operations, { x.detached().convolved(filter: w.detached(), stride: [stride, stride], padding: .same) }))
      cases.append(
        (
          "\(name) input gradient", operations,
          {
            gradients(of: y, withRespectTo: [x], seed: g, retainsGraph: true)[0]
          }
        ))
      cases.append(
        (
          "\(name) filter gradient", operations,
          {
            gradients(of: y, withRespectTo: [w], seed: g, retainsGraph: true)[0]
          }
        ))
    }
    convolution("conv 28×28 1→32 k3", size: 28, 1, 32, stride: 1)
    convolution("conv 28×28 32→64 k3 s2", size: 28, 32, 64, stride: 2)
    convolution("conv 14×14 64→64 k3", size: 14, 64, 64, stride: 1)
    convolution("conv 28×28 32→1 k3", size: 28, 32, 1, stride: 1)

    let features = random([n, 12544]), narrow = random([12544, 32]), latents = random([n, 2]),
      wide = random([2, 12544])
    cases.append(("dense 12544→32", 2 * n * 12544 * 32, { features.dense(weight: narrow) }))
    cases.append(("dense 2→12544", 2 * n * 12544 * 2, { latents.dense(weight: wide) }))
    let map = random([n, 28, 28, 32])
    cases.append(("relu", 0, { map.relu() }))
    cases.append(("sum over positions", 0, { map.sum(axes: [0, 1, 2]) }))
    let images = random([n, 28, 28, 1])
    cases.append(("sigmoid cross-entropy", 0, { images.sigmoidCrossEntropy(images) }))
    cases.append(("random normal", 0, { .randomNormal(map.shape, using: generator, on: device) }))

    return try cases.map { name, operations, run in
      let milliseconds = try Stopwatch(seconds: seconds / 4).median {
        _ = run()
        try device.synchronize()
      }
      return BenchmarkResult(
        name: name, device: device.identifier, batch: n, medianMs: milliseconds,
        samplesPerSecond: Double(n) * 1e3 / milliseconds, gflops: Double(operations) / milliseconds / 1e6,
        peakMib: Double(device.backend.statistics.peakBytes) / Double(1 << 20))
    }
  }
}
