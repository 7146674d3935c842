// One import for users of the library.
@_exported import Backends
@_exported import CPUBackend
@_exported import Datasets
@_exported import Files
@_exported import Interchange
@_exported import Layers
@_exported import Models
@_exported import OpenCLBackend
@_exported import Pictures
@_exported import ReferenceBackend
@_exported import Tensors
@_exported import Training
