/// Endless faces in an order that a seed fixes: ``facesOfOne`` of each person, in different groups of age, all groups equally
/// often.
public struct FaceCollection: Hashable, Sendable {
  /// Collections of the same seed whose people are all different.
  public enum Part: Int, Sendable {
    /// To learn from.
    case training
    /// To judge by.
    case validation
  }

  /// How many faces a person has.
  public static let facesOfOne = 4

  /// Names the people and everything about them.
  public let seed: UInt64
  /// Which people.
  public let part: Part

  /// The faces of `part` that `seed` names.
  public init(seed: UInt64, part: Part = .training) { (self.seed, self.part) = (seed, part) }

  /// Face `index`, the same each time.
  ///
  /// - Precondition: `index` is in `0..<1 << 40`.
  public subscript(index: Int) -> Face {
    precondition((0..<1 << 40).contains(index), "face \(index)")
    // Parts lie so far apart that they never meet.
    let first = part.rawValue << 40
    let person = index / Self.facesOfOne
    var draws = FaceDraws(seed: seed, number: first + person, purpose: .groups)
    var groups = AgeGroup.allCases
    for place in groups.indices.dropLast() {
      groups.swapAt(place, place + Int(draws.uniform() * Float(groups.count - place)))
    }
    let ages = groups[index % Self.facesOfOne].ages
    var own = FaceDraws(seed: seed, number: first + index, purpose: .ageInGroup)
    let age = ages.lowerBound + Int(own.uniform() * Float(ages.count))
    return Face(
      identity: FaceIdentity(seed: seed, number: first + person), age: age,
      view: FaceView(seed: seed, number: first + index, age: age))
  }
}
