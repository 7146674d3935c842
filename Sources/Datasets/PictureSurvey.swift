import Pictures

/// What the pictures of a folder look like, each decoded once.
public struct PictureSurvey: Sendable {
  /// Files that could not be read, those that only decoding told among them.
  public let unreadable: [UnreadablePicture]
  /// Groups of pictures that look alike, by their places in the listing.
  public let alike: [[Int]]
  /// Whether the picture at each place of the listing can be decoded.
  public let isReadable: [Bool]

  /// - Parameter progress: Called with the number of pictures that have been looked at, now and then.
  public init(_ listing: PictureListing, progress: (Int) -> Void = { _ in }) {
    var hashes = [DifferenceHash](), places = [Int](), unreadable = listing.unreadable
    var isReadable = [Bool](repeating: true, count: listing.files.count)
    // All of a picture, near enough in size that the hash is that of the original.
    let settings = PictureSettings(crop: .fit), block = 256
    for start in stride(from: 0, to: listing.files.count, by: block) {
      progress(start)
      let found = parallelMap(min(block, listing.files.count - start)) { index in
        Result {
          let pixels = try listing.pixels(start + index, shape: [64, 72, 1], settings)
          return DifferenceHash(Picture(width: 72, height: 64, channels: 1, pixels: pixels))
        }
      }
      for (place, hash) in zip(start..., found) {
        switch hash {
        case .success(let hash):
          hashes.append(hash)
          places.append(place)
        case .failure(let error):
          isReadable[place] = false
          unreadable.append(
            UnreadablePicture(name: listing.files[place].name, problem: PictureListing.problem(error)))
        }
      }
    }
    self.unreadable = unreadable.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    self.isReadable = isReadable
    alike = DifferenceHash.groups(of: hashes).map { group in group.map { places[$0] } }
  }
}
