import Backends
