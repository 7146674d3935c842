import ArgumentParser
import Figment
import Foundation

extension VoxelFill: ExpressibleByArgument {}
extension UpAxis: ExpressibleByArgument {}

/// How files with shapes are read.
struct ShapeArguments: ParsableArguments {
  @Option(help: "Which voxels a mesh fills: solid (all that cannot be reached from outside) or surface. Default: solid.")
  var fill: VoxelFill?

  @Option(help: "The variable of .mat files. Default: instance, as in ModelNet.")
  var variable: String?

  @Option(help: "The axis that points up in the files. Default: z in .mat, .off and .stl files, y in others.")
  var up: UpAxis?

  /// The options that were given.
  var given: [String] { [("--fill", fill != nil), ("--variable", variable != nil), ("--up", up != nil)].filter(\.1).map(\.0) }

  func listing(_ folder: URL) throws -> VolumeListing {
    try VolumeListing(folder, variable: variable ?? Volume.usualVariable, up: up)
  }
}
