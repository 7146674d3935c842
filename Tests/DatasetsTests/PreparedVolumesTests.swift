import Backends
import Files
import Foundation
import Interchange
import TestSupport
import Testing
import Volumes

@testable import Datasets

@Suite struct PreparedVolumesTests {
  let folder: TemporaryFolder
  init() throws {
    folder = try TemporaryFolder()
    for number in 0..<90 {
      let part = "in/\(["chair", "desk"][number % 2])/30/\(number < 80 ? "train" : "test")"
      try createFolder(folder(part))
      try VolumeFolderTests.block(number % 14, side: 14).write(to: folder("\(part)/\(1000 + number).mat"))
    }
    _ = try folder.write([1, 2, 3], "in/desk/30/train/1001-cut.mat")
  }

  var source: URL { folder("in") }
  var file: URL { folder("out.safetensors") }

  func prepare(side: Int = 16) throws -> VolumePreparation.Summary {
    try VolumePreparation(VolumeListing(source), to: file, side: side).run()
  }

  func load(_ url: URL, side: Int = 16) throws -> DatasetSplit {
    try DatasetLocator(environment: [:]).load(url.path, volumeShape: [side, side, side, 1]) { _ in }
  }

  @Test func aPreparedFileHasWhatTheFolderHas() throws {
    let summary = try prepare()
    #expect(summary.count == 90 && summary.unreadable.map(\.name) == ["desk/30/train/1001-cut.mat"])
    let (prepared, unprepared) = (try load(file), try load(source))
    for (made, read) in [(prepared.training, unprepared.training), (prepared.validation!, unprepared.validation!)] {
      #expect(made.count == read.count && made.fields == read.fields)
      for index in 0..<made.count {
        var first = RandomWords(seed: 1, epoch: 0, purpose: .sample(index)), second = first
        #expect(try made.sample(index, &first) == read.sample(index, &second))
      }
    }
    let names = try PreparedVolumes(contentsOf: file).names()
    #expect(names.count == 90 && names[0] == "chair/30/test/1080.mat")
    #expect(try folder.names == ["in", "out.safetensors"], "nothing is left beside it")
  }

  @Test func bytesAreTheSameAfterAKill() throws {
    _ = try prepare()
    let bytes = try InputFile.contents(of: file)
    struct Killed: Error {}
    try FileManager.default.removeItem(at: file)
    #expect(throws: Killed.self) {
      try VolumePreparation(VolumeListing(source), to: file, side: 16).run { if $0 >= 64 { throw Killed() } }
    }
    let records = try FileHandle(forWritingTo: folder("out.safetensors.partial"))
    try records.seekToEnd()
    try records.write(contentsOf: Data(repeating: 9, count: 100))
    #expect(try prepare().resumedAfter == 64)
    #expect(try InputFile.contents(of: file) == bytes)
    // What was begun at another size is no beginning.
    #expect(throws: Killed.self) {
      try VolumePreparation(VolumeListing(source), to: file, side: 32).run { if $0 >= 64 { throw Killed() } }
    }
    #expect(try prepare().resumedAfter == 0)
  }

  @Test func variantsAreWhatSoManyEpochsShow() throws {
    let split = try DatasetLocator(environment: [:]).load(
      source.path, volumeShape: [16, 16, 16, 1], volumes: .augmented
    ) { _ in }
    let summary = try VolumePreparation(split, named: "blocks", to: file, variants: 3).run()
    let (training, validation) = (split.training, try #require(split.validation))
    #expect(summary.count == 3 * training.count + validation.count)
    let prepared = try load(file), held = try #require(prepared.validation)
    #expect(prepared.training.count == 3 * training.count && held.count == validation.count)
    var differ = 0
    for index in 0..<prepared.training.count {
      let place = index % training.count
      var unused = RandomWords(seed: 1, epoch: 0, purpose: .sample(index))
      var draw = RandomWords(seed: 0, epoch: index / training.count, purpose: .sample(place))
      let sample = try prepared.training.sample(index, &unused)
      #expect(try sample[0].values == training.sample(place, &draw)[0].values.map { $0 >= 0.5 ? 1 : 0 })
      let label = try #require(try training.label(place))
      #expect(sample[1].values == [Float(label)])
      if index >= training.count, try sample != prepared.training.sample(place, &unused) { differ += 1 }
    }
    #expect(differ > training.count)
    for index in 0..<held.count { #expect(try held.label(index) == validation.label(index)) }
  }

  @Test func damagedFilesAndOtherSizesAreErrorsThatNameTheMend() throws {
    _ = try prepare()
    #expect(
      message { _ = try load(file, side: 32) }.hasSuffix(
        "has volumes of 16 voxels on a side, and the model takes 32; prepare them again with --voxels 32, or choose a preset of that size"
      ))
    let bytes = try InputFile.contents(of: file)
    for count in [100, bytes.count / 2, bytes.count - 1] {
      try Data(bytes[..<count]).write(to: file)
      #expect(message { _ = try PreparedVolumes(contentsOf: file) }.contains("cut short"))
    }
    func changed(_ text: String, _ other: String) throws -> String {
      let place = try #require(Data(bytes).range(of: Data(text.utf8)))
      try Data(bytes[..<place.lowerBound] + Array(other.utf8) + bytes[place.upperBound...]).write(to: file)
      return message { _ = try PreparedVolumes(contentsOf: file) }
    }
    #expect(try changed("preparedVolumes\\\":1", "preparedVolumes\\\":2").contains("it is of version 2"))
    #expect(try changed("\\\"side\\\":16", "\\\"side\\\":17").contains("its volumes are no bytes [N, 615]"))
    #expect(try changed("\\\"side\\\":16", "\\\"side\\\":-6").contains("said to have -6 voxels"))
    #expect(try changed("\\\"chair\\\",\\\"desk\\\"", "\\\"cha\\\"           ").contains("is none of the 1 classes"))
  }
}
