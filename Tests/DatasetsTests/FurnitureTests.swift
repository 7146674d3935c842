import Backends
import Files
import Foundation
import TestSupport
import Testing
import Volumes

@testable import Datasets

@Suite struct FurnitureTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  var locator: DatasetLocator {
    DatasetLocator(
      environment: [:], systemFolder: folder("system"), gamesFolder: folder("games"), furnitureFolder: folder("furniture"))
  }

  /// Twelve chairs of different width, a table, a stool, and what only sounds like one of them.
  func install() throws {
    try createFolder(folder("furniture"))
    let chairs = (1...12).map { number in
      ShapeArchive.Model(
        name: ["Chair", "Armchair", "Folding chair"][number % 3], category: "Living room", more: ["width=\(10 * number)"])
    }
    try ShapeArchive.write(chairs, to: folder("furniture/a.sh3f"))
    try ShapeArchive.write(
      [
        .init(name: "Table", category: "Kitchen"), .init(name: "Tablet", category: "Office"),
        .init(name: "Stool", category: "Kitchen"), .init(name: "Armchair ottoman", category: "Living room"),
        .init(name: "Caf\u{E9} lamp", category: "Lights"),
      ], to: folder("furniture/b.sh3f"))
  }

  func load(_ name: String, side: Int = 16) throws -> DatasetSplit {
    try locator.load(name, volumeShape: [side, side, side, 1]) { _ in }
  }

  func names(_ data: any Dataset) -> [String] { (data as! MeshDataset).names }

  @Test func kindsAreFoundByNameAndCategoriesByTheCatalogue() throws {
    try install()
    let chairs = try load("furniture:chairs")
    #expect(chairs.training.count == 10 && chairs.validation?.count == 2)
    #expect(chairs.training.fields == [Field("volume", shape: [16, 16, 16, 1], range: 0...1)])
    let two = try load("furniture:tables,stools")
    #expect(two.training.count + two.validation!.count == 2)
    #expect(two.training.field("label")?.classNames == ["tables", "stools"])
    #expect(try load("furniture:living-room").training.count == 11)
    let all = try load("furniture")
    #expect(all.training.count + all.validation!.count == 17)
    #expect(all.training.field("label")?.classNames == ["kitchen", "lights", "living-room", "office"])
    #expect((names(all.training) + names(all.validation!)).contains("Café lamp"))
  }

  @Test func theSameModelsAreHeldOutEveryTime() throws {
    try install()
    let (first, second) = (try load("furniture:chairs"), try load("furniture:chairs"))
    #expect(first.training.fingerprint == second.training.fingerprint)
    #expect(first.validation!.fingerprint == second.validation!.fingerprint)
    let volumes = [first.training, first.validation!].flatMap { data in (0..<data.count).map { (data as! MeshDataset).volume($0) } }
    #expect(Set(volumes.map(\.values)).count == 12, "a model is in both parts")
  }

  @Test func samplesAreAFunctionOfSeedEpochAndIndex() throws {
    try install()
    let data = try load("furniture:chairs").training
    func sample(_ seed: UInt64, _ epoch: Int, _ index: Int) throws -> [Float] {
      var draw = RandomWords(seed: seed, epoch: epoch, purpose: .sample(index))
      return try data.sample(index, &draw)[0].values
    }
    let first = try sample(7, 0, 3)
    #expect(try sample(7, 0, 3) == first)
    #expect(try sample(7, 1, 3) != first)
    #expect(try sample(8, 0, 3) != first)
    #expect(first.allSatisfy { $0 == 0 || $0 == 1 } && first.contains(1))
  }

  @Test func validationSamplesAreAsTheyAre() throws {
    try install()
    let data = try load("furniture:chairs").validation!
    var first = RandomWords(seed: 1, epoch: 0, purpose: .sample(0)), second = RandomWords(seed: 2, epoch: 5, purpose: .sample(0))
    #expect(try data.sample(0, &first) == data.sample(0, &second))
  }

  /// The extents of what is full: across, up, and from back to front.
  func extents(_ volume: Volume) -> [Int] {
    let full = volume.values.indices.filter { volume.values[$0] == 1 }
    return [1, volume.width, volume.width * volume.height].map { stride in
      let places = full.map { $0 / stride % volume.width }
      return places.max()! - places.min()! + 1
    }
  }

  @Test func modelsStandAndHaveTheProportionsOfTheCatalogue() throws {
    try createFolder(folder("furniture"))
    // Lying on its back, and turned up by the catalogue: the axis of the file that is longest leads up.
    let flat = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
    try ShapeArchive.write(
      [
        .init(name: "Chair", category: "a", mesh: flat, more: ["modelRotation=1 0 0 0 0 1 0 -1 0"]),
        .init(name: "Chair", category: "a", mesh: flat),
      ], to: folder("furniture/a.sh3f"))
    let split = try load("furniture:chairs", side: 32)
    for data in [split.training, split.validation!] { #expect(extents((data as! MeshDataset).volume(0)) == [16, 30, 16]) }
    // The corner between the three edges at right angles: behind and below, or, of the one that is turned, in front.
    let corners = [split.training, split.validation!].map { data in
      let volume = (data as! MeshDataset).volume(0)
      return (0..<32).first { z in (0..<32).contains { volume[z, 30, $0] == 1 } }!
    }
    #expect(Set(corners).count == 2, "\(corners)")
  }

  func message(_ name: String) -> String {
    do {
      _ = try load(name)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func saysWhatIsMissingAndHowToGetIt() throws {
    #expect(
      message("furniture:chairs").hasSuffix(
        "install it with `apt-get install --no-install-recommends sweethome3d-furniture`, or take the data set shapes"))
    try install()
    #expect(message("furniture:chair").contains("there is no furniture “chair”; did you mean “chairs”?"))
    #expect(message("furniture:violins").contains("there are chairs, stools, tables,"))
    #expect(message("furniture:").contains("there is no furniture"))
    #expect(message("furniture:tables").hasPrefix("furniture:tables has only one shape, of which none can be held out"))
    #expect(message("furniture:beds").hasPrefix("furniture:beds has no shapes"))
  }

  @Test func saysWhichArchiveOrModelIsDamaged() throws {
    try install()
    let whole = [UInt8](try Data(contentsOf: folder("furniture/b.sh3f")))
    _ = try folder.write(Array(whole.prefix(whole.count / 2)), "furniture/b.sh3f")
    #expect(message("furniture:chairs").contains("/furniture/b.sh3f, archive: "))
    #expect(message("furniture:chairs").contains("it may have been cut short: get it again"))
    try ShapeArchive.write(
      [.init(name: "Chair", category: "a", mesh: "v 0 0 0\n"), .init(name: "Chair", category: "a")], to: folder("furniture/b.sh3f"))
    #expect(message("furniture:chairs").contains("b.sh3f, models/1/model.obj, end: there are 1 vertices, but no faces"))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/sweethome3d/furniture/Scopia.sh3f")))
  func debiansPackageHasItsChairs() throws {
    let split = try DatasetLocator(environment: [:]).load("furniture:chairs", volumeShape: [32, 32, 32, 1]) { _ in }
    #expect(split.training.count == 48 && split.validation?.count == 9)
    for data in [split.training, split.validation!] {
      for index in 0..<data.count {
        let volume = (data as! MeshDataset).volume(index)
        // In one piece, with its legs; they stand lower than a seat.
        #expect(volume.largestComponentShare() > 0.95, "\(names(data)[index])")
        #expect(volume.occupancy() > 0.01 && volume.occupancy() < 0.5)
      }
    }
  }
}
