import Backends
import CVectorLoops

extension CPUBackend {
  public func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy) {
    guard copy.shape.allSatisfy({ $0 > 0 }) else { return }
    guard failure.arePresent(source, destination, operation: "copy") else { return }
    let from = read(source, source.count, "copy, source")
    // The one operation that writes into storage that exists; see the protocol.
    let to = UnsafeMutablePointer(mutating: read(destination, destination.count, "copy, destination"))
    requireInside(copy.shape, copy.sourceOffset, copy.sourceStrides, source.count, copy)
    requireInside(copy.shape, copy.destinationOffset, copy.destinationStrides, destination.count, copy)

    let last = copy.shape.count - 1, count = copy.shape[last]
    let sourceStep = copy.sourceStrides[last], destinationStep = copy.destinationStrides[last]
    if last == 0 {
      team.forEachRange(of: count) { range in
        let start = range.lowerBound
        vl_copy(
          from + copy.sourceOffset + start * sourceStep, 0, sourceStep,
          to + copy.destinationOffset + start * destinationStep, 0, destinationStep, 1, range.count)
      }
      return
    }
    let rows = copy.shape[last - 1]
    let sourceRow = copy.sourceStrides[last - 1], destinationRow = copy.destinationStrides[last - 1]
    forEachOffset(of: copy.shape.dropLast(2), copy.sourceStrides, copy.destinationStrides) { _, s, d in
      team.forEachRange(of: rows, weight: count) { range in
        let row = range.lowerBound
        vl_copy(
          from + copy.sourceOffset + s + row * sourceRow, sourceRow, sourceStep,
          to + copy.destinationOffset + d + row * destinationRow, destinationRow, destinationStep,
          range.count, count)
      }
    }
  }

  private func requireInside(_ shape: [Int], _ offset: Int, _ strides: [Int], _ count: Int, _ copy: StridedCopy) {
    var low = offset, high = offset
    for (extent, stride) in zip(shape, strides) {
      if stride < 0 { low += (extent - 1) * stride } else { high += (extent - 1) * stride }
    }
    require(low >= 0 && high < count, "a copy leaves its storage of \(count) values: \(copy)")
  }

  public func gather(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    guard failure.arePresent(input, indices, operation: "gather") else { return missing(indices.count * width) }
    let x = read(input, rows * width, "gather"), chosen = read(indices, indices.count, "gather, indices")
    let count = indices.count
    return make(count * width) { output in
      team.forEachRange(ofHeavy: count, weight: width) { range in
        for i in range {
          if let row = row(chosen[i], of: rows) {
            (output + i * width).update(from: x + row * width, count: width)
          } else {
            vl_fill(.nan, output + i * width, width)
          }
        }
      }
    }
  }

  public func scatterAdd(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    guard failure.arePresent(input, indices, operation: "scatterAdd") else { return missing(rows * width) }
    let count = indices.count
    let x = read(input, count * width, "scatterAdd"), chosen = read(indices, count, "scatterAdd, indices")
    return make(rows * width) { sums in
      vl_fill(0, sums, rows * width)
      // In the order of the indices, whatever the threads: several may name the same row.
      for i in 0..<count {
        if let row = row(chosen[i], of: rows) { vl_add(x + i * width, sums + row * width, width) }
      }
    }
  }

  /// The row an index held as a float names, if it is one of `rows`.
  private func row(_ index: Float, of rows: Int) -> Int? {
    index >= 0 && index < Float(rows) ? Int(index) : nil
  }
}
