import Backends
import Kernels

extension OpenCLBackend {
  public func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy) {
    guard copy.count > 0 else { return }
    runtime.perform {
      let last = copy.shape.count - 1
      if copy.destinationStrides[last] == 1, copy.sourceStrides[last] != 1,
        let line = copy.sourceStrides.firstIndex(of: 1), runtime.family == .cpu
      {
        try copyTiles(source, destination, copy, line: line)
      } else {
        try copyRows(source, destination, copy)
      }
    }
  }

  private func copyRows(_ source: any Storage, _ destination: any Storage, _ copy: StridedCopy) throws {
    let last = copy.shape.count - 1, columns = copy.shape[last], rows = copy.count / columns
    let isContiguous = copy.sourceStrides[last] == 1 && copy.destinationStrides[last] == 1
    let width = isContiguous ? runtime.rowWidth(columns) : 1, segment = runtime.segment(width)
    let wide = needsWideIndices(max(source.count, destination.count))
    let (rank, view) = CopyView(copy, leavingOut: [last]).words
    let kernel = try runtime.kernel(
      .copy, "copyRows",
      defines: [
        "RANK": rank, "WIDTH": width, "SEGMENT": segment, isContiguous ? "CONTIGUOUS" : "STRIDED": 1,
        wide ? "WIDE" : "NARROW": 1, isContiguous ? storing(copy, along: last, count: copy.count) : "CACHED": 1,
      ])
    try runtime.launchShared(
      kernel, units: rows * ((columns + segment - 1) / segment), cost: 2 * min(segment, columns),
      runtime.index(rows, wide: wide), .uint(UInt32(columns)), view, offset(copy.sourceOffset, wide),
      offset(copy.destinationOffset, wide), .int(Int32(copy.sourceStrides[last])),
      .int(Int32(copy.destinationStrides[last])), buffer(source), buffer(destination))
  }

  /// A transposition of the last axis and axis `line`, along which the source is contiguous.
  private func copyTiles(
    _ source: any Storage, _ destination: any Storage, _ copy: StridedCopy, line: Int
  ) throws {
    let last = copy.shape.count - 1, columns = copy.shape[last], lines = copy.shape[line]
    let wide = needsWideIndices(max(source.count, destination.count)), tile = 16
    let (rank, view) = CopyView(copy, leavingOut: [line, last]).words
    let kernel = try runtime.kernel(
      .copy, "copyTiles",
      defines: [
        "RANK": rank, "WIDTH": tile, "SEGMENT": 1, "STRIDED": 1, wide ? "WIDE" : "NARROW": 1,
        // A line of memory here and there: even what outer caches could hold is faster written past them.
        storing(copy, along: last, count: 16 * copy.count): 1,
      ])
    let rows = copy.count / (lines * columns)
    try runtime.launchShared(
      kernel, units: rows * ((lines + tile - 1) / tile) * ((columns + tile - 1) / tile), cost: 4 * tile * tile,
      runtime.index(rows, wide: wide), .uint(UInt32(lines)), .uint(UInt32(columns)), view,
      offset(copy.sourceOffset, wide), offset(copy.destinationOffset, wide),
      .int(Int32(copy.sourceStrides[last])), .int(Int32(copy.destinationStrides[line])), buffer(source),
      buffer(destination))
  }

  /// How rows along axis `last` are stored, which has to be in whole aligned vectors to go past the caches.
  /// - Parameter count: The result's floats, or more if they come scattered.
  private func storing(_ copy: StridedCopy, along last: Int, count: Int) -> String {
    let starts = copy.destinationStrides[..<last] + [copy.destinationOffset, copy.shape[last]]
    return runtime.storing(count, columns: starts.allSatisfy { $0.isMultiple(of: 16) } ? 16 : 1)
  }

  private func offset(_ value: Int, _ wide: Bool) -> KernelArgument {
    wide ? .ulong(UInt64(bitPattern: Int64(value))) : .int(Int32(value))
  }
}

/// The axes that a copy kernel finds by division, innermost first: `View` of `copy.cl`.
private struct CopyView {
  let words: (rank: Int, KernelArgument)

  init(_ copy: StridedCopy, leavingOut excluded: Set<Int>) {
    // An array of no axes does not exist in C; one of extent 1 does the same.
    var shape = [Int32](), source = [Int32](), destination = [Int32]()
    for axis in copy.shape.indices.reversed() where !excluded.contains(axis) {
      shape.append(Int32(copy.shape[axis]))
      source.append(Int32(copy.sourceStrides[axis]))
      destination.append(Int32(copy.destinationStrides[axis]))
    }
    if shape.isEmpty { (shape, source, destination) = ([1], [0], [0]) }
    words = (shape.count, .words(shape + source + destination))
  }
}
