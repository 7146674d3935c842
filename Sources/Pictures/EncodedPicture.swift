import Files
import Foundation

/// The bytes of a PNG or JPEG file, told apart by their beginning, whose header has been read and found to be of a size that
/// can be decoded. Nothing is decoded before it is asked for.
public struct EncodedPicture: Sendable {
  /// What the contents are.
  public enum Format: String, Sendable {
    /// Portable Network Graphics.
    case png = "PNG"
    /// Baseline or progressive, of any kind of colors.
    case jpeg = "JPEG"
  }

  /// The file, as errors name it.
  public let path: String
  /// What the first bytes say.
  public let format: Format
  /// As it is shown, in pixels.
  public var width: Int { header.orientation.isSideways ? header.height : header.width }
  /// In pixels, as it is shown.
  public var height: Int { header.orientation.isSideways ? header.width : header.height }
  /// Whether the file says which colors its values mean. They are taken as they are, as if it said sRGB.
  public var hasColorProfile: Bool { header.hasColorProfile }
  let header: Header
  let bytes: [UInt8]

  /// What a file says of itself.
  struct Header {
    /// As stored.
    var width = 0
    var height = 0
    var orientation = Orientation.upright
    var hasColorProfile = false
    /// Of a PNG file: whether one color is transparent, or those of a palette have opacities.
    var hasTransparency = false
  }

  /// The largest picture that is decoded, in pixels: 2²⁸ values.
  public static let largestArea = (1 << 28) / 3

  /// - Parameter path: Of the file, for messages.
  public init(_ bytes: [UInt8], path: String = "picture") throws(PictureError) {
    (self.path, self.bytes) = (path, bytes)
    if bytes.starts(with: PNGChunks.signature) {
      (format, header) = (.png, try PNGChunks.header(of: bytes, path: path))
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      (format, header) = (.jpeg, try JPEGSegments.header(of: bytes, path: path))
    } else {
      throw PictureError(path: path, problem: Self.otherFormat(bytes))
    }
    guard header.width > 0, header.height > 0 else {
      throw PictureError(path: path, problem: "cannot decode \(format.rawValue): it has no pixels")
    }
    let (area, overflow) = header.width.multipliedReportingOverflow(by: header.height)
    guard !overflow, area <= Self.largestArea else {
      throw PictureError(
        path: path,
        problem: "its \(header.width)×\(header.height) pixels are more than the \(Self.largestArea / 1_000_000) million that are "
          + "decoded; make it smaller")
    }
  }

  /// Reads a file, and the picture's size, but not its pixels.
  ///
  /// - Throws: `FileError` if it cannot be read; ``PictureError`` if it is neither PNG nor JPEG, damaged, or too large.
  public init(contentsOf url: URL) throws {
    try self.init(InputFile.contents(of: url, largest: Self.largestFile), path: url.path)
  }

  /// Decodes the picture and turns it upright. Grey ones stay grey, all others become red-green-blue of 8 bits.
  ///
  /// - Parameters:
  ///   - background: What is seen through transparent pixels.
  ///   - reduction: A JPEG file may be decoded at a half, a quarter or an eighth of its size, which is much faster; the
  ///     smallest of these sizes is taken that is no more than this many times smaller.
  public func decoded(over background: Color = .white, reducedUpTo reduction: Double = 1) throws(PictureError) -> Picture {
    let picture =
      switch format {
      case .png: try decodedPNG(over: background)
      case .jpeg: try decodedJPEG(denominator: [8, 4, 2].first { Double($0) <= reduction } ?? 1)
      }
    return picture.upright(from: header.orientation)
  }

  func damaged(_ problem: String) -> PictureError {
    PictureError(path: path, problem: "cannot decode \(format.rawValue): \(problem)")
  }

  private static func otherFormat(_ bytes: [UInt8]) -> String {
    func starts(_ text: String, at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: text.utf8) }
    let name =
      switch true {
      case bytes.isEmpty: "it is empty"
      case starts("GIF8"): "it is a GIF picture"
      case starts("WEBP", at: 8): "it is a WebP picture"
      case starts("ftyp", at: 4): "it is a HEIC or AVIF picture, or a film"
      case starts("BM"): "it is a BMP picture"
      case starts("II*\0"), starts("MM\0*"): "it is a TIFF picture"
      default: "it is no picture"
      }
    return "\(name); PNG and JPEG are read"
  }
}

extension Picture {
  /// Decodes a PNG or JPEG file; see ``EncodedPicture/decoded(over:reducedUpTo:)``.
  public init(decoding bytes: [UInt8], path: String = "picture", over background: Color = .white) throws(PictureError) {
    self = try EncodedPicture(bytes, path: path).decoded(over: background)
  }

  /// Reads and decodes a PNG or JPEG file.
  ///
  /// - Parameter background: What shows through where the picture is transparent.
  /// - Throws: `FileError` if it cannot be read; ``PictureError`` if it is neither, damaged, or too large.
  public init(contentsOf url: URL, over background: Color = .white) throws {
    self = try EncodedPicture(contentsOf: url).decoded(over: background)
  }
}

extension EncodedPicture {
  /// Whether a file that begins so is one that is read here.
  package static func isKnown(_ head: [UInt8]) -> Bool {
    head.starts(with: PNGChunks.signature) || head.starts(with: [0xFF, 0xD8, 0xFF])
  }

  /// Whether these last bytes of a file are those that its format ends with; zeros may follow.
  package static func endsAsItShould(_ tail: [UInt8], _ format: Format) -> Bool {
    switch format {
    case .png: tail.suffix(8).starts(with: "IEND".utf8)
    case .jpeg: (tail.lastIndex { $0 != 0 }.map { Array(tail[...$0].suffix(2)) } ?? []) == [0xFF, 0xD9]
    }
  }

  /// In bytes: more than any picture that is decoded can need.
  package static let largestFile = 1 << 30
}
