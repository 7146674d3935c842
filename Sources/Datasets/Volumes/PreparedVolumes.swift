import Backends
import Files
import Foundation
import Interchange
import Volumes

/// Volumes of one size in one file, made once by ``VolumePreparation``: the fields `volume`, `[side, side, side, 1]`, 0 for empty and
/// 1 for full voxels, and `label` where there are classes. Each is read when it is needed, so that memory does not grow with their
/// number.
///
/// The file is of the safetensors format: `volumes`, bytes `[N, side³ / 8]`, the first voxel in the lowest bit (NumPy's
/// `unpackbits(…, bitorder="little")`); `labels`, 64-bit integers `[N]`, of those with classes; `parts`, bytes `[N]`, 1 for what is to
/// be held out, if anything is; `names`, the names of the files they were made of, in UTF-8, each with a zero byte behind it.
public struct PreparedVolumes: Dataset {
  /// What the file's metadata says under `figment`.
  struct Description: Codable {
    var preparedVolumes = 1
    var side: Int
    var fill: VoxelFill
    var classNames: [String]?
    /// Of the voxels, labels and parts.
    var content: String
  }

  /// The file, as errors name it.
  public let path: String
  /// Voxels on a side.
  public let side: Int
  /// How they are varied.
  public let settings: VolumeSettings
  public let count: Int
  public let fields: [Field]
  public let fingerprint: String
  private let file: SafetensorsFile
  private let labels: [Int64]?
  private let isForValidation: [Bool]?

  /// Whether a file is one of prepared volumes, as its beginning says.
  static func isKnown(_ url: URL) -> Bool {
    (try? SafetensorsFile(contentsOf: url).metadata["figment"]?.contains("\"preparedVolumes\"")) ?? false
  }

  /// - Parameter settings: How the volumes are varied.
  public init(contentsOf url: URL, settings: VolumeSettings = .init()) throws {
    let path = url.path
    func wrong(_ problem: String) -> DatasetError { .notPrepared(path: path, problem: problem) }
    file = try SafetensorsFile(contentsOf: url)
    guard let text = file.metadata["figment"], text.contains("\"preparedVolumes\"") else {
      throw wrong("it is no file of prepared volumes")
    }
    struct Version: Decodable { let preparedVolumes: Int }
    let json = try JSONText(Array(text.utf8), source: "\(path), metadata “figment”")
    let version = try json.decode(Version.self).preparedVolumes
    guard version == 1 else { throw wrong("it is of version \(version), and this program reads version 1") }
    let description = try json.decodeExactly(Description.self), side = description.side
    guard (4...Volume.largestSide).contains(side) else { throw wrong("its volumes are said to have \(side) voxels on a side") }
    guard let volumes = file.entries["volumes"], volumes.type == .uint8, volumes.shape.rank == 2, volumes.shape[0] > 0,
      volumes.shape[1] == PackedVoxels.byteCount(side: side)
    else { throw wrong("its volumes are no bytes [N, \(PackedVoxels.byteCount(side: side))]") }
    let count = volumes.shape[0]
    (self.path, self.side, self.settings, self.count) = (path, side, settings, count)
    let volume = Field("volume", shape: [side, side, side, 1], range: 0...1)
    if let entry = file.entries["labels"] {
      guard entry.type == .int64, entry.shape == Shape([count]), let names = description.classNames else {
        throw wrong("its labels are no 64-bit integers, one for each of \(count) volumes, with names of classes")
      }
      let values: [Int64] = try file.values("labels")
      if let index = values.firstIndex(where: { $0 < 0 || $0 >= names.count }) {
        throw wrong("label \(values[index]) of volume \(index) is none of the \(names.count) classes")
      }
      labels = values
      fields = [volume, Field("label", shape: [], classNames: names)]
    } else {
      labels = nil
      fields = [volume]
    }
    if let entry = file.entries["parts"] {
      guard entry.type == .uint8, entry.shape == Shape([count]) else {
        throw wrong("its parts are no bytes, one for each of \(count) volumes")
      }
      let values: [UInt8] = try file.values("parts")
      isForValidation = values.map { $0 == 1 }
    } else {
      isForValidation = nil
    }
    var print = Fingerprint()
    print.add("\(description.content) \(count) \(side) \(settings)")
    fingerprint = print.text
  }

  /// What is to be learnt from, and what was held out when the file was made, if anything was.
  ///
  /// - Parameter settings: How training samples are varied; those for validation are not.
  static func split(_ url: URL, side: Int?, settings: VolumeSettings) throws -> DatasetSplit {
    let whole = try PreparedVolumes(contentsOf: url, settings: settings)
    if let side, side != whole.side { throw DatasetError.otherPreparedSide(path: whole.path, found: whole.side, wanted: side) }
    guard let isForValidation = whole.isForValidation, isForValidation.contains(true), isForValidation.contains(false) else {
      return DatasetSplit(training: whole, validation: nil)
    }
    let still = try PreparedVolumes(contentsOf: url, settings: settings.withoutVariation)
    return DatasetSplit(
      training: whole.subset(isForValidation.indices.filter { !isForValidation[$0] }),
      validation: still.subset(isForValidation.indices.filter { isForValidation[$0] }))
  }

  /// The names of the files that the volumes were made of.
  public func names() throws -> [String] {
    guard file.entries["names"] != nil else { return [] }
    let bytes: [UInt8] = try file.values("names")
    let names = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
    guard names.count == count else {
      throw DatasetError.notPrepared(path: path, problem: "it has \(names.count) names for \(count) volumes")
    }
    return names
  }

  /// A volume as it is stored.
  public func volume(_ index: Int) throws -> Volume {
    let size = PackedVoxels.byteCount(side: side)
    return PackedVoxels(bytes: try file.values("volumes", elements: index * size..<(index + 1) * size)).volume(side: side)
  }

  public func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    let array = settings.sample(try volume(index), &draw)
    return labels.map { [array, HostArray([Float($0[index])], shape: [])] } ?? [array]
  }
}
