import Backends

/// Images of one size in memory, with labels if they have any: the fields `image`, in [0, 1], and `label`. Copies share
/// the pixels.
public struct ImageDataset: Dataset {
  /// The extents of one image, channels last: [height, width, channels], or with a depth in front.
  public let imageShape: Shape
  public let fields: [Field]
  public let fingerprint: String

  private let pixels: [UInt8]
  private let labels: [Int]?

  public var count: Int { pixels.count / imageShape.count }

  /// - Parameters:
  ///   - pixels: All pixels, an image after the other, channels last, 0 for black and 255 for white.
  ///   - imageShape: Of one image: `[height, width, channels]`, or with a depth in front.
  ///   - labels: A class number for each image; without them the samples have the field `image` alone.
  ///   - classNames: What the class numbers 0, 1, … stand for.
  /// - Precondition: `pixels.count` is `imageShape.count` an image, `labels` one an image.
  public init(pixels: [UInt8], imageShape: Shape, labels: [Int]? = nil, classNames: [String]? = nil) {
    precondition(imageShape.count > 0, "an image has at least one pixel: \(imageShape)")
    precondition(
      pixels.count % imageShape.count == 0, "\(pixels.count) pixels are no whole number of images \(imageShape)")
    precondition(
      labels == nil || labels!.count == pixels.count / imageShape.count,
      "\(labels?.count ?? 0) labels for \(pixels.count / imageShape.count) images")
    (self.pixels, self.imageShape, self.labels) = (pixels, imageShape, labels)
    fields =
      [Field("image", shape: imageShape.dimensions, range: 0...1)]
      + (labels == nil ? [] : [Field("label", shape: [], classNames: classNames)])
    var print = Fingerprint()
    print.add("\(imageShape)")
    pixels.withUnsafeBytes { print.add($0) }
    labels?.withUnsafeBytes { print.add($0) }
    fingerprint = print.text
  }

  /// An image file and its label file, which must agree in number.
  ///
  /// - Throws: ``DatasetError`` if there are not as many labels as images, or if a label is none of `classNames`.
  public init(_ images: IDXImages, labels: IDXLabels? = nil, classNames: [String]? = nil) throws {
    if let labels {
      guard labels.count == images.count else {
        throw DatasetError.countsDiffer(
          images: images.count, imagesPath: images.path, labels: labels.count, labelsPath: labels.path)
      }
      if let classNames, let index = labels.values.firstIndex(where: { $0 >= classNames.count }) {
        throw DatasetError.damaged(
          path: labels.path, byte: 8 + index * labels.elementSize,
          problem: "label \(labels.values[index]) of image \(index) is none of the \(classNames.count) classes")
      }
    }
    self.init(
      pixels: images.pixels, imageShape: images.imageShape, labels: labels?.values.map(Int.init),
      classNames: classNames)
  }

  /// The image, a byte divided by 255, and its label.
  public func sample(_ index: Int, _: inout RandomWords) -> [HostArray] {
    let size = imageShape.count
    precondition(index >= 0 && index < count, "image \(index) of \(count)")
    let image = [Float](unsafeUninitializedCapacity: size) { buffer, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        let source = pixels.baseAddress! + index * size
        for i in 0..<size { buffer[i] = Float(source[i]) / 255 }
      }
      initialized = size
    }
    let array = HostArray(image, shape: imageShape.dimensions)
    return labels.map { [array, HostArray([Float($0[index])], shape: [])] } ?? [array]
  }
}
