import Faces
import Foundation
import Pictures
import TestSupport
import Testing

@testable import Datasets

@Suite struct DrawnFacesTests {
  @Test func theyAreFoundByNameWithGroupsOfAge() throws {
    let found = try DatasetLocator(environment: [:]).load("faces")
    #expect(found.training.count == 10_000 && found.validation?.count == 1_000)
    #expect(found.training.field("image")?.shape == [64, 64, 3])
    #expect(found.training.field("label")?.classNames == ["0-18", "19-29", "30-39", "40-49", "50-59", "60+"])
    #expect(found.training.fingerprint != found.validation?.fingerprint)
    let faces = FaceCollection(seed: 1), indices = [0, 7, 9_999]
    #expect(try found.training.labels(at: indices) == indices.map { faces[$0].ageGroup.rawValue })
    let images = try found.training.images(at: indices)
    let drawn: [Float] = indices.flatMap { index in faces[index].drawn().pixels.map { Float($0) / 255 } }
    #expect(images == drawn)
    #expect(images.allSatisfy { (0...1).contains($0) })
  }

  /// Batches that threads draw ahead are those that are drawn one by one.
  @Test func threadsChangeNothing() throws {
    let ahead = try DrawnFaces(FaceCollection(seed: 2), count: 60), later = try DrawnFaces(FaceCollection(seed: 2), count: 60)
    ahead.anticipate(Array(0..<60))
    #expect(try ahead.images(at: 0..<60) == later.images(at: 0..<60))
    #expect(ahead.fingerprint == later.fingerprint)
    #expect(try ahead.fingerprint != DrawnFaces(FaceCollection(seed: 3), count: 60).fingerprint)
    #expect(try ahead.fingerprint != DrawnFaces(FaceCollection(seed: 2), count: 61).fingerprint)
  }

  @Test func theyComeInOtherShapes() throws {
    for shape in [[28, 28, 1], [8, 8, 3], [48, 32, 3]] {
      let found = try DatasetLocator(environment: [:]).load("faces", imageShape: shape)
      #expect(try found.training.images(at: [0]).count == shape.reduce(1, *))
    }
    let moved = try DrawnFaces(
      FaceCollection(seed: 1), count: 2, imageShape: [32, 32, 3], settings: .init(crop: .random, flip: true))
    #expect(try moved.images(at: [0, 1]).count == 2 * 32 * 32 * 3)
    #expect(throws: DatasetError.self) { try DatasetLocator(environment: [:]).load("faces", imageShape: [2048, 2048, 3]) }
    #expect(throws: DatasetError.self) { try DatasetLocator(environment: [:]).load("faces", imageShape: [64, 64, 2]) }
  }
}
