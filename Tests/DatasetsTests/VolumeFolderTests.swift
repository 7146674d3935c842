import Backends
import Files
import Foundation
import Interchange
import TestSupport
import Testing
import Volumes

@testable import Datasets

@Suite struct VolumeFolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// A block that grows with `number`, in a corner on the ground.
  static func block(_ number: Int, side: Int) -> Volume {
    var values = [Float](repeating: 0, count: side * side * side)
    for z in 0..<2 { for y in 0...number { for x in 0..<3 { values[(z * side + y) * side + x] = 1 } } }
    return Volume(depth: side, height: side, width: side, values: values)
  }

  func load(_ name: String = "data", side: Int = 64, settings: VolumeSettings? = nil, notes: Notes = Notes()) throws -> DatasetSplit
  {
    try DatasetLocator(environment: [:]).load(folder(name).path, volumeShape: [side, side, side, 1], volumes: settings) {
      notes.add($0)
    }
  }

  @Test func modelNetsFoldersAreClassesAndParts() throws {
    for (kind, part, count) in [("chair", "train", 3), ("chair", "test", 1), ("desk", "train", 2), ("desk", "test", 1)] {
      try createFolder(folder("data/\(kind)/30/\(part)"))
      for number in 0..<count {
        try Self.block(number, side: 30).write(to: folder("data/\(kind)/30/\(part)/\(kind)_\(number).mat"))
      }
    }
    let split = try load()
    #expect(split.training.count == 5 && split.validation?.count == 2)
    #expect(split.training.field("label")?.classNames == ["chair", "desk"])
    let sample = try split.training.batch(0..<5, of: [Field("label", shape: [])])
    #expect(sample.arrays["label"]?.values == [0, 0, 0, 1, 1])
    // 30 voxels, one of space around them, two for each.
    let volume = (split.training as! VolumeDataset).volume(1)
    for z in 0..<64 {
      for y in 0..<64 {
        for x in 0..<64 { #expect((volume[z, y, x] == 1) == ((2..<6).contains(z) && (2..<6).contains(y) && (2..<8).contains(x))) }
      }
    }
  }

  @Test func volumesAndMeshesLieSideBySide() throws {
    try createFolder(folder("data/blocks"))
    try Self.block(3, side: 16).write(to: folder("data/blocks/a.npy"))
    let four = [0, 1, 2, 3].map { Self.block($0, side: 16) }
    try NPYArray(four.flatMap(\.values), shape: [4, 16, 16, 16, 1]).write(to: folder("data/blocks/four.npy"))
    _ = try folder.write(
      Array("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n".utf8), "data/meshes/one.obj")
    _ = try folder.write(binvox, "data/meshes/two.binvox")
    _ = try folder.write(Array("nothing".utf8), "data/README.txt")
    let data = try load(side: 16).training as! VolumeDataset
    #expect(
      data.names == ["blocks/a.npy"] + Array(repeating: "blocks/four.npy", count: 4) + ["meshes/one.obj", "meshes/two.binvox"])
    #expect(data.volume(0) == Self.block(3, side: 16))
    #expect((0..<4).map { data.volume($0 + 1) } == four)
    #expect(data.volume(5).occupancy() > 0.1)
    // Its voxels 4 to 7, of the first column upwards.
    #expect(data.volume(6).values.indices.filter { data.volume(6).values[$0] == 1 } == [4, 5, 6, 7].map { $0 * 16 })
  }

  /// 16³ voxels, of which four are full.
  var binvox: [UInt8] {
    Array("#binvox 1\ndim 16 16 16\ntranslate 0 0 0\nscale 1\ndata\n".utf8) + [0, 4, 1, 4]
      + Array(repeating: [0, 255], count: 16).joined() + [0, 8]
  }

  @Test func aModelsSizeIsWhatShapesAreBroughtTo() throws {
    try createFolder(folder("data"))
    try Self.block(20, side: 64).write(to: folder("data/a.npy"))
    #expect(try load(side: 32).training.field("volume")?.shape == [32, 32, 32, 1])
    // Thin parts remain when a volume is reduced.
    var values = [Float](repeating: 0, count: 64 * 64 * 64)
    for y in 0..<64 { values[(33 * 64 + y) * 64 + 21] = 1 }
    let reduced = Volume(depth: 64, height: 64, width: 64, values: values).fitted(to: 16)
    #expect(reduced.values.count { $0 == 1 } >= 15 && reduced.largestComponentShare() == 1)
  }

  @Test func samplesAreVariedIfAskedAndAreTheSameForTheSameDraw() throws {
    try createFolder(folder("data"))
    try Self.block(9, side: 16).write(to: folder("data/a.npy"))
    func samples(_ settings: VolumeSettings?) throws -> [[Float]] {
      let data = try load(side: 16, settings: settings).training
      return try (0..<20).map { epoch in
        var draw = RandomWords(seed: 1, epoch: epoch, purpose: .sample(0))
        return try data.sample(0, &draw)[0].values
      }
    }
    #expect(Set(try samples(nil)).count == 1)
    #expect(Set(try samples(VolumeSettings(flip: true))).count == 2)
    #expect(Set(try samples(.augmented)).count > 4)
    #expect(try samples(.augmented) == samples(.augmented))
  }

  @Test func whatCannotBeReadIsLeftOutAndNamed() throws {
    try createFolder(folder("data"))
    try Self.block(1, side: 16).write(to: folder("data/a.npy"))
    _ = try folder.write([1, 2, 3], "data/b.mat")
    _ = try folder.write(Array("v 0 0 0".utf8), "data/c.obj")
    let notes = Notes(), data = try load(side: 16, notes: notes).training
    #expect(data.count == 1)
    #expect(notes.all.contains { $0.hasPrefix("b.mat is left out: byte 3: the file ends within the header") }, "\(notes.all)")
    #expect(notes.all.contains { $0.hasPrefix("c.obj is left out: end: there are 1 vertices, but no faces") }, "\(notes.all)")
  }

  func message(_ name: String) -> String {
    do {
      _ = try load(name, side: 16)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func saysWhatIsWrongWithAFolder() throws {
    try createFolder(folder("empty"))
    #expect(message("empty").contains("empty holds no files; give a folder with volumes (.mat, .npy, .binvox) or meshes"))
    _ = try folder.write([1], "texts/a.txt")
    #expect(message("texts").contains("texts holds 1 file, none of which is a volume or mesh"))
    _ = try folder.write([1], "broken/a.mat")
    #expect(message("broken").contains("broken holds no shape that can be read; 1 cannot be, “a.mat” because byte 1"))
  }
}

/// What a data set told.
final class Notes: @unchecked Sendable {
  private let lock = NSLock()
  private var lines = [String]()
  func add(_ line: String) { lock.withLock { lines.append(line) } }
  var all: [String] { lock.withLock { lines } }
}
