import Backends

extension OpenCLBackend {
  /// Runs a few kernels of each kind and compares them with numbers computed here, in a second or less. A
  /// driver that is installed but broken is found before a training run, not in its losses.
  ///
  /// Throws `OpenCLError.selfTestFailed`, or what the driver said.
  public func selfTest() throws {
    // Quarters of small whole numbers: sums and products of them are exact, whatever their order.
    let count = 1003
    let left = (0..<count).map { Float($0 * 7 % 37) * 0.25 - 4 }, right = (0..<count).map { Float($0 * 5 % 23) - 11 }
    let a = send(left), b = send(right)

    try expect("fill", fill(2.5, count: count), [Float](repeating: 2.5, count: count))
    var sums = zip(left, right).map(+)
    if runtime.configuration.spoilsSelfTest { sums[0] += 1 }
    try expect("binary", binary(.add, a, b, Broadcast([count], [count], to: [count])), sums)
    try expect("unary", unary(.activation(.relu), a), left.map { max($0, 0) })

    let rows = 17, columns = 59
    let total = (0..<columns).map { column in (0..<rows).reduce(Float(0)) { $0 + left[$1 * columns + column] } }
    try expect("reduce", reduce(.sum, a, outer: 1, length: rows, inner: columns), total)

    let draws = random(.uniform(low: 0, high: 1), count: 100, generator: Philox(key: [7, 9]), counter: 5)
    let expected = (0..<100).map { Philox.uniform(Philox(key: [7, 9]).block(UInt64(5 + $0 / 4))[$0 % 4]) }
    try expect("random", draws, expected)
  }

  private func send(_ values: [Float]) -> any Storage { values.withUnsafeBufferPointer { upload($0) } }

  private func expect(_ kernel: String, _ storage: any Storage, _ expected: [Float]) throws {
    var actual = [Float](repeating: .nan, count: storage.count)
    try actual.withUnsafeMutableBufferPointer { try download(storage, into: $0) }
    // Written so that a NaN is a difference.
    if let index = expected.indices.first(where: { !(actual[$0] == expected[$0]) }) {
      throw OpenCLError.selfTestFailed(
        kernel: kernel, index: index, expected: expected[index], actual: actual[index])
    }
  }
}
