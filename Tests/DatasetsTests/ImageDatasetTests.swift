import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImageDatasetTests {
  @Test func deliversBytesAsFloatsFromZeroToOne() throws {
    let grey: Float = 128 / 255, expected: [Float] = [3 / 255, 0, grey, 1, 0, 0, grey, 1]
    #expect(try numbered(4).images(at: [3, 0]) == expected)
    #expect(try numbered(4).labels(at: [3, 0]) == [3, 0])
  }

  @Test func subsetsOfSubsetsKeepImagesAndLabelsTogether() throws {
    let subset = numbered(40).subset([30, 21, 12]).subset([2, 0])
    #expect(subset.count == 2)
    #expect(try numbers(subset.images(at: [0, 1])) == [12, 30])
    #expect(try subset.labels(at: [0, 1]) == [2, 0])
  }

  @Test func splitIsDisjointCompleteAndDependsOnTheSeedOnly() throws {
    let whole = numbered(50)
    func numbers(_ part: DatasetSubset) throws -> [Int] { DatasetsTests.numbers(try part.images(at: 0..<part.count)) }
    let (training, validation) = try whole.split(validationFraction: 0.2, seed: 1)
    #expect(training.count == 40)
    #expect(validation.count == 10)
    #expect(try (numbers(training) + numbers(validation)).sorted() == Array(0..<50))
    #expect(try numbers(whole.split(validationFraction: 0.2, seed: 1).validation) == numbers(validation))
    #expect(try numbers(whole.split(validationFraction: 0.2, seed: 2).validation) != numbers(validation))
  }

  @Test(arguments: [0, 1, -0.5, 2, .nan, .infinity, 0.001])
  func impossibleSplitsAreErrors(fraction: Double) {
    #expect(throws: DatasetError.self) { try numbered(50).split(validationFraction: fraction, seed: 0) }
  }

  @Test func aFingerprintIsOfTheContents() throws {
    let whole = numbered(50)
    #expect(whole.fingerprint == numbered(50).fingerprint && whole.fingerprint.count == 16)
    var others = [numbered(49).fingerprint, whole.subset([1, 0]).fingerprint, whole.subset([0, 1]).fingerprint]
    for byte in [0, 5, 199] {
      var pixels: [UInt8] = (0..<50).flatMap { [UInt8($0), 0, 128, 255] as [UInt8] }
      pixels[byte] ^= 1
      others.append(ImageDataset(pixels: pixels, imageShape: [2, 2, 1], labels: (0..<50).map { $0 % 10 }).fingerprint)
    }
    let unlabelled = ImageDataset(pixels: (0..<50).flatMap { [UInt8($0), 0, 128, 255] as [UInt8] }, imageShape: [2, 2, 1])
    others += [unlabelled.fingerprint, whole.fingerprint]
    #expect(Set(others).count == others.count)
  }

  @Test func countsThatDifferAreAnErrorNamingBothFiles() throws {
    let folder = try TemporaryFolder()
    let images = try IDXImages(contentsOf: folder.write(idx([5, 2, 2]), "images"))
    let labels = try IDXLabels(contentsOf: folder.write(idx([4]), "labels"))
    let error = #expect(throws: DatasetError.self) { try ImageDataset(images, labels: labels) }
    #expect(error?.description.contains("images holds 5 images but ") == true)
    #expect(error?.description.contains("labels 4 labels") == true)
  }

  @Test func labelsOutsideTheClassesAreAnError() throws {
    let folder = try TemporaryFolder()
    let images = try IDXImages(contentsOf: folder.write(idx([3, 2, 2]), "images"))
    let labels = try IDXLabels(contentsOf: folder.write(idx([3], contents: [0, 1, 2]), "labels"))
    let error = #expect(throws: DatasetError.self) { try ImageDataset(images, labels: labels, classNames: ["a", "b"]) }
    #expect(error == .damaged(path: labels.path, byte: 10, problem: "label 2 of image 2 is none of the 2 classes"))
  }
}
