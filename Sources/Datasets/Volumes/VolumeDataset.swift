import Volumes

/// Volumes of one size in memory, a bit for a voxel: the fields `volume`, `[side, side, side, 1]`, 0 for empty and 1 for full voxels,
/// and `label` where there are classes. Copies share the voxels.
public struct VolumeDataset: Dataset {
  /// What each volume is called.
  public let names: [String]
  /// Voxels on a side.
  public let side: Int
  /// How they are varied.
  public let settings: VolumeSettings
  public let fields: [Field]
  public let fingerprint: String
  private let bits: [PackedVoxels]
  private let labels: [Int]?

  /// - Parameters:
  ///   - volumes: Cubes of `side` voxels; those of an occupancy of at least a half are full.
  ///   - labels: A class number for each; without them the samples have the field `volume` alone.
  /// - Precondition: As many names, and labels if there are any, as volumes.
  public init(
    _ volumes: some Sequence<Volume>, names: [String], labels: [Int]? = nil, classNames: [String]? = nil, side: Int,
    settings: VolumeSettings = .init()
  ) {
    self.init(
      packed: volumes.map { volume in
        precondition(volume.shape == [side, side, side], "a volume of \(volume.shape) voxels, not \(side) each way")
        return PackedVoxels(volume)
      }, names: names, labels: labels, classNames: classNames, side: side, settings: settings)
  }

  init(packed: [PackedVoxels], names: [String], labels: [Int]?, classNames: [String]?, side: Int, settings: VolumeSettings) {
    precondition(
      packed.count == names.count && (labels.map { $0.count == packed.count } ?? true),
      "\(packed.count) volumes, \(names.count) names")
    (bits, self.names, self.labels, self.side, self.settings) = (packed, names, labels, side, settings)
    fields =
      [Field("volume", shape: [side, side, side, 1], range: 0...1)]
      + (labels == nil ? [] : [Field("label", shape: [], classNames: classNames)])
    var print = Fingerprint()
    print.add("\(side) \(settings)")
    for volume in packed { volume.bytes.withUnsafeBytes { print.add($0) } }
    labels?.withUnsafeBytes { print.add($0) }
    fingerprint = print.text
  }

  public var count: Int { bits.count }

  /// A volume as it is stored.
  public func volume(_ index: Int) -> Volume { bits[index].volume(side: side) }

  public func sample(_ index: Int, _ draw: inout RandomWords) -> [HostArray] {
    let array = settings.sample(volume(index), &draw)
    return labels.map { [array, HostArray([Float($0[index])], shape: [])] } ?? [array]
  }
}

extension VolumeSettings {
  /// A volume, varied, as a sample.
  func sample(_ volume: Volume, _ draw: inout RandomWords) -> HostArray {
    let variation = variation(&draw)
    let stretched = volume.stretched(by: variation.stretch)
    return HostArray((variation.isMirrored ? stretched.mirrored : stretched).values, shape: volume.shape + [1])
  }
}

/// The voxels of a cube, eight in a byte, the first in the lowest bit.
struct PackedVoxels: Hashable, Sendable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Voxels of an occupancy of at least a half are full.
  init(_ volume: Volume) { self.init(values: volume.values) }

  /// Of a cube's voxels in the order of a ``Volume``.
  init(values: [Float]) {
    var bytes = [UInt8](repeating: 0, count: (values.count + 7) / 8)
    for (place, value) in values.enumerated() where value >= 0.5 { bytes[place >> 3] |= 1 << UInt8(place & 7) }
    self.bytes = bytes
  }

  static func byteCount(side: Int) -> Int { (side * side * side + 7) / 8 }

  func volume(side: Int) -> Volume {
    Volume(
      depth: side, height: side, width: side,
      values: (0..<side * side * side).map { bytes[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 ? 1 : 0 })
  }
}
