import Foundation
import ReferenceBackend
import TestSupport
import Testing

@testable import Tensors

/// Printed tensors look as NumPy's arrays do: `Tests/Fixtures/numpy-text.json` is what NumPy printed.
@Suite struct TensorTextTests {
  struct Case: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let shape: [Int]
    /// Empty for 0, 1, 2, ….
    let values: [String]
    let text: [String]

    var description: String { name }

    var numbers: [Float] {
      values.isEmpty ? (0..<shape.reduce(1, *)).map(Float.init) : values.map { Float($0)! }
    }
  }

  static let cases = try! JSONDecoder().decode([Case].self, from: Data(contentsOf: fixtureURL("numpy-text.json")))

  @Test(arguments: cases) func elementsAreWrittenAsNumPyDoes(_ expected: Case) {
    let text = ArrayText(expected.numbers, shape: expected.shape).text
    #expect(text == expected.text.joined(separator: "\n"))
  }

  @Test func aTensorSaysItsShapeAndDevice() {
    let device = Device(ReferenceBackend())
    #expect("\(Tensor([1, 2, 3, 4.5], shape: [2, 2], on: device))" == "Tensor [2, 2] on reference\n[[1.  2. ]\n [3.  4.5]]")
    #expect("\(Tensor(2.5, on: device))" == "Tensor [] on reference\n2.5")
  }

  @Test func anArrayOfATensorHasItsElements() throws {
    #expect(try Array(Tensor([1, 2, 3], on: Device(ReferenceBackend()))) == [1, 2, 3])
  }
}
