import Backends
import Figment

/// Some elements of a product, computed from its definition in double precision: a reference for products
/// whose every element would take minutes.
struct SampledProduct {
  private let operation: ProductOperation
  private let indices: [Int]
  private let exact: [Double]

  /// The first and the last element, and others spread over the result.
  init(_ operation: ProductOperation, left: Tensor, right: Tensor) throws {
    self.operation = operation
    let total = operation.resultCount
    // A stride that is no multiple of any extent's: a part of the total near the golden section.
    let step = max(1, Int(Double(total) * 0.6180339887))
    indices = [0, total - 1] + (0..<min(256, total)).map { ($0 * step + 1) % total }
    let (left, right) = (try left.scalars(), try right.scalars())
    exact = indices.map { Self.element($0, of: operation, left, right) }
  }

  /// The largest difference, in root mean squares of the true elements.
  func error(of actual: [Float]) -> Double {
    let scale = (exact.reduce(0) { $0 + $1 * $1 } / Double(exact.count)).squareRoot()
    let worst = zip(indices, exact).map { abs(Double(actual[$0]) - $1) }.max() ?? 0
    return scale > 0 ? worst / scale : worst
  }

  private static func element(
    _ index: Int, of operation: ProductOperation, _ left: [Float], _ right: [Float]
  ) -> Double {
    switch operation {
    case .matrixProduct(let product):
      let (m, n, k) = (product.m, product.n, product.k)
      let batch = index / (m * n), row = index / n % m, column = index % n
      let leftBase = batch * m * k, rightBase = product.sharesRight ? 0 : batch * k * n
      return (0..<k).reduce(0) { sum, i in
        let a = left[leftBase + (product.transposesLeft ? i * m + row : row * k + i)]
        let b = right[rightBase + (product.transposesRight ? column * k + i : i * n + column)]
        return sum + Double(a) * Double(b)
      }
    case .convolution(let convolution):
      let (inputs, outputs) = (convolution.inputChannels, convolution.outputChannels)
      let windows = convolution.windows.inThreeDimensions
      let output = index % outputs, position = index / outputs
      let sample = position / windows.outputPositions
      let at = windows.outputSize.coordinates(position % windows.outputPositions)
      return sum(windows.kernelSize) { tap, tapNumber in
        guard let input = windows.input(of: at, tap) else { return 0 }
        let base = (sample * windows.inputPositions + windows.inputSize.index(input)) * inputs
        return (0..<inputs).reduce(0) {
          $0 + Double(left[base + $1]) * Double(right[(tapNumber * inputs + $1) * outputs + output])
        }
      }
    case .inputGradient(let convolution):
      let (inputs, outputs) = (convolution.inputChannels, convolution.outputChannels)
      let windows = convolution.windows.inThreeDimensions
      let channel = index % inputs, position = index / inputs
      let sample = position / windows.inputPositions
      let at = windows.inputSize.coordinates(position % windows.inputPositions)
      return sum(windows.kernelSize) { tap, tapNumber in
        guard let output = windows.output(of: at, tap) else { return 0 }
        let base = (sample * windows.outputPositions + windows.outputSize.index(output)) * outputs
        return (0..<outputs).reduce(0) {
          $0 + Double(left[base + $1]) * Double(right[(tapNumber * inputs + channel) * outputs + $1])
        }
      }
    case .filterGradient(let convolution):
      let (inputs, outputs) = (convolution.inputChannels, convolution.outputChannels)
      let windows = convolution.windows.inThreeDimensions
      let output = index % outputs, channel = index / outputs % inputs
      let tap = windows.kernelSize.coordinates(index / outputs / inputs)
      return (0..<convolution.batch).reduce(0) { total, sample in
        total
          + sum(windows.outputSize) { at, position in
            guard let input = windows.input(of: at, tap) else { return 0 }
            let x = left[(sample * windows.inputPositions + windows.inputSize.index(input)) * inputs + channel]
            return Double(x) * Double(right[(sample * windows.outputPositions + position) * outputs + output])
          }
      }
    }
  }

  /// The sum of `body` over all coordinates of `size` and their numbers.
  private static func sum(_ size: [Int], _ body: ([Int], Int) -> Double) -> Double {
    (0..<size.reduce(1, *)).reduce(0) { $0 + body(size.coordinates($1), $1) }
  }
}

extension Windows {
  /// The element that `tap` of the window at `output` meets; nil in the padding.
  fileprivate func input(of output: [Int], _ tap: [Int]) -> [Int]? {
    let input = output.indices.map { output[$0] * stride[$0] + tap[$0] * dilation[$0] - paddingLow[$0] }
    return zip(input, inputSize).allSatisfy { 0..<$1 ~= $0 } ? input : nil
  }

  /// The window whose `tap` meets `input`, if there is one.
  fileprivate func output(of input: [Int], _ tap: [Int]) -> [Int]? {
    let offset = input.indices.map { input[$0] + paddingLow[$0] - tap[$0] * dilation[$0] }
    guard zip(offset, stride).allSatisfy({ $0 >= 0 && $0 % $1 == 0 }) else { return nil }
    let output = zip(offset, stride).map(/)
    return zip(output, outputSize).allSatisfy { $0 < $1 } ? output : nil
  }
}

extension [Int] {
  /// The coordinates of element `index` of an array of these three extents.
  fileprivate func coordinates(_ index: Int) -> [Int] {
    [index / (self[1] * self[2]), index / self[2] % self[1], index % self[2]]
  }

  fileprivate func index(_ coordinates: [Int]) -> Int {
    (coordinates[0] * self[1] + coordinates[1]) * self[2] + coordinates[2]
  }
}
