extension Volume {
  /// In a cube of `side` voxels: as it is if it has that size; otherwise with a voxel of space around it, in the middle, each voxel
  /// taking the nearest of the original, or, where it is reduced, the fullest of those it covers, so that thin parts remain.
  ///
  /// ModelNet's 30 voxels thus become 32 with a margin of one, and 64 of two voxels for each.
  public func fitted(to side: Int) -> Volume {
    if shape == [side, side, side] { return self }
    let longest = max(depth, height, width) + 2, step = Double(longest) / Double(side)
    return resampled(side: side, step: SIMD3(repeating: step))
  }

  /// Stretched along x, y and z, in the middle of the same cube, and as a whole as much smaller as it must be to fit where it did.
  ///
  /// - Precondition: The volume is a cube, and all factors are larger than 0.
  public func stretched(by factors: SIMD3<Float>) -> Volume {
    precondition(depth == height && height == width && factors.min() > 0, "\(shape) voxels stretched by \(factors)")
    if factors == .one { return self }
    return resampled(side: width, step: SIMD3<Double>(repeating: Double(factors.max())) / SIMD3<Double>(factors))
  }

  /// - Parameter step: How many voxels of this volume each of the new one covers along x, y and z.
  private func resampled(side: Int, step: SIMD3<Double>) -> Volume {
    func covered(_ count: Int, _ step: Double) -> [Range<Int>] {
      (0..<side).map { place in
        let middle = Double(count) / 2 + (Double(place) + 0.5 - Double(side) / 2) * step
        if step <= 1 {
          let nearest = Int(middle.rounded(.down))
          return nearest >= 0 && nearest < count ? nearest..<nearest + 1 : 0..<0
        }
        // Those whose middles are covered: every voxel is in one of the ranges, and nothing grows thicker.
        let first = max(0, Int((middle - step / 2 - 0.5).rounded(.up))),
          end = min(count, Int((middle + step / 2 - 0.5).rounded(.up)))
        return first < end ? first..<end : 0..<0
      }
    }
    let (alongX, alongY, alongZ) = (covered(width, step.x), covered(height, step.y), covered(depth, step.z))
    var result = [Float]()
    result.reserveCapacity(side * side * side)
    for zs in alongZ {
      for ys in alongY {
        for xs in alongX {
          var fullest: Float = 0
          for z in zs { for y in ys { for x in xs { fullest = max(fullest, values[(z * height + y) * width + x]) } } }
          result.append(fullest)
        }
      }
    }
    return Volume(depth: side, height: side, width: side, values: result)
  }
}
