import Backends

extension Backend {
  public func upload(_ values: [Float]) -> any Storage {
    values.withUnsafeBufferPointer { upload($0) }
  }

  public func values(of storage: any Storage) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: storage.count) { buffer, count in
      let target = UnsafeMutableBufferPointer(start: buffer.baseAddress, count: storage.count)
      target.initialize(repeating: 0)
      try download([storage], into: target)
      count = storage.count
    }
  }
}
