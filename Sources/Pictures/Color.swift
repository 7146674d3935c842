/// An opaque red-green-blue color.
public struct Color: Hashable, Sendable {
  /// 0 to 255.
  public var red: UInt8
  /// 0 to 255.
  public var green: UInt8
  /// 0 to 255.
  public var blue: UInt8

  /// From its three parts, each 0 to 255.
  public init(_ hexadecimal: UInt32) {
    red = UInt8(hexadecimal >> 16 & 255)
    green = UInt8(hexadecimal >> 8 & 255)
    blue = UInt8(hexadecimal & 255)
  }

  /// All parts at 255.
  public static let white = Color(0xFFFFFF)
  static let ink = Color(0x262626)
  static let faintInk = Color(0x6B6B6B)
  static let gridLine = Color(0xE6E6E6)

  /// Ten colors that people with any color vision can tell apart (Petroff, 2021, "Accessible color sequences
  /// for data visualization"); from the eleventh on, darker ones of the same.
  static func ofClass(_ index: Int) -> Color {
    var color = petroff[index % petroff.count]
    for _ in 0..<min(index / petroff.count, 3) {
      (color.red, color.green, color.blue) = (color.red / 8 * 5, color.green / 8 * 5, color.blue / 8 * 5)
    }
    return color
  }

  private static let petroff = [
    0x3F90DA, 0xFFA90E, 0xBD1F01, 0x94A4A2, 0x832DB6, 0xA96B59, 0xE76300, 0xB9AC70, 0x717581, 0x92DADD,
  ].map { Color($0) }
}
