import Pictures

/// A drawn face: who, how old, and how photographed. The three are independent of each other, so that the same person can be
/// seen at any age, and any age in the same light.
///
/// The same face is the same picture, bit for bit: nothing but additions, products, quotients and square roots is computed.
public struct Face: Hashable, Sendable {
  /// Who it is.
  public var identity: FaceIdentity
  /// In years.
  public var age: Int
  /// How the photograph was taken.
  public var view: FaceView

  /// The ages that can be drawn.
  public static let ages = 1...90
  /// The sizes that can be drawn, in pixels each way.
  public static let sizes = 16...1024

  /// - Precondition: `age` is one of ``ages``.
  public init(identity: FaceIdentity, age: Int, view: FaceView = FaceView()) {
    precondition(Self.ages.contains(age), "a face of \(age) years: ages are \(Self.ages.lowerBound) to \(Self.ages.upperBound)")
    (self.identity, self.age, self.view) = (identity, age, view)
  }

  /// That of ``age``.
  public var ageGroup: AgeGroup { AgeGroup(age: age) }

  /// The face as a picture of `size`×`size` pixels in color.
  ///
  /// - Precondition: `size` is one of ``sizes``.
  public func drawn(size: Int = 64) -> Picture {
    precondition(
      Self.sizes.contains(size), "a face of \(size) pixels: sizes are \(Self.sizes.lowerBound) to \(Self.sizes.upperBound)")
    var painter = FacePainter(self, size: size)
    painter.paintBackground()
    painter.paintHairBehind()
    painter.paintBody()
    painter.paintEars()
    painter.paintHead()
    painter.paintHair()
    painter.paintGlasses()
    return painter.picture()
  }
}
