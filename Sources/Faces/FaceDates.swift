extension FaceIdentity {
  /// Month (1 to 12) and day of the month of birth.
  public var birthDate: (year: Int, month: Int, day: Int) {
    var rest = birthDay
    for (index, days) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
      if rest <= days { return (birthYear, index + 1, rest) }
      rest -= days
    }
    return (birthYear, 12, 31)
  }
}

extension Face {
  /// When the photograph was taken, in the middle of a year: by then a person born in July or later has not had a birthday.
  public var yearTaken: Int { identity.birthYear + age + (identity.birthDate.month >= 7 ? 1 : 0) }

  /// Around the head of a picture of `size`×`size` pixels: left, top, right, bottom, within the picture.
  public func box(size: Int) -> (left: Double, top: Double, right: Double, bottom: Double) {
    let half = Double(size) / 2
    func edge(_ place: Float, _ extent: Float) -> Double { min(max(0, (Double(place + extent) + 1) * half), Double(size)) }
    let (width, height) = (view.scale * 0.8, view.scale)
    return (edge(view.shift.x, -width), edge(view.shift.y, -height), edge(view.shift.x, width), edge(view.shift.y, height))
  }
}
