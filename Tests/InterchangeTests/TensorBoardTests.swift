import Files
import Foundation
import Pictures
import TestSupport
import Testing

@testable import Interchange

@Suite struct TensorBoardTests {
  /// RFC 3720, B.4, and the check value of the CRC catalogues.
  @Test func checksumsAreThoseOfTheStandard() {
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc32c((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
    #expect(crc32c([]) == 0)
  }

  /// The bytes that `tf.io.TFRecordWriter` wrote for the record `hello` (TensorFlow 2.21.0).
  @Test func framingIsTensorFlows() {
    #expect(
      framedRecord(Array("hello".utf8)) == [
        0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xEA, 0xB2, 0x04, 0x3E, 0x68, 0x65, 0x6C,
        0x6C, 0x6F, 0xBB, 0x1F, 0x1C, 0x19,
      ])
  }

  /// The bytes of `Event(wall_time=1.5, step=300, summary=Summary(value=[Summary.Value(tag="loss",
  /// simple_value=0.25)]))`, as TensorFlow serializes them.
  @Test func messagesAreProtocolBuffers() {
    var event = ProtobufMessage()
    event.add(1, 1.5 as Double)
    event.add(2, 300)
    event.add(5) { summary in
      summary.add(1) { value in
        value.add(1, "loss")
        value.add(2, 0.25 as Float)
      }
    }
    #expect(
      event.bytes == [
        0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF8, 0x3F, 0x10, 0xAC, 0x02, 0x2A, 0x0D, 0x0A,
        0x0B, 0x0A, 0x04, 0x6C, 0x6F, 0x73, 0x73, 0x15, 0x00, 0x00, 0x80, 0x3E,
      ])
  }

  @Test func everyEventIsInTheFileAtOnce() throws {
    let folder = try TemporaryFolder()
    let writer = try TensorBoardWriter(folder: folder.url)
    let name = try #require(try folder.names.first)
    #expect(name.hasPrefix("events.out.tfevents."))
    func records() throws -> [[UInt8]] {
      var rest = try InputFile.contents(of: folder(name))[...]
      var records = [[UInt8]]()
      while !rest.isEmpty {
        let count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let contents = Array(rest.dropFirst(12).prefix(count))
        #expect(Array(rest.prefix(count + 16)) == framedRecord(contents))
        records.append(contents)
        rest = rest.dropFirst(count + 16)
      }
      return records
    }
    #expect(try records().count == 1)
    try writer.add(0.5, named: "training/loss", step: 3)
    #expect(try records().count == 2)
    let picture = Picture(width: 3, height: 2, channels: 1, filledWith: 7)
    try writer.add(picture, named: "samples", step: 3)
    let last = try #require(try records().last)
    let png = try picture.png()
    #expect(last.suffix(png.count) == png[...])
  }

  /// Steps of all whole events of the files in a folder, which follow each other without a gap.
  func steps(in folder: TemporaryFolder) throws -> [Int64] {
    try folder.names.flatMap { name in
      let file = try InputFile(folder(name))
      var steps = [Int64](), offset = 0
      while let event = try framedRecord(in: file, at: offset) {
        if let step = ProtobufMessage.number(2, in: event) { steps.append(step) }
        offset += event.count + 16
      }
      #expect(offset == file.size, "\(name) ends with \(file.size - offset) bytes that are no event")
      return steps
    }
  }

  /// What a run leaves that was killed while it wrote the event of step 7.
  func killedRun(_ folder: TemporaryFolder) throws {
    let writer = try TensorBoardWriter(folder: folder.url)
    for step in 1...6 {
      try writer.add(Float(step) / 2, named: "training/loss", step: step)
      if step % 2 == 0 {
        try writer.add(Picture(width: 3, height: 2, channels: 1, filledWith: 7), named: "samples", step: step)
      }
    }
    try writer.synchronize()
    let name = try #require(try folder.names.first)
    let file = try OutputFile(appendingTo: folder(name))
    try file.write(Array(framedRecord([1, 2, 3, 4, 5, 6, 7]).dropLast(3)))
  }

  @Test func aRunThatGoesOnShowsNoStepTwice() throws {
    let folder = try TemporaryFolder()
    try killedRun(folder)
    let names = try folder.names
    let writer = try TensorBoardWriter(folder: folder.url, continuingAfter: 4)
    #expect(writer.droppedCount == 4)
    #expect(try steps(in: folder) == [1, 2, 2, 3, 4, 4])
    for step in 5...8 { try writer.add(0.5, named: "training/loss", step: step) }
    #expect(try steps(in: folder) == [1, 2, 2, 3, 4, 4, 5, 6, 7, 8])
    #expect(try folder.names == names)
    let again = try TensorBoardWriter(folder: folder.url, continuingAfter: 8)
    #expect(again.droppedCount == 0)
    // What the last step has already need not be added again.
    #expect(again.holds("training/loss", step: 8) && !again.holds("samples", step: 8))
    #expect(!again.holds("training/loss", step: 7) && !again.holds("training/loss", step: 9))
  }

  @Test func filesOfSeveralProcessesAreAllCutBack() throws {
    let folder = try TemporaryFolder()
    for steps in [1...3, 3...5, 6...6] {
      let writer = try TensorBoardWriter(folder: folder.url)
      for step in steps { try writer.add(1, named: "loss", step: step) }
    }
    _ = try folder.write([], "events.out.tfevents.1.host.1.a.figment")
    _ = try folder.write([1, 2, 3], "events.out.tfevents.2.host.1.b")
    let foreign = try folder.names.count - 1
    _ = try TensorBoardWriter(folder: folder.url, continuingAfter: 3)
    #expect(try folder.names.count == foreign)  // the empty one is gone
    #expect(try InputFile.contents(of: folder("events.out.tfevents.2.host.1.b")) == [1, 2, 3])
    try FileManager.default.removeItem(at: folder("events.out.tfevents.2.host.1.b"))
    #expect(try steps(in: folder).sorted() == [1, 2, 3, 3])
    _ = try TensorBoardWriter(folder: folder.url, continuingAfter: 0)
    #expect(try steps(in: folder) == [])
  }

  /// However an event file is cut or changed, it can be continued, and is whole afterwards.
  @Test func noDamageKeepsARunFromGoingOn() throws {
    let folder = try TemporaryFolder()
    try killedRun(folder)
    let name = try folder.names[0]
    let whole = try InputFile.contents(of: folder(name))
    for index in whole.indices where index < 120 || index % 29 == 0 {
      var changed = whole
      changed[index] ^= 0x41
      for damaged in [changed, Array(whole[..<index])] {
        _ = try folder.write(damaged, name)
        try TensorBoardWriter(folder: folder.url, continuingAfter: 4).add(1, named: "loss", step: 5)
        let steps = try steps(in: folder)
        #expect(steps.last == 5)
        #expect(steps.dropLast().allSatisfy { $0 <= 4 })
      }
    }
  }

  @Test func stepsAreFoundInMessages() {
    #expect(ProtobufMessage.number(2, in: [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x10, 0xAC, 0x02]) == 300)
    #expect(ProtobufMessage.number(2, in: [0x10] + [UInt8](repeating: 0xFF, count: 9) + [1]) == -1)
    #expect(ProtobufMessage.contents(1, in: [0x10, 5, 0x0A, 2, 7, 8]) == [7, 8])
    #expect(ProtobufMessage.contents(1, in: [0x08, 5]) == nil && ProtobufMessage.number(1, in: [0x0A, 1, 5]) == nil)
    for wrong: [UInt8] in [[], [0x10], [0x10, 0x80], [0x0A, 0xFF], [0x0B], [UInt8](repeating: 0x80, count: 20)] {
      #expect(ProtobufMessage.number(2, in: wrong) == nil)
    }
    let longest: [UInt8] = [0x0A] + [UInt8](repeating: 0xFF, count: 9) + [1]
    #expect(ProtobufMessage.number(2, in: longest) == nil)
  }

  /// TensorBoard's own reader, from PyPI; `make setup-tensorboard` installs it.
  static let python = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent(".build/tensorboard/bin/python")
  static var hasTensorBoard: Bool { FileManager.default.isExecutableFile(atPath: python.path) }

  @Test(.enabled(if: TensorBoardTests.hasTensorBoard, "`make setup-tensorboard` could not install TensorBoard"))
  func tensorBoardShowsEveryStepOnce() throws {
    let folder = try TemporaryFolder()
    try killedRun(folder)
    let writer = try TensorBoardWriter(folder: folder.url, continuingAfter: 4)
    for step in 5...8 { try writer.add(Float(step) / 2, named: "training/loss", step: step) }
    try writer.add(Picture(width: 3, height: 2, channels: 1, filledWith: 7), named: "samples", step: 6)
    for rate in [0.1, 2e-4] {
      try TensorBoardWriter.writeHyperparameters(
        [
          "rate": .number(rate), "filters": .array([.number(3), .number(4)]), "normalizes": .bool(false),
          "objective": .object(["loss": .string("hinge"), "penalty": .null]),
        ], folder: folder.url)
    }

    let process = Process(), output = Pipe()
    // By way of `env`: the environment's program is a link, which `Process` would follow out of it.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [Self.python.path, fixture("shown_by_tensorboard.py").path, folder.url.path]
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    struct Shown: Codable, Equatable {
      var scalars: [[Float]], images: [Int], plugin: [Int], hyperparameters: [String: JSONValue]
    }
    #expect(
      try JSONDecoder().decode(Shown.self, from: text)
        == Shown(
          scalars: (1...8).map { [Float($0), Float($0) / 2] }, images: [2, 4, 6], plugin: Array(1...8),
          hyperparameters: [
            "rate": .number(2e-4), "filters": .string("[3,4]"), "normalizes": .bool(false), "objective.loss": .string("hinge"),
          ]))
  }

  @Test func aFolderThatIsMissingIsAnError() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FileError.self) { try TensorBoardWriter(folder: folder("none")) }
    #expect(error?.description.hasSuffix("its folder does not exist") == true)
  }
}
