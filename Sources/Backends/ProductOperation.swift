/// One of the operations whose cost is arithmetic: a matrix product, a convolution, or a gradient of one.
public enum ProductOperation: Hashable, Sendable {
  case matrixProduct(MatrixProduct)
  case convolution(Convolution)
  case inputGradient(Convolution)
  case filterGradient(Convolution)

  /// Two for every multiplication and addition, padding counted.
  public var floatingPointOperations: Int {
    switch self {
    case .matrixProduct(let product): 2 * product.batch * product.m * product.n * product.k
    case .convolution(let convolution), .inputGradient(let convolution), .filterGradient(let convolution):
      convolution.floatingPointOperations
    }
  }

  /// Elements of the two operands, in the order that `run` takes them.
  public var operandCounts: (left: Int, right: Int) {
    switch self {
    case .matrixProduct(let product):
      (product.batch * product.m * product.k, (product.sharesRight ? 1 : product.batch) * product.k * product.n)
    case .convolution(let convolution): (convolution.inputCount, convolution.filterCount)
    case .inputGradient(let convolution): (convolution.outputCount, convolution.filterCount)
    case .filterGradient(let convolution): (convolution.inputCount, convolution.outputCount)
    }
  }

  public var resultCount: Int {
    switch self {
    case .matrixProduct(let product): product.batch * product.m * product.n
    case .convolution(let convolution): convolution.outputCount
    case .inputGradient(let convolution): convolution.inputCount
    case .filterGradient(let convolution): convolution.filterCount
    }
  }

  /// The operation without bias and activation.
  public func run(on backend: any Backend, _ left: any Storage, _ right: any Storage) -> any Storage {
    switch self {
    case .matrixProduct(let product):
      backend.matrixProduct(product, left, right, bias: nil, activation: .identity)
    case .convolution(let convolution):
      backend.convolution(convolution, input: left, filter: right, bias: nil, activation: .identity)
    case .inputGradient(let convolution):
      backend.convolutionInputGradient(
        convolution, outputGradient: left, filter: right, bias: nil, activation: .identity)
    case .filterGradient(let convolution):
      backend.convolutionFilterGradient(convolution, input: left, outputGradient: right)
    }
  }
}

extension ProductOperation: CustomStringConvertible {
  /// Such as `forward 32×64×64×3 → 64×64×128 k5 s2`.
  public var description: String {
    func sizes(_ values: [Int]) -> String { values.map(String.init).joined(separator: "×") }
    func describe(_ name: String, _ convolution: Convolution) -> String {
      let windows = convolution.windows
      func whole(_ values: [Int]) -> String { Set(values).count == 1 ? "\(values[0])" : sizes(values) }
      return "\(name) \(sizes([convolution.batch] + windows.inputSize + [convolution.inputChannels]))"
        + " → \(sizes(windows.outputSize + [convolution.outputChannels])) k\(whole(windows.kernelSize))"
        + (windows.stride.allSatisfy { $0 == 1 } ? "" : " s\(whole(windows.stride))")
        + (windows.dilation.allSatisfy { $0 == 1 } ? "" : " d\(whole(windows.dilation))")
    }
    switch self {
    case .matrixProduct(let product):
      return "product \(product.batch == 1 ? "" : "\(product.batch)× ")\(sizes([product.m, product.n, product.k]))"
        + (product.transposesLeft || product.transposesRight
          ? " \(product.transposesLeft ? "T" : "N")\(product.transposesRight ? "T" : "N")" : "")
    case .convolution(let convolution): return describe("forward", convolution)
    case .inputGradient(let convolution): return describe("input gradient", convolution)
    case .filterGradient(let convolution): return describe("filter gradient", convolution)
    }
  }
}
