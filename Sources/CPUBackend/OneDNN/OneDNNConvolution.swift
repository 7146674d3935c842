import Backends
import COneDNN

/// Which convolution a primitive computes.
struct ConvolutionKey: Hashable {
  enum Pass { case forward, inputGradient, filterGradient }

  var pass: Pass
  var convolution: Convolution
  var hasBias = false
  /// Forward only.
  var activation = Activation.identity
}

/// A convolution, or one of its gradients, with channels-last activations, and the reordering of the filter
/// between our `[…kernel, input, output]` and the layout that oneDNN's code wants.
final class OneDNNConvolution {
  let implementation: String
  private let pass: ConvolutionKey.Pass
  private let primitive: OneDNNPrimitive
  private let reorder: OneDNNPrimitive?
  /// Floats that a call needs besides its arguments.
  let scratchCount: Int
  private let filterCount: Int
  private let operation: String

  init(_ key: ConvolutionKey, engine: dnnl_engine_t?) throws(OneDNNError) {
    let operation = "\(key.pass) of \(key.convolution)"
    let shapes = try ConvolutionShapes(key.convolution)
    var (input, output) = (shapes.input, shapes.output), filter = shapes.anyFilter, bias = shapes.bias
    let (stride, dilation) = (shapes.stride, shapes.dilation), (low, high) = (shapes.low, shapes.high)
    var convolution = dnnl_convolution_desc_t()

    func initForward() -> dnnl_status_t {
      dnnl_dilated_convolution_forward_desc_init(
        &convolution, dnnl_forward_training, dnnl_convolution_direct, &input, &filter,
        key.hasBias ? withUnsafePointer(to: &bias) { $0 } : nil, &output, stride, dilation, low, high)
    }
    try check(initForward(), operation)
    var descriptor: dnnl_primitive_desc_t?, hint: dnnl_primitive_desc_t?
    defer {
      dnnl_primitive_desc_destroy(descriptor)
      dnnl_primitive_desc_destroy(hint)
    }
    try withAttributes(
      { (chain) throws(OneDNNError) in try key.activation.append(to: chain, operation) }, operation: operation
    ) { (attributes) throws(OneDNNError) in
      if key.pass == .forward {
        try check(dnnl_primitive_desc_create(&descriptor, &convolution, attributes, engine, nil), operation)
        return
      }
      try check(dnnl_primitive_desc_create(&hint, &convolution, nil, engine, nil), operation)
      if key.pass == .inputGradient {
        try check(
          dnnl_dilated_convolution_backward_data_desc_init(
            &convolution, dnnl_convolution_direct, &input, &filter, &output, stride, dilation, low, high),
          operation)
      } else {
        try check(
          dnnl_dilated_convolution_backward_weights_desc_init(
            &convolution, dnnl_convolution_direct, &input, &filter, nil, &output, stride, dilation, low, high),
          operation)
      }
      try check(dnnl_primitive_desc_create(&descriptor, &convolution, attributes, engine, hint), operation)
    }
    implementation = descriptor.implementation

    pass = key.pass
    self.operation = operation
    let wanted: dnnl_memory_desc_t
    switch pass {
    case .forward:
      wanted = descriptor.memory(dnnl_query_weights_md)
      primitive = try OneDNNPrimitive(
        descriptor,
        arguments: [(DNNL_ARG_SRC, input), (DNNL_ARG_WEIGHTS, wanted), (DNNL_ARG_DST, output)]
          + (key.hasBias ? [(DNNL_ARG_BIAS, bias)] : []), engine: engine, operation: operation)
    case .inputGradient:
      wanted = descriptor.memory(dnnl_query_weights_md)
      primitive = try OneDNNPrimitive(
        descriptor,
        arguments: [(DNNL_ARG_DIFF_DST, output), (DNNL_ARG_WEIGHTS, wanted), (DNNL_ARG_DIFF_SRC, input)],
        engine: engine, operation: operation)
    case .filterGradient:
      wanted = descriptor.memory(dnnl_query_diff_weights_md)
      primitive = try OneDNNPrimitive(
        descriptor,
        arguments: [(DNNL_ARG_SRC, input), (DNNL_ARG_DIFF_DST, output), (DNNL_ARG_DIFF_WEIGHTS, wanted)],
        engine: engine, operation: operation)
    }
    var (ours, theirs) = (shapes.filter, wanted)
    if dnnl_memory_desc_equal(&ours, &theirs) != 0 {
      reorder = nil
      filterCount = 0
    } else {
      reorder = try .reorder(
        from: pass == .filterGradient ? theirs : ours, to: pass == .filterGradient ? ours : theirs,
        engine: engine, operation: "reordering the filter for \(operation)")
      // Whole cache lines, so that what follows is aligned.
      filterCount = (dnnl_memory_desc_get_size(&theirs) + 63) / 64 * 16
    }
    scratchCount = filterCount + (max(primitive.scratchpadSize, reorder?.scratchpadSize ?? 0) + 3) / 4
  }

  /// - Parameters:
  ///   - first: The input, or the output's gradient when the input's is computed.
  ///   - second: The filter, or the output's gradient when the filter's is computed.
  ///   - scratch: `scratchCount` floats.
  func run(
    _ stream: dnnl_stream_t?, _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) throws(OneDNNError) {
    let scratchpad = scratch + filterCount
    guard let reorder else {
      return try check(call(stream, first, second, bias, result, scratchpad), operation)
    }
    if pass == .filterGradient {
      try check(call(stream, first, second, bias, scratch, scratchpad), operation)
      try check(reorder.run(stream, scratch, result, scratchpad: scratchpad), operation)
    } else {
      try check(reorder.run(stream, second, scratch, scratchpad: scratchpad), operation)
      try check(call(stream, first, scratch, bias, result, scratchpad), operation)
    }
  }

  private func call(
    _ stream: dnnl_stream_t?, _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>?, _ result: UnsafePointer<Float>, _ scratchpad: UnsafeMutablePointer<Float>
  ) -> dnnl_status_t {
    bias == nil
      ? primitive.run(stream, first, second, result, scratchpad: scratchpad)
      : primitive.run(stream, first, second, result, bias, scratchpad: scratchpad)
  }
}

/// The arrays of a convolution as oneDNN describes them: dimensions always in the order batch, channels, space.
private struct ConvolutionShapes {
  let input: dnnl_memory_desc_t, output: dnnl_memory_desc_t, bias: dnnl_memory_desc_t
  let filter: dnnl_memory_desc_t, anyFilter: dnnl_memory_desc_t
  let stride: [Int64], dilation: [Int64], low: [Int64], high: [Int64]

  init(_ convolution: Convolution) throws(OneDNNError) {
    var windows = convolution.windows
    if windows.spatialRank == 1 {
      windows = windows.inThreeDimensions
      for array in [
        \Windows.inputSize, \.outputSize, \.kernelSize, \.stride, \.paddingLow, \.paddingHigh, \.dilation,
      ] { windows[keyPath: array].removeFirst() }
    }
    let flat = windows.spatialRank == 2
    let activations = flat ? dnnl_nhwc : dnnl_ndhwc
    input = try memoryDescriptor([convolution.batch, convolution.inputChannels] + windows.inputSize, activations)
    output = try memoryDescriptor(
      [convolution.batch, convolution.outputChannels] + windows.outputSize, activations)
    bias = try memoryDescriptor([convolution.outputChannels], dnnl_x)
    let filterSize = [convolution.outputChannels, convolution.inputChannels] + windows.kernelSize
    filter = try memoryDescriptor(filterSize, flat ? dnnl_hwio : dnnl_dhwio)
    anyFilter = try memoryDescriptor(filterSize, dnnl_format_tag_any)
    stride = windows.stride.map(Int64.init)
    // oneDNN counts the elements left out.
    dilation = windows.dilation.map { Int64($0 - 1) }
    low = windows.paddingLow.map(Int64.init)
    // What the output's size implies; more is never read.
    high = windows.inputSize.indices.map { axis in
      let reach = (windows.kernelSize[axis] - 1) * windows.dilation[axis] + 1
      let read = (windows.outputSize[axis] - 1) * windows.stride[axis] + reach
      return Int64(read - windows.inputSize[axis] - windows.paddingLow[axis])
    }
  }
}

extension OneDNNPrimitive {
  fileprivate static func reorder(
    from source: dnnl_memory_desc_t, to destination: dnnl_memory_desc_t, engine: dnnl_engine_t?, operation: String
  ) throws(OneDNNError) -> OneDNNPrimitive {
    var (source, destination) = (source, destination)
    var descriptor: dnnl_primitive_desc_t?
    defer { dnnl_primitive_desc_destroy(descriptor) }
    try withAttributes(operation: operation) { (attributes) throws(OneDNNError) in
      try check(
        dnnl_reorder_primitive_desc_create(&descriptor, &source, engine, &destination, engine, attributes),
        operation)
    }
    return try OneDNNPrimitive(
      descriptor, arguments: [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, destination)], engine: engine,
      operation: operation)
  }
}

extension Activation {
  /// Whether oneDNN computes exactly what we do: its ReLU turns NaN into 0, which would hide a training run
  /// that has failed, and its transcendental functions are rough.
  var isExactInOneDNN: Bool {
    switch self {
    case .identity: true
    case .leakyReLU(let slope): slope != 0
    case .relu, .sigmoid, .tanh, .elu: false
    }
  }

  fileprivate func append(to chain: dnnl_post_ops_t?, _ operation: String) throws(OneDNNError) {
    switch self {
    case .identity: break
    case .leakyReLU(let slope):
      try check(dnnl_post_ops_append_eltwise(chain, 1, dnnl_eltwise_relu, slope, 0), operation)
    case .relu, .sigmoid, .tanh, .elu: fatalError("\(self) is not left to oneDNN")
    }
  }
}
