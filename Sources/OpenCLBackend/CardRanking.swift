/// In which order an automatic choice tries devices.
package enum CardRanking {
  /// The devices as cards, best first, each with the places in `devices` of the drivers that offer it: the newest first.
  ///
  /// Graphics cards come before other kinds, cards with memory of their own before those that share the processor's,
  /// then the larger memory and the more compute units. The order in which drivers are found says nothing.
  package static func cards(among devices: [OpenCLDevice], everyKind: Bool = false) -> [[Int]] {
    let order = devices.indices.filter { everyKind || devices[$0].kind == .gpu }
      .sorted { isBetter(devices[$0], than: devices[$1]) }
    var cards = [[Int]]()
    for place in order {
      let card = cards.firstIndex { card in card.allSatisfy { isSameCard(devices[$0], devices[place]) } }
      if let card { cards[card].append(place) } else { cards.append([place]) }
    }
    return cards.map { card in card.sorted { isNewer(devices[$0], than: devices[$1]) } }
  }

  private static func isBetter(_ a: OpenCLDevice, than b: OpenCLDevice) -> Bool {
    if a.kind != b.kind { return a.kind < b.kind }
    if a.isDiscrete != b.isDiscrete { return a.isDiscrete }
    if a.globalMemory != b.globalMemory { return a.globalMemory > b.globalMemory }
    if a.computeUnits != b.computeUnits { return a.computeUnits > b.computeUnits }
    return isNewer(a, than: b)
  }

  /// Of two drivers of one card; also what decides between cards that are alike, whatever order they are found in.
  private static func isNewer(_ a: OpenCLDevice, than b: OpenCLDevice) -> Bool {
    let (versionA, versionB) = (a.versionNumber, b.versionNumber)
    if versionA != versionB { return versionA > versionB }
    let (wordsA, wordsB) = ([a.platformName, a.driverVersion, a.name], [b.platformName, b.driverVersion, b.name])
    if wordsA != wordsB { return wordsA.lexicographicallyPrecedes(wordsB) }
    guard let slotA = a.address, let slotB = b.address else { return a.address != nil && b.address == nil }
    return (slotA.domain ?? 0, slotA.bus, slotA.device) < (slotB.domain ?? 0, slotB.bus, slotB.device)
  }

  /// Whether two drivers mean one card. One driver never lists a card twice.
  private static func isSameCard(_ a: OpenCLDevice, _ b: OpenCLDevice) -> Bool {
    guard a.platform != b.platform else { return false }
    if let addressA = a.address, let addressB = b.address { return addressA.isSame(as: addressB) }
    if let identifierA = a.universalIdentifier, let identifierB = b.universalIdentifier {
      return identifierA == identifierB
    }
    return (a.name, a.vendor, a.globalMemory) == (b.name, b.vendor, b.globalMemory)
  }
}

extension OpenCLDevice {
  /// 3.0 of “OpenCL 3.0 CUDA”: 0 if it is written otherwise.
  fileprivate var versionNumber: Double {
    let words = version.split(separator: " ")
    return words.count > 1 ? Double(words[1]) ?? 0 : 0
  }
}
