import Files
import Testing

@testable import OpenCLBackend

@Suite struct TuningFileTests {
  static let text = """
    {
      "device": "a card",
      "products": [{
        "shape": {"kind": "matrix, rows", "batch": 1, "m": 40, "n": 64, "k": 96},
        "variant": "few rows", "milliseconds": 0.5, "defaultMilliseconds": 0.75
      }]
    }
    """

  func read(_ text: String) throws -> [ProductTuning.Entry] {
    Array(try ProductTuning.entries(of: JSONText(Array(text.utf8), source: "card.json")).values)
  }

  @Test func holdsAProductForEachShape() throws {
    let entry = try #require(try read(Self.text).first)
    #expect(entry.variant == .fewRows)
    #expect((entry.shape.batch, entry.shape.m, entry.shape.n, entry.shape.k) == (1, 40, 64, 96))
  }

  /// Each a change of the text above, and what is said of it.
  @Test(arguments: [
    ("40", "0", "card.json, line 4, field “products.0.shape.m”: 0 is not at least 1"),
    ("96", "-9223372036854775808", "field “products.0.shape.k”: -9223372036854775808 is not at least 1"),
    ("96", "9223372036854775808", "9223372036854775808 is more than 9223372036854775807"),
    ("0.5", "-0.5", "line 5, field “products.0.milliseconds”: -0.5 is less than 0"),
    ("0.5", "1e999", "1e999 is too large for a 64-bit number"),
    ("\"few rows\"", "\"magic\"", "field “products.0.variant”: “magic” is refused: “magic” is no way to compute a product"),
    ("\"kind\"", "\"colour\": 1, \"kind\"", "field “products.0.shape.colour”: there is no such field"),
    ("\"batch\": 1", "\"batch\": 1, \"batch\": 2", "field “products.0.shape.batch”: it comes twice in this object"),
    (
      "}]",
      "}, {\"shape\": {\"kind\": \"matrix, rows\", \"batch\": 1, \"m\": 40, \"n\": 64, \"k\": 96}, \"variant\": \"panels\", \"milliseconds\": 1, \"defaultMilliseconds\": 1}]",
      "line 6, field “products.1.shape”: two products have this shape"
    ),
  ])
  func whatCannotBeIsNamedWithItsPlace(old: String, new: String, says: String) {
    let changed = Self.text.split(separator: old, maxSplits: 1).joined(separator: new)
    let error = #expect(throws: JSONError.self) { try read(changed) }
    #expect(error?.description.hasSuffix(says) == true, "\(error.map(String.init(describing:)) ?? "")")
  }
}
