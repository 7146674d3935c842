import Files
import Foundation
import Interchange

/// The kinds of files with volumes, by the ends of their names.
public enum VolumeFormat: String, CaseIterable, Hashable, Sendable {
  /// MATLAB, as in ModelNet: `[x, y, z]` with `z` up.
  case mat
  /// NumPy: `[z, y, x]` with `y` up, as volumes are in memory, perhaps with an axis of one channel behind and an axis of several
  /// volumes before them.
  case npy
  /// Patrick Min's binvox, with `y` up.
  case binvox

  /// By the end of a file's name; nil for other files.
  public init?(_ url: URL) { self.init(rawValue: url.pathExtension.lowercased()) }
}

extension Volume {
  /// What ModelNet calls the variable with a shape.
  public static let usualVariable = "instance"

  /// In bytes: more than any file with volumes that fit into memory.
  public static let largestFile = 1 << 30

  /// Reads the volumes of a file: one of `.mat` and `.binvox`, one or several of `.npy`.
  ///
  /// - Parameters:
  ///   - variable: Of a `.mat` file.
  ///   - up: The axis that points up in an array; nil for what is usual in files of its kind.
  /// - Throws: `FileError` if it cannot be read; ``InterchangeError`` with the place if it is damaged, has no such variable, or no
  ///   volume of occupancies in [0, 1].
  public static func volumes(in url: URL, variable: String = usualVariable, up: UpAxis? = nil) throws -> [Volume] {
    switch VolumeFormat(url) {
    case .mat:
      [try Volume(mat: InputFile.contents(of: url, largest: largestFile), path: url.path, variable: variable, up: up ?? .z)]
    case .npy: try volumes(of: NPYArray(contentsOf: url), path: url.path, up: up ?? .y)
    case .binvox: [try readBinvox(InputFile.contents(of: url, largest: largestFile), path: url.path)]
    case nil: throw FileError(.open, url.path, reason: "its name ends in none of .mat, .npy and .binvox, of which volumes are read")
    }
  }

  /// Reads a variable of a MATLAB file's bytes.
  ///
  /// - Parameter path: As errors name the file.
  public init(
    mat bytes: [UInt8], path: String = "volume", variable: String = usualVariable, up: UpAxis = .z
  ) throws(InterchangeError) {
    let array = try MATVariable(bytes, named: variable, path: path), place = "variable \(variable.quotedForMessage)"
    func unfit(_ problem: String) -> InterchangeError { InterchangeError(path: path, place: place, problem: problem) }
    let numbers: MATNumbers
    switch array.contents {
    case .numbers(let found): numbers = found
    case .text: throw unfit("it is a text, not an array of numbers")
    case .cells: throw unfit("it is a cell array, not an array of numbers")
    case .structure: throw unfit("it is a structure, not an array of numbers")
    case .other(let what): throw unfit(what)
    }
    let extents = array.dimensions.count == 4 && array.dimensions[3] == 1 ? Array(array.dimensions.prefix(3)) : array.dimensions
    let shape = extents.map(String.init).joined(separator: "×")
    guard extents.count == 3 else { throw unfit("its size is \(shape); a volume has three axes") }
    guard extents.allSatisfy({ (1...Self.largestSide).contains($0) }) else {
      throw unfit("its size \(shape) is none of a volume, of at most \(Self.largestSide) voxels each way")
    }
    let values = numbers.floats
    try Self.requireOccupancies(values, path: path, place: place)
    // The first axis is the fastest.
    let strides = [1, extents[0], extents[0] * extents[1]]
    self = Volume(values, extents: extents, strides: strides, up: up)
  }

  private static func volumes(of array: NPYArray, path: String, up: UpAxis) throws -> [Volume] {
    var extents = array.shape.dimensions
    if extents.count > 3, extents.last == 1 { extents.removeLast() }
    guard extents.count == 3 || extents.count == 4, extents.suffix(3).allSatisfy({ (1...largestSide).contains($0) }) else {
      throw InterchangeError(
        path: path, place: "shape \(array.shape)",
        problem: "a volume has three axes of 1 to \(largestSide) voxels, several have one more before")
    }
    try requireOccupancies(array.values, path: path, place: "values")
    let size = extents.suffix(3).reduce(1, *), one = Array(extents.suffix(3)), strides = [one[1] * one[2], one[2], 1]
    return (0..<(extents.count == 4 ? extents[0] : 1)).map { index in
      Volume(Array(array.values[index * size..<(index + 1) * size]), extents: one, strides: strides, up: up)
    }
  }

  private static func requireOccupancies(_ values: [Float], path: String, place: String) throws(InterchangeError) {
    if let index = values.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
      throw InterchangeError(
        path: path, place: place, problem: "value \(index) is \(values[index]), but occupancies lie from 0 (empty) to 1 (full)")
    }
  }

  /// An array whose axes are `[z, y, x]` with `y` up, or `[x, y, z]` with `z` up.
  private init(_ values: [Float], extents: [Int], strides: [Int], up: UpAxis) {
    guard up == .z else {
      let (depth, height, width) = (extents[0], extents[1], extents[2])
      var ordered = [Float]()
      ordered.reserveCapacity(values.count)
      for z in 0..<depth {
        for y in 0..<height { for x in 0..<width { ordered.append(values[z * strides[0] + y * strides[1] + x * strides[2]]) } }
      }
      self.init(depth: depth, height: height, width: width, values: ordered)
      return
    }
    // What is behind there has a large second index, and a small `z` here.
    let (width, depth, height) = (extents[0], extents[1], extents[2])
    var ordered = [Float]()
    ordered.reserveCapacity(values.count)
    for z in 0..<depth {
      for y in 0..<height {
        for x in 0..<width { ordered.append(values[x * strides[0] + (depth - 1 - z) * strides[1] + y * strides[2]]) }
      }
    }
    self.init(depth: depth, height: height, width: width, values: ordered)
  }
}
