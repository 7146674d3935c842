import Backends
import COneDNN

/// A batch of matrix products.
final class OneDNNMatrixProduct {
  let implementation: String
  private let primitive: OneDNNPrimitive
  private let operation: String
  /// Floats that a call needs besides its arguments.
  var scratchCount: Int { (primitive.scratchpadSize + 3) / 4 }

  init(_ product: MatrixProduct, engine: dnnl_engine_t?) throws(OneDNNError) {
    let operation = "\(product)"
    var left = try memoryDescriptor([product.batch, product.m, product.k], product.transposesLeft ? dnnl_acb : dnnl_abc)
    var right = try memoryDescriptor(
      [product.sharesRight ? 1 : product.batch, product.k, product.n],
      product.transposesRight ? dnnl_acb : dnnl_abc)
    var result = try memoryDescriptor([product.batch, product.m, product.n], dnnl_abc)
    var matmul = dnnl_matmul_desc_t()
    try check(dnnl_matmul_desc_init(&matmul, &left, &right, nil, &result), operation)
    var descriptor: dnnl_primitive_desc_t?
    defer { dnnl_primitive_desc_destroy(descriptor) }
    try withAttributes(operation: operation) { (attributes) throws(OneDNNError) in
      try check(dnnl_primitive_desc_create(&descriptor, &matmul, attributes, engine, nil), operation)
    }
    implementation = descriptor.implementation
    self.operation = operation
    primitive = try OneDNNPrimitive(
      descriptor, arguments: [(DNNL_ARG_SRC, left), (DNNL_ARG_WEIGHTS, right), (DNNL_ARG_DST, result)],
      engine: engine, operation: operation)
  }

  func run(
    _ stream: dnnl_stream_t?, _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) throws(OneDNNError) {
    try check(primitive.run(stream, left, right, result, scratchpad: scratch), operation)
  }
}
