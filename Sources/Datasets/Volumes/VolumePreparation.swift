import Backends
import Files
import Foundation
import Interchange
import Volumes

/// Makes one file of a folder of volumes and meshes (see ``PreparedVolumes``): on all processors, the same bytes however many they
/// are. What was done when it is killed lies beside the file, and is gone on with when it is asked for again with the same settings.
public struct VolumePreparation: Sendable {
  /// What was done.
  public struct Summary: Sendable {
    /// Volumes in the file.
    public let count: Int
    /// What was left out, and why.
    public let unreadable: [UnreadablePicture]
    /// Files that an earlier run had done.
    public let resumedAfter: Int
  }
  private struct Job: Codable, Equatable {
    var preparedVolumes = 1
    var source: String
    var side: Int
    var fill: VoxelFill
    var variable: String
    var up: UpAxis?
  }

  /// The volumes and meshes.
  public let listing: VolumeListing
  /// The file that is made.
  public let destination: URL
  /// Voxels on a side.
  public let side: Int
  /// Which voxels meshes fill.
  public let fill: VoxelFill

  /// - Precondition: `side` lies between 4 and ``Volume/largestSide``.
  public init(_ listing: VolumeListing, to destination: URL, side: Int, fill: VoxelFill = .solid) {
    precondition((4...Volume.largestSide).contains(side), "volumes of \(side) voxels on a side")
    (self.listing, self.destination, self.side, self.fill) = (listing, destination, side, fill)
  }

  /// Files that are read, then written down: few are done again after a kill.
  private static let blockCount = 64

  /// - Parameter progress: Called with the files done, now and then; what it throws ends the work, which can be gone on with.
  public func run(progress: (Int) throws -> Void = { _ in }) throws -> Summary {
    let job = Job(source: try listing.fingerprint, side: side, fill: fill, variable: listing.variable, up: listing.up)
    let log = try PreparationLog(
      beside: destination, job: job, recordSize: PackedVoxels.byteCount(side: side), fileCount: listing.files.count)
    while log.counts.count < listing.files.count {
      try progress(log.counts.count)
      let block = log.counts.count..<min(log.counts.count + Self.blockCount, listing.files.count)
      let loaded = listing.load(block, side: side, fill: fill)
      try log.append(
        loaded.volumes.flatMap { $0.flatMap(\.bytes) }, counts: loaded.volumes.map(\.count), unreadable: loaded.unreadable)
    }
    try progress(log.counts.count)
    let count = log.counts.reduce(0, +)
    guard count > 0 else {
      throw DatasetError.noShapes(folder: listing.folder.path, files: listing.files.count, unreadable: log.unreadable)
    }
    try write(log)
    try log.remove()
    return Summary(count: count, unreadable: log.unreadable, resumedAfter: log.resumedAfter)
  }

  private func write(_ log: PreparationLog<Job>) throws {
    let size = PackedVoxels.byteCount(side: side)
    // A file stands as often as it has volumes.
    let files = zip(listing.files, log.counts).flatMap { Array(repeating: $0, count: $1) }
    let labels = files.compactMap { $0.label.map(Int64.init) }, parts = files.map { $0.isForValidation ? UInt8(1) : 0 }
    var content = Fingerprint()
    try log.forEachBlock(ofFirst: files.count * size) { block in block.withUnsafeBytes { content.add($0) } }
    labels.withUnsafeBytes { content.add($0) }
    parts.withUnsafeBytes { content.add($0) }
    var writer = SafetensorsWriter()
    let description = PreparedVolumes.Description(
      side: side, fill: fill, classNames: labels.isEmpty ? nil : listing.classNames, content: content.text)
    writer.metadata["figment"] = try PreparationLog<Job>.line(description)
    if !labels.isEmpty { writer.add("labels", labels, shape: Shape([files.count])) }
    if parts.contains(1) { writer.add("parts", parts, shape: Shape([files.count])) }
    writer.add("volumes", UInt8.self, shape: Shape([files.count, size])) { write in
      try log.forEachBlock(ofFirst: files.count * size, write)
    }
    let names = files.reduce(into: [UInt8]()) { $0 += Array($1.name.utf8) + [0] }
    writer.add("names", names, shape: Shape([names.count]))
    try writer.write(to: destination)
  }
}
