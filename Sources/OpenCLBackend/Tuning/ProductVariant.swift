import Files

/// A way to compute a product.
public enum ProductVariant: Hashable, Sendable {
  /// Kernels for processors: panels in registers, few rows from a tile.
  case panels, fewRows
  /// Winograd's filtering: on processors in blocks of tiles, on graphics cards in tiles of local memory; and in parts, on processors.
  case winograd, winogradParts
  /// Element by element, without a panel or a tile: the smallest products, on processors.
  case plain
  /// Images of few channels, whose lines are copied instead of their patches, on processors.
  case lines
  /// All phases of a strided convolution's input gradient in one launch, on processors.
  case joinedPhases
  /// A tile of the kernel for graphics cards, by its name, such as `128×128×8`.
  case tile(String)
  /// The library's product, for plain matrices.
  case clblast
}

extension ProductVariant: CustomStringConvertible, Codable {
  private static let words: [(ProductVariant, String)] = [
    (.panels, "panels"), (.fewRows, "few rows"), (.plain, "plain"), (.lines, "lines"), (.joinedPhases, "joined phases"),
    (.winograd, "winograd"), (.winogradParts, "winograd in parts"), (.clblast, "clblast"),
  ]

  public var description: String {
    if case .tile(let name) = self { return "tile \(name)" }
    return Self.words.first { $0.0 == self }!.1
  }

  /// Nil for words that name no variant.
  public init?(_ description: String) {
    if let known = Self.words.first(where: { $0.1 == description }) {
      self = known.0
    } else if description.hasPrefix("tile ") {
      self = .tile(String(description.dropFirst(5)))
    } else {
      return nil
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let variant = Self(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(text.quotedForMessage) is no way to compute a product")
    }
    self = variant
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
