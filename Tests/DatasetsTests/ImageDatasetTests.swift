import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct ImageDatasetTests {
  @Test func deliversBytesAsFloatsFromZeroToOne() {
    let grey: Float = 128 / 255, expected: [Float] = [3 / 255, 0, grey, 1, 0, 0, grey, 1]
    #expect(numbered(4).images(at: [3, 0]) == expected)
    #expect(numbered(4).labels(at: [3, 0]) == [3, 0])
  }

  @Test func subsetsOfSubsetsKeepImagesAndLabelsTogether() {
    let subset = numbered(40).subset([30, 21, 12]).subset([2, 0])
    #expect(subset.count == 2)
    #expect(numbers(subset.images(at: [0, 1])) == [12, 30])
    #expect(subset.labels(at: [0, 1]) == [2, 0])
  }

  @Test func splitIsDisjointCompleteAndDependsOnTheSeedOnly() throws {
    let whole = numbered(50)
    func numbers(_ part: ImageDataset) -> [Int] { DatasetsTests.numbers(part.images(at: 0..<part.count)) }
    let (training, validation) = try whole.split(validationFraction: 0.2, seed: 1)
    #expect(training.count == 40)
    #expect(validation.count == 10)
    #expect((numbers(training) + numbers(validation)).sorted() == Array(0..<50))
    #expect(numbers(try whole.split(validationFraction: 0.2, seed: 1).validation) == numbers(validation))
    #expect(numbers(try whole.split(validationFraction: 0.2, seed: 2).validation) != numbers(validation))
  }

  @Test(arguments: [0, 1, -0.5, 2, .nan, .infinity, 0.001])
  func impossibleSplitsAreErrors(fraction: Double) {
    #expect(throws: DatasetError.self) { try numbered(50).split(validationFraction: fraction, seed: 0) }
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
