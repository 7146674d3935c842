import Volumes

/// Meshes, made volumes when they are asked for, so that each epoch sees them stretched otherwise: the fields `volume`,
/// `[side, side, side, 1]` in [0, 1], and `label` where there are classes.
///
/// Stretching the mesh and not its voxels keeps thin legs one voxel thick.
public struct MeshDataset: Dataset {
  /// What each mesh is called.
  public let names: [String]
  /// Voxels on a side.
  public let side: Int
  /// How meshes become volumes.
  public let settings: VolumeSettings
  public let fields: [Field]
  public let fingerprint: String
  private let meshes: [Mesh]
  private let labels: [Int]?

  /// - Parameter labels: A class number for each mesh; without them the samples have the field `volume` alone.
  /// - Precondition: As many names, and labels if there are any, as meshes.
  public init(
    _ meshes: [Mesh], names: [String], labels: [Int]? = nil, classNames: [String]? = nil, side: Int,
    settings: VolumeSettings = .init()
  ) {
    precondition(
      meshes.count == names.count && (labels.map { $0.count == meshes.count } ?? true),
      "\(meshes.count) meshes, \(names.count) names")
    (self.meshes, self.names, self.labels, self.side, self.settings) = (meshes, names, labels, side, settings)
    fields =
      [Field("volume", shape: [side, side, side, 1], range: 0...1)]
      + (labels == nil ? [] : [Field("label", shape: [], classNames: classNames)])
    var print = Fingerprint()
    print.add("\(side) \(settings)")
    for mesh in meshes {
      mesh.vertices.withUnsafeBytes { print.add($0) }
      mesh.triangles.withUnsafeBytes { print.add($0) }
    }
    labels?.withUnsafeBytes { print.add($0) }
    fingerprint = print.text
  }

  public var count: Int { meshes.count }

  /// A mesh as it is, in voxels.
  public func volume(_ index: Int) -> Volume { Volume(meshes[index], side: side, fill: settings.fill) }

  public func sample(_ index: Int, _ draw: inout RandomWords) -> [HostArray] {
    let variation = settings.variation(&draw)
    let volume = Volume(meshes[index], side: side, fill: settings.fill, stretch: variation.stretch)
    let array = HostArray((variation.isMirrored ? volume.mirrored : volume).values, shape: fields[0].shape)
    return labels.map { [array, HostArray([Float($0[index])], shape: [])] } ?? [array]
  }
}
