import Synchronization

/// The pictures of a listing that cannot be read, those that only decoding tells among them. The first few are named to people.
final class LeftOutPictures: Sendable {
  private let listing: PictureListing
  private let notice: @Sendable (String) -> Void
  private let damaged = Mutex([UnreadablePicture]())

  private static let namedCount = 5

  /// - Parameter notice: Told, a line each, what is to be known of the listing and of its pictures.
  init(of listing: PictureListing, notice: @escaping @Sendable (String) -> Void) {
    (self.listing, self.notice) = (listing, notice)
    for line in listing.notes { notice("\(listing.folder.lastPathComponent): \(line)") }
    for file in listing.unreadable.prefix(Self.namedCount) { notice("\(file.name) is left out: \(file.problem)") }
    let (count, left) = (listing.unreadable.count, listing.files.count)
    if count > 0 {
      notice("\(count) file\(count == 1 ? "" : "s") that cannot be read, \(left) picture\(left == 1 ? "" : "s") left")
    }
  }

  /// Those that are known so far.
  var all: [UnreadablePicture] { listing.unreadable + damaged.withLock { $0 } }

  /// A picture that could not be decoded.
  func add(_ name: String, _ error: any Error) {
    let file = UnreadablePicture(name: name, problem: PictureListing.problem(error))
    let place = damaged.withLock { damaged -> Int? in
      if damaged.contains(where: { $0.name == file.name }) { return nil }
      damaged.append(file)
      return listing.unreadable.count + damaged.count
    }
    guard let place else { return }
    if place <= Self.namedCount {
      notice("\(file.name) is left out: \(file.problem)")
    } else if place == Self.namedCount + 1 {
      notice("more files cannot be read; 'figment data show \(listing.folder.path)' names them all")
    }
  }
}
