import Backends
import Testing

@testable import OpenCLBackend

@Test func addsAndFills() throws {
  let device = try OpenCLBackend()
  let left = device.fill(2, count: 1000), right = device.fill(3, count: 1000)
  let sum = device.binary(.add, left, right, Broadcast([1000], [1000], to: [1000]))
  var values = [Float](repeating: 0, count: 1000)
  try values.withUnsafeMutableBufferPointer { try device.download(sum, into: $0) }
  #expect(values == [Float](repeating: 5, count: 1000))
}
