import Backends
import Kernels

extension OpenCLBackend {
  public func gather(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    produce(indices.count * width) { output in
      let lanes = runtime.rowWidth(width), vectors = width.dividedUp(by: lanes)
      let wide = needsWideIndices(max(input.count, output.count))
      let kernel = try runtime.kernel(
        .indexing, "gather", defines: ["WIDTH": lanes, wide ? "WIDE" : "NARROW": 1])
      try runtime.launchShared(
        kernel, units: indices.count * vectors, cost: 2 * lanes, runtime.index(indices.count, wide: wide),
        runtime.index(rows, wide: wide), .count(width), buffer(input), buffer(indices), .buffer(output))
    }
  }

  public func scatterAdd(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    produce(rows * width) { output in
      let lanes = runtime.rowWidth(width), vectors = width.dividedUp(by: lanes)
      let wide = needsWideIndices(max(input.count, output.count))
      let kernel = try runtime.kernel(
        .indexing, "scatterAdd", defines: ["WIDTH": lanes, wide ? "WIDE" : "NARROW": 1])
      // Every item reads all indices, so there should be no more items than keep the device busy.
      let busy = runtime.device.computeUnits * (runtime.family == .cpu ? 4 : 512)
      let share = max(1, rows * vectors / busy)
      let ranges = rows.dividedUp(by: share)
      try runtime.launchShared(
        kernel, units: ranges * vectors, cost: indices.count + share * lanes, runtime.index(ranges, wide: wide),
        runtime.index(share, wide: wide), runtime.index(indices.count, wide: wide), runtime.index(rows, wide: wide),
        .count(width), buffer(input), buffer(indices), .buffer(output))
    }
  }
}
