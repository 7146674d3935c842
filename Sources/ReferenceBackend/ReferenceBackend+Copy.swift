import Backends

extension ReferenceBackend {
  public func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy) {
    guard failure.arePresent(source, destination, operation: "copy") else { return }
    let from = read(source, source.count, "copy source")
    // The one operation that writes into storage that exists; see the protocol.
    let to = UnsafeMutablePointer(mutating: read(destination, destination.count, "copy destination"))
    let last = copy.shape.count - 1
    let length = copy.shape[last]
    let sourceStep = copy.sourceStrides[last], destinationStep = copy.destinationStrides[last]
    forEachRow(of: copy.shape, copy.sourceStrides, copy.destinationStrides) { _, sourceRow, destinationRow in
      for i in 0..<length {
        let target = copy.destinationOffset + destinationRow + i * destinationStep
        let origin = copy.sourceOffset + sourceRow + i * sourceStep
        require(
          origin >= 0 && origin < source.count && target >= 0 && target < destination.count,
          "copy leaves its storage: \(copy) from \(source.count) into \(destination.count) values")
        to[target] = from[origin]
      }
    }
  }
}

/// Calls `body` for every row along the innermost axis of `shape`, in row-major order, with the row's index
/// and the offsets of its first element in two strided views.
func forEachRow(
  of shape: [Int], _ firstStrides: [Int], _ secondStrides: [Int],
  _ body: (_ row: Int, _ firstOffset: Int, _ secondOffset: Int) -> Void
) {
  guard shape.allSatisfy({ $0 > 0 }) else { return }
  let outer = shape.count - 1
  let rows = shape[..<outer].reduce(1, *)
  for row in 0..<rows {
    var rest = row, first = 0, second = 0
    for axis in stride(from: outer - 1, through: 0, by: -1) {
      let index = rest % shape[axis]
      rest /= shape[axis]
      first += index * firstStrides[axis]
      second += index * secondStrides[axis]
    }
    body(row, first, second)
  }
}
