import Files
import Foundation
import Interchange

/// The kinds of files with meshes, by the ends of their names.
public enum MeshFormat: String, CaseIterable, Hashable, Sendable {
  /// Wavefront's OBJ.
  case obj
  /// Geomview's OFF, as in ModelNet.
  case off
  /// Stereolithography, of text or of bytes.
  case stl
  /// Stanford's PLY, of text or of bytes.
  case ply

  /// By the end of a file's name; nil for other files.
  public init?(_ url: URL) { self.init(rawValue: url.pathExtension.lowercased()) }

  /// Which axis points up in such files, if nobody says otherwise: `z` in ModelNet's OFF and in files for printers.
  public var usualUp: UpAxis {
    switch self {
    case .obj, .ply: .y
    case .off, .stl: .z
    }
  }
}

extension Mesh {
  /// In bytes: what the largest mesh takes as text.
  public static let largestFile = 1 << 30

  /// Reads an OBJ, OFF, STL or PLY file.
  ///
  /// - Parameter up: The axis that points up in the file; nil for what is usual in files of its kind.
  /// - Throws: `FileError` if it cannot be read; ``InterchangeError`` with the place if it is damaged, has no faces, a
  ///   coordinate that is no number, a face without its vertices, or more than ``mostTriangles``.
  public init(contentsOf url: URL, up: UpAxis? = nil) throws {
    guard let format = MeshFormat(url) else {
      throw FileError(.open, url.path, reason: "its name ends in none of .obj, .off, .stl and .ply, of which meshes are read")
    }
    try self.init(InputFile.contents(of: url, largest: Self.largestFile), format, path: url.path, up: up)
  }

  /// Reads a mesh from a file's bytes.
  ///
  /// - Parameter path: As errors name the file.
  public init(_ bytes: [UInt8], _ format: MeshFormat, path: String = "mesh", up: UpAxis? = nil) throws(InterchangeError) {
    let mesh =
      switch format {
      case .obj: try readOBJ(bytes, path: path)
      case .off: try readOFF(bytes, path: path)
      case .stl: try readSTL(bytes, path: path)
      case .ply: try readPLY(bytes, path: path)
      }
    self = (up ?? format.usualUp).upright(mesh)
  }
}
