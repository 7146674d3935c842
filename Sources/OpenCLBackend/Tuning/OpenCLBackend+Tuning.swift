import Backends
import Foundation

/// What became of one way to compute an operation.
public struct ProductTrial: Sendable {
  public let variant: ProductVariant
  /// Nil if it failed, or gave wrong numbers.
  public let milliseconds: Double?
  public let problem: String?
  public internal(set) var isChosen = false
}

extension OpenCLBackend {
  private static let worthwhile = 0.95

  /// Times every way to compute `operation` and remembers the fastest that is right, for its shapes and
  /// their neighbours; `saveTuning` keeps that for later processes.
  ///
  /// - Parameters:
  ///   - seconds: To spend on each way.
  ///   - isRight: Whether a result is what it should be.
  /// - Returns: What was tried, the way that the built-in rules take first.
  public func tune(
    _ operation: ProductOperation, _ left: any Storage, _ right: any Storage, seconds: Double,
    isRight: ([Float]) -> Bool
  ) throws -> [ProductTrial] {
    defer { runtime.choices.withLock { $0.forced = nil } }
    // With no way forced, to learn what products the operation is made of and what the rules choose.
    let met = try productsMet { _ = operation.run(on: self, left, right) }
    guard let rules = met.first?.byRules else { return [] }
    let candidates = [rules] + met.flatMap(\.candidates).uniqued().filter { $0 != rules }
    var trials = [ProductTrial]()
    for variant in candidates {
      runtime.choices.withLock { $0.forced = variant }
      trials.append(try attempt(variant, operation, left, right, seconds: seconds, isRight: isRight))
    }
    let timed = trials.compactMap { trial in trial.milliseconds.map { (trial.variant, $0) } }
    guard var best = timed.min(by: { $0.1 < $1.1 }), let first = trials[0].milliseconds else { return trials }
    // Less than a few hundredths is the noise of timing, and no reason to leave the rules.
    if best.1 > Self.worthwhile * first { best = (rules, first) }
    runtime.choices.withLock { choices in
      for shape in met.map(\.shape).uniqued() {
        choices.tuning.set(
          .init(shape: shape, variant: best.0, milliseconds: best.1, defaultMilliseconds: first))
      }
      choices.found = [:]
    }
    runtime.lock.withLock { runtime.sequences = [:] }
    for index in trials.indices { trials[index].isChosen = trials[index].variant == best.0 }
    return trials
  }

  /// Keeps what was tuned in the user's file for this device, and says where.
  public func saveTuning() throws -> URL? {
    let tuning = runtime.choices.withLock { $0.tuning }
    try tuning.save()
    return tuning.url
  }

  private func attempt(
    _ variant: ProductVariant, _ operation: ProductOperation, _ left: any Storage, _ right: any Storage,
    seconds: Double, isRight: ([Float]) -> Bool
  ) throws -> ProductTrial {
    do {
      let result = operation.run(on: self, left, right)
      var values = [Float](repeating: 0, count: result.count)
      try values.withUnsafeMutableBufferPointer { try download([result], into: $0) }
      guard isRight(values) else {
        return ProductTrial(variant: variant, milliseconds: nil, problem: "wrong numbers")
      }
      var times = [Double]()
      let clock = ContinuousClock(), start = clock.now
      while times.count < 3 || start.duration(to: clock.now) < .seconds(seconds) {
        let time = try clock.measure {
          _ = operation.run(on: self, left, right)
          try synchronize()
        }
        times.append(time / .milliseconds(1))
      }
      return ProductTrial(variant: variant, milliseconds: times.sorted()[times.count / 2], problem: nil)
    } catch let error as OpenCLError {
      // A way that this device cannot go is no choice; the others still are.
      return ProductTrial(variant: variant, milliseconds: nil, problem: "\(error)")
    }
  }
}

extension OpenCLBackend {
  /// Runs `body` with every product going `variant`, if it can: for tests of all ways.
  package func withProducts<Result>(
    going variant: String, _ body: () throws -> Result
  ) rethrows -> Result {
    runtime.choices.withLock { $0.forced = ProductVariant(variant) }
    defer { runtime.choices.withLock { $0.forced = nil } }
    return try body()
  }

  /// The ways that this device's products can go.
  package var productVariants: [String] {
    switch runtime.family {
    case .cpu: ["panels", "few rows", "winograd", "lines", "plain", "joined phases", "clblast"]
    case .gpu: GraphicsCardProductPlan.Tile.all.filter { $0.fits(device) }.map { "tile \($0.name)" } + ["winograd", "clblast"]
    }
  }
}

/// How this device's products are to be computed, and what was decided so far.
struct ProductChoices {
  /// A product that was computed while the tuner looked on.
  struct Met {
    let shape: ProductShape
    let byRules: ProductVariant
    let candidates: [ProductVariant]
  }

  var tuning: ProductTuning
  /// What the tuner or a test tries.
  var forced: ProductVariant?
  /// Decisions, so that a neighbour is looked for once a shape.
  var found: [ProductShape: ProductVariant?] = [:]
  var met: [Met]?
  /// The way the last product went.
  var last: ProductVariant?

  init(_ tuning: ProductTuning) { self.tuning = tuning }
}

extension OpenCLBackend {
  private func productsMet(during body: () -> Void) throws -> [ProductChoices.Met] {
    runtime.choices.withLock { ($0.met, $0.forced) = ([], nil) }
    body()
    try synchronize()
    return runtime.choices.withLock { choices in
      defer { choices.met = nil }
      return choices.met ?? []
    }
  }

  /// The way to compute a product: what the tuner tries or found, if this product can go it, else by rule.
  func variant(of product: GeneralProduct, byRules: ProductVariant, candidates: () -> [ProductVariant]) -> ProductVariant {
    runtime.choices.withLock { choices in
      if choices.met != nil {
        choices.met!.append(.init(shape: ProductShape(product), byRules: byRules, candidates: candidates()))
      }
      let chosen = choices.chosen(for: product)
      let variant = chosen.map { $0 != byRules && candidates().contains($0) ? $0 : byRules } ?? byRules
      choices.last = variant
      return variant
    }
  }
}

extension ProductChoices {
  /// What the tuner tries or found; nil to go by the rules.
  fileprivate mutating func chosen(for product: GeneralProduct) -> ProductVariant? {
    if met != nil { return nil }
    if let forced { return forced }
    if tuning.entries.isEmpty { return nil }
    let shape = ProductShape(product)
    if let known = found[shape] { return known }
    let variant = tuning.variant(for: shape)
    found[shape] = .some(variant)
    return variant
  }
}

extension Sequence where Element: Hashable {
  /// Each element once, in the order of their first occurrence.
  func uniqued() -> [Element] {
    var seen = Set<Element>()
    return filter { seen.insert($0).inserted }
  }
}
