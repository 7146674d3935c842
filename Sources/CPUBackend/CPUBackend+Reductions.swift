import Backends
import CVectorLoops

extension CPUBackend {
  public func reduce(
    _ reduction: Reduction, _ input: any Storage, outer: Int, length: Int, inner: Int
  ) -> any Storage {
    guard failure.arePresent(input, operation: "reduce") else { return missing(outer * inner) }
    let x = read(input, outer * length * inner, "reduce")
    let isSum = reduction == .sum || reduction == .mean
    require(isSum || length > 0 || outer * inner == 0, "\(reduction) of no elements")
    return make(outer * inner) { output in
      if isSum {
        let divisor = reduction == .mean ? Double(length) : 1
        return try sum(x, outer: outer, length: length, inner: inner, dividedBy: divisor, into: output)
      }
      // Each task folds some columns of one matrix.
      let tiles = Tiles(of: inner, width: 256)
      forEachTask(outer * tiles.count, weight: length * min(inner, tiles.width)) { task in
        let (o, columns) = (task / tiles.count, tiles[task % tiles.count])
        let matrix = x + o * length * inner, result = output + o * inner + columns.lowerBound
        switch reduction {
        case .sum, .mean: break
        case .maximum: vl_extreme(true, matrix, length, inner, columns.lowerBound, columns.upperBound, result)
        case .minimum: vl_extreme(false, matrix, length, inner, columns.lowerBound, columns.upperBound, result)
        case .argumentMaximum:
          vl_argument_maximum(matrix, length, inner, columns.lowerBound, columns.upperBound, result)
        }
      }
    }
  }

  /// Matrices are cut into tiles of columns and, if these are few, into runs of rows, whose sums are then
  /// added in order. The cut depends on the shape alone.
  func sum(
    _ x: UnsafePointer<Float>, outer: Int, length: Int, inner: Int, dividedBy divisor: Double = 1,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    guard length > 0 else { return vl_fill(Float(0 / divisor), output, outer * inner) }
    let tiles = Tiles(of: inner, width: 256)
    let whole = outer * tiles.count
    let runs = Tiles(of: length, width: whole >= 16 ? length : max(256, 32_768 / max(1, min(inner, 256))))
    try withPartialSums(runs.count * outer * inner) { partial in
      // partial: [outer, runs, inner]
      forEachTask(whole * runs.count, weight: runs.width * min(inner, tiles.width)) { task in
        let run = runs[task % runs.count], columns = tiles[task / runs.count % tiles.count]
        let o = task / runs.count / tiles.count
        vl_sum(
          x + (o * length + run.lowerBound) * inner, run.count, inner, columns.lowerBound, columns.upperBound,
          partial + (o * runs.count + task % runs.count) * inner + columns.lowerBound)
      }
      for o in 0..<outer { addRuns(partial + o * runs.count * inner, runs.count, inner, divisor, output + o * inner) }
    }
  }

  /// The sums of `[runs, inner]`, divided.
  private func addRuns(
    _ partial: UnsafePointer<Double>, _ runs: Int, _ inner: Int, _ divisor: Double, _ output: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<inner {
      var total = 0.0
      for run in 0..<runs { total += partial[run * inner + i] }
      output[i] = Float(total / divisor)
    }
  }

  public func activationAndBiasGradients(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage) {
    let count = output.count, rows = count / channels
    guard channels <= 2048 else {
      // Runs of so wide rows would be too few, or their sums too many.
      return activationGradientAndItsSum(activation, output: output, gradient: gradient, channels: channels)
    }
    guard failure.arePresent(output, gradient, operation: "activationAndBiasGradients") else {
      return (missing(count), missing(channels))
    }
    let y = read(output, count, "activationAndBiasGradients, output")
    let dy = read(gradient, count, "activationAndBiasGradients, gradient")
    let (kind, parameter) = BinaryOperation.activationGradient(activation).loop
    // A run is still in a core's cache when it is summed.
    let runs = Tiles(of: rows, width: 32_768 / channels)
    let made = make(count, channels) { outputs in
      let (passed, bias) = (outputs[0], outputs[1])
      try withPartialSums(runs.count * channels) { partial in
        forEachTask(runs.count, weight: runs.width * channels) { task in
          let first = runs[task].lowerBound * channels, rows = runs[task].count, length = rows * channels
          vl_binary(kind, parameter, y + first, 0, 1, dy + first, 0, 1, passed + first, 1, length)
          vl_sum(passed + first, rows, channels, 0, channels, partial + task * channels)
        }
        addRuns(partial, runs.count, channels, 1, bias)
      }
    }
    return (made[0], made[1])
  }

  /// Memory for `count` double-precision values.
  func withPartialSums(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) throws {
    let memory = try scratch(2 * count)
    memory.pointer.withMemoryRebound(to: Double.self, capacity: count, body)
  }

  /// Runs tasks on all threads if together they are worth it; `weight` is the elements one task reads.
  func forEachTask(_ tasks: Int, weight: Int, _ body: (_ task: Int) -> Void) {
    team.forEachRange(ofHeavy: tasks, weight: weight) { range in
      for task in range { body(task) }
    }
  }
}

/// A range cut into pieces of one width; the last may be narrower.
struct Tiles: Sequence {
  let extent: Int
  let width: Int

  init(of extent: Int, width: Int) { (self.extent, self.width) = (extent, Swift.max(1, width)) }

  var count: Int { extent.dividedUp(by: width) }

  subscript(index: Int) -> Range<Int> { index * width..<Swift.min(extent, (index + 1) * width) }

  func makeIterator() -> LazyMapSequence<Range<Int>, Range<Int>>.Iterator {
    (0..<count).lazy.map { self[$0] }.makeIterator()
  }
}
