import Interchange

/// Patrick Min's binvox: a header of text, then pairs of bytes, a value and how often it is repeated; `y`, which points up, is the
/// fastest axis, then `z`, then `x`.
func readBinvox(_ bytes: [UInt8], path: String) throws(InterchangeError) -> Volume {
  var reader = ByteReader(bytes, path: path), extents = [Int]()
  guard bytes.starts(with: Array("#binvox".utf8)) else { throw reader.damaged("a binvox file starts with “#binvox”", at: 0) }
  while true {
    let place = reader.position
    guard let words = reader.line(keepsComments: true) else {
      throw reader.damaged("the header has no “data”; the file was cut short")
    }
    if words.first == "data" { break }
    if words.first == "dim" {
      extents = words.dropFirst().compactMap { Int($0) }
      guard extents.count == 3, words.count == 4, extents.allSatisfy({ (1...Volume.largestSide).contains($0) }) else {
        throw reader.damaged("the extents must be three numbers from 1 to \(Volume.largestSide)", at: place)
      }
    }
  }
  guard extents.count == 3 else { throw reader.damaged("the header does not say its extents (“dim”)") }
  // As the file calls them: depth, width and height are those along x, z and y.
  let (alongX, alongZ, alongY) = (extents[0], extents[1], extents[2])
  let total = alongX * alongZ * alongY
  var values = [Float](repeating: 0, count: total), filled = 0
  while filled < total {
    let place = reader.position
    let value = try reader.integer(UInt8.self), repeats = Int(try reader.integer(UInt8.self))
    guard value <= 1, repeats > 0, repeats <= total - filled else {
      throw reader.damaged("\(repeats) voxels of the value \(value) at voxel \(filled) of \(total); the file is damaged", at: place)
    }
    if value == 1 {
      for place in filled..<filled + repeats {
        let y = place % alongY, z = place / alongY % alongZ, x = place / (alongY * alongZ)
        values[(z * alongY + y) * alongX + x] = 1
      }
    }
    filled += repeats
  }
  return Volume(depth: alongZ, height: alongY, width: alongX, values: values)
}
