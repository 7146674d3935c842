import Backends
import Files
import Foundation
import Interchange

extension Volume {
  /// Writes a `.npy` file with an array `[z, y, x]`, or a `.mat` file with bytes `[x, y, z]` that ModelNet's readers take, in which
  /// voxels of at least a half are 1 and `z` points up; what was there is replaced as a whole.
  ///
  /// - Parameter variable: Of a `.mat` file.
  /// - Throws: `FileError`, also if the name ends otherwise.
  public func write(to url: URL, variable: String = usualVariable) throws {
    switch VolumeFormat(url) {
    case .npy: try NPYArray(values, shape: Shape(shape)).write(to: url)
    case .mat: try writeAtomically(mat(variable: variable), to: url)
    case .binvox, nil:
      throw FileError(.write, url.path, reason: "its name ends in neither .npy nor .mat, as which volumes are written")
    }
  }

  /// A MATLAB file of level 5 with one variable, not compressed.
  private func mat(variable: String) -> [UInt8] {
    func bytes(_ word: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(word).littleEndian) { Array($0) } }
    func element(_ type: Int, _ contents: [UInt8]) -> [UInt8] {
      bytes(type) + bytes(contents.count) + contents + [UInt8](repeating: 0, count: (8 - contents.count % 8) % 8)
    }
    // The first axis is the fastest; the second leads to the back.
    var voxels = [UInt8]()
    voxels.reserveCapacity(values.count)
    for up in 0..<height {
      for back in 0..<depth { for x in 0..<width { voxels.append(self[depth - 1 - back, up, x] >= 0.5 ? 1 : 0) } }
    }
    // The class of bytes is 9; types are 1 for bytes with a sign, 2 without, 5 and 6 for words.
    let variable =
      element(6, bytes(9) + bytes(0)) + element(5, [width, depth, height].flatMap(bytes)) + element(1, Array(variable.utf8))
      + element(2, voxels)
    var header = Array("MATLAB 5.0 MAT-file, written by Figment".utf8)
    header += [UInt8](repeating: 0x20, count: 116 - header.count) + [UInt8](repeating: 0, count: 8) + [0, 1, 0x49, 0x4D]
    return header + bytes(14) + bytes(variable.count) + variable
  }
}
