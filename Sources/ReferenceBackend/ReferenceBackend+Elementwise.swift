import Backends

// The functions of one element are in `ElementFunctions.swift` of `Backends`.
extension ReferenceBackend {
  public func unary(_ operation: UnaryOperation, _ input: any Storage) -> any Storage {
    guard failure.arePresent(input, operation: "unary") else { return missing(input.count) }
    let count = input.count
    let x = read(input, count, "unary")
    return compute(count) { output in
      for i in 0..<count { output[i] = operation(x[i]) }
    }
  }

  public func binary(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage {
    guard failure.arePresent(left, right, operation: "binary") else { return missing(broadcast.count) }
    let a = read(left, count(of: broadcast.shape, broadcast.leftStrides), "binary, left")
    let b = read(right, count(of: broadcast.shape, broadcast.rightStrides), "binary, right")
    let last = broadcast.shape.count - 1
    let length = broadcast.shape[last]
    let leftStep = broadcast.leftStrides[last], rightStep = broadcast.rightStrides[last]
    return compute(broadcast.count) { output in
      forEachRow(of: broadcast.shape, broadcast.leftStrides, broadcast.rightStrides) { row, leftRow, rightRow in
        for i in 0..<length {
          output[row * length + i] = operation(a[leftRow + i * leftStep], b[rightRow + i * rightStep])
        }
      }
    }
  }

  public func select(_ condition: any Storage, _ left: any Storage, _ right: any Storage) -> any Storage {
    guard failure.arePresent(condition, left, right, operation: "select") else { return missing(condition.count) }
    let count = condition.count
    let chosen = read(condition, count, "select, condition")
    let a = read(left, count, "select, left"), b = read(right, count, "select, right")
    return compute(count) { output in
      for i in 0..<count { output[i] = chosen[i] != 0 ? a[i] : b[i] }
    }
  }

  /// How many elements an operand of a broadcast has: the axes that it does not repeat.
  private func count(of shape: [Int], _ strides: [Int]) -> Int {
    zip(shape, strides).reduce(1) { $1.0 == 0 ? 0 : $1.1 == 0 ? $0 : $0 * $1.0 }
  }
}
