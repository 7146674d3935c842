import COneDNN

/// One compiled oneDNN operation and the memory objects it is called with, which are pointed at the arguments
/// of each call.
final class OneDNNPrimitive {
  private var primitive: dnnl_primitive_t?
  private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>
  /// Bytes it needs while it runs.
  let scratchpadSize: Int

  /// - Parameter arguments: The `DNNL_ARG_…` numbers in the order in which `run` takes their pointers, each
  ///   with the memory it expects.
  init(
    _ descriptor: dnnl_primitive_desc_t?, arguments: [(Int32, dnnl_memory_desc_t)], engine: dnnl_engine_t?,
    operation: String
  ) throws(OneDNNError) {
    let scratchpad = descriptor.memory(dnnl_query_scratchpad_md)
    scratchpadSize = withUnsafePointer(to: scratchpad) { dnnl_memory_desc_get_size($0) }
    self.arguments = .allocate(capacity: arguments.count + 1)
    self.arguments.initialize(repeating: dnnl_exec_arg_t(arg: 0, memory: nil))
    for (i, (number, memory)) in (arguments + [(DNNL_ARG_SCRATCHPAD, scratchpad)]).enumerated() {
      self.arguments[i].arg = number
      var memory = memory
      try check(dnnl_memory_create(&self.arguments[i].memory, &memory, engine, nil), operation)
    }
    try check(dnnl_primitive_create(&primitive, descriptor), operation)
  }

  deinit {
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
    arguments.deallocate()
    dnnl_primitive_destroy(primitive)
  }

  /// Runs to the end.
  func run(_ stream: dnnl_stream_t?, _ pointers: UnsafeRawPointer?..., scratchpad: UnsafeMutableRawPointer?)
    -> dnnl_status_t
  {
    for (i, pointer) in pointers.enumerated() {
      let status = dnnl_memory_set_data_handle(arguments[i].memory, UnsafeMutableRawPointer(mutating: pointer))
      if status != dnnl_success { return status }
    }
    let status = dnnl_memory_set_data_handle(arguments[pointers.count].memory, scratchpad)
    if status != dnnl_success { return status }
    return dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments.baseAddress)
  }
}

extension dnnl_primitive_desc_t? {
  /// What the primitive expects one of its arguments to look like.
  func memory(_ argument: dnnl_query_t) -> dnnl_memory_desc_t {
    dnnl_primitive_desc_query_md(self, argument, 0)?.pointee ?? dnnl_memory_desc_t()
  }

  var implementation: String {
    var name: UnsafePointer<CChar>?
    dnnl_primitive_desc_query(self, dnnl_query_impl_info_str, 0, &name)
    return name.map { String(cString: $0) } ?? ""
  }
}

/// Attributes with the scratchpad in the caller's hands, so that no call allocates.
func withAttributes<R>(
  _ postOperations: (dnnl_post_ops_t?) throws(OneDNNError) -> Void = { (_) throws(OneDNNError) in },
  operation: String, _ body: (dnnl_primitive_attr_t?) throws(OneDNNError) -> R
) throws(OneDNNError) -> R {
  var attributes: dnnl_primitive_attr_t?
  try check(dnnl_primitive_attr_create(&attributes), operation)
  defer { dnnl_primitive_attr_destroy(attributes) }
  try check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), operation)
  var chain: dnnl_post_ops_t?
  try check(dnnl_post_ops_create(&chain), operation)
  defer { dnnl_post_ops_destroy(chain) }
  try postOperations(chain)
  try check(dnnl_primitive_attr_set_post_ops(attributes, chain), operation)
  return try body(attributes)
}

func memoryDescriptor(_ dimensions: [Int], _ tag: dnnl_format_tag_t) throws(OneDNNError) -> dnnl_memory_desc_t {
  var descriptor = dnnl_memory_desc_t()
  let status = dnnl_memory_desc_init_by_tag(
    &descriptor, Int32(dimensions.count), dimensions.map(Int64.init), dnnl_f32, tag)
  try check(status, "describing an array of \(dimensions)")
  return descriptor
}
