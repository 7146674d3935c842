/// A value of a fixture's JSON attributes.
public enum Attribute: Decodable, Sendable {
  case number(Double)
  case flag(Bool)
  case text(String)
  case list([Attribute])
  case object([String: Attribute])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([Attribute].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: Attribute].self))
    }
  }
}
