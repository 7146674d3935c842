import Foundation
import TestSupport

/// A reader of something from outside, with good inputs to start from.
struct FuzzTarget {
  let name: String
  let corpus: [[UInt8]]
  /// Out of one of the corpus; takes parts of the other one.
  let mutate: (inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8]
  /// Reads an input as the program does. May throw whatever it likes, and may do nothing else that ends the program.
  let read: ([UInt8]) throws -> Void

  /// - Parameter mutate: How inputs are changed besides plain bytes, which every third is.
  init(
    _ name: String, corpus: [[UInt8]],
    mutate: @escaping (inout Mutator, _ input: [UInt8], _ other: [UInt8]) -> [UInt8], read: @escaping ([UInt8]) throws -> Void
  ) {
    (self.name, self.corpus, self.read) = (name, corpus, read)
    self.mutate = { mutator, input, other in
      mutator.happens(onceIn: 3) ? mutator.bytes(input, other: other) : mutate(&mutator, input, other)
    }
  }

  /// An input from its seed alone.
  func input(_ mutator: inout Mutator) -> [UInt8] {
    let input = mutator.pick(corpus), other = mutator.pick(corpus)
    return mutate(&mutator, input, other)
  }
}

/// Files of other tests, whose names end so, to start from.
func fixtures(_ folder: String, endingWith ending: String, atMost size: Int = 40_000) throws -> [[UInt8]] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: folder)
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }.sorted()
  return try names.map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }.filter { $0.count <= size }
}
