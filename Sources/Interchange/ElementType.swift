/// The types of numbers that array files hold, named as in safetensors.
public enum ElementType: String, CaseIterable, Hashable, Sendable {
  case float64 = "F64", float32 = "F32", float16 = "F16", bfloat16 = "BF16"
  case int64 = "I64", int32 = "I32", int16 = "I16", int8 = "I8"
  case uint64 = "U64", uint32 = "U32", uint16 = "U16", uint8 = "U8"
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

/// A whole number that no 32-bit float equals, at `index` of an array.
struct InexactInteger: Error {
  let index: Int
  let value: String
  var problem: String { "element \(index) is \(value), which a 32-bit float cannot hold exactly" }
}

extension ElementType {
  /// The `count` elements of this type that lie in `bytes`, as 32-bit floats. 64-bit floats are rounded;
  /// a whole number that would change is an error.
  func floats(_ bytes: [UInt8], count: Int, isBigEndian: Bool) throws(InexactInteger) -> [Float] {
    precondition(bytes.count == count * size)
    func word<Word: FixedWidthInteger>(_ index: Int, _: Word.Type = Word.self) -> Word {
      let word = bytes.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self)
      }
      return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
    }
    func integers<Word: FixedWidthInteger>(_: Word.Type) throws(InexactInteger) -> [Float] {
      var floats = [Float]()
      floats.reserveCapacity(count)
      for index in 0..<count {
        let value: Word = word(index)
        guard let float = Float(exactly: value) else { throw InexactInteger(index: index, value: "\(value)") }
        floats.append(float)
      }
      return floats
    }
    switch self {
    case .float64: return (0..<count).map { Float(Double(bitPattern: word($0))) }
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

/// A Swift type whose values lie in memory as those of an ``ElementType`` do in a file.
public protocol StoredElement: BitwiseCopyable, Sendable {
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
