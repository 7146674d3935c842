import Foundation
import Interchange
import TestSupport
import Volumes

@testable import Datasets

/// Volumes, meshes and archives of them.
struct ShapeTargets {
  let folder: TemporaryFolder

  func all() throws -> [FuzzTarget] { try meshes() + [volumes(), photographs(), binvox(), archive()] }

  private func meshes() throws -> [FuzzTarget] {
    let ball = Mesh(
      surfaceOf: Volume(depth: 4, height: 4, width: 4, values: (0..<64).map { $0 % 4 == 1 || $0 / 4 % 4 == 2 ? 1 : 0 }))
    var corpus = [MeshFormat: [[UInt8]]]()
    for format in [MeshFormat.obj, .stl, .ply] {
      let url = folder("mesh.\(format.rawValue)")
      try ball.write(to: url)
      corpus[format] = [[UInt8](try Data(contentsOf: url))]
    }
    let text = "4 4 6\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 0 3 2\n3 1 2 3\n"
    corpus[.off] = [Array("OFF\n\(text)".utf8), Array("OFF \(text)# end".utf8)]
    let header = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nelement face 4\n"
    corpus[.ply]!.append(Array((header + "property list uchar int vertex_indices\nend_header\n" + text.dropFirst(6)).utf8))
    corpus[.obj]!.append(Array("v 0 0 0\nv 1 0 0 \\\nv 0 1e0 0\nv 0 0 1\nf 1/1 2//3 3/4/5 4\nf -1 -2 -3\nf 1 2 4\n".utf8))
    corpus[.stl]!.append(
      Array(
        "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n".utf8))
    return MeshFormat.allCases.map { format in
      FuzzTarget("mesh \(format.rawValue)", corpus: corpus[format]!, mutate: Self.changingNumbers) { bytes in
        let mesh = try Mesh(bytes, format)
        _ = Volume(mesh, side: 16)
      }
    }
  }

  /// Puts other numbers into a text.
  private static func changingNumbers(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
    let words = input.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(Array.init)
    var changed = words
    for _ in 0...mutator.below(3) {
      changed[mutator.below(changed.count)] = Array(
        mutator.pick([
          "0", "-1", "9", "1e30", "nan", "-inf", "1e-320", "99999999999999999999", "2147483648", "1e999", "", "\n", "0.0001",
        ]).utf8)
    }
    return Array(changed.joined(separator: [UInt8(ascii: " ")]))
  }

  private func volumes() throws -> FuzzTarget {
    let corpus = try fixtures("VolumesTests/Fixtures", endingWith: ".mat").filter { (try? Volume(mat: $0)) != nil }
    return matlab("mat", corpus) { _ = try Volume(mat: $0) }
  }

  private func photographs() throws -> FuzzTarget {
    let table = folder("wiki.mat"), tables = try fixtures("DatasetsTests/Fixtures", endingWith: ".mat")
    let corpus = tables.filter { (try? AgedPhotographs($0, of: table)) != nil }
    return matlab("wiki.mat", corpus) { _ = try AgedPhotographs($0, of: table) }
  }

  private func matlab(_ name: String, _ corpus: [[UInt8]], read: @escaping ([UInt8]) throws -> Void) -> FuzzTarget {
    FuzzTarget(
      name, corpus: corpus,
      mutate: { mutator, input, other in
        // The words of the header, where counts and types are.
        var changed = input
        for _ in 0...mutator.below(2) {
          let place = 124 + 4 * mutator.below(min(30, (input.count - 128) / 4))
          let word: UInt32 = mutator.pick([
            0, 1, 2, 5, 6, 9, 14, 15, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 16, 3 << 16 | 2, 1024,
          ])
          withUnsafeBytes(of: word.littleEndian) { for (index, byte) in $0.enumerated() { changed[place + index] = byte } }
        }
        return changed
      }, read: read)
  }

  private func binvox() -> FuzzTarget {
    let text = Array("#binvox 1\ndim 8 8 8\ntranslate 0 0 0\nscale 1\ndata\n".utf8)
    return FuzzTarget("binvox", corpus: [text + [0, 200, 1, 12, 0, 255, 1, 45]], mutate: Self.changingNumbers) { bytes in
      _ = try Volume.volumes(in: folder.write(bytes, "a.binvox"))
    }
  }

  /// One of furniture, whole or damaged anywhere.
  private func archive() throws -> FuzzTarget {
    let model = "v 0 0 0\nv 1 0 0\nv 0 2 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
    let catalogue = (1...3).map {
      "name#\($0)=Chair\ncategory#\($0)=a\nmodel#\($0)=/\($0).obj\nwidth#\($0)=4\nmodelRotation#\($0)=1 0 0 0 0 1 0 -1 0\n"
    }
    let catalogueName = "PluginFurnitureCatalog.properties"
    let whole = [(catalogueName, Array(catalogue.joined().utf8))] + (1...3).map { ("\($0).obj", Array(model.utf8)) }
    // Checksums find what is damaged in the archive itself: behind them come files that were damaged before.
    return FuzzTarget(
      "furniture", corpus: [Self.zip(whole)],
      mutate: { mutator, _, _ in
        var files = whole
        let place = mutator.happens(onceIn: 3) ? 0 : 1
        files[place].1 = mutator.bytes(files[place].1, other: files[1 - place].1)
        return Self.zip(files)
      }
    ) { bytes in
      _ = try folder.write(bytes, "furniture/a.sh3f")
      let locator = DatasetLocator(environment: [:], furnitureFolder: folder("furniture"))
      let data = try locator.load("furniture:chairs", volumeShape: [8, 8, 8, 1]) { _ in }
      _ = try data.training.batch(0..<1, of: data.training.fields)
    }
  }

  /// A zip archive of stored files.
  private static func zip(_ files: [(String, [UInt8])]) -> [UInt8] {
    func word(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 255) } }
    var bytes = [UInt8](), directory = [UInt8]()
    for (name, contents) in files {
      let check = Self.checksum(contents), size = contents.count
      let common = word(20, 2) + word(0, 8) + word(check, 4) + word(size, 4) + word(size, 4) + word(name.utf8.count, 2) + word(0, 2)
      directory += word(0x0201_4B50, 4) + word(20, 2) + common + word(0, 10) + word(bytes.count, 4) + Array(name.utf8)
      bytes += word(0x0403_4B50, 4) + common + Array(name.utf8) + contents
    }
    let count = word(files.count, 2)
    return bytes + directory + word(0x0605_4B50, 4) + word(0, 4) + count + count + word(directory.count, 4) + word(bytes.count, 4)
      + word(0, 2)
  }

  private static func checksum(_ bytes: [UInt8]) -> Int {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return Int(~sum)
  }
}
