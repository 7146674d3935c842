import Dispatch
import Foundation
import Pictures

/// Draws the voxels of a volume as solid blocks, seen from far away: light from above, darker in corners (ambient occlusion) and
/// towards the back.
struct VolumeRenderer {
  private let width: Int, height: Int, depth: Int
  private let isFull: [Bool]
  /// The occupancy smoothed a little, whose slope says where a surface faces, and smoothed much, which says how closed in it is.
  private let smooth: [Float], smoother: [Float]
  /// The box around the full voxels, in voxels.
  private let lower: SIMD3<Double>, upper: SIMD3<Double>

  init(_ volume: Volume, threshold: Float) {
    (width, height, depth) = (volume.width, volume.height, volume.depth)
    isFull = volume.values.map { $0 >= threshold }
    var field = volume.thresholded(at: threshold)
    field.blur(times: 2)
    smooth = field.values
    field.blur(times: 6)
    smoother = field.values
    var lower = SIMD3(width, height, depth), upper = SIMD3(repeating: 0)
    for place in isFull.indices where isFull[place] {
      let voxel = SIMD3(place % width, place / width % height, place / (width * height))
      lower = pointwiseMin(lower, voxel)
      upper = pointwiseMax(upper, voxel &+ 1)
    }
    self.lower = SIMD3(Double(lower.x), Double(lower.y), Double(lower.z))
    self.upper = SIMD3(Double(upper.x), Double(upper.y), Double(upper.z))
  }

  /// - Parameter angle: By how many degrees the volume is turned to the right.
  func picture(size: Int, angle: Double, elevation: Double = 28, background: Color) -> Picture {
    let samples = 3
    let view = View(angle: angle, elevation: elevation)
    // A cube of that side is within the picture whichever way it is turned.
    let scale = 1.62 * Double(max(width, height, depth)) / Double(size), half = Double(size) / 2
    let middle = SIMD3(Double(width), Double(height), Double(depth)) / 2
    let pixels = [UInt8](unsafeUninitializedCapacity: size * size * 3) { output, count in
      nonisolated(unsafe) let output = output
      DispatchQueue.concurrentPerform(iterations: size) { row in
        for column in 0..<size {
          var sum = SIMD3<Double>()
          for sample in 0..<samples * samples {
            let x = Double(column) + (Double(sample % samples) + 0.5) / Double(samples) - half
            let y = half - Double(row) - (Double(sample / samples) + 0.5) / Double(samples)
            sum += color(from: middle + view.right * (x * scale) + view.up * (y * scale), view, background)
          }
          for channel in 0..<3 {
            output[(row * size + column) * 3 + channel] = UInt8(
              max(0, min(255, (sum[channel] / Double(samples * samples)).rounded())))
          }
        }
      }
      count = size * size * 3
    }
    return Picture(width: size, height: size, channels: 3, pixels: pixels)
  }

  /// Where the eye is, as unit vectors in the volume's space.
  private struct View {
    let right: SIMD3<Double>, up: SIMD3<Double>, forward: SIMD3<Double>
    /// Towards the light: from above the eye's left shoulder.
    let light: SIMD3<Double>

    init(angle: Double, elevation: Double) {
      let (turn, tilt) = (angle * .pi / 180, elevation * .pi / 180)
      right = SIMD3(cos(turn), 0, sin(turn))
      let back = SIMD3(-sin(turn) * cos(tilt), sin(tilt), cos(turn) * cos(tilt))
      forward = -back
      up = SIMD3(sin(turn) * sin(tilt), cos(tilt), -cos(turn) * sin(tilt))
      let towards = right * -0.45 + SIMD3(0, 0.85, 0) + back * 0.55
      light = towards / (towards * towards).sum().squareRoot()
    }
  }

  /// What the eye sees along a line through `point`.
  private func color(from point: SIMD3<Double>, _ view: View, _ background: Color) -> SIMD3<Double> {
    let ground = SIMD3(Double(background.red), Double(background.green), Double(background.blue))
    guard let hit = firstFull(from: point, along: view.forward) else { return ground }
    let slope = SIMD3(
      sample(smooth, hit.place + SIMD3(0.5, 0, 0)) - sample(smooth, hit.place - SIMD3(0.5, 0, 0)),
      sample(smooth, hit.place + SIMD3(0, 0.5, 0)) - sample(smooth, hit.place - SIMD3(0, 0.5, 0)),
      sample(smooth, hit.place + SIMD3(0, 0, 0.5)) - sample(smooth, hit.place - SIMD3(0, 0, 0.5)))
    let length = (slope * slope).sum().squareRoot()
    // Between the face of the voxel and the shape that the voxels make up.
    var normal = hit.normal * 0.45 + (length > 1e-6 ? slope / -length * 0.55 : hit.normal * 0.55)
    normal /= max(1e-9, (normal * normal).sum().squareRoot())
    let direct = max(0, (normal * view.light).sum())
    // A flat wall by itself closes nothing in.
    let closed = min(1, max(0, (sample(smoother, hit.place + normal * 2.5) - 0.1) / 0.9))
    let open = 1 - 0.85 * closed
    let far = min(
      1, max(0, 0.5 + (view.forward * (hit.place - (lower + upper) / 2)).sum() / Double(max(width, height, depth)) / 1.5))
    let sky = 0.5 + 0.5 * normal.y
    let brightness = (0.22 + 0.26 * sky + 0.62 * direct) * open * open
    let shade = Self.material * min(1.08, brightness)
    return shade + (ground * 0.86 - shade) * (0.22 * far)
  }

  private static let material = SIMD3(148.0, 188.0, 230.0)

  /// The first full voxel on a line, visiting one voxel after the other (Amanatides and Woo, 1987).
  private func firstFull(from point: SIMD3<Double>, along direction: SIMD3<Double>) -> (
    place: SIMD3<Double>, normal: SIMD3<Double>
  )? {
    guard lower.x < upper.x else { return nil }
    var entry = -Double.infinity, exit = Double.infinity, side = 0
    for axis in 0..<3 {
      if abs(direction[axis]) < 1e-12 {
        if point[axis] <= lower[axis] || point[axis] >= upper[axis] { return nil }
        continue
      }
      let first = (lower[axis] - point[axis]) / direction[axis], second = (upper[axis] - point[axis]) / direction[axis]
      if min(first, second) > entry { (entry, side) = (min(first, second), axis) }
      exit = min(exit, max(first, second))
    }
    guard entry < exit else { return nil }
    let start = point + direction * (entry + 1e-9)
    var voxel = SIMD3<Int>(), step = SIMD3<Int>(), next = SIMD3(repeating: Double.infinity), spacing = next
    for axis in 0..<3 {
      voxel[axis] = max(Int(lower[axis]), min(Int(upper[axis]) - 1, Int(start[axis].rounded(.down))))
      guard abs(direction[axis]) >= 1e-12 else { continue }
      step[axis] = direction[axis] > 0 ? 1 : -1
      spacing[axis] = 1 / abs(direction[axis])
      next[axis] = (Double(voxel[axis] + (step[axis] > 0 ? 1 : 0)) - point[axis]) / direction[axis]
    }
    var distance = entry
    while !isFull[(voxel.z * height + voxel.y) * width + voxel.x] {
      side = next.x <= next.y && next.x <= next.z ? 0 : next.y <= next.z ? 1 : 2
      distance = next[side]
      voxel[side] += step[side]
      next[side] += spacing[side]
      guard Double(voxel[side]) >= lower[side], Double(voxel[side]) < upper[side] else { return nil }
    }
    var normal = SIMD3<Double>()
    normal[side] = direction[side] > 0 ? -1 : 1
    return (point + direction * distance, normal)
  }

  /// A field between the middles of voxels, 0 outside.
  private func sample(_ field: [Float], _ place: SIMD3<Double>) -> Double {
    let shifted = place - 0.5
    let base = SIMD3(Int(shifted.x.rounded(.down)), Int(shifted.y.rounded(.down)), Int(shifted.z.rounded(.down)))
    let part = shifted - SIMD3(Double(base.x), Double(base.y), Double(base.z))
    var sum = 0.0
    for corner in 0..<8 {
      let x = base.x + (corner & 1), y = base.y + (corner >> 1 & 1), z = base.z + (corner >> 2)
      guard x >= 0, y >= 0, z >= 0, x < width, y < height, z < depth else { continue }
      let weight =
        (corner & 1 == 1 ? part.x : 1 - part.x) * (corner & 2 == 2 ? part.y : 1 - part.y) * (corner & 4 == 4 ? part.z : 1 - part.z)
      sum += weight * Double(field[(z * height + y) * width + x])
    }
    return sum
  }
}

extension Volume {
  /// Averages neighbours with the weights 1, 2, 1 along every axis, again and again; outside all is empty.
  mutating func blur(times: Int) {
    for _ in 0..<times {
      for (stride, count) in [(1, width), (width, height), (width * height, depth)] {
        let old = values
        for place in values.indices {
          let position = place / stride % count
          let before = position > 0 ? old[place - stride] : 0, after = position < count - 1 ? old[place + stride] : 0
          values[place] = 0.25 * before + 0.5 * old[place] + 0.25 * after
        }
      }
    }
  }
}
