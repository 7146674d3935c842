/// The six groups of ages that the age-conditional GAN tells apart (Antipov, Baccouche and Dugelay, 2017).
public enum AgeGroup: Int, CaseIterable, Sendable {
  /// To 18 years.
  case upTo18
  /// 19 to 29 years.
  case from19
  /// 30 to 39 years.
  case from30
  /// 40 to 49 years.
  case from40
  /// 50 to 59 years.
  case from50
  /// 60 years and more.
  case from60

  /// The group of an age in years.
  public init(age: Int) {
    self = AgeGroup.allCases.last { age >= $0.firstAge } ?? .upTo18
  }

  private var firstAge: Int { [0, 19, 30, 40, 50, 60][rawValue] }

  /// The ages in years of the people in it.
  public var ages: ClosedRange<Int> {
    let last = AgeGroup(rawValue: rawValue + 1).map { $0.firstAge - 1 } ?? Face.ages.upperBound
    return max(firstAge, Face.ages.lowerBound)...last
  }

  /// As charts and tables name it: `0-18`, `19-29`, …, `60+`.
  public var name: String { ["0-18", "19-29", "30-39", "40-49", "50-59", "60+"][rawValue] }
}
