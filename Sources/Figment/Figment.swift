@_exported import Backends
