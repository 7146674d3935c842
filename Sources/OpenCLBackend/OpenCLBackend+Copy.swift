import Backends
import Kernels

extension OpenCLBackend {
  public func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy) {
    guard copy.count > 0 else { return }
    runtime.perform {
      let last = copy.shape.count - 1, wide = needsWideIndices(max(source.count, destination.count))
      if copy.destinationStrides[last] == 1, copy.sourceStrides[last] != 1,
        let line = copy.sourceStrides.firstIndex(of: 1), runtime.family == .cpu
      {
        try copyTiles(source, destination, copy, line: line, wide: wide)
      } else {
        try copyRows(source, destination, copy, wide: wide)
      }
    }
  }

  /// - Parameter wide: Whether places take 64 bits; where they do not have to only in a test.
  func copyRows(_ source: any Storage, _ destination: any Storage, _ copy: StridedCopy, wide: Bool) throws {
    let last = copy.shape.count - 1, columns = copy.shape[last], rows = copy.count / columns
    let isContiguous = copy.sourceStrides[last] == 1 && copy.destinationStrides[last] == 1
    // Vectors of a card begin at multiples of their size: those of every row.
    func widthOnCard() -> Int {
      let distances = copy.sourceStrides[..<last] + copy.destinationStrides[..<last] + [copy.sourceOffset, copy.destinationOffset]
      return [4, 2].first { width in ([columns] + distances).allSatisfy { $0.isMultiple(of: width) } } ?? 1
    }
    let width =
      if !isContiguous { 1 } else if runtime.family == .cpu { runtime.rowWidth(columns) } else { widthOnCard() }
    let segment = runtime.segment(width)
    let (rank, view) = CopyView(copy, leavingOut: [last], wide: wide).words
    let kernel = try runtime.kernel(
      .copy, "copyRows",
      defines: [
        "RANK": rank, "WIDTH": width, "SEGMENT": segment, isContiguous ? "CONTIGUOUS" : "STRIDED": 1,
        wide ? "WIDE" : "NARROW": 1, isContiguous ? storing(copy, along: last, count: copy.count) : "CACHED": 1,
      ])
    try runtime.launchShared(
      kernel, units: rows * columns.dividedUp(by: segment), cost: 2 * min(segment, columns),
      runtime.index(rows, wide: wide), .count(columns), view, offset(copy.sourceOffset, wide),
      offset(copy.destinationOffset, wide), offset(copy.sourceStrides[last], wide),
      offset(copy.destinationStrides[last], wide), buffer(source), buffer(destination))
  }

  /// A transposition of the last axis and axis `line`, along which the source is contiguous.
  func copyTiles(
    _ source: any Storage, _ destination: any Storage, _ copy: StridedCopy, line: Int, wide: Bool
  ) throws {
    let last = copy.shape.count - 1, columns = copy.shape[last], lines = copy.shape[line], tile = 16
    let (rank, view) = CopyView(copy, leavingOut: [line, last], wide: wide).words
    let kernel = try runtime.kernel(
      .copy, "copyTiles",
      defines: [
        "RANK": rank, "WIDTH": tile, "SEGMENT": 1, "STRIDED": 1, wide ? "WIDE" : "NARROW": 1,
        // A line of memory here and there: even what outer caches could hold is faster written past them.
        storing(copy, along: last, count: 16 * copy.count): 1,
      ])
    let rows = copy.count / (lines * columns)
    try runtime.launchShared(
      kernel, units: rows * lines.dividedUp(by: tile) * columns.dividedUp(by: tile), cost: 4 * tile * tile,
      runtime.index(rows, wide: wide), .count(lines), .count(columns), view,
      offset(copy.sourceOffset, wide), offset(copy.destinationOffset, wide),
      offset(copy.sourceStrides[last], wide), offset(copy.destinationStrides[line], wide), buffer(source),
      buffer(destination))
  }

  /// How rows along axis `last` are stored, which has to be in whole aligned vectors to go past the caches.
  /// - Parameter count: The result's floats, or more if they come scattered.
  private func storing(_ copy: StridedCopy, along last: Int, count: Int) -> String {
    let starts = copy.destinationStrides[..<last] + [copy.destinationOffset, copy.shape[last]]
    return runtime.storing(count, columns: starts.allSatisfy { $0.isMultiple(of: 16) } ? 16 : 1)
  }

  private func offset(_ value: Int, _ wide: Bool) -> KernelArgument {
    wide ? .ulong(UInt64(bitPattern: Int64(value))) : .int(value)
  }
}

/// The axes that a copy kernel finds by division, innermost first: `View` of `copy.cl`.
private struct CopyView {
  let words: (rank: Int, KernelArgument)

  init(_ copy: StridedCopy, leavingOut excluded: Set<Int>, wide: Bool) {
    // An array of no axes does not exist in C; one of extent 1 does the same.
    var shape = [Int](), source = [Int](), destination = [Int]()
    for axis in copy.shape.indices.reversed() where !excluded.contains(axis) {
      shape.append(copy.shape[axis])
      source.append(copy.sourceStrides[axis])
      destination.append(copy.destinationStrides[axis])
    }
    if shape.isEmpty { (shape, source, destination) = ([1], [0], [0]) }
    let all = shape + source + destination
    words = (shape.count, wide ? .longWords(all) : .words(all))
  }
}
