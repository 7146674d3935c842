/// Samples with named fields, read one by one, from any thread; they need not fit into memory.
public protocol Dataset: Sendable {
  /// The number of samples.
  var count: Int { get }
  /// What every sample has.
  var fields: [Field] { get }
  /// The same for the same contents, another one for others: what a resumed run is held to.
  var fingerprint: String { get }

  /// The fields of sample `index`, in the order of `fields`.
  ///
  /// - Parameter draw: For random crops and flips: a function of seed, epoch and index alone, so that a resumed run sees
  ///   what it would have seen.
  /// - Throws: What keeps the sample from being read; ``BatchIterator/next()`` throws it on.
  func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray]

  /// The class of sample `index`, where there are classes; nil where there are none. By default what the sample says.
  func label(_ index: Int) throws -> Int?

  /// Says which samples are wanted next, in this order, so that they can be made ready; nothing has to be done.
  func anticipate(_ indices: [Int])
}

extension Dataset {
  public func anticipate(_: [Int]) {}

  public func label(_ index: Int) throws -> Int? {
    guard let label = field("label") else { return nil }
    return try Int(batch([index], of: [label]).arrays["label"]!.values[0])
  }

  /// The field of that name, or nil.
  public func field(_ name: String) -> Field? { fields.first { $0.name == name } }

  /// The samples `indices` as one batch, read here and now, as they lie in the data set: for pictures.
  ///
  /// - Parameter wanted: The fields to bring, in the ranges they are to have.
  /// - Throws: ``FieldError`` if the data set lacks one of them or has it in another shape; what a sample throws.
  public func batch(_ indices: some Collection<Int>, of wanted: [Field]) throws -> HostBatch {
    try Collation(of: wanted, from: self).batch(Array(indices), of: self, seed: 0, epoch: 0, position: 0)
  }

  /// The samples `indices` in that order; one may be there several times.
  ///
  /// - Precondition: every index is one of this data set.
  public func subset(_ indices: [Int]) -> DatasetSubset { DatasetSubset(self, indices) }

  /// Sets a share aside, chosen at random by `seed` alone. Both parts keep the order of the whole.
  ///
  /// - Parameter fraction: The share to set aside, in (0, 1); rounded to whole samples.
  /// - Throws: ``DatasetError/impossibleSplit(fraction:count:)`` if one of the parts would be empty.
  public func split(validationFraction fraction: Double, seed: UInt64) throws -> (
    training: DatasetSubset, validation: DatasetSubset
  ) {
    let share = fraction > 0 && fraction < 1 ? Int((Double(count) * fraction).rounded()) : 0
    guard share > 0, share < count else {
      throw DatasetError.impossibleSplit(fraction: fraction, count: count)
    }
    let order = shuffledIndices(count: count, seed: seed, epoch: 0, purpose: .split)
    return (subset(order[share...].sorted()), subset(order[..<share].sorted()))
  }
}

/// Some samples of another data set, which it shares.
public struct DatasetSubset: Dataset {
  private let base: any Dataset
  private let indices: [Int]
  public let fingerprint: String

  /// - Precondition: every index is one of `base`.
  public init(_ base: some Dataset, _ indices: [Int]) {
    for index in indices { precondition(index >= 0 && index < base.count, "sample \(index) of \(base.count)") }
    (self.base, self.indices) = (base, indices)
    var print = Fingerprint()
    print.add(base.fingerprint)
    indices.withUnsafeBytes { print.add($0) }
    fingerprint = print.text
  }

  public var count: Int { indices.count }
  public var fields: [Field] { base.fields }

  public func sample(_ index: Int, _ draw: inout RandomWords) throws -> [HostArray] {
    try base.sample(indices[index], &draw)
  }

  public func label(_ index: Int) throws -> Int? { try base.label(indices[index]) }

  public func anticipate(_ wanted: [Int]) { base.anticipate(wanted.map { indices[$0] }) }
}
