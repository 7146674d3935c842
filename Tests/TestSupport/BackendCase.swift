import Backends
import ReferenceBackend

/// One operation on given inputs, as data: tests run it on every device and compare with the reference.
public struct BackendCase: Sendable, CustomStringConvertible {
  public let description: String
  public let tolerance: Tolerance
  /// Makes the inputs and returns what the operation gives for them.
  public let run: @Sendable (CaseRun) throws -> [any Storage]

  public init(
    _ description: String, _ tolerance: Tolerance,
    _ run: @escaping @Sendable (CaseRun) throws -> [any Storage]
  ) {
    (self.description, self.tolerance, self.run) = (description, tolerance, run)
  }

  public func result(on backend: any Backend) throws -> [[Float]] {
    let run = CaseRun(on: backend)
    return try self.run(run).map { try backend.values(of: $0) }
  }

  /// Everything that is wrong with this case on `backend`: results that differ from the reference's, a second
  /// run with other bits than the first, an input that was changed.
  public func complaints(on backend: any Backend, reference: [[Float]]) throws -> [String] {
    let first = CaseRun(on: backend)
    let outputs = try run(first)
    let results = try outputs.map { try backend.values(of: $0) }
    guard results.count == reference.count else {
      return ["\(backend.identifier): \(results.count) outputs instead of \(reference.count)"]
    }
    var complaints: [String] = []
    for (i, (result, expected)) in zip(results, reference).enumerated() {
      if let mismatch = tolerance.mismatch(result, reference: expected) {
        complaints.append("\(backend.identifier), output \(i): \(mismatch)")
      }
    }
    for (storage, values) in first.inputs where try backend.values(of: storage).bits != values.bits {
      complaints.append("\(backend.identifier): an input of \(values.count) values was changed")
    }
    // The second run meets recycled memory full of NaN, so that whatever an operation reads and has not
    // written shows.
    do {
      let counts = first.inputs.map(\.values.count) + outputs.map(\.count)
      withExtendedLifetime(counts.map { backend.fill(.nan, count: $0) }) {}
    }
    let again = try result(on: backend)
    for (i, (result, repeated)) in zip(results, again).enumerated() where result.bits != repeated.bits {
      complaints.append("\(backend.identifier), output \(i): a second run gives other bits")
    }
    return complaints
  }
}

/// What a case computes on, and its inputs: the same numbers on every backend.
public final class CaseRun {
  public let backend: any Backend
  private var generator = TestRandom(seed: 20_140_610)
  fileprivate(set) var inputs: [(storage: any Storage, values: [Float])] = []

  public init(on backend: any Backend) { self.backend = backend }

  public func values(_ values: [Float]) -> any Storage {
    let storage = backend.upload(values)
    inputs.append((storage, values))
    return storage
  }

  public func uniform(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> any Storage {
    values(generator.uniform(count, range))
  }

  /// Whole numbers in `range`, so that many are equal.
  public func integers(_ count: Int, _ range: Range<Int>) -> any Storage {
    values((0..<count).map { _ in Float(Int.random(in: range, using: &generator)) })
  }

  /// What the reference computes from inputs that `make` uploads to it, as an input of this run: an operation
  /// that takes another's result is tested on its own.
  public func reference(_ make: (ReferenceBackend, [any Storage]) -> any Storage, of inputs: [any Storage]) throws
    -> any Storage
  {
    let reference = ReferenceBackend()
    let moved = try inputs.map { reference.upload(try backend.values(of: $0)) }
    return values(try reference.values(of: make(reference, moved)))
  }
}

extension [Float] {
  fileprivate var bits: [UInt32] { map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern } }
}
