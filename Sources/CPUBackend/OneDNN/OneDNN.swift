import Backends
import COneDNN
import CVectorLoops
import Glibc
import Synchronization

/// oneDNN, one call at a time: its engine, and every primitive made so far, by what it computes.
///
/// A training step makes its primitives once (compiling one takes milliseconds); after that a call finds its
/// own by its descriptor. The least recently used are dropped when shapes never stop changing.
final class OneDNN: @unchecked Sendable {
  // Unchecked: everything mutable here, and the memory objects that primitives share, is used under `lock`.
  // One call at a time also keeps two callers from asking for all processors at once.
  private let lock = Mutex(())
  private let team: ThreadTeam
  private var engine: dnnl_engine_t?
  private var stream: dnnl_stream_t?
  private var convolutions = RecentValues<ConvolutionKey, Result<OneDNNConvolution, OneDNNError>>(capacity: 512)
  private var products = RecentValues<MatrixProduct, Result<OneDNNMatrixProduct, OneDNNError>>(capacity: 512)

  init(team: ThreadTeam) { self.team = team }

  deinit {
    convolutions.removeAll()
    products.removeAll()
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(engine)
  }

  /// Calls `body` with the primitive for `key`, or with why oneDNN has none.
  func withConvolution<R>(
    _ key: ConvolutionKey, _ body: (Result<OneDNNConvolution, OneDNNError>, dnnl_stream_t?) throws -> R
  ) throws -> R {
    try withLibrary(floatingPointOperations: key.convolution.floatingPointOperations) {
      let engine = try prepared()
      if let known = convolutions[key] { return try body(known, stream) }
      let made = Result { () throws(OneDNNError) in try OneDNNConvolution(key, engine: engine) }
      if made.isLasting { convolutions[key] = made }
      return try body(made, stream)
    }
  }

  func withProduct<R>(
    _ product: MatrixProduct, _ body: (Result<OneDNNMatrixProduct, OneDNNError>, dnnl_stream_t?) throws -> R
  ) throws -> R {
    try withLibrary(floatingPointOperations: ProductOperation.matrixProduct(product).floatingPointOperations) {
      let engine = try prepared()
      if let known = products[product] { return try body(known, stream) }
      let made = Result { () throws(OneDNNError) in try OneDNNMatrixProduct(product, engine: engine) }
      if made.isLasting { products[product] = made }
      return try body(made, stream)
    }
  }

  /// Calls `body` where oneDNN may be called, for so much work: primitives are made and run with the same number of threads,
  /// which is a property of the calling thread.
  func withLibrary<R>(floatingPointOperations: Int, _ body: () throws -> R) throws -> R {
    try lock.withLock { _ in
      var signals = sigset_t()
      vl_enter_library(Int32(threads(for: floatingPointOperations)), &signals)
      defer { vl_leave_library(&signals) }
      return try body()
    }
  }

  /// What takes a microsecond is over before another thread has begun, the more so if other programs run. Larger products
  /// keep all threads, since another number of them may round sums otherwise.
  func threads(for floatingPointOperations: Int) -> Int {
    floatingPointOperations < 1 << 15 ? 1 : team.threads
  }

  private func prepared() throws(OneDNNError) -> dnnl_engine_t? {
    if stream == nil {
      if engine == nil {
        try check(dnnl_engine_create(&engine, dnnl_cpu, 0), "creating its processor engine")
      }
      try check(
        dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)), "creating its stream")
    }
    return engine
  }
}

extension Result where Failure == OneDNNError {
  /// Whether another try would give the same: not where memory was short.
  fileprivate var isLasting: Bool {
    switch self {
    case .success: true
    case .failure(let error): error.isUnsupported
    }
  }
}

/// A oneDNN call that did not succeed.
struct OneDNNError: Error, CustomStringConvertible {
  let status: dnnl_status_t
  /// What was being done, for what.
  var operation: String

  /// Whether it is only that oneDNN has no code for this case.
  var isUnsupported: Bool { status == dnnl_unimplemented || status == dnnl_invalid_arguments }

  var description: String {
    let reason =
      switch status {
      case dnnl_out_of_memory: "out of memory"
      case dnnl_invalid_arguments: "invalid arguments"
      case dnnl_unimplemented: "not implemented for this case"
      case dnnl_runtime_error: "runtime error"
      case dnnl_not_required: "not required"
      case dnnl_iterator_ends: "no more implementations"
      default: "status \(status.rawValue)"
      }
    return "oneDNN failed at \(operation): \(reason)"
  }
}

func check(_ status: dnnl_status_t, _ operation: @autoclosure () -> String) throws(OneDNNError) {
  if status != dnnl_success { throw OneDNNError(status: status, operation: operation()) }
}
