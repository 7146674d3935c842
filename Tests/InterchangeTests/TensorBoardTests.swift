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

  @Test func aFolderThatIsMissingIsAnError() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FileError.self) { try TensorBoardWriter(folder: folder("none")) }
    #expect(error?.description.hasSuffix("its folder does not exist") == true)
  }
}
