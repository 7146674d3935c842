import Backends

/// What is drawn by chance for one thing, be it a person or a photograph of one: a Philox stream of its own.
struct FaceDraws {
  /// Streams of different purposes never meet.
  enum Purpose: UInt32 {
    case identity = 0xFACE_0001
    case groups
    case ageInGroup
    case view
  }

  private let generator: Philox
  private let place: SIMD3<UInt32>
  private var counter: UInt32 = 0

  init(seed: UInt64, number: Int, purpose: Purpose) {
    generator = Philox(key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    let number = UInt64(bitPattern: Int64(number))
    place = SIMD3(UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32), purpose.rawValue)
  }

  /// A block a number: what is drawn later does not change when one draw more is made of the same block.
  private mutating func words() -> SIMD4<UInt32> {
    defer { counter &+= 1 }
    return generator.block(SIMD4(counter, place.x, place.y, place.z))
  }

  mutating func word() -> UInt32 { words().x }

  /// Uniform in [0, 1).
  mutating func uniform() -> Float { Philox.uniform(words().x) }

  mutating func uniform(_ low: Float, _ high: Float) -> Float { mix(low, high, uniform()) }

  /// Around `middle`, at most `reach` away, most often near it: the mean of three uniform numbers.
  mutating func around(_ middle: Float, _ reach: Float) -> Float {
    let block = words()
    let sum = Philox.uniform(block.x) + Philox.uniform(block.y) + Philox.uniform(block.z)
    return middle + reach * (sum * (2 / 3) - 1)
  }

  mutating func chance(_ probability: Float) -> Bool { uniform() < probability }

  /// One of `choices`, each as likely as its weight says.
  mutating func choose<Choice>(_ choices: [(Choice, Float)]) -> Choice {
    var rest = uniform() * choices.reduce(0) { $0 + $1.1 }
    for (choice, weight) in choices {
      rest -= weight
      if rest < 0 { return choice }
    }
    return choices[choices.count - 1].0
  }

  mutating func choose<Choice: CaseIterable>(_: Choice.Type) -> Choice {
    choose(Choice.allCases.map { ($0, 1) })
  }
}
