import Backends
import COpenCL

/// `CL_COMPLETE`, more where a command is on its way, or its error, which is negative.
private func executionStatus(of event: cl_event?) -> cl_int {
  var status: cl_int = 0
  clGetEventInfo(event, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &status, nil)
  return status
}

/// An upload that the device may not have read yet: the host's copy lives until its event is complete.
struct PendingUpload {
  let event: cl_event
  let copy: HostStorage

  /// Errors end the event too.
  var isComplete: Bool { executionStatus(of: event) <= CL_COMPLETE }

  func release() { clReleaseEvent(event) }
}

extension OpenCLRuntime {
  /// Storage of undefined contents. If there is no memory the failure is latched.
  func allocate(count: Int) -> OpenCLStorage {
    let size = poolSizeClass(bytes: count * 4)
    let memory: BufferPool.Buffer? = lock.withLock {
      if !configuration.poisonsMemory, let free = pool.take(size: size) { return free }
      guard failure == nil else { return nil }
      pool.makeRoom(for: size)
      var (buffer, code) = create(size: size)
      if buffer == nil {
        // What storages have given back is still the pool's; return it, let the device end its work, retry.
        pool.trim()
        clFinish(queue)
        reclaimUploads(all: true)
        (buffer, code) = create(size: size)
      }
      guard let buffer else {
        failure = OpenCLError.outOfMemory(
          requested: count * 4, inUse: pool.inUse, deviceMemory: device.globalMemory, code: code)
        return nil
      }
      pool.noteCreation(of: size)
      return BufferPool.Buffer(handle: buffer, size: size)
    }
    if configuration.poisonsMemory, let memory { poison(memory.handle, bytes: size + BufferPool.slack) }
    return OpenCLStorage(count: count, memory: memory, runtime: self)
  }

  private func poison(_ buffer: cl_mem, bytes: Int) {
    let poison = [UInt8](repeating: 0xFF, count: bytes)
    let code = clEnqueueWriteBuffer(queue, buffer, 1, 0, bytes, poison, 0, nil, nil)
    if code != CL_SUCCESS { latch(OpenCLError.callFailed(operation: "allocate", call: "clEnqueueWriteBuffer", code: code)) }
  }

  func giveBack(_ buffer: BufferPool.Buffer, count: Int) {
    lock.withLock { pool.giveBack(buffer, requested: poolSizeClass(bytes: count * 4)) }
  }

  private func create(size: Int) -> (cl_mem?, Int32) {
    if let limit = configuration.memoryLimit, pool.inUse + pool.pooled + size > limit {
      return (nil, CL_MEM_OBJECT_ALLOCATION_FAILURE)
    }
    var code: Int32 = 0
    // On a processor, memory that host and device share: reading it back is then a plain copy.
    let flags = CL_MEM_READ_WRITE | (device.kind == .cpu ? CL_MEM_ALLOC_HOST_PTR : 0)
    let buffer = clCreateBuffer(context, cl_mem_flags(flags), size + BufferPool.slack, nil, &code)
    return code == CL_SUCCESS ? (buffer, code) : (nil, code)
  }

  /// Copies `values` now and sends the copy when the queue comes to it, without waiting for the device.
  func upload(_ values: UnsafeBufferPointer<Float>) -> OpenCLStorage {
    let storage = allocate(count: values.count)
    guard values.count > 0 else { return storage }
    perform {
      guard let buffer = storage.buffer else { throw OpenCLError.inputMissing(operation: "upload") }
      // From a pool: fresh memory would cost a page fault every 4096 bytes.
      let copy = try HostStorage(count: uploadCount(of: storage), pool: uploadPool)
      copy.pointer.update(from: values.baseAddress!, count: values.count)
      (copy.pointer + values.count).update(repeating: .nan, count: copy.count - values.count)
      try lock.withLock {
        var event: cl_event?
        let code = clEnqueueWriteBuffer(queue, buffer, 0, 0, copy.count * 4, copy.pointer, 0, nil, &event)
        guard code == CL_SUCCESS, let event else {
          throw OpenCLError.callFailed(operation: "upload", call: "clEnqueueWriteBuffer", code: code)
        }
        reclaimUploads(all: false)
        pendingUploads.append(PendingUpload(event: event, copy: copy))
        recorder?.giveUp()
        counts.uploads += 1
      }
    }
    return storage
  }

  /// How many elements an upload writes: with poison the whole buffer, as Oclgrind takes what a write leaves out for
  /// never written, whatever was written before.
  private func uploadCount(of storage: OpenCLStorage) -> Int {
    configuration.poisonsMemory ? (poolSizeClass(bytes: storage.count * 4) + BufferPool.slack) / 4 : storage.count
  }

  /// Frees the host's copies of uploads that have arrived. Call with the lock held.
  func reclaimUploads(all: Bool) {
    pendingUploads.removeAll { upload in
      guard all || upload.isComplete else { return false }
      upload.release()
      return true
    }
  }

  func download(_ storages: [OpenCLStorage], into values: UnsafeMutableBufferPointer<Float>) throws {
    try lock.withLock {
      try throwFailure()
      let storages = storages.filter { $0.count > 0 }
      guard !storages.isEmpty else { return }
      guard storages.allSatisfy({ $0.buffer != nil }) else { throw OpenCLError.inputMissing(operation: "download") }
      var position = values.baseAddress!
      var events: [cl_event?] = []
      defer {
        // Nothing may be on its way into `values` when they are gone.
        if events.count < storages.count { clFinish(queue) }
        for event in events { clReleaseEvent(event) }
      }
      for (index, storage) in storages.enumerated() {
        // The queue is in order: when the last has been read, all have, and all that was enqueued before is done.
        let isLast = index == storages.count - 1
        var event: cl_event?
        let code = clEnqueueReadBuffer(
          queue, storage.buffer, isLast ? 1 : 0, 0, storage.count * 4, position, 0, nil, &event)
        try checkDevice(code, "clEnqueueReadBuffer", during: "download")
        events.append(event)
        position += storage.count
      }
      for event in events {
        try checkDevice(min(executionStatus(of: event), CL_SUCCESS), "clEnqueueReadBuffer", during: "download")
      }
      counts.downloads += 1
      reclaimUploads(all: true)
    }
  }
}
