/// What differs between two photographs of a person of one age: pose, expression, light, clothes, glasses, background.
public struct FaceView: Hashable, Sendable {
  /// To the person's left, in radians; small, as no profile is drawn.
  public var turn: Float
  /// Looking down, in radians.
  public var tilt: Float
  /// Leaning to a shoulder, in radians.
  public var roll: Float
  /// Half the head's height as a share of half the picture's.
  public var scale: Float
  /// The middle of the head from that of the picture, in halves of the picture.
  public var shift: SIMD2<Float>

  /// From −1 (grave) over 0 to 1 (beaming).
  public var smile: Float
  /// How far the mouth is open, 0 to 1.
  public var openMouth: Float
  /// Where the eyes look, right and down, −1 to 1.
  public var gaze: SIMD2<Float>

  /// Where the light comes from: right, down and forward, of length 1.
  public var light: SIMD3<Float>
  /// 0 (soft) to 1 (hard).
  public var contrast: Float
  /// −1 (cold) to 1 (warm).
  public var warmth: Float
  /// Brightness of the whole picture, 1 is usual.
  public var exposure: Float

  /// What is worn before the eyes.
  public enum Glasses: CaseIterable, Sendable {
    /// No glasses.
    case none
    /// Round lenses in a full frame.
    case round
    /// Square lenses in a full frame.
    case square
    /// A frame above the lenses only.
    case halfRim
  }
  /// What is worn before the eyes.
  public var glasses: Glasses
  /// 0 (black) to 1 (light metal).
  public var frame: Float

  /// What is behind the head.
  public enum Background: CaseIterable, Sendable {
    /// A smooth one, brighter in the middle.
    case studio
    /// A wall with a structure.
    case wall
    /// Sky above green, out of focus.
    case outdoors
    /// Lights in the dark, out of focus.
    case lights
    /// The furniture of a room, out of focus.
    case room
  }
  /// What is behind the head.
  public var background: Background
  /// What is worn below the neck.
  public enum Clothing: CaseIterable, Sendable {
    /// A round neckline.
    case crewNeck
    /// A pointed neckline.
    case vNeck
    /// A collar.
    case shirt
    /// A high neck.
    case turtleneck
    /// A jacket over a shirt.
    case jacket
  }
  /// What is worn below the neck.
  public var clothing: Clothing
  /// Red, green and blue in 0…1: of the background, and of the clothes.
  public var backgroundColor, clothingColor: SIMD3<Float>
  /// Of everything irregular that is no part of the person.
  public var pattern: UInt32

  /// From the front, by daylight, without glasses, in front of a grey wall.
  public init() {
    (turn, tilt, roll, scale, shift) = (0, 0, 0, 0.67, SIMD2(0, -0.09))
    (smile, openMouth, gaze) = (0.2, 0, SIMD2(0, 0))
    (light, contrast, warmth, exposure) = (Self.direction(-0.35, -0.5), 0.5, 0, 1)
    (glasses, frame) = (.none, 0)
    (background, clothing) = (.studio, .crewNeck)
    (backgroundColor, clothingColor) = (SIMD3(0.62, 0.66, 0.7), SIMD3(0.25, 0.32, 0.45))
    pattern = 1
  }

  /// View `number` of the stream that `seed` names, for a person of that age.
  public init(seed: UInt64, number: Int, age: Int) {
    self.init()
    var draws = FaceDraws(seed: seed, number: number, purpose: .view)
    turn = draws.around(0, 0.62)
    tilt = draws.around(0, 0.26)
    roll = draws.around(0, 0.24)
    scale = draws.around(0.67, 0.07)
    shift = SIMD2(draws.around(0, 0.09), draws.around(-0.09, 0.06))
    smile = draws.uniform(-0.3, 1)
    openMouth = smile > 0.45 && draws.chance(0.6) ? draws.uniform(0.35, 1) : draws.chance(0.1) ? draws.uniform(0.2, 0.5) : 0
    gaze = SIMD2(draws.around(-turn, 0.6), draws.around(0, 0.3))
    light = Self.direction(draws.uniform(-0.9, 0.9), draws.uniform(-0.85, -0.1))
    contrast = draws.uniform()
    warmth = draws.around(0, 1)
    exposure = draws.around(1, 0.2)
    let needsGlasses: Float = age < 6 ? 0.02 : age < 40 ? 0.15 : 0.27
    let isShortSighted = draws.chance(needsGlasses)
    let kind: Glasses = draws.choose([(.round, 1), (.square, 1.3), (.halfRim, 0.8)])
    glasses = isShortSighted ? kind : .none
    frame = draws.uniform()
    background = draws.choose(Background.self)
    clothing = draws.choose(Clothing.self)
    backgroundColor = Self.color(&draws, saturation: draws.uniform(0.03, 0.40), brightness: draws.uniform(0.3, 0.95))
    clothingColor = Self.color(&draws, saturation: draws.uniform(0, 0.7), brightness: draws.uniform(0.1, 0.95))
    pattern = draws.word()
  }

  /// A direction of light from so far to the right and down, as the slopes of it.
  static func direction(_ right: Float, _ down: Float) -> SIMD3<Float> {
    let vector = SIMD3(right, down, 1 as Float)
    return vector / (vector * vector).sum().squareRoot()
  }

  /// A color of any hue.
  private static func color(_ draws: inout FaceDraws, saturation: Float, brightness: Float) -> SIMD3<Float> {
    let hue = draws.uniform() * 6
    func part(_ offset: Float) -> Float {
      var place = hue + offset
      if place >= 6 { place -= 6 }
      let height = limit(min(place, 4 - place))
      return brightness * (1 - saturation * (1 - height))
    }
    return SIMD3(part(2), part(0), part(4))
  }
}
