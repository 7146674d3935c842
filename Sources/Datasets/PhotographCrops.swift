import Backends
import Files
import Foundation
import Pictures

/// Crops of photographs of any size, each with its reduction: the fields `small`, `[height, width, 3]`, and `large`, `scale` times
/// that, both in [0, 1].
///
/// Every picture comes as often in an epoch as separate crops fit into it. Where they lie, and how they are mirrored and turned, is
/// drawn anew each time. Pictures are decoded ahead of the training loop and kept, as bytes, up to a bound. Grey ones become
/// color, transparent ones lie on white.
public final class PhotographCrops: Dataset {
  /// What the crops are for.
  private enum Purpose {
    /// Places at random; mirrored and turned if `flips`.
    case training(flips: Bool)
    /// The same places each time, as the picture is.
    case validation
  }

  /// The extents of the crops.
  public let shape: CropShape
  public let fields: [Field]
  public let fingerprint: String
  public let count: Int
  private let photographs: DecodedPhotographs
  private let filter: ResizeFilter
  private let purpose: Purpose
  /// Places in the listing, and where the crops of each begin.
  private let places: [Int]
  private let starts: [Int]

  /// In bytes: a quarter of the machine's memory, and no less than for smaller pictures.
  public static let usualBound = max(PictureFolder.usualBound, Int(ProcessInfo.processInfo.physicalMemory / 4))

  private init(
    _ photographs: DecodedPhotographs, _ places: [Int], _ shape: CropShape, by filter: ResizeFilter, for purpose: Purpose
  ) {
    (self.photographs, self.places, self.shape) = (photographs, places, shape)
    (self.filter, self.purpose) = (filter, purpose)
    fields = shape.fields
    var starts = [Int](), count = 0, print = Fingerprint()
    for place in places {
      let file = photographs.listing.files[place]
      starts.append(count)
      switch purpose {
      case .training: count += (file.height / shape.largeHeight) * (file.width / shape.largeWidth)
      case .validation: count += FixedPlaces(file, shape).count
      }
      print.add("\(file.identity) \(file.width)×\(file.height)")
    }
    print.add("\(shape) \(filter) \(purpose)")
    (self.starts, self.count, fingerprint) = (starts, count, print.text)
  }

  /// Crops of the pictures of a listing to learn from, and of others of them to validate with.
  ///
  /// - Parameters:
  ///   - shape: The extents of the crops. Pictures into which the large one does not fit are left out.
  ///   - filter: How the small crops are made of the large ones.
  ///   - flips: Whether crops to learn from are mirrored and turned: by quarters if they are square, else by halves.
  ///   - fraction: The share of whole pictures that is held out for validation, at least one: every so manieth by name.
  ///   - bound: How many bytes of decoded pictures are kept in memory.
  ///   - notice: Told, a line each, of pictures that are left out.
  /// - Throws: ``DatasetError/tooFewPhotographs(folder:usable:tooSmall:shape:)`` if there are not two of them.
  public static func split(
    _ listing: PictureListing, shape: CropShape, by filter: ResizeFilter = .bicubic, flips: Bool = true,
    validationFraction fraction: Double = 0.1, bound: Int = usualBound,
    notice: @escaping @Sendable (String) -> Void = { StandardError.write($0 + "\n") }
  ) throws -> DatasetSplit {
    let files = listing.files
    let usable = files.indices.filter { files[$0].width >= shape.largeWidth && files[$0].height >= shape.largeHeight }
    let tooSmall = files.filter { $0.width < shape.largeWidth || $0.height < shape.largeHeight }.map(\.name)
    guard usable.count > 1 else {
      throw DatasetError.tooFewPhotographs(
        folder: listing.folder.path, usable: usable.count, tooSmall: tooSmall, shape: [shape.largeHeight, shape.largeWidth])
    }
    let photographs = DecodedPhotographs(listing, bound: bound, notice: notice)
    if !tooSmall.isEmpty {
      let names = tooSmall.prefix(3).joined(separator: ", ") + (tooSmall.count > 3 ? ", …" : "")
      notice(
        "\(tooSmall.count) of \(files.count) pictures \(tooSmall.count == 1 ? "is" : "are") left out, being smaller than a crop of "
          + "\(shape.largeWidth)×\(shape.largeHeight) pixels: \(names)")
    }
    let bytes = usable.reduce(0) { $0 + 3 * files[$1].width * files[$1].height }
    if bytes > bound {
      notice(
        "the pictures take \(bytes / 1_000_000) MB of memory, of which \(bound / 1_000_000) MB are used: the others are decoded again "
          + "for each crop, which is slow; smaller or fewer pictures are faster")
    }
    let heldOutCount = min(max(1, Int((Double(usable.count) * fraction).rounded())), usable.count - 1)
    let heldOut = (0..<heldOutCount).map { usable[(2 * $0 + 1) * usable.count / (2 * heldOutCount)] }
    return DatasetSplit(
      training: PhotographCrops(
        photographs, usable.filter { !heldOut.contains($0) }, shape, by: filter, for: .training(flips: flips)),
      validation: PhotographCrops(photographs, heldOut, shape, by: filter, for: .validation))
  }

  /// The names of the pictures that the crops are taken from.
  public var names: [String] { places.map { photographs.listing.files[$0].name } }

  public func anticipate(_ indices: [Int]) {
    var wanted = [Int]()
    for index in indices {
      let place = places[picture(of: index)]
      if !wanted.contains(place) { wanted.append(place) }
    }
    photographs.anticipate(wanted)
  }

  /// A crop of the picture that `index` belongs to, or of the next one that can be read.
  public func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    let first = picture(of: index)
    for offset in places.indices {
      let number = (first + offset) % places.count, file = photographs.listing.files[places[number]]
      guard let pixels = photographs.pixels(places[number]) else { continue }
      var top = 0, left = 0, way = 0
      switch purpose {
      case .training(let flips):
        top = draw.next(below: file.height - shape.largeHeight + 1)
        left = draw.next(below: file.width - shape.largeWidth + 1)
        way = flips ? draw.next(below: shape.height == shape.width ? 8 : 4) : 0
      case .validation:
        let fixed = FixedPlaces(file, shape)
        (top, left) = fixed.place((index - starts[first]) % fixed.count)
      }
      let large = crop(pixels, of: file, top: top, left: left).laid(way)
      let small = large.resized(width: shape.width, height: shape.height, by: filter)
      return [Self.array(small), Self.array(large)]
    }
    throw DatasetError.noPictures(
      folder: photographs.listing.folder.path, files: places.count, unreadable: photographs.leftOut.all)
  }

  private func picture(of index: Int) -> Int {
    precondition(index >= 0 && index < count, "crop \(index) of \(count)")
    // The last picture that begins at `index` or before it.
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return low
  }

  private func crop(_ pixels: [UInt8], of file: PictureListing.File, top: Int, left: Int) -> Picture {
    let channels = pixels.count / (file.width * file.height), rowCount = shape.largeWidth * channels
    let cropped = [UInt8](unsafeUninitializedCapacity: shape.largeHeight * rowCount) { output, count in
      pixels.withUnsafeBufferPointer { input in
        for row in 0..<shape.largeHeight {
          let source = ((top + row) * file.width + left) * channels
          (output.baseAddress! + row * rowCount).initialize(from: input.baseAddress! + source, count: rowCount)
        }
      }
      count = shape.largeHeight * rowCount
    }
    return Picture(width: shape.largeWidth, height: shape.largeHeight, channels: channels, pixels: cropped)
      .converted(toChannels: 3)
  }

  private static func array(_ picture: Picture) -> HostArray {
    HostArray(picture.pixels.map { Float($0) / 255 }, shape: [picture.height, picture.width, picture.channels])
  }
}

/// Where the crops for validation lie in a picture: at most 32, in even rows and columns, so that they do not overlap.
private struct FixedPlaces {
  private static let most = 32
  private let columns: Int
  private let rows: Int
  private let file: PictureListing.File
  private let shape: CropShape

  init(_ file: PictureListing.File, _ shape: CropShape) {
    (self.file, self.shape) = (file, shape)
    let fitting = file.width / shape.largeWidth
    columns = min(fitting, max(1, Int((Double(Self.most * file.width) / Double(file.height)).squareRoot())), Self.most)
    rows = min(file.height / shape.largeHeight, Self.most / columns)
  }

  var count: Int { columns * rows }

  func place(_ number: Int) -> (top: Int, left: Int) {
    let (row, column) = (number / columns, number % columns)
    return (
      (2 * row + 1) * file.height / (2 * rows) - shape.largeHeight / 2,
      (2 * column + 1) * file.width / (2 * columns) - shape.largeWidth / 2
    )
  }
}

/// The pictures of a listing as they are, decoded once as far as memory is given to them.
private final class DecodedPhotographs: Sendable {
  let listing: PictureListing
  let leftOut: LeftOutPictures
  private let cache: PictureCache

  init(_ listing: PictureListing, bound: Int, notice: @escaping @Sendable (String) -> Void) {
    self.listing = listing
    leftOut = LeftOutPictures(of: listing, notice: notice)
    // Of pictures that do not stay few are decoded ahead: a large one takes as much memory as a thousand crops.
    cache = PictureCache(bound: bound, ahead: 2 * ProcessInfo.processInfo.activeProcessorCount) {
      // At the size that it is listed with, which may be a smaller one.
      let file = listing.files[$0], picture = try Picture(contentsOf: file.url)
      return picture.resized(width: file.width, height: file.height, by: .bicubic).pixels
    }
  }

  func anticipate(_ places: [Int]) { cache.anticipate(places) }

  /// Nil of a picture that cannot be decoded, which is told.
  func pixels(_ place: Int) -> [UInt8]? {
    do { return try cache.pixels(place) } catch {
      leftOut.add(listing.files[place].name, error)
      return nil
    }
  }
}
