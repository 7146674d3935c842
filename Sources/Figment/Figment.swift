// One import for users of the library: tensors, layers, models, training, data sets and pictures as they are; of the
// modules below them the names that their declarations use. A program that writes a backend of its own imports
// `Backends` too.
@_exported import Backbones
@_exported import protocol Backends.Backend
@_exported import enum Backends.Activation
@_exported import struct Backends.BackendStatistics
@_exported import enum Backends.Distribution
@_exported import enum Backends.HostMemoryError
@_exported import enum Backends.Interpolation
@_exported import enum Backends.OptimizerRule
@_exported import struct Backends.Shape
@_exported import class CPUBackend.CPUBackend
@_exported import Datasets
@_exported import Evaluation
@_exported import Faces
@_exported import struct Files.FileError
@_exported import struct Files.JSONError
@_exported import enum Files.JSONValue
@_exported import enum Interchange.ElementType
@_exported import struct Interchange.HDF5File
@_exported import struct Interchange.InterchangeError
@_exported import struct Interchange.KerasWeights
@_exported import struct Interchange.NPYArray
@_exported import struct Interchange.SafetensorsFile
@_exported import struct Interchange.SafetensorsWriter
@_exported import protocol Interchange.StoredElement
@_exported import class Interchange.TensorBoardWriter
@_exported import Layers
@_exported import Models
@_exported import class OpenCLBackend.OpenCLBackend
@_exported import struct OpenCLBackend.OpenCLConfiguration
@_exported import struct OpenCLBackend.OpenCLDevice
@_exported import enum OpenCLBackend.OpenCLError
@_exported import struct OpenCLBackend.OpenCLInventory
@_exported import Pictures
@_exported import class ReferenceBackend.ReferenceBackend
@_exported import Tensors
@_exported import Training
@_exported import Volumes
