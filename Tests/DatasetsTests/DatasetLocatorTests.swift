import Files
import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct DatasetLocatorTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  var locator: DatasetLocator {
    DatasetLocator(
      environment: ["FIGMENT_DATA_DIR": folder.url.path + "/mine", "HOME": folder.url.path + "/home"],
      systemFolder: folder.url.appendingPathComponent("system"),
      gamesFolder: folder.url.appendingPathComponent("games"))
  }

  func install(_ place: String, images: Int = 6, separator: String = "-", suffix: String = "") throws {
    for (part, count) in [("train", images), ("t10k", 2)] {
      for (content, bytes) in [
        ("images\(separator)idx3", idx([count, 2, 2])), ("labels\(separator)idx1", idx([count])),
      ] {
        _ = try folder.write(suffix == ".gz" ? gzip(bytes) : bytes, "\(place)/\(part)-\(content)-ubyte\(suffix)")
      }
    }
  }

  @Test func searchesTheUsersPlacesBeforeTheSystems() throws {
    for (images, place) in ["system/fashion-mnist", "home/.cache/figment/fashion-mnist", "mine/fashion-mnist"]
      .enumerated()
    {
      try install(place, images: images + 3)
      let found = try locator.load("fashion-mnist")
      #expect(found.training.count == images + 3)
      #expect(found.validation?.count == 2)
      #expect(found.training.field("label")?.classNames?[9] == "Ankle boot")
    }
  }

  @Test(arguments: ["-", "."], ["", ".gz"])
  func readsFoldersInAllSpellings(separator: String, suffix: String) throws {
    try install("data", separator: separator, suffix: suffix)
    let found = try locator.load(folder.url.path + "/data")
    #expect(found.training.count == 6)
    #expect(found.training.field("label") != nil)
    #expect(found.validation?.count == 2)
  }

  @Test func trainingImagesAloneAreEnoughInAFolder() throws {
    _ = try folder.write(idx([3, 2, 2]), "data/train-images-idx3-ubyte")
    let found = try locator.load(folder.url.path + "/data")
    #expect(found.validation == nil)
    #expect(found.training.field("label") == nil)
  }

  func message(_ name: String) -> String {
    do {
      _ = try locator.load(name)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func whatIsMissingIsSaidWithTheRemedy() throws {
    #expect(message("fashion-mnist").hasSuffix("install it with `apt-get install dataset-fashion-mnist`"))
    #expect(message("mnist").contains("t10k-labels-idx1-ubyte.gz"))
    #expect(message("mnist").contains("/mine/mnist or "))
    #expect(message("fashon-mnist").hasSuffix("did you mean “fashion-mnist”?"))
    #expect(
      message("cifar").hasSuffix(
        "give one of fashion-mnist, mnist, sprites, faces, photographs, furniture, shapes or a folder of pictures, shapes or IDX files"
      ))
    #expect(message("./nowhere") == "cannot open ./nowhere: there is no such folder or file")
    try createFolder(folder.url.appendingPathComponent("empty"))
    #expect(message(folder.url.path + "/empty").contains("empty holds no files; give a folder of pictures"))
    let file = try folder.write([0], "file")
    #expect(message(file.path).contains("it is a file, and none that 'figment data prepare' made; give a folder"))
  }

  @Test func halfANamedDataSetIsAnErrorNamingTheFile() throws {
    try install("mine/mnist")
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("mine/mnist/t10k-labels-idx1-ubyte"))
    #expect(message("mnist").contains("mine/mnist: t10k-labels-idx1-ubyte is missing"))
  }

  @Test func partsOfDifferentSizesAreAnError() throws {
    _ = try folder.write(idx([3, 2, 2]), "data/train-images-idx3-ubyte")
    _ = try folder.write(idx([3, 4, 2]), "data/t10k-images-idx3-ubyte")
    #expect(message(folder.url.path + "/data").contains("its images are [4, 2, 1], those for training [2, 2, 1]"))
  }

  /// The real thing, as Debian ships it.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")))
  func readsFashionMNIST() throws {
    let found = try DatasetLocator().load("fashion-mnist")
    #expect(found.training.count == 60_000)
    #expect(found.validation?.count == 10_000)
    #expect(found.training.field("image")?.shape == [28, 28, 1])
    #expect(try found.training.labels(at: 0..<5) == [9, 0, 0, 3, 0])
    // The mean that everyone normalizes Fashion-MNIST by.
    let sum = try (0..<60).reduce(0.0) { sum, block in
      try sum + found.training.images(at: block * 1000..<(block + 1) * 1000).reduce(0.0) { $0 + Double($1) }
    }
    #expect(abs(sum / (60_000 * 784) - 0.2860) < 1e-4)
  }
}
