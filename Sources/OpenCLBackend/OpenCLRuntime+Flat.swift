import Backends

extension OpenCLRuntime {
  /// How many floats a vector of a flat kernel has: the define `WIDTH`.
  var flatWidth: Int { family == .cpu ? 16 : 4 }

  /// The widest vector that rows of `columns` fill: the define `WIDTH` of kernels that walk rows.
  func rowWidth(_ columns: Int) -> Int {
    switch family {
    case .cpu: columns >= 16 ? 16 : columns >= 4 ? 4 : 1
    // Lanes of a partial vector cost as much as whole ones, and neighbouring items coalesce anyway.
    case .gpu: columns.isMultiple(of: 4) ? 4 : 1
    }
  }

  /// How many columns of a row a unit of work has, in kernels that find the row by division: the define
  /// `SEGMENT`. On a processor enough to make the division rare, on a card one vector.
  func segment(_ width: Int) -> Int { family == .cpu ? 512 : width }

  /// How results are stored: the define `STREAMS` if one of `count` floats is too large for the caches. Its vectors must
  /// be aligned, as those are whose rows all start at a multiple of `columns`. `needsManyStreams`: the operation writes
  /// more than it reads, or two results.
  func storing(_ count: Int, columns: Int = 16, needsManyStreams: Bool = false) -> String {
    let isLarge = count > configuration.cachedFloats && columns.isMultiple(of: 16)
    let pays = !needsManyStreams || (configuration.hasManyStreams ?? device.hasManyStreams)
    return family == .cpu && isLarge && pays ? "STREAMS" : "CACHED"
  }

  /// Enqueues a kernel that shares `units` of work with `FOR_EACH`. `cost` is the time of a unit in floats
  /// moved: on a processor, waking threads for less than some ten thousand costs more than it gains.
  func launchShared(
    _ kernel: OpenCLKernel, units: Int, cost: Int, _ arguments: KernelArgument...
  ) throws {
    try launchShared(kernel, units: units, cost: cost, arguments)
  }

  func launchShared(_ kernel: OpenCLKernel, units: Int, cost: Int, _ arguments: [KernelArgument]) throws {
    guard units > 0 else { return }
    switch family {
    case .cpu:
      let groups = max(1, min(units, units * cost / 8192, device.computeUnits * 4))
      try launch(kernel, global: WorkSize(groups), local: WorkSize(1), arguments)
    case .gpu:
      let group = min(128, kernel.maximumWorkGroupSize)
      // Enough items to fill any card; beyond that each takes several.
      let groups = min(units.dividedUp(by: group), device.computeUnits * 64)
      try launch(kernel, global: WorkSize(groups * group), local: WorkSize(group), arguments)
    }
  }

  /// The same for a kernel that walks rows of `extent` positions of `channels` each, `UNITS` of `rows.cl`:
  /// its first arguments are how many rows and channels there are. `cost` is that of an element.
  func launchRows(
    _ kernel: OpenCLKernel, positions: Int, extent: Int, channels: Int, lanes: Int, cost: Int, wide: Bool,
    _ arguments: [KernelArgument]
  ) throws {
    let rows = positions / max(1, extent), vectors = channels.dividedUp(by: lanes)
    let isProcessor = family == .cpu
    try launchShared(
      kernel, units: isProcessor ? rows : positions * vectors,
      cost: isProcessor ? extent * channels * cost : lanes * cost,
      [index(rows, wide: wide), .count(channels)] + arguments)
  }

  /// Enqueues a processor's kernel whose work-groups take `blocks` with `takeBlock`.
  func launchInBlocks(_ kernel: OpenCLKernel, _ blocks: WorkSize, _ arguments: KernelArgument...) throws {
    try launch(
      kernel, global: WorkSize(groups(taking: blocks)), local: WorkSize(1),
      arguments + [.words([blocks.x, blocks.y, blocks.z]), .taken])
  }

  /// Work-groups that share `blocks`: none would wait for a processor.
  func groups(taking blocks: WorkSize) -> Int { min(device.computeUnits, blocks.x * blocks.y * blocks.z) }

  /// Cuts each of `outer` lengths into parts of `share`, so that on a processor all cores have work but no
  /// part is tiny or huge.
  func split(
    _ length: Int, outer: Int, atLeast: Int, atMost: Int, multipleOf step: Int = 1
  ) -> (parts: Int, share: Int) {
    let wanted = max(1, device.computeUnits * 4 / max(1, outer))
    let even = length.dividedUp(by: wanted)
    let bounded = max(1, min(max(even, atLeast), atMost))
    let share = bounded.roundedUp(to: step)
    return (max(1, length.dividedUp(by: share)), share)
  }

  /// A count or index as the kernels' `index_t`. Callers add `WIDE` to the defines if it `needsWideIndices`.
  func index(_ value: Int, wide: Bool) -> KernelArgument { wide ? .ulong(UInt64(value)) : .count(value) }
}

/// Whether a count needs 64-bit indices in the kernels.
func needsWideIndices(_ count: Int) -> Bool { count > Int(Int32.max) - 1024 }
