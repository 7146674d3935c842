extension Volume {
  /// The share of voxels that are full.
  public func occupancy(threshold: Float = 0.5) -> Double { Double(values.count { $0 >= threshold }) / Double(values.count) }

  /// Intersection over union: how many of the voxels that are full in one of two volumes are full in both; 1 if both are empty.
  ///
  /// - Precondition: both have the same extents.
  public func intersectionOverUnion(with other: Volume, threshold: Float = 0.5) -> Double {
    precondition(shape == other.shape, "volumes of \(shape) and \(other.shape) voxels")
    var both = 0, either = 0
    for (mine, theirs) in zip(values, other.values) {
      let (isMine, isTheirs) = (mine >= threshold, theirs >= threshold)
      if isMine && isTheirs { both += 1 }
      if isMine || isTheirs { either += 1 }
    }
    return either == 0 ? 1 : Double(both) / Double(either)
  }

  /// How many voxels each connected component has, the largest first. Voxels are connected if they share a face.
  public func componentSizes(threshold: Float = 0.5) -> [Int] {
    var isFull = values.map { $0 >= threshold }, sizes = [Int](), waiting = [Int]()
    for start in isFull.indices where isFull[start] {
      var size = 0
      isFull[start] = false
      waiting.append(start)
      while let place = waiting.popLast() {
        size += 1
        forEachNeighbour(of: place) { neighbour in
          if isFull[neighbour] {
            isFull[neighbour] = false
            waiting.append(neighbour)
          }
        }
      }
      sizes.append(size)
    }
    return sizes.sorted(by: >)
  }

  /// The share of full voxels that the largest connected component has: 1 for a shape in one piece, 0 if nothing is full.
  public func largestComponentShare(threshold: Float = 0.5) -> Double {
    let sizes = componentSizes(threshold: threshold)
    return sizes.isEmpty ? 0 : Double(sizes[0]) / Double(sizes.reduce(0, +))
  }

  /// Calls `body` with the places, in `values`, of the voxels that share a face with the one at `place`.
  func forEachNeighbour(of place: Int, _ body: (Int) -> Void) {
    let x = place % width, y = place / width % height, z = place / (width * height)
    if x > 0 { body(place - 1) }
    if x < width - 1 { body(place + 1) }
    if y > 0 { body(place - width) }
    if y < height - 1 { body(place + width) }
    if z > 0 { body(place - width * height) }
    if z < depth - 1 { body(place + width * height) }
  }
}
