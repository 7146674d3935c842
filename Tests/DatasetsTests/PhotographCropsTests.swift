import Files
import Foundation
import Pictures
import TestSupport
import Testing

@testable import Datasets

@Suite struct PhotographCropsTests {
  let folder: TemporaryFolder
  let notices = Notices()
  init() throws { folder = try TemporaryFolder() }

  /// Small crops of 4×4 pixels and large ones of 16×16, as a model says it.
  static let inputs = [
    Field("small", shape: [4, 4, 3], range: -1...1), Field("large", shape: [16, 16, 3], range: -1...1),
  ]

  /// A picture whose every pixel says which picture it is of, its column and its row.
  static func marked(_ number: Int, width: Int = 64, height: Int = 48) -> Picture {
    let pixels = (0..<width * height).flatMap { [UInt8(number), UInt8($0 % width), UInt8($0 / width)] }
    return Picture(width: width, height: height, channels: 3, pixels: pixels)
  }

  func add(_ name: String, _ number: Int, width: Int = 64, height: Int = 48) throws {
    _ = try folder.write(Self.marked(number, width: width, height: height).png(), name)
  }

  func split(
    _ inputs: [Field] = inputs, fraction: Double = 0.1, flips: Bool = true, bound: Int = 1 << 20
  ) throws -> DatasetSplit {
    try PhotographCrops.split(
      PictureListing(folder.url), shape: CropShape(inputs)!, flips: flips, validationFraction: fraction, bound: bound,
      notice: notices.note)
  }

  func sample(_ data: any Dataset, _ index: Int, epoch: Int = 0) throws -> (small: Picture, large: Picture) {
    var draw = RandomWords(seed: 9, epoch: epoch, purpose: .sample(index))
    let pictures = try data.sample(index, &draw).map { array in
      Picture(
        width: array.shape[1], height: array.shape[0], channels: 3, pixels: array.values.map { UInt8(($0 * 255).rounded()) })
    }
    return (pictures[0], pictures[1])
  }

  /// Number of the picture, and of the first pixel column and row.
  func place(_ large: Picture) -> [UInt8] { Array(large.pixels[..<3]) }

  @Test func picturesComeAsOftenAsCropsFitIntoThem() throws {
    for number in 0..<6 { try add("\(number).png", number) }
    try add("6.png", 6, width: 40, height: 33)
    try add("7.png", 7, width: 15, height: 200)
    let data = try split()
    // 4×3 crops of each but the one in the middle, 2×2 of the last; of which one is held out.
    #expect(data.training.count == 5 * 12 + 4 && data.validation?.count == 12)
    let numbers = try (0..<data.training.count).map { try Int(place(sample(data.training, $0).large)[0]) }
    #expect(Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +) == [0: 12, 1: 12, 2: 12, 4: 12, 5: 12, 6: 4])
    #expect(
      notices.lines == ["1 of 8 pictures is left out, being smaller than a crop of 16×16 pixels: 7.png"])
  }

  @Test func theSmallCropIsTheLargeOneReduced() throws {
    for number in 0..<2 { try add("\(number).png", number) }
    let data = try split().training
    for index in 0..<4 {
      let (small, large) = try sample(data, index)
      #expect(small == large.resized(width: 4, height: 4, by: .bicubic))
    }
    let fields = [Field("small", shape: [8, 8, 3]), Field("large", shape: [16, 16, 3])]
    #expect(try split(fields).training.fields.map(\.shape) == [[8, 8, 3], [16, 16, 3]])
    let batch = try data.batch([0], of: Self.inputs)
    #expect(batch.arrays["large"]!.values.allSatisfy { (-1...1).contains($0) })
    #expect(batch.arrays["large"]!.values.contains { $0 < -0.5 })
  }

  @Test func placesAndTurnsAreDrawnAnewEveryEpochAndTheSameForAResumedRun() throws {
    for number in 0..<3 { try add("\(number).png", number) }
    let data = try split().training
    let crops = try (0..<200).map { try sample(data, 0, epoch: $0).large }
    #expect(try crops == (0..<200).map { try sample(split().training, 0, epoch: $0).large })
    // By where columns and rows lead: right or left, down or up, and the two exchanged.
    let ways = Set(
      crops.map { crop in
        let right = (0..<2).map { Int(crop.pixels[3 + 1 + $0]) - Int(crop.pixels[1 + $0]) }
        let down = (0..<2).map { Int(crop.pixels[48 + 1 + $0]) - Int(crop.pixels[1 + $0]) }
        return right + down
      })
    #expect(ways.count == 8)
    let upright = try (0..<200).map { try place(sample(split(flips: false).training, 0, epoch: $0).large) }
    #expect(Set(upright.map { $0[1] }).count > 40 && Set(upright.map { $0[2] }).count > 25, "all places of 49×33")
    #expect(upright.allSatisfy { $0[1] <= 48 && $0[2] <= 32 })
  }

  @Test func cropsThatAreNotSquareStayUpright() throws {
    for number in 0..<2 { try add("\(number).png", number, width: 40, height: 12) }
    let data = try split([Field("small", shape: [4, 16, 3]), Field("large", shape: [8, 32, 3])]).training
    let ways = try Set(
      (0..<60).map { epoch in
        let crop = try sample(data, 0, epoch: epoch).large
        #expect(crop.width == 32 && crop.height == 8)
        return [Int(crop.pixels[4]) - Int(crop.pixels[1]), Int(crop.pixels[3 * 32 + 2]) - Int(crop.pixels[2])]
      })
    #expect(ways == [[1, 1], [-1, 1], [1, -1], [-1, -1]])
  }

  @Test func validationIsOfOtherPicturesAtFixedPlaces() throws {
    for number in 0..<20 { try add("\(String(format: "%02d", number)).png", number) }
    let data = try split(fraction: 0.15), validation = try #require(data.validation as? PhotographCrops)
    #expect(validation.names == ["03.png", "10.png", "16.png"])
    #expect(Set(validation.names).isDisjoint(with: try #require(data.training as? PhotographCrops).names))
    for index in 0..<validation.count {
      let first = try sample(validation, index).large
      #expect(try sample(validation, index, epoch: 3).large == first)
      #expect(Int(first.pixels[4]) == Int(first.pixels[1]) + 1, "neither mirrored nor turned")
    }
    // The crops of a picture do not overlap: their first pixels lie apart.
    let places = try (0..<12).map { try place(sample(validation, $0).large) }
    #expect(places.map { $0[1] } == [0, 16, 32, 48, 0, 16, 32, 48, 0, 16, 32, 48])
    #expect(places.map { $0[2] } == [0, 0, 0, 0, 16, 16, 16, 16, 32, 32, 32, 32])
    #expect(data.training.fingerprint != validation.fingerprint)
    #expect(try split(fraction: 0.15).training.fingerprint == data.training.fingerprint)
    #expect(try split(fraction: 0.15, flips: false).training.fingerprint != data.training.fingerprint)
    #expect(try split().training.fingerprint != data.training.fingerprint)
  }

  @Test func aLargePictureIsValidatedAtThirtyTwoPlacesOfIt() throws {
    for number in 0..<2 { _ = try folder.write(plainPicture(9, width: 900, height: 200).png(), "\(number).png") }
    #expect(try split().validation?.count == 24)
    try (0..<24).forEach { _ = try sample(split().validation!, $0) }
  }

  @Test func greyAndTransparentPicturesAreColoredAndOnWhite() throws {
    let names = ["grey.png", "grey-alpha.png", "color-alpha.png", "color-16-bits.png", "turned-6.jpg"]
    let inputs = [Field("small", shape: [4, 4, 3]), Field("large", shape: [8, 8, 3])]
    for name in names { _ = try folder.write(pictureFixture(name), name) }
    let data = try split(inputs, fraction: 0.9, flips: false)
    #expect(data.training.count > 0 && data.validation!.count > 0)
    for index in 0..<data.validation!.count { #expect(try sample(data.validation!, index).large.channels == 3) }
  }

  @Test func whatCannotBeReadIsNamedAndAnotherPictureTaken() throws {
    for number in 0..<4 { try add("\(number).png", number) }
    var bytes = try InputFile.contents(of: folder("1.png"))
    bytes[bytes.count / 2] ^= 0xFF
    _ = try folder.write(bytes, "1.png")
    _ = try folder.write([1, 2, 3], "0.png")
    let data = try split()
    let numbers = try (0..<data.training.count).map { try place(sample(data.training, $0).large)[0] }
    #expect(Set(numbers) == [3])
    #expect(notices.lines.contains { $0.hasPrefix("0.png is left out: it is no picture") })
    #expect(notices.lines.count { $0.hasPrefix("1.png is left out: cannot decode PNG") } == 1)
  }

  @Test func twoPicturesAreNeeded() throws {
    try add("0.png", 0)
    #expect(
      message { _ = try split() }.hasSuffix(
        "holds one picture only of at least 16×16 pixels, the size of a crop; at least two are needed, one to learn from and "
          + "one held out for validation"))
    try add("1.png", 1, width: 12)
    try FileManager.default.removeItem(at: folder("0.png"))
    #expect(
      message { _ = try split() }.contains("holds no picture of at least 16×16 pixels")
        && message { _ = try split() }.hasSuffix("; 1 smaller, such as “1.png”: a smaller --size takes them"))
  }

  @Test func whatIsBeyondTheBoundIsDecodedAgainAFewAtATime() throws {
    for number in 0..<8 { try add("\(number).png", number) }
    for bound in [0, 3 * 64 * 48 * 3, 1 << 20] {
      let data = try split(flips: false, bound: bound).training
      data.anticipate(Array(0..<data.count))
      let numbers = try (0..<data.count).map { try Int(place(sample(data, $0).large)[0]) }
      #expect(Set(numbers) == [0, 1, 2, 3, 5, 6, 7], "bound \(bound)")
    }
    #expect(notices.lines.count { $0.contains("the others are decoded again for each crop") } == 2)
    let cache = PictureCache(bound: 16, ahead: 3) { _ in [UInt8](repeating: 0, count: 16) }
    for _ in 0..<3 {
      cache.anticipate(Array(0..<20))
      for index in 0..<20 {
        #expect(cache.entryCount <= 1 + 3)
        _ = try cache.pixels(index)
      }
      #expect(cache.keptCount == 1 && cache.entryCount == 1)
    }
  }

  @Test func twoHundredCropsASecondAreTheLeast() throws {
    for number in 0..<6 { _ = try folder.write(Self.marked(number, width: 250, height: 250).png(), "\(number).png") }
    let fields = [Field("small", shape: [24, 24, 3], range: -1...1), Field("large", shape: [96, 96, 3], range: -1...1)]
    let data = try split(fields, bound: 1 << 30).training, began = ContinuousClock.now
    var count = 0
    for epoch in 0..<20 {
      let batches = try BatchSequence(data, of: fields, batchSize: 8, seed: 1, epoch: epoch).start()
      while let batch = try batches.next() { count += batch.count }
    }
    #expect(count == 20 * 5 * 4)
    #expect(ContinuousClock.now - began < .seconds(count / 200))
  }
}

@Suite struct PhotographsByNameTests {
  let folder: TemporaryFolder
  let notices = Notices()
  init() throws { folder = try TemporaryFolder() }

  var locator: DatasetLocator {
    DatasetLocator(
      environment: ["HOME": folder.url.path], systemFolder: folder("system"), gamesFolder: folder("games"),
      backgroundsFolder: folder("backgrounds"))
  }

  func load(_ name: String, _ inputs: [Field] = PhotographCropsTests.inputs) throws -> DatasetSplit {
    try locator.load(name, for: inputs, validationFraction: 0.4, seed: 1, notice: notices.note)
  }

  func add(_ name: String) throws { _ = try folder.write(PhotographCropsTests.marked(1).png(), name) }

  @Test func thePhotographsAmongDebiansWallpapersAreTaken() throws {
    for name in ["mate/nature/Aqua.jpg", "mate/nature/Wood.jpg", "mate/abstract/Waves.png", "goldfish.png"] {
      try add("backgrounds/\(name)")
    }
    let data = try load("photographs")
    #expect((data.training as? PhotographCrops)?.names == ["mate/nature/Aqua.jpg"])
    #expect((data.validation as? PhotographCrops)?.names == ["mate/nature/Wood.jpg"])
    #expect(
      notices.lines == [
        "photographs: 14 more come with the package lomiri-wallpapers-16.04: "
          + "apt-get install --no-install-recommends lomiri-wallpapers-16.04"
      ])
    // A model of images takes them too, as wholes.
    #expect(try load("photographs", [Field("image", shape: [8, 8, 3])]).training.fields.map(\.name) == ["image"])
    for name in ["a.png", "b.png", "c.png"] { try add(".cache/figment/photographs/\(name)") }
    #expect((try load("photographs").validation as? PhotographCrops)?.names == ["b.png"])
  }

  @Test func photographsByNameAreReducedBeforeTheyAreCropped() throws {
    for (name, side) in [("a.png", 1600), ("b.png", 600)] {
      _ = try folder.write(plainPicture(9, width: side, height: side / 2).png(), ".cache/figment/photographs/\(name)")
    }
    let data = try load("photographs")
    #expect((data.validation as? PhotographCrops)?.names == ["b.png"])
    #expect(data.training.count == 1280 / 16 * (640 / 16))
    var draw = RandomWords(seed: 1, epoch: 0, purpose: .sample(0))
    #expect(try data.training.sample(0, &draw)[1].values.allSatisfy { $0 == 9 / 255 })
    // Of a folder crops are taken as it is.
    #expect(try load(folder(".cache/figment/photographs").path).training.count == 100 * 50)
  }

  @Test func noneAtAllIsAnErrorWithTheCommandThatGetsThem() throws {
    let error = #expect(throws: DatasetError.self) { try load("photographs") }
    #expect(
      error?.description.hasSuffix(
        "/backgrounds; install them with `apt-get install --no-install-recommends lomiri-wallpapers-16.04 mate-backgrounds`")
        == true)
  }

  @Test func cropsAreTakenOfPicturesAlone() throws {
    for name in ["a.png", "b.png"] { try add("pictures/\(name)") }
    #expect(try load(folder("pictures").path).training is PhotographCrops)
    let file = try folder.write([1], "file")
    for name in ["fashion-mnist", "sprites", file.path] {
      let error = #expect(throws: DatasetError.self) { try load(name) }
      #expect(error?.description.contains("has no photographs to take crops from; give a folder of pictures") == true)
    }
    #expect(throws: FileError.self) { try load("./nowhere") }
    #expect(throws: DatasetError.unknownName("photograph", nearest: "photographs", known: DatasetLocator.names)) {
      try load("photograph")
    }
  }

  /// The real ones, if they are installed.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/backgrounds/mate/nature/Aqua.jpg")))
  func everyPhotographOfAnInstalledPackageIsThere() throws {
    let listing = try DatasetLocator(environment: [:]).photographs("photographs") { _ in }
    let names = Set(listing.files.map(\.name))
    for package in Wallpapers.packages where names.contains(package.photographs[0]) {
      #expect(names.isSuperset(of: package.photographs))
    }
    #expect(listing.unreadable.isEmpty)
  }
}
