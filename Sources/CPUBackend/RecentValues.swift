/// A dictionary of bounded size, which forgets what was not asked for the longest.
struct RecentValues<Key: Hashable, Value> {
  let capacity: Int
  private var entries: [Key: (value: Value, lastUse: Int)] = [:]
  private var uses = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { entries.count }

  subscript(key: Key) -> Value? {
    mutating get {
      guard let index = entries.index(forKey: key) else { return nil }
      uses += 1
      entries.values[index].lastUse = uses
      return entries.values[index].value
    }
    set {
      uses += 1
      entries[key] = newValue.map { ($0, uses) }
      // Rare enough for a search.
      if entries.count > capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
        entries[oldest] = nil
      }
    }
  }

  mutating func removeAll() { entries = [:] }
}
