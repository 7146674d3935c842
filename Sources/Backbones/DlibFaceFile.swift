import Foundation
import Interchange

/// The numbers of ``DlibFaceNetwork``, out of dlib's file.
///
/// A network is written from its end to its beginning, each layer inside of the one behind it: first come the versions of all
/// layers, the last layer's first, then the input's and the layers' contents, from the input on.
struct DlibFaceFile {
  /// A convolution and the affine layer behind it.
  struct Convolution {
    let inputs: Int
    let outputs: Int
    let kernelSize: Int
    let stride: Int
    /// `[k, k, inputs, outputs]`.
    let filter: [Float]
    let bias: [Float]
  }

  /// From the input on.
  let convolutions: [Convolution]
  /// `[channels, embeddingSize]`.
  let embedding: [Float]
  /// Of red, green and blue.
  let means: [Float]

  init(contentsOf url: URL, _ architecture: DlibFaceNetwork.Architecture) throws {
    var reader = try DlibReader(contentsOf: url)
    // Of the loss, which is not used: its margin and its threshold.
    try reader.expect(1, "the version of the network")
    try reader.expect("loss_metric_2", "the kind of loss")
    _ = (try reader.float("the margin"), try reader.float("the threshold"))
    for version in DlibFaceFile.versions(architecture) { try reader.expect(version, "the version of a layer") }

    try reader.expect("input_rgb_image_sized", "the kind of input")
    means = try ["red", "green", "blue"].map { try reader.float("the mean of \($0)") }
    for axis in ["rows", "columns"] { try reader.expect(DlibFaceNetwork.inputSize, "the number of \(axis)") }

    var convolutions = [Convolution](), channels = 3
    func add(_ filters: Int, size: Int, stride: Int, isFirst: Bool = false) throws {
      convolutions.append(
        try reader.convolution(inputs: channels, outputs: filters, size: size, stride: stride, isFirst: isFirst))
      channels = filters
    }
    try add(architecture.stemFilters, size: 7, stride: 2, isFirst: true)
    try reader.layer("relu_")
    try reader.pooling("max_pool_2", size: 3, stride: 2)
    for block in architecture.blocks {
      try add(block.filters, size: 3, stride: block.isReduced ? 2 : 1)
      try reader.layer("relu_")
      try add(block.filters, size: 3, stride: 1)
      if block.isReduced { try reader.pooling("avg_pool_2", size: 2, stride: 2) }
      try reader.layer("add_prev_")
      try reader.layer("relu_")
    }
    try reader.pooling("avg_pool_2", size: 0, stride: 1)
    embedding = try reader.embedding(inputs: channels, outputs: architecture.embeddingSize)
    guard reader.isAtEnd else { throw reader.damaged("something follows the network; \(DlibReader.remedy)") }
    self.convolutions = convolutions
  }

  /// Layers are of version 2, with the input 3; tags and skips, which name a place and go back to one, 1.
  private static func versions(_ architecture: DlibFaceNetwork.Architecture) -> [Int] {
    let body = [2, 2, 2, 2, 2, 1]  // affine, convolution, relu, affine, convolution, tag
    let blocks = architecture.blocks.reversed().flatMap { block in
      [2, 2] + (block.isReduced ? [2, 1, 1] : []) + body  // relu, addition; mean, skip, tag
    }
    return [2, 2] + blocks + [2, 2, 2, 3]  // product, mean; maximum, relu, affine, convolution with the input
  }
}

extension DlibReader {
  /// What follows the contents of a layer: flags, and arrays that only training fills.
  fileprivate mutating func closing() throws {
    for _ in 0..<3 { _ = try flag("a layer's flag") }
    for _ in 0..<3 { _ = try array("a layer's gradient") }
  }

  /// A layer without contents.
  fileprivate mutating func layer(_ kind: String) throws {
    try expect(kind, "the kind of layer")
    try closing()
  }

  /// - Parameter size: 0 for all rows and columns.
  fileprivate mutating func pooling(_ kind: String, size: Int, stride: Int) throws {
    try expect(kind, "the kind of layer")
    for what in ["rows", "columns"] { try expect(size, "the number of \(what) of a window") }
    for _ in 0..<2 { try expect(stride, "the stride of a window") }
    for _ in 0..<2 { try expect(0, "the padding of a window") }
    try closing()
  }

  /// A convolution and the affine layer behind it, as one convolution.
  fileprivate mutating func convolution(
    inputs: Int, outputs: Int, size: Int, stride: Int, isFirst: Bool
  ) throws -> DlibFaceFile.Convolution {
    try expect("con_4", "the kind of layer")
    let start = position
    let stored = try array("the weights of a convolution"), taps = size * size
    try expect(outputs, "the number of filters")
    for what in ["rows", "columns"] { try expect(size, "the number of \(what) of a filter") }
    for _ in 0..<2 { try expect(stride, "the stride of a convolution") }
    for _ in 0..<2 { try expect(stride == 1 ? size / 2 : 0, "the padding of a convolution") }
    let filters = try part("the filters"), biases = try part("the biases")
    guard filters == [outputs, inputs, size, size], biases == [1, outputs, 1, 1],
      stored.values.count == outputs * inputs * taps + outputs
    else {
      throw damaged(
        "a convolution has filters \(filters), biases \(biases) and \(stored.values.count) weights in all, "
          + "wanted [\(outputs), \(inputs), \(size), \(size)] and [1, \(outputs), 1, 1]; \(DlibReader.remedy)", at: start)
    }
    for _ in 0..<4 { _ = try float("a rate of a convolution") }
    try closing()
    // Only the first layer says how many samples each of its input's is.
    if isFirst { try expect(1, "the number of samples of an image") }

    try expect("affine_", "the kind of layer")
    let place = position
    let affine = try array("the weights of an affine layer")
    let scales = try part("the scales"), offsets = try part("the offsets")
    guard scales == biases, offsets == biases, affine.values.count == 2 * outputs else {
      throw damaged(
        "an affine layer has scales \(scales), offsets \(offsets) and \(affine.values.count) weights in all, wanted \(biases) twice; "
          + DlibReader.remedy, at: place)
    }
    try expect(0, "the mode of an affine layer")
    try closing()

    var filter = [Float](repeating: 0, count: outputs * inputs * taps)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<taps {
          filter[(tap * inputs + input) * outputs + output] =
            affine.values[output] * stored.values[(output * inputs + input) * taps + tap]
        }
      }
    }
    let bias = (0..<outputs).map {
      affine.values[$0] * stored.values[outputs * inputs * taps + $0] + affine.values[outputs + $0]
    }
    return .init(inputs: inputs, outputs: outputs, kernelSize: size, stride: stride, filter: filter, bias: bias)
  }

  /// The product at the end, without a bias.
  fileprivate mutating func embedding(inputs: Int, outputs: Int) throws -> [Float] {
    try expect("fc_2", "the kind of layer")
    try expect(outputs, "the number of outputs")
    try expect(inputs, "the number of inputs")
    let start = position
    let stored = try array("the weights of the product")
    let weights = try part("the weights of the product"), biases = try part("the biases of the product")
    guard stored.shape == [inputs, outputs, 1, 1], weights == stored.shape, biases == [0, 0, 0, 0] else {
      throw damaged(
        "the product has weights \(stored.shape), wanted [\(inputs), \(outputs), 1, 1] and no bias; \(DlibReader.remedy)", at: start
      )
    }
    try expect(1, "the mode of the product")
    for _ in 0..<4 { _ = try float("a rate of the product") }
    try closing()
    return stored.values
  }
}
