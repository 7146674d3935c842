/// Which part of a picture of other proportions is used.
public enum PictureCrop: String, Codable, CaseIterable, Hashable, Sendable {
  /// The largest part in the middle that has the wanted proportions: Keras' `crop_to_aspect_ratio`.
  case centre
  /// All of it, stretched to the wanted proportions: what Keras does if not told otherwise.
  case fit
  /// Another place each time, of pictures kept an eighth larger than they are used.
  case random
}

extension EncodedPicture {
  /// Decodes a picture at a given size. A JPEG file that is much larger is decoded at a part of its size, but at least three
  /// times as large as it is to be, so that what the filter then does is hardly changed.
  ///
  /// - Parameters:
  ///   - size: Height, width and channels.
  ///   - crop: With `random` as with `centre`: places are chosen later.
  public func shaped(
    to size: (height: Int, width: Int, channels: Int), by filter: ResizeFilter, crop: PictureCrop,
    over background: Color = .white
  ) throws(PictureError) -> Picture {
    func part(_ width: Int, _ height: Int) -> PicturePart {
      crop == .fit
        ? PicturePart(x: 0, y: 0, width: Double(width), height: Double(height))
        : .center(of: (width, height), width: size.width, height: size.height)
    }
    let used = part(width, height)
    let reduction = min(used.width / Double(size.width), used.height / Double(size.height))
    let picture = try decoded(over: background, reducedUpTo: reduction / 3)
    return picture.resized(width: size.width, height: size.height, by: filter, of: part(picture.width, picture.height))
      .converted(toChannels: size.channels)
  }
}
