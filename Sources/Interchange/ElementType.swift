/// The types of numbers that array files hold, named as in safetensors.
public enum ElementType: String, CaseIterable, Hashable, Sendable {
  /// IEEE 754 binary64.
  case float64 = "F64"
  /// IEEE 754 binary32.
  case float32 = "F32"
  /// IEEE 754 binary16.
  case float16 = "F16"
  /// The upper 16 bits of a binary32.
  case bfloat16 = "BF16"
  /// Signed, 64 bits.
  case int64 = "I64"
  /// Signed, 32 bits.
  case int32 = "I32"
  /// Signed, 16 bits.
  case int16 = "I16"
  /// Signed, 8 bits.
  case int8 = "I8"
  /// Unsigned, 64 bits.
  case uint64 = "U64"
  /// Unsigned, 32 bits.
  case uint32 = "U32"
  /// Unsigned, 16 bits.
  case uint16 = "U16"
  /// Unsigned, 8 bits.
  case uint8 = "U8"
  /// A byte: 0 is false, all else is true.
  case bool = "BOOL"

  /// In bytes.
  public var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// An element, at `index` of an array, that no 32-bit float comes near enough.
struct UnfitElement: Error {
  let index: Int
  let problem: String

  init(_ index: Int, _ value: some CustomStringConvertible, _ reason: String) {
    (self.index, problem) = (index, "element \(index) is \(value), \(reason)")
  }
}

extension ElementType {
  /// Whether its values are real numbers, as a network's weights are, and not integers or truth values.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }

  /// The `count` elements of this type that lie in `bytes`, as 32-bit floats. 64-bit floats are rounded; one that
  /// would become infinite, or a whole number that would change, is an error.
  func floats(_ bytes: [UInt8], count: Int, isBigEndian: Bool) throws(UnfitElement) -> [Float] {
    precondition(bytes.count == count * size)
    func word<Word: FixedWidthInteger>(_ index: Int, _: Word.Type = Word.self) -> Word {
      let word = bytes.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self)
      }
      return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
    }
    func collect(_ element: (Int) throws(UnfitElement) -> Float) throws(UnfitElement) -> [Float] {
      var floats = [Float]()
      floats.reserveCapacity(count)
      for index in 0..<count { floats.append(try element(index)) }
      return floats
    }
    func integers<Word: FixedWidthInteger>(_: Word.Type) throws(UnfitElement) -> [Float] {
      try collect { (index) throws(UnfitElement) in
        let value: Word = word(index)
        guard let float = Float(exactly: value) else {
          throw UnfitElement(index, value, "which a 32-bit float cannot hold exactly")
        }
        return float
      }
    }
    switch self {
    case .float64:
      return try collect { (index) throws(UnfitElement) in
        let value = Double(bitPattern: word(index))
        let float = Float(value)
        guard float.isFinite || !value.isFinite else {
          throw UnfitElement(index, value, "which is too large for a 32-bit float")
        }
        return float
      }
    case .float32: return (0..<count).map { Float(bitPattern: word($0)) }
    case .float16: return (0..<count).map { Float(Float16(bitPattern: word($0))) }
    case .bfloat16: return (0..<count).map { Float(bitPattern: UInt32(word($0, UInt16.self)) << 16) }
    case .int64: return try integers(Int64.self)
    case .int32: return try integers(Int32.self)
    case .int16: return try integers(Int16.self)
    case .int8: return try integers(Int8.self)
    case .uint64: return try integers(UInt64.self)
    case .uint32: return try integers(UInt32.self)
    case .uint16: return try integers(UInt16.self)
    case .uint8: return try integers(UInt8.self)
    case .bool: return bytes.map { $0 == 0 ? 0 : 1 }
    }
  }
}

/// Where the first value stands that is infinite or not a number, or nil if all are finite.
package func firstNonFinite(in values: [Float]) -> Int? {
  let exponent: UInt32 = 0x7F80_0000
  var start = 0
  // A block at a time without a branch for each value: weights are many and hardly ever wrong.
  while start < values.count {
    let end = min(start + 4096, values.count)
    var isWrong = false
    for index in start..<end where values[index].bitPattern & exponent == exponent { isWrong = true }
    if isWrong { return values[start..<end].firstIndex { !$0.isFinite } }
    start = end
  }
  return nil
}

/// A Swift type whose values lie in memory as those of an ``ElementType`` do in a file.
public protocol StoredElement: BitwiseCopyable, Sendable {
  /// What files call it.
  static var elementType: ElementType { get }
}

extension Float: StoredElement { public static var elementType: ElementType { .float32 } }
extension Double: StoredElement { public static var elementType: ElementType { .float64 } }
extension Int64: StoredElement { public static var elementType: ElementType { .int64 } }
extension Int32: StoredElement { public static var elementType: ElementType { .int32 } }
extension UInt64: StoredElement { public static var elementType: ElementType { .uint64 } }
extension UInt32: StoredElement { public static var elementType: ElementType { .uint32 } }
extension UInt8: StoredElement { public static var elementType: ElementType { .uint8 } }

/// The number of elements of a shape from a file, or nil if no memory could hold so many.
func elementCount(_ dimensions: [Int], size: Int) -> Int? {
  // Zeros count as ones at first: the strides of an empty array must fit too.
  var bytes = size
  for dimension in dimensions {
    let (product, overflow) = bytes.multipliedReportingOverflow(by: max(dimension, 1))
    if overflow { return nil }
    bytes = product
  }
  return dimensions.contains(0) ? 0 : bytes / size
}
