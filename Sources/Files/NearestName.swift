/// The name among `names` that was probably meant by a mistyped one, or nil if none is close: at most a
/// third of its letters, and at least one, may be wrong, missing, extra or swapped with a neighbour, or
/// what was typed is its beginning.
public func nearestName(to mistyped: String, in names: some Sequence<String>) -> String? {
  let wanted = Array(mistyped.lowercased())
  return
    names
    .map { name in (name: name, distance: editDistance(wanted, Array(name.lowercased()))) }
    .filter { $0.distance <= max(1, $0.name.count / 3) }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?
    .name
    ?? names.filter { wanted.count >= 3 && $0.lowercased().hasPrefix(mistyped.lowercased()) }.min()
}

/// The end of a clause about a name that nothing has: a question after the nearest of `names`, or `otherwise`.
public func suggestion(
  for mistyped: String, among names: some Sequence<String>, otherwise: String = ""
) -> String {
  nearestName(to: mistyped, in: names).map { "; did you mean “\($0)”?" } ?? otherwise
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to another.
func editDistance(_ from: [Character], _ to: [Character]) -> Int {
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
    (beforeLast, last) = (last, row)
  }
  return last[to.count]
}
