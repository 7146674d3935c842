import Backends
import Foundation

extension Tensor: CustomStringConvertible {
  /// Shape, device, and the elements as NumPy prints them: rows in brackets, long tensors with their first and last three
  /// elements an axis. Waits for the device; where that failed, the failure stands in place of the elements.
  public var description: String {
    let head = "Tensor \(shape) on \(device.identifier)"
    do { return "\(head)\n\(ArrayText(try scalars(), shape: shape.dimensions).text)" } catch {
      return "\(head), whose elements cannot be read: \(error)"
    }
  }
}

extension Array where Element == Float {
  /// The elements of a tensor, row-major; waits for the device.
  ///
  /// - Throws: the first failure of the device since the last throw.
  public init(_ tensor: Tensor) throws { self = try tensor.scalars() }
}

/// An array as NumPy prints it with its default options: as many digits as tell 32-bit floats apart, at most eight behind
/// the point, the same column for every point.
struct ArrayText {
  private let values: [Float]
  private let shape: [Int]
  private let isShortened: Bool
  private let format: ElementFormat

  /// NumPy's `threshold`, `edgeitems` and `linewidth`.
  private static let threshold = 1000, edge = 3, lineWidth = 75

  init(_ values: [Float], shape: [Int]) {
    (self.values, self.shape) = (values, shape)
    isShortened = values.count > Self.threshold
    format = ElementFormat(isShortened ? Self.shown(values[...], shape: shape[...]) : values)
  }

  var text: String {
    if values.isEmpty { return "[]" }
    if shape.isEmpty { return "\(values[0])" }
    return rows(values[...], shape: shape[...], indent: 1)
  }

  /// The places along an axis that are shown; nil stands for those left out.
  private func places(_ extent: Int) -> [Int?] { isShortened ? Self.shortened(extent) : Array(0..<extent) }

  private static func shortened(_ extent: Int) -> [Int?] {
    extent <= 2 * edge ? Array(0..<extent) : Array(0..<edge) + [nil] + Array(extent - edge..<extent)
  }

  private static func shown(_ values: ArraySlice<Float>, shape: ArraySlice<Int>) -> [Float] {
    guard let extent = shape.first else { return Array(values) }
    let size = values.count / max(1, extent)
    return shortened(extent).compactMap { $0 }.flatMap { place in
      let start = values.startIndex + place * size
      return shown(values[start..<start + size], shape: shape.dropFirst())
    }
  }

  private func rows(_ values: ArraySlice<Float>, shape: ArraySlice<Int>, indent: Int) -> String {
    let extent = shape.first!, size = values.count / extent
    if shape.count == 1 {
      return line(places(extent).map { $0.map { format.text(of: values[values.startIndex + $0]) } ?? "..." }, indent: indent)
    }
    let gap = String(repeating: "\n", count: shape.count - 1) + String(repeating: " ", count: indent)
    let parts = places(extent).map { place in
      place.map { place -> String in
        let start = values.startIndex + place * size
        return rows(values[start..<start + size], shape: shape.dropFirst(), indent: indent + 1)
      } ?? "..."
    }
    return "[" + parts.joined(separator: gap) + "]"
  }

  /// One row, broken where it would be too long.
  private func line(_ words: [String], indent: Int) -> String {
    let prefix = String(repeating: " ", count: indent)
    var lines = [String](), line = prefix
    for (index, word) in words.enumerated() {
      // Room for as many closing brackets.
      if line.count + word.count > Self.lineWidth - indent, line.count > indent {
        lines.append(line.trimmingEnd)
        line = prefix
      }
      line += word + (index == words.count - 1 ? "" : " ")
    }
    lines.append(line)
    return "[" + lines.joined(separator: "\n").dropFirst(indent) + "]"
  }
}

/// How every element of an array is written, so that their points stand below each other.
private struct ElementFormat {
  private let isExponential: Bool
  private let digits: Int
  private let before: Int
  private let behind: Int

  private static let mostDigits = 8

  init(_ values: [Float]) {
    let finite = values.filter(\.isFinite), sizes = finite.filter { $0 != 0 }.map(abs)
    let most = sizes.max() ?? 1, least = sizes.min() ?? 1
    isExponential = most >= 1e8 || least < 1e-4 || most / least > 1000
    let isExponential = isExponential
    let parts = finite.map { isExponential ? Self.exponential($0) : Self.positional($0) }
    digits = parts.map(\.fraction.count).max() ?? 0
    var before = parts.map(\.whole.count).max() ?? 0
    behind = isExponential ? digits + (parts.map(\.exponent.count).max() ?? 0) : digits
    // Words stand at the right edge of their column.
    for value in values where !value.isFinite { before = max(before, Self.word(value).count - behind - 1) }
    self.before = before
  }

  func text(of value: Float) -> String {
    guard value.isFinite else { return Self.word(value).padded(toLeft: before + 1 + behind) }
    if isExponential {
      let parts = Self.exponential(value)
      let fraction = parts.fraction.padding(toLength: digits, withPad: "0", startingAt: 0)
      return (parts.whole + "." + fraction + parts.exponent).padded(toLeft: before + 1 + behind)
    }
    let parts = Self.positional(value)
    return parts.whole.padded(toLeft: before) + "." + parts.fraction.padding(toLength: behind, withPad: " ", startingAt: 0)
  }

  private static func word(_ value: Float) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }

  private typealias Parts = (whole: String, fraction: String, exponent: String)

  /// The fewest digits that tell the float from its neighbours, and the power of ten of the first.
  private static func shortest(_ value: Float) -> (digits: [Character], power: Int) {
    if value == 0 { return (["0"], 0) }
    let text = "\(abs(value))".split(separator: "e")
    var power = text.count > 1 ? Int(text[1])! : 0
    let halves = text[0].split(separator: ".")
    var digits = Array(halves[0]) + (halves.count > 1 && halves[1] != "0" ? Array(halves[1]) : [])
    power += halves[0].count - 1
    while digits.count > 1, digits[0] == "0" { (digits, power) = (Array(digits.dropFirst()), power - 1) }
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    return (digits, power)
  }

  private static func positional(_ value: Float) -> Parts {
    let (digits, power) = shortest(value)
    var whole = power < 0 ? "0" : String(digits.prefix(power + 1))
    if power >= 0, digits.count < power + 1 { whole += String(repeating: "0", count: power + 1 - digits.count) }
    var fraction =
      power < 0 ? String(repeating: "0", count: -power - 1) + String(digits) : String(digits.dropFirst(power + 1))
    if fraction.count > mostDigits {
      let rounded = String(format: "%.\(mostDigits)f", Double(abs(value))).split(separator: ".")
      (whole, fraction) = (String(rounded[0]), String(rounded[1]))
      while fraction.last == "0" { fraction.removeLast() }
    }
    return ((value.sign == .minus ? "-" : "") + whole, fraction, "")
  }

  private static func exponential(_ value: Float) -> Parts {
    let (digits, power) = shortest(value)
    let exponent = "e" + (power < 0 ? "-" : "+") + (abs(power) < 10 ? "0" : "") + "\(abs(power))"
    return ((value.sign == .minus ? "-" : "") + String(digits[0]), String(digits.dropFirst()), exponent)
  }
}

extension String {
  fileprivate func padded(toLeft width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
  fileprivate var trimmingEnd: String { String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)]) }
}
