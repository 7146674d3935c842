/// The name among `names` that was probably meant by a mistyped one, or nil if none is close: at most a
/// third of its letters, and at least one, may be wrong, missing, extra or swapped with a neighbour, or
/// what was typed is its beginning. What is longer than people type has no near name.
public func nearestName(to mistyped: String, in names: some Sequence<String>) -> String? {
  guard let wanted = letters(mistyped) else { return nil }
  var nearest: (name: String, distance: Int)?
  var continued: String?
  for name in names {
    guard let letters = letters(name) else { continue }
    let limit = max(1, letters.count / 3)
    if let distance = editDistance(wanted, letters, limit: limit),
      nearest.map({ (distance, name) < ($0.distance, $0.name) }) ?? true
    {
      nearest = (name, distance)
    }
    if wanted.count >= 3, letters.starts(with: wanted), continued.map({ name < $0 }) ?? true { continued = name }
  }
  return nearest?.name ?? continued
}

/// The end of a clause about a name that nothing has: a question after the nearest of `names`, or `otherwise`.
public func suggestion(
  for mistyped: String, among names: some Sequence<String>, otherwise: String = ""
) -> String {
  nearestName(to: mistyped, in: names).map { "; did you mean \($0.quotedForMessage)?" } ?? otherwise
}

/// Small, or nil for names that no person typed: a file may hold names of megabytes.
private func letters(_ name: String) -> [Character]? {
  let longest = 128
  guard name.utf8.count <= 4 * longest else { return nil }
  let letters = Array(name.lowercased())
  return letters.count <= longest ? letters : nil
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to another, or nil if
/// they are more than `limit`.
private func editDistance(_ from: [Character], _ to: [Character], limit: Int) -> Int? {
  guard abs(from.count - to.count) <= limit else { return nil }
  var beforeLast = [Int]()
  var last = Array(0...to.count)
  for i in from.indices {
    var row = [i + 1]
    for j in to.indices {
      var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (from[i] == to[j] ? 0 : 1))
      if i > 0, j > 0, from[i] == to[j - 1], from[i - 1] == to[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    // A swap reaches back two rows; where both are past the limit, all that follow are.
    if min(row.min() ?? 0, last.min() ?? 0) > limit { return nil }
    (beforeLast, last) = (last, row)
  }
  return last[to.count] <= limit ? last[to.count] : nil
}
