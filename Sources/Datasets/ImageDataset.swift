import Backends
import Files
import Foundation

/// Images of one size in memory, with labels if they have any. Copies and subsets share the pixels.
public struct ImageDataset: Sendable {
  /// The extents of one image, channels last: [height, width, channels], or with a depth in front.
  public let imageShape: Shape
  /// Names of the labels 0, 1, …
  public let classNames: [String]?

  private let pixels: [UInt8]
  private let allLabels: [Int]?
  /// Which of the stored images belong to this set, in order; nil for all of them.
  private let selection: [Int]?

  public var count: Int { selection?.count ?? pixels.count / imageShape.count }
  public var hasLabels: Bool { allLabels != nil }

  /// - Precondition: `pixels.count` is `imageShape.count` an image, `labels` one an image.
  public init(pixels: [UInt8], imageShape: Shape, labels: [Int]? = nil, classNames: [String]? = nil) {
    precondition(imageShape.count > 0, "an image has at least one pixel: \(imageShape)")
    precondition(
      pixels.count % imageShape.count == 0, "\(pixels.count) pixels are no whole number of images \(imageShape)")
    precondition(
      labels == nil || labels!.count == pixels.count / imageShape.count,
      "\(labels?.count ?? 0) labels for \(pixels.count / imageShape.count) images")
    (self.pixels, self.imageShape, self.allLabels) = (pixels, imageShape, labels)
    self.classNames = classNames
    selection = nil
  }

  /// An image file and its label file, which must agree in number.
  public init(_ images: IDXImages, labels: IDXLabels? = nil, classNames: [String]? = nil) throws {
    if let labels {
      guard labels.count == images.count else {
        throw DatasetError.countsDiffer(
          images: images.count, imagesPath: images.path, labels: labels.count, labelsPath: labels.path)
      }
      if let classNames, let index = labels.values.firstIndex(where: { $0 >= classNames.count }) {
        throw DatasetError.damaged(
          path: labels.path, byte: 8 + index,
          problem: "label \(labels.values[index]) of image \(index) is none of the \(classNames.count) classes")
      }
    }
    self.init(
      pixels: images.pixels, imageShape: images.imageShape, labels: labels?.values.map(Int.init),
      classNames: classNames)
  }

  private init(_ base: ImageDataset, selection: [Int]) {
    (pixels, imageShape, allLabels) = (base.pixels, base.imageShape, base.allLabels)
    classNames = base.classNames
    self.selection = selection
  }

  // MARK: Contents

  public func label(at index: Int) -> Int? {
    precondition(index >= 0 && index < count, "image \(index) of \(count)")
    return allLabels?[selection?[index] ?? index]
  }

  /// The images `indices` as floats in [0, 1] (a byte divided by 255), one after the other.
  public func images(at indices: some Collection<Int>) -> [Float] {
    let size = imageShape.count, count = count
    return [Float](unsafeUninitializedCapacity: indices.count * size) { buffer, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        var out = buffer.baseAddress!
        for index in indices {
          precondition(index >= 0 && index < count, "image \(index) of \(count)")
          let source = pixels.baseAddress! + (selection?[index] ?? index) * size
          for i in 0..<size { out[i] = Float(source[i]) / 255 }
          out += size
        }
      }
      initialized = indices.count * size
    }
  }

  public func labels(at indices: some Collection<Int>) -> [Int]? {
    hasLabels ? indices.map { label(at: $0)! } : nil
  }

  // MARK: Parts

  public func subset(_ indices: some Collection<Int>) -> ImageDataset {
    let count = count
    return ImageDataset(
      self,
      selection: indices.map { index in
        precondition(index >= 0 && index < count, "image \(index) of \(count)")
        return selection?[index] ?? index
      })
  }

  /// Sets a share aside, chosen at random by `seed` alone. Both parts keep the order of the whole.
  public func split(validationFraction fraction: Double, seed: UInt64) throws -> (
    training: ImageDataset, validation: ImageDataset
  ) {
    let share = fraction > 0 && fraction < 1 ? Int((Double(count) * fraction).rounded()) : 0
    guard share > 0, share < count else {
      throw DatasetError.impossibleSplit(fraction: fraction, count: count)
    }
    let order = shuffledIndices(count: count, seed: seed, epoch: 0, purpose: .split)
    return (subset(order[share...].sorted()), subset(order[..<share].sorted()))
  }
}
