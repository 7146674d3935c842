import Pictures

extension FaceDetector {
  /// How many times as wide as a face the part of a picture is that is cropped around it: with hair, chin and ears.
  public static let margin = 1.6
  /// Faces are looked for in pictures reduced to this size, in pixels.
  private static let searchedSize = 640

  /// A square around the largest face of a picture, moved or reduced to lie within it; nil if there is no face.
  ///
  /// - Throws: ``CascadeError`` if OpenCV fails.
  public func largestFace(in picture: Picture) throws -> PicturePart? {
    let reduction = max(1, Double(max(picture.width, picture.height)) / Double(Self.searchedSize))
    func reduced(_ extent: Int) -> Int { max(1, Int((Double(extent) / reduction).rounded())) }
    let searched =
      reduction == 1
      ? picture : picture.resized(width: reduced(picture.width), height: reduced(picture.height), by: .bilinear)
    guard let face = try faces(in: searched).first else { return nil }
    let across = Double(picture.width) / Double(searched.width), down = Double(picture.height) / Double(searched.height)
    let side = min(Self.margin * Double(face.width) * across, Double(picture.width), Double(picture.height))
    func place(_ middle: Double, _ extent: Int) -> Double { min(max(0, middle - side / 2), Double(extent) - side) }
    return PicturePart(
      x: place((Double(face.x) + Double(face.width) / 2) * across, picture.width),
      y: place((Double(face.y) + Double(face.height) / 2) * down, picture.height), width: side, height: side)
  }
}
