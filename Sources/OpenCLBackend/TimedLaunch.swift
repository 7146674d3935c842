import COpenCL

/// A launch, and when the device computed it by its own clock.
package struct TimedLaunch: Sendable {
  package let note: LaunchNote
  /// In nanoseconds.
  package let start: UInt64
  package let end: UInt64
}

extension OpenCLBackend {
  /// Runs `body`, waits for the device, and returns the kernels that were launched, in their order.
  ///
  /// - Precondition: The backend was opened with `timesLaunches`.
  package func timingLaunches(_ body: () throws -> Void) throws -> [TimedLaunch] {
    precondition(runtime.configuration.timesLaunches, "\(identifier) was not opened to time launches")
    try runtime.synchronize()
    runtime.lock.withLock { runtime.timed = [] }
    defer {
      for (_, event) in runtime.lock.withLock({ runtime.timed.take() ?? [] }) { clReleaseEvent(event) }
    }
    try body()
    try runtime.synchronize()
    return try runtime.lock.withLock {
      try (runtime.timed ?? []).map { launch, event in
        TimedLaunch(
          note: launch, start: try time(CL_PROFILING_COMMAND_START, event, launch),
          end: try time(CL_PROFILING_COMMAND_END, event, launch))
      }
    }
  }

  private func time(_ what: Int32, _ event: cl_event, _ launch: LaunchNote) throws -> UInt64 {
    var time: cl_ulong = 0
    try check(
      clGetEventProfilingInfo(event, cl_profiling_info(what), MemoryLayout<cl_ulong>.size, &time, nil),
      "clGetEventProfilingInfo", during: launch.kernel)
    return time
  }
}
