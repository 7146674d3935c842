import Datasets
import Foundation
import TestSupport

@testable import Interchange

/// Files of other programs: arrays, images, events.
struct FileTargets {
  let folder: TemporaryFolder

  func all() throws -> [FuzzTarget] { [try safetensors(), try arrays(), try images(), try gzip(), try events()] }

  private func safetensors() throws -> FuzzTarget {
    let corpus =
      try fixtures("InterchangeTests/Fixtures", endingWith: ".safetensors")
      + fixtures("Fixtures", endingWith: ".safetensors")
    return FuzzTarget("safetensors", corpus: corpus, mutate: Self.changingHeader) { bytes in
      let file = try SafetensorsFile(contentsOf: folder.write(bytes, "file.safetensors"))
      for name in file.names {
        _ = try? file.floatingPointValues(name)
        _ = try file.floats(name)
      }
    }
  }

  /// Changes the JSON at the start, and mostly the number of its bytes with it.
  static func changingHeader(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
    let (header, data) = parts(of: input)
    let changed = mutator.json(header, other: parts(of: other).header)
    return file(mutator.happens(onceIn: 8) ? header.count : changed.count, changed, data)
  }

  static func parts(of file: [UInt8]) -> (header: [UInt8], data: [UInt8]) {
    let count = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    return (Array(file[8..<8 + count]), Array(file[(8 + count)...]))
  }

  static func file(_ count: Int, _ header: [UInt8], _ data: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(count).littleEndian) { Array($0) } + header + data
  }

  private func arrays() throws -> FuzzTarget {
    let corpus = try fixtures("InterchangeTests/Fixtures", endingWith: ".npy")
    // The header is Python, which is as JSON with other words.
    func changingHeader(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
      let start = input[6] == 1 ? 10 : 12
      let end = start + input[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
      func swapped(_ text: ArraySlice<UInt8>, _ from: String, _ to: String) -> [UInt8] {
        text.map { byte in from.utf8.firstIndex(of: byte).map { to.utf8[$0] } ?? byte }
      }
      let json = mutator.json(swapped(input[start..<end], "'()", "\"[]"), other: Array(#"{"shape": [3, 4], "descr": "<f8"}"#.utf8))
      let header = swapped(json[...], "\"[]", "'()")
      let count = withUnsafeBytes(of: UInt32(header.count).littleEndian) { Array($0) }.prefix(start - 8)
      return input[..<8] + count + header + input[end...]
    }
    return FuzzTarget("npy", corpus: corpus, mutate: changingHeader) { bytes in
      _ = try NPYArray(contentsOf: folder.write(bytes, "array.npy"))
    }
  }

  private func readIDX(_ bytes: [UInt8]) throws {
    let file = try folder.write(bytes, "file.idx")
    if (try? IDXLabels(contentsOf: file)) != nil { return }
    _ = try ImageDataset(IDXImages(contentsOf: file)).batch(0..<1, of: [Field("image", shape: [4, 3, 1], range: 0...1)])
  }

  private func images() throws -> FuzzTarget {
    FuzzTarget("IDX", corpus: try fixtures("DatasetsTests/Fixtures", endingWith: ".idx")) { mutator, input, other in
      // The extents, four bytes each.
      var changed = input
      let rank = min(Int(input[3]), (input.count - 4) / 4)
      for _ in 0...mutator.below(2) where rank > 0 {
        changed[4 + 4 * mutator.below(rank) + mutator.below(4)] = mutator.pick([0, 1, 2, 0x7F, 0x80, 0xFF])
      }
      return mutator.happens(onceIn: 4) ? mutator.bytes(changed, other: other) : changed
    } read: {
      try readIDX($0)
    }
  }

  private func gzip() throws -> FuzzTarget {
    FuzzTarget("gzip", corpus: try fixtures("DatasetsTests/Fixtures", endingWith: ".gz")) { mutator, input, other in
      mutator.happens(onceIn: 2) ? input + mutator.bytes(other, other: input) : mutator.bytes(input, other: other)
    } read: {
      try readIDX($0)
    }
  }

  /// Events that a run goes on with, as a crash or a disk left them.
  private func events() throws -> FuzzTarget {
    let source = try TemporaryFolder()
    let writer = try TensorBoardWriter(folder: source.url)
    for step in 1...6 { try writer.add(Float(step), named: "training/loss", step: step) }
    let written = [UInt8](try Data(contentsOf: source(source.names[0])))
    func changingRecord(_ mutator: inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
      // Records in their frames, one of which gets other contents under a good checksum.
      var records = [[UInt8]](), rest = input[...]
      while rest.count >= 16, let count = rest.prefix(8).last == 0 ? Int(rest[rest.startIndex]) : nil, rest.count >= count + 16 {
        records.append(Array(rest.dropFirst(12).prefix(count)))
        rest = rest.dropFirst(count + 16)
      }
      guard !records.isEmpty else { return input }
      let place = mutator.below(records.count)
      records[place] = mutator.bytes(records[place], other: mutator.pick(records))
      return records.flatMap { framedRecord($0) }
    }
    return FuzzTarget("events", corpus: [written], mutate: changingRecord) { bytes in
      let name = "run/events.out.tfevents.1.host.1.a.figment"
      _ = try folder.write(bytes, name)
      let writer = try TensorBoardWriter(folder: folder("run"), continuingAfter: 4)
      try writer.add(1, named: "training/loss", step: 5)
    }
  }
}

extension String.UTF8View {
  fileprivate func firstIndex(of byte: UInt8) -> Int? { enumerated().first { $1 == byte }?.offset }
  fileprivate subscript(place: Int) -> UInt8 { Array(self)[place] }
}
