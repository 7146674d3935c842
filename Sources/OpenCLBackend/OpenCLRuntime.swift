import Backends
import COpenCL
import Foundation
import Synchronization

/// One device made ready to compute: context, queue, compiled kernels, memory and the first failure.
///
/// There is one in-order queue, so operations see each other's results in the order they were called, and
/// nothing waits until something is read back. Everything mutable is behind one lock. A failure is latched:
/// operations after it do nothing, and the next `download` or `synchronize` throws it.
public final class OpenCLRuntime: @unchecked Sendable {
  // Unchecked: the properties below `lock` are touched only while it is held.
  public let device: OpenCLDevice
  public let family: OpenCLConfiguration.Family
  let configuration: OpenCLConfiguration
  let cache: ProgramCache
  let context: cl_context
  let queue: cl_command_queue
  /// How many blocks work-groups have taken, 0 between kernels: see `takeBlock` of `gemm.cl`.
  private let taken: cl_mem

  /// How products are computed; a lock of its own, as it is never held while the device is called.
  let choices: Mutex<ProductChoices>

  let lock = NSLock()
  var kernels: [KernelKey: OpenCLKernel] = [:]
  /// By source and macros.
  var programs: [String: cl_program] = [:]
  /// Products as they were launched before, and what is writing one down.
  var sequences: [LaunchSequence.Key: LaunchSequence] = [:]
  var recorder: LaunchRecorder?
  var pool = BufferPool()
  var counts = BackendStatistics()
  var failure: (any Error)?
  var pendingUploads: [PendingUpload] = []
  let uploadPool = HostMemoryPool()
  private var launchesSinceFlush = 0
  /// Launches that are being timed, with the events that will know.
  var timed: [(launch: LaunchNote, event: cl_event)]?

  init(device: OpenCLDevice, configuration: OpenCLConfiguration) throws(OpenCLError) {
    if let cause = device.defect { throw .unusableDevice(name: device.name, cause: cause) }
    if device.isPoCL, let problem = PoCLCache.problem() { throw problem }
    var device = device
    if let computeUnits = configuration.computeUnits { device.computeUnits = computeUnits }
    if let vendor = configuration.vendor { device.vendor = vendor }
    self.device = device
    self.configuration = configuration
    family = configuration.family ?? (device.kind == .cpu ? .cpu : .gpu)
    cache =
      switch configuration.cache {
      case .standard: device.isPoCL ? .disabled : .standard
      case .folder(let path): ProgramCache(directory: URL(fileURLWithPath: path, isDirectory: true))
      case .none: .disabled
      }
    let tuning: ProductTuning =
      switch configuration.cache {
      case .standard: ProductTuning(folder: ProgramCache.folder?.appendingPathComponent("tuning"), device: device)
      case .folder(let path):
        ProductTuning(folder: URL(fileURLWithPath: path).appendingPathComponent("tuning"), device: device)
      case .none: .none
      }
    choices = Mutex(ProductChoices(tuning))
    let operation = "opening \(device.name)"
    OpenCLInventory.setupLock.lock()
    defer { OpenCLInventory.setupLock.unlock() }
    var code: Int32 = 0
    var properties: [cl_context_properties] = [
      cl_context_properties(CL_CONTEXT_PLATFORM), Int(bitPattern: device.platform), 0,
    ]
    var id: cl_device_id? = device.id
    let context = clCreateContext(&properties, 1, &id, nil, nil, &code)
    try check(code, "clCreateContext", during: operation)
    self.context = context!
    let queue = clCreateCommandQueue(
      context, device.id, configuration.timesLaunches ? cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE) : 0, &code)
    if code != CL_SUCCESS { clReleaseContext(context) }
    try check(code, "clCreateCommandQueue", during: operation)
    var zero: Int32 = 0
    let taken = clCreateBuffer(context, cl_mem_flags(CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR), 4, &zero, &code)
    if code != CL_SUCCESS {
      clReleaseCommandQueue(queue)
      clReleaseContext(context)
    }
    try check(code, "clCreateBuffer", during: operation)
    (self.queue, self.taken) = (queue!, taken!)
  }

  deinit {
    clFinish(queue)
    for upload in pendingUploads { upload.release() }
    pool.trim()
    (kernels, sequences) = ([:], [:])
    for program in programs.values { clReleaseProgram(program) }
    clReleaseMemObject(taken)
    clReleaseCommandQueue(queue)
    clReleaseContext(context)
  }

  var statistics: BackendStatistics {
    lock.withLock {
      var result = counts
      result.bytesInUse = pool.inUse
      result.peakBytes = pool.peak
      result.pooledBytes = pool.pooled
      result.productVariant = choices.withLock { $0.last?.description ?? "" }
      return result
    }
  }

  // MARK: Failures

  /// Runs the host side of an operation unless a failure is latched, and latches what it throws.
  func perform(_ body: () throws -> Void) {
    guard lock.withLock({ failure == nil }) else { return }
    do { try body() } catch { latch(error) }
  }

  func latch(_ error: any Error) {
    lock.withLock { if failure == nil { failure = error } }
  }

  /// Waits for everything enqueued, then throws the first failure since the last throw.
  func synchronize() throws {
    try lock.withLock {
      let code = clFinish(queue)
      reclaimUploads(all: true)
      try throwFailure()
      try checkDevice(code, "clFinish", during: "waiting for \(device.name)")
    }
  }

  /// Call with the lock held.
  func throwFailure() throws {
    if let failure {
      self.failure = nil
      throw failure
    }
  }

  /// Throws if waiting for the device failed. A kernel that was cut short has left its count of blocks: the next one must
  /// not begin with it. Call with the lock held.
  func checkDevice(_ code: Int32, _ call: String, during operation: String) throws {
    guard code != CL_SUCCESS else { return }
    var zero: Int32 = 0
    let recovery = clEnqueueWriteBuffer(queue, taken, 1, 0, 4, &zero, 0, nil, nil)
    do { try check(recovery, "clEnqueueWriteBuffer", during: "recovering") } catch { failure = error }
    try check(code, call, during: operation)
  }

  // MARK: Launching

  /// Enqueues a kernel. On a processor, `local` is best all ones: a work-item then is a work-group.
  public func launch(
    _ kernel: OpenCLKernel, global: WorkSize, local: WorkSize, multiplyAdds: Int = 0, _ arguments: KernelArgument...
  ) throws {
    try launch(kernel, global: global, local: local, multiplyAdds: multiplyAdds, arguments)
  }

  public func launch(
    _ kernel: OpenCLKernel, global: WorkSize, local: WorkSize, multiplyAdds: Int = 0, _ arguments: [KernelArgument]
  ) throws {
    try lock.withLock {
      var kernel = kernel
      let recorder = recorder.flatMap { $0.isOfThisThread ? $0 : nil }
      // Its own, which keeps these arguments.
      if recorder != nil { kernel = try kernel.copy() }
      for (index, argument) in arguments.enumerated() {
        try set(argument, at: cl_uint(index), of: kernel)
      }
      var load = LaunchLoad(multiplyAdds: multiplyAdds)
      if recorder != nil || configuration.launchObserver != nil || timed != nil { load.bytes = bytes(of: arguments) }
      try enqueue(kernel, global, local, load)
      recorder?.add(kernel, global, local, load, arguments)
    }
  }

  /// Of all buffers, each once.
  private func bytes(of arguments: [KernelArgument]) -> Int {
    var counts = [cl_mem: Int]()
    for case .buffer(let storage) in arguments {
      if let buffer = storage.buffer { counts[buffer] = 4 * storage.count }
    }
    return counts.values.reduce(0, +)
  }

  /// Call with the lock held and the arguments set.
  func enqueue(
    _ kernel: OpenCLKernel, _ global: WorkSize, _ local: WorkSize, _ load: LaunchLoad
  ) throws(OpenCLError) {
    if let observer = configuration.launchObserver {
      counts.launches += 1
      return observer(LaunchNote(kernel, global, local, load))
    }
    var event: cl_event?
    var code = tryEnqueue(kernel, global, local, &event)
    if code != CL_SUCCESS, isShortOfMemory(code) {
      // Some drivers allocate buffers only when they are first used.
      pool.trim()
      clFinish(queue)
      code = tryEnqueue(kernel, global, local, &event)
    }
    try check(code, "clEnqueueNDRangeKernel", during: kernel.name)
    if let event { timed?.append((LaunchNote(kernel, global, local, load), event)) }
    counts.launches += 1
    launchesSinceFlush += 1
    if launchesSinceFlush == 16 {
      // Keeps the device busy while the host goes on; some drivers start only when told to.
      clFlush(queue)
      launchesSinceFlush = 0
    }
  }

  private func tryEnqueue(
    _ kernel: OpenCLKernel, _ global: WorkSize, _ local: WorkSize, _ event: inout cl_event?
  ) -> Int32 {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 6) { sizes in
      (sizes[0], sizes[1], sizes[2]) = (global.x, global.y, global.z)
      (sizes[3], sizes[4], sizes[5]) = (local.x, local.y, local.z)
      let dimensions: cl_uint = global.z > 1 || local.z > 1 ? 3 : global.y > 1 || local.y > 1 ? 2 : 1
      return withUnsafeMutablePointer(to: &event) {
        clEnqueueNDRangeKernel(
          queue, kernel.handle, dimensions, nil, sizes.baseAddress, sizes.baseAddress! + 3, 0, nil, timed == nil ? nil : $0)
      }
    }
  }

  /// Call with the lock held.
  func set(_ argument: KernelArgument, at index: cl_uint, of kernel: OpenCLKernel) throws(OpenCLError) {
    func set<Value: BitwiseCopyable>(_ value: Value) -> Int32 {
      withUnsafePointer(to: value) { clSetKernelArg(kernel.handle, index, MemoryLayout<Value>.size, $0) }
    }
    let code: Int32
    switch argument {
    case .buffer(let storage):
      guard let buffer = storage.buffer else { throw .inputMissing(operation: kernel.name) }
      precondition(storage.runtime === self, "\(kernel.name): a storage of another device")
      code = set(buffer)
    case .int(let value): code = set(try narrowed(value, to: Int32.self))
    case .count(let value): code = set(try narrowed(value, to: UInt32.self))
    case .uint(let value): code = set(value)
    case .ulong(let value): code = set(value)
    case .float(let value): code = set(value)
    case .words(let words):
      let narrow = try words.map { (value) throws(OpenCLError) in try narrowed(value, to: Int32.self) }
      code = clSetKernelArg(kernel.handle, index, narrow.count * 4, narrow)
    case .longWords(let words): code = clSetKernelArg(kernel.handle, index, words.count * 8, words)
    case .taken: code = set(taken)
    case .local(let bytes): code = clSetKernelArg(kernel.handle, index, bytes, nil)
    }
    try check(code, "clSetKernelArg(\(index))", during: kernel.name)
  }
}

/// A number as the kernels count.
private func narrowed<Word: FixedWidthInteger>(_ value: Int, to word: Word.Type) throws(OpenCLError) -> Word {
  guard let word = Word(exactly: value) else { throw .tooLarge(extent: value) }
  return word
}

/// Whether an error may go away when memory is returned to the driver.
func isShortOfMemory(_ code: Int32) -> Bool {
  [CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY, CL_INVALID_BUFFER_SIZE]
    .contains(code)
}
