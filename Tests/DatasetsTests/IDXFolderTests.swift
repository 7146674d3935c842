import Files
import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct IDXFolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func load(_ name: String = "") throws -> DatasetSplit {
    try IDXFolder(folder.url.appendingPathComponent(name, isDirectory: true)).load(classNames: nil)
  }

  @Test(
    arguments: [
      ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
      ["train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
      ["TRAIN-IMAGES-IDX3-UBYTE", "TRAIN-LABELS-IDX1-UBYTE", "T10K-IMAGES-IDX3-UBYTE", "T10K-LABELS-IDX1-UBYTE"],
      ["train-images.idx3", "train-labels.idx1", "test-images.idx3", "test-labels.idx1"],
      ["train-images.idx", "train-labels.idx", "test-images.idx", "test-labels.idx"],
      ["train_images-idx3-ubyte.idx", "train_labels-idx1-ubyte.idx", "t10k_images-ubyte", "t10k_labels-ubyte"],
    ], ["", ".gz", ".GZ"])
  func readsAllSpellings(names: [String], suffix: String) throws {
    for (name, dimensions) in zip(names, [[6, 2, 2], [6], [3, 2, 2], [3]]) {
      _ = try folder.write(suffix.isEmpty ? idx(dimensions) : gzip(idx(dimensions)), name + suffix)
    }
    for name in ["train-images.png", "train-images-idx3-ubyte.part", "train-images-idx1-ubyte", "my-train-images.idx"] {
      _ = try folder.write([1], name)
    }
    let found = try load()
    #expect(found.training.count == 6)
    #expect(found.training.field("label") != nil)
    #expect(found.validation?.count == 3)
    #expect(found.validation?.field("label") != nil)
  }

  @Test(arguments: ["raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw"])
  func findsWhereTorchvisionPutFiles(place: String) throws {
    _ = try folder.write(idx([4, 2, 2]), "data/\(place)/train-images-idx3-ubyte")
    #expect(try load("data").training.count == 4)
  }

  @Test func aPlainFileComesBeforeACompressedOne() throws {
    _ = try folder.write(idx([4, 2, 2]), "train-images-idx3-ubyte")
    _ = try folder.write([1], "train-images-idx3-ubyte.gz")
    _ = try folder.write([1], "train-images.idx3-ubyte")
    #expect(try load().training.count == 4)
  }

  @Test func twoDataSetsBelowOneFolderAreAnErrorThatNamesThem() throws {
    for name in ["MNIST", "FashionMNIST"] { _ = try folder.write(idx([4, 2, 2]), "data/\(name)/raw/train-images-idx3-ubyte") }
    let error = #expect(throws: DatasetError.self) { try load("data") }
    #expect(error?.description.contains("data holds several data sets; give one of ") == true)
    #expect(error?.description.contains("/data/FashionMNIST/raw") == true)
  }
}
