import Backends
import Files
import Foundation
import Interchange
import Volumes

/// Makes one file of volumes and meshes (see ``PreparedVolumes``): on all processors, the same bytes however many they are. What was
/// done when it is killed lies beside the file, and is gone on with when it is asked for again with the same settings.
public struct VolumePreparation: Sendable {
  /// What was done.
  public struct Summary: Sendable {
    /// Volumes in the file.
    public let count: Int
    /// What was left out, and why.
    public let unreadable: [UnreadablePicture]
    /// Files, or samples of a data set, that an earlier run had done.
    public let resumedAfter: Int
  }
  private struct Job: Codable, Equatable {
    var preparedVolumes = 1
    var source: String
    var side: Int
    var fill: VoxelFill
    var variable: String?
    var up: UpAxis?
    var variants: Int?
  }
  /// What one volume or more are made of.
  private struct Item {
    let name: String
    let label: Int?
    let isForValidation: Bool
  }

  /// The file that is made.
  public let destination: URL
  /// Voxels on a side.
  public let side: Int
  /// The names of the classes, if there are any.
  public let classNames: [String]?
  private let job: Job
  private let items: [Item]
  private let load: @Sendable (Range<Int>) -> VolumeListing.Loaded
  private let nothingLoaded: @Sendable ([UnreadablePicture]) -> DatasetError

  /// Of a folder's files.
  ///
  /// - Parameter fill: Which voxels meshes fill.
  /// - Precondition: `side` lies between 4 and ``Volume/largestSide``.
  public init(_ listing: VolumeListing, to destination: URL, side: Int, fill: VoxelFill = .solid) throws {
    precondition((4...Volume.largestSide).contains(side), "volumes of \(side) voxels on a side")
    (self.destination, self.side, classNames) = (destination, side, listing.classNames)
    job = Job(source: try listing.fingerprint, side: side, fill: fill, variable: listing.variable, up: listing.up)
    items = listing.files.map { Item(name: $0.name, label: $0.label, isForValidation: $0.isForValidation) }
    load = { listing.load($0, side: side, fill: fill) }
    nothingLoaded = { DatasetError.noShapes(folder: listing.folder.path, files: listing.files.count, unreadable: $0) }
  }

  /// Of a data set's samples: those to learn from so many times, varied each time as the data set varies them; those for
  /// validation once.
  ///
  /// - Parameters:
  ///   - name: What the data set is called.
  ///   - fill: Which voxels its meshes fill.
  ///   - variants: Of each training sample.
  /// - Throws: What a sample throws.
  /// - Precondition: Its samples have the field `volume`; there is one variant or more.
  public init(
    _ split: DatasetSplit, named name: String, to destination: URL, fill: VoxelFill = .solid, variants: Int = 1
  ) throws {
    precondition(variants > 0, "\(variants) variants")
    guard let field = split.training.field("volume") else { preconditionFailure("\(name) has no volumes") }
    let training = split.training, validation = split.validation, learned = training.count * variants
    (self.destination, side, classNames) = (destination, field.shape[0], training.field("label")?.classNames)
    job = Job(
      source: "\(name) \(training.fingerprint) \(validation?.fingerprint ?? "")", side: side, fill: fill, variants: variants)
    items =
      try (0..<learned).map { place in
        Item(name: "\(name) \(place % training.count)", label: try training.label(place % training.count), isForValidation: false)
      }
      + (0..<(validation?.count ?? 0)).map { place in
        Item(name: "\(name) held out \(place)", label: try validation?.label(place), isForValidation: true)
      }
    load = { range in
      VolumeListing.load(range) { place in
        let (dataset, index) = place < learned ? (training, place % training.count) : (validation!, place - learned)
        // The variants are what an epoch each would show.
        var draw = RandomWords(seed: 0, epoch: place < learned ? place / training.count : 0, purpose: .sample(index))
        return [PackedVoxels(values: try dataset.sample(index, &draw)[0].values)]
      } name: {
        "\(name) \($0)"
      }
    }
    nothingLoaded = { DatasetError.noShapes(folder: name, files: training.count, unreadable: $0) }
  }

  /// Files, or samples of a data set, that volumes are made of.
  public var itemCount: Int { items.count }

  /// Files that are read, then written down: few are done again after a kill.
  private static let blockCount = 64

  /// - Parameter progress: Called with the files done, now and then; what it throws ends the work, which can be gone on with.
  public func run(progress: (Int) throws -> Void = { _ in }) throws -> Summary {
    let log = try PreparationLog(
      beside: destination, job: job, recordSize: PackedVoxels.byteCount(side: side), fileCount: items.count)
    while log.counts.count < items.count {
      try progress(log.counts.count)
      let loaded = load(log.counts.count..<min(log.counts.count + Self.blockCount, items.count))
      try log.append(
        loaded.volumes.flatMap { $0.flatMap(\.bytes) }, counts: loaded.volumes.map(\.count), unreadable: loaded.unreadable)
    }
    try progress(log.counts.count)
    let count = log.counts.reduce(0, +)
    guard count > 0 else { throw nothingLoaded(log.unreadable) }
    try write(log)
    try log.remove()
    return Summary(count: count, unreadable: log.unreadable, resumedAfter: log.resumedAfter)
  }

  private func write(_ log: PreparationLog<Job>) throws {
    let size = PackedVoxels.byteCount(side: side)
    // A file stands as often as it has volumes.
    let items = zip(items, log.counts).flatMap { Array(repeating: $0, count: $1) }
    let labels = items.compactMap { $0.label.map(Int64.init) }, parts = items.map { $0.isForValidation ? UInt8(1) : 0 }
    var content = Fingerprint()
    try log.forEachBlock(ofFirst: items.count * size) { block in block.withUnsafeBytes { content.add($0) } }
    labels.withUnsafeBytes { content.add($0) }
    parts.withUnsafeBytes { content.add($0) }
    var writer = SafetensorsWriter()
    let description = PreparedVolumes.Description(
      side: side, fill: job.fill, classNames: labels.isEmpty ? nil : classNames, content: content.text)
    writer.metadata["figment"] = try PreparationLog<Job>.line(description)
    if !labels.isEmpty { writer.add("labels", labels, shape: Shape([items.count])) }
    if parts.contains(1) { writer.add("parts", parts, shape: Shape([items.count])) }
    writer.add("volumes", UInt8.self, shape: Shape([items.count, size])) { write in
      try log.forEachBlock(ofFirst: items.count * size, write)
    }
    let names = items.reduce(into: [UInt8]()) { $0 += Array($1.name.utf8) + [0] }
    writer.add("names", names, shape: Shape([names.count]))
    try writer.write(to: destination)
  }
}
