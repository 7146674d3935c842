import Backends

/// How work-groups of a card share a fold of `[outer, rows, vectors]` to `[outer, parts, vectors]`: see `group_sums.cl`.
struct RowGroups {
  /// Items of a group, a power of two.
  let size: Int
  /// A group has 2 to this power columns, each a vector wide.
  let columnBits: Int
  let parts: Int
  let groups: Int

  /// Items that share the rows of a column.
  var lanes: Int { size >> columnBits }

  /// - Parameters:
  ///   - width: Floats of a vector.
  ///   - kernel: What limits the group.
  ///   - isLast: Whether nothing folds the parts afterwards: there is one.
  init(outer: Int, rows: Int, vectors: Int, width: Int, _ kernel: OpenCLKernel, _ device: OpenCLDevice, isLast: Bool = false) {
    let sizeBits = Self.floorLog2(min(256, kernel.maximumWorkGroupSize)), size = 1 << sizeBits
    // Neighbours read whole lines of memory; in the end whole sectors will do, if the columns have more lanes so.
    let most = width == 1 ? 5 : 4, least = width == 1 ? 3 : 1
    let all = vectors == 1 ? 0 : Self.floorLog2(vectors - 1) + 1
    var bits = min(all, most, sizeBits)
    while bits < min(all, sizeBits), size >> bits > rows { bits += 1 }
    // What a second launch would take longer than.
    let isSmall = outer * rows * vectors * width <= 1 << 16 && rows <= 64 * (size >> min(bits, least))
    if isLast || isSmall {
      while bits > least, 8 * (size >> bits) < rows { bits -= 1 }
      parts = 1
    } else {
      let wanted = device.computeUnits * 8 / (outer * vectors.dividedUp(by: 1 << bits))
      parts = max(1, min(wanted, rows / (8 * (size >> bits)), 1024))
    }
    (self.size, columnBits) = (size, bits)
    groups = outer * parts * vectors.dividedUp(by: 1 << bits)
  }

  var columnArgument: KernelArgument { .count(columnBits) }

  /// What each item folds into, in local memory.
  func local(bytes: Int) -> KernelArgument { .local(bytes: size * bytes) }

  func launch(_ kernel: OpenCLKernel, _ runtime: OpenCLRuntime, _ arguments: [KernelArgument]) throws {
    try runtime.launch(kernel, global: WorkSize(groups * size), local: WorkSize(size), arguments)
  }

  private static func floorLog2(_ value: Int) -> Int { Int.bitWidth - 1 - value.leadingZeroBitCount }
}
