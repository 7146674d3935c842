import ArgumentParser
import Figment
import Files
import Foundation

/// What each sample in a folder is written as.
enum SampleFormat: String, CaseIterable, ExpressibleByArgument {
  case png, npy, obj, stl, ply, mat

  /// Those that images have none of.
  var isOfShapes: Bool { self != .png && self != .npy }
}

/// A folder with a file for each sample: `0000.png` and so on.
struct SampleFolder {
  private let folder: URL
  private let format: SampleFormat
  private let scale: Int
  private let model: any LatentVariableModel

  /// - Parameters:
  ///   - format: PNG of images and OBJ of shapes if nil.
  ///   - scale: How many pixels of a picture, each way, show one of an image.
  init(_ folder: URL, format: SampleFormat?, scale: Int, of model: any LatentVariableModel) throws {
    (self.folder, self.scale, self.model) = (folder, scale, model)
    self.format = format ?? (model is VoxelGAN ? .obj : .png)
    if self.format.isOfShapes, !(model is VoxelGAN) {
      throw UsageError("--format \(self.format) is for shapes; “\(type(of: model).identifier)” makes images: png or npy")
    }
  }

  func write(_ latents: Tensor, _ noise: FixedNoise) throws {
    try createFolder(folder)
    let digits = max(4, String(latents.shape[0] - 1).count)
    var number = 0, empty = 0
    try model.decode(latents, batchSize: noise.batchSize) { samples in
      let size = model.output.shape.reduce(1, *)
      for start in stride(from: 0, to: samples.values.count, by: size) {
        let sample = HostArray(Array(samples.values[start..<start + size]), shape: [1] + model.output.shape)
        let url = folder.appendingPathComponent(String(format: "%0\(digits)d.\(format)", number))
        if try !write(sample, to: url) { empty += 1 }
        number += 1
      }
    }
    if empty > 0 { printError("\(empty) of \(number) shapes have no full voxel, and no file") }
  }

  /// False for a shape without a surface.
  private func write(_ sample: HostArray, to url: URL) throws -> Bool {
    switch format {
    case .png:
      try Picture.grid(model.pictures(of: sample), shape: Shape([1] + model.pictureShape), scale: scale, padding: 0).write(to: url)
    case .npy: try NPYArray(sample.values, shape: Shape(model.output.shape)).write(to: url)
    case .mat, .obj, .stl, .ply:
      guard let model = model as? VoxelGAN else { return false }
      let volume = model.volumes(of: sample)[0]
      if format == .mat {
        try volume.write(to: url)
      } else {
        let mesh = Mesh(surfaceOf: volume)
        guard !mesh.triangles.isEmpty else { return false }
        try mesh.write(to: url)
      }
    }
    return true
  }
}
