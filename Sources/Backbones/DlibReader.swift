import Files
import Foundation
import Interchange

/// What dlib's `serialize` writes, from the start of a file on: whole numbers of as many bytes as they need, floats as a
/// whole number times a power of two, and arrays as raw floats.
struct DlibReader {
  private let path: String
  private let bytes: [UInt8]
  private(set) var position = 0

  /// An array of up to four axes: dlib's samples, channels, rows and columns.
  struct Array4 {
    let shape: [Int]
    let values: [Float]
  }

  static let largestFile = 1 << 28

  init(contentsOf url: URL) throws {
    (path, bytes) = (url.path, try InputFile.contents(of: url, largest: DlibReader.largestFile))
  }

  var isAtEnd: Bool { position == bytes.count }

  func damaged(_ problem: String, at place: Int? = nil) -> InterchangeError {
    InterchangeError(path: path, place: "byte \(place ?? position)", problem: problem)
  }

  private mutating func take(_ count: Int, for what: String) throws -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else {
      throw damaged("the file ends after \(bytes.count) bytes, inside of \(what); it was cut short: get it again")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// One byte with the sign and the number of bytes, which follow, the lowest first.
  mutating func integer(_ what: String) throws -> Int {
    let start = position
    let head = try take(1, for: what).first!
    let count = Int(head & 0x0F)
    guard (1...8).contains(count), head & 0x70 == 0 else {
      throw damaged("\(what) is expected here; this is no number of dlib's", at: start)
    }
    let magnitude = try take(count, for: what).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: magnitude) else { throw damaged("\(what) is too large", at: start) }
    return head & 0x80 == 0 ? number : -number
  }

  mutating func text(_ what: String) throws -> String {
    let start = position
    let count = try integer("the length of \(what)")
    guard (0...256).contains(count) else { throw damaged("\(what) cannot have \(count) letters", at: start) }
    return String(decoding: try take(count, for: what), as: UTF8.self)
  }

  mutating func float(_ what: String) throws -> Float {
    let start = position
    let mantissa = try integer(what), exponent = try integer(what)
    // Infinities and what is not a number are exponents from 32,000 on.
    guard abs(exponent) < 1000 else { throw damaged("\(what) is not finite", at: start) }
    return Float(scalbn(Double(mantissa), exponent))
  }

  mutating func flag(_ what: String) throws -> Bool {
    let start = position
    let letter = try take(1, for: what).first!
    guard letter == UInt8(ascii: "0") || letter == UInt8(ascii: "1") else { throw damaged("\(what) is neither 0 nor 1", at: start) }
    return letter == UInt8(ascii: "1")
  }

  mutating func array(_ what: String) throws -> Array4 {
    let start = position
    try expect(2, "the version of \(what)")
    let shape = try (0..<4).map { _ in try integer("an extent of \(what)") }
    let count = shape.reduce(1 as Int?) { product, extent in
      guard let product, extent >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      return overflow ? nil : next
    }
    guard let count, count <= DlibReader.largestFile / 4 else {
      throw damaged("\(what) cannot have shape \(shape); get the file again", at: start)
    }
    let values = try take(4 * count, for: what).withUnsafeBytes { raw in
      (0..<count).map { Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))) }
    }
    guard values.allSatisfy(\.isFinite) else {
      throw damaged("\(what) has elements that are not finite; get the file again", at: start)
    }
    return Array4(shape: shape, values: values)
  }

  /// The shape of a part of an array.
  mutating func part(_ what: String) throws -> [Int] {
    try expect(1, "the version of \(what)")
    return try (0..<4).map { _ in try integer("an extent of \(what)") }
  }

  mutating func expect(_ wanted: Int, _ what: String) throws {
    let start = position
    let found = try integer(what)
    guard found == wanted else { throw damaged("\(what) is \(found), \(wanted) is expected; \(DlibReader.remedy)", at: start) }
  }

  mutating func expect(_ wanted: String, _ what: String) throws {
    let start = position
    let found = try text(what)
    guard found == wanted else {
      throw damaged("\(what) is \(found.quotedForMessage), \(wanted.quotedForMessage) is expected; \(DlibReader.remedy)", at: start)
    }
  }

  /// Of files of other networks, and of other versions.
  static let remedy = "give dlib_face_recognition_resnet_model_v1.dat of the package face_recognition_models"
}
