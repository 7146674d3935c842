import Backends
import Kernels

extension OpenCLBackend {
  public func reduce(
    _ reduction: Reduction, _ input: any Storage, outer: Int, length: Int, inner: Int
  ) -> any Storage {
    guard outer * inner > 0 else { return runtime.allocate(count: 0) }
    if length == 0 {
      require(reduction == .sum || reduction == .mean, "\(reduction) of no elements")
      return fill(reduction == .sum ? 0 : .nan, count: outer * inner)
    }
    guard let combine = reduction.combination else { return argumentMaximum(input, outer, length, inner) }
    // The last stage divides by it.
    let divisor = reduction == .mean ? length : 1
    var stage = own(input), length = length
    while length > 1 { (stage, length) = fold(combine, stage, outer, length, inner, divisor) }
    return stage
  }

  public func reducePairs(
    _ reduction: Reduction, _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage {
    let length = broadcast.count
    guard runtime.family == .gpu, broadcast.shape.count == 1, length > 0, reduction == .sum || reduction == .mean else {
      return reduce(reduction, binary(operation, left, right, broadcast), outer: 1, length: length, inner: 1)
    }
    let divisor = reduction == .mean ? length : 1
    var parts = 1, sums: OpenCLStorage?
    runtime.perform {
      let wide = needsWideIndices(length), (macro, p) = operation.macro
      let kernel = try runtime.kernel(
        .elementwise, "foldPairs",
        defines: ["WIDTH": 1, "OPERATION": macro, wide ? "WIDE" : "NARROW": 1, "CACHED": 1])
      let groups = RowGroups(outer: 1, rows: length, vectors: 1, width: 1, kernel, device)
      parts = groups.parts
      sums = runtime.allocate(count: parts)
      try groups.launch(
        kernel, runtime,
        [
          runtime.index(parts, wide: wide), runtime.index(length, wide: wide), groups.columnArgument,
          .float(parts == 1 ? Float(divisor) : 1), .float(p), .count(broadcast.leftStrides[0]),
          .count(broadcast.rightStrides[0]), buffer(left), buffer(right), .buffer(sums!), groups.local(bytes: 4),
        ])
    }
    guard let sums else { return runtime.allocate(count: 1) }
    return parts == 1 ? sums : fold(.sum, sums, 1, parts, 1, divisor).0
  }

  public func activationAndBiasGradients(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage) {
    let count = output.count
    guard count > 0 else { return (runtime.allocate(count: 0), fill(0, count: channels)) }
    guard runtime.family == .cpu else {
      return activationAndBiasGradientsInGroups(activation, output: output, gradient: gradient, channels: channels)
    }
    if count < 1024 {
      // Two launches that are nearly free, of programs that are there anyway: to read another takes much longer.
      return activationGradientAndItsSum(activation, output: output, gradient: gradient, channels: channels)
    }
    let rowsInLine = rowsInGradientLine(count, channels)
    let width = rowsInLine * channels, lines = count.dividedUp(by: width)
    // Long stretches of memory; but of few lines the columns are shared.
    let most = lines > 64 ? 64 : max(1, min(64, width / 16 / (4 * runtime.device.computeUnits)))
    let vectors = (1...most).last { (width / 16).isMultiple(of: $0) }!
    let chunk = vectors * 16, chunks = width / chunk
    let (parts, share) = runtime.split(lines, outer: chunks, atLeast: max(8, 4096 / width), atMost: 2048)
    let sums = runtime.allocate(count: parts * width)
    let passed = produce(count) { passed in
      let wide = needsWideIndices(count + width)
      let kernel = try activationGradientKernel(activation, count, wide, width: 16, vectors: vectors)
      try runtime.launchShared(
        kernel, units: parts * chunks, cost: 3 * min(share, lines) * chunk, .float(activation.macro.parameter),
        runtime.index(parts * chunks, wide: wide), runtime.index(share, wide: wide), runtime.index(count, wide: wide),
        .count(width), buffer(output), buffer(gradient), .buffer(passed), .buffer(sums))
    }
    return (passed, reduce(.sum, sums, outer: 1, length: parts * rowsInLine, inner: channels))
  }

  private func activationAndBiasGradientsInGroups(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage) {
    let rows = output.count / channels, width = runtime.rowWidth(channels)
    var parts = 1, sums: OpenCLStorage?
    let passed = produce(output.count) { passed in
      let wide = needsWideIndices(output.count)
      let kernel = try activationGradientKernel(activation, output.count, wide, width: width, vectors: 1)
      let groups = RowGroups(outer: 1, rows: rows, vectors: channels / width, width: width, kernel, device)
      parts = groups.parts
      sums = runtime.allocate(count: parts * channels)
      try groups.launch(
        kernel, runtime,
        [
          .float(activation.macro.parameter), runtime.index(parts, wide: wide), runtime.index(rows, wide: wide),
          .count(channels), groups.columnArgument, buffer(output), buffer(gradient), .buffer(passed), .buffer(sums!),
          groups.local(bytes: 4 * width),
        ])
    }
    // A failure before there were sums is latched: what follows does nothing.
    guard let sums, parts > 1 else { return (passed, sums ?? runtime.allocate(count: channels)) }
    let bias = runtime.allocate(count: channels)
    addUpLater(PendingSum(parts: sums, length: parts, sum: bias))
    return (passed, bias)
  }

  private func activationGradientKernel(
    _ activation: Activation, _ count: Int, _ wide: Bool, width: Int, vectors: Int
  ) throws -> OpenCLKernel {
    try runtime.kernel(
      .activationGradient, "activationGradient",
      defines: [
        "WIDTH": width, "VECTORS": vectors, "ACTIVATION": activation.macro.name, wide ? "WIDE" : "NARROW": 1,
        runtime.storing(count): 1,
      ])
  }

  /// One stage: `[outer, length, inner]` to `[outer, parts, inner]`, divided if it is the last. Returns the result and
  /// `parts`.
  func fold(
    _ combine: Combination, _ input: OpenCLStorage, _ outer: Int, _ length: Int, _ inner: Int, _ divisor: Int
  ) -> (OpenCLStorage, Int) {
    let size = outer * length * inner, outputs = outer * inner
    if runtime.family == .cpu, size >= 512 {
      if inner == 1, length >= 4 { return foldRows(combine, input, outer, length, divisor) }
      // Short rows share a line of whole vectors.
      let line = inner >= 16 ? 1 : 16 >> min(4, inner.trailingZeroBitCount)
      if inner > 1, length >= 2 * line { return foldColumns(combine, input, outer, length, inner, line, divisor) }
    }
    // An item for each output, unless these are too few to fill a card.
    if runtime.family == .gpu, length > 64 || length > 8 && outputs < device.computeUnits * 256 {
      // The size of groups, and with it the parts, is known with the kernel.
      var result: OpenCLStorage?, parts = 1
      runtime.perform {
        try foldInGroups(combine, input, outer: outer, length: length, inner: inner, divisor) {
          parts = $0
          let output = runtime.allocate(count: outer * parts * inner)
          result = output
          return output
        }
      }
      return (result ?? runtime.allocate(count: outputs), parts)
    }
    let output = produce(outputs) { output in
      let wide = needsWideIndices(size)
      let kernel = try runtime.kernel(
        .elementwise, "fold", macros: reductionMacros(combine, size))
      try runtime.launchShared(
        kernel, units: outputs, cost: length * 4, runtime.index(outputs, wide: wide), runtime.index(length, wide: wide),
        runtime.index(inner, wide: wide), .float(Float(divisor)), .buffer(input), .buffer(output))
    }
    return (output, 1)
  }

  /// A stage by work-groups of a card. `output` makes room for so many parts; `isLast` if there may be one only.
  func foldInGroups(
    _ combine: Combination, _ input: OpenCLStorage, outer: Int, length: Int, inner: Int, _ divisor: Int = 1,
    isLast: Bool = false, into output: (_ parts: Int) -> OpenCLStorage
  ) throws {
    let wide = needsWideIndices(outer * length * inner)
    let kernel = try runtime.kernel(
      .elementwise, "foldInGroups", macros: reductionMacros(combine, outer * length * inner))
    let groups = RowGroups(outer: outer, rows: length, vectors: inner, width: 1, kernel, device, isLast: isLast)
    try groups.launch(
      kernel, runtime,
      [
        runtime.index(groups.parts, wide: wide), runtime.index(length, wide: wide), .count(inner), groups.columnArgument,
        .float(groups.parts == 1 ? Float(divisor) : 1), .buffer(input), .buffer(output(groups.parts)),
        groups.local(bytes: 4),
      ])
  }

  /// As many rows as make whole vectors, and enough of these that no sum waits for its last addition.
  private func rowsInGradientLine(_ count: Int, _ channels: Int) -> Int {
    let rows = 16 >> min(4, channels.trailingZeroBitCount)
    return count < 1 << 14 ? rows : rows * max(1, 64 / (rows * channels))
  }

  private func foldRows(
    _ combine: Combination, _ input: OpenCLStorage, _ outer: Int, _ length: Int, _ divisor: Int
  ) -> (OpenCLStorage, Int) {
    let (parts, share) = runtime.split(length, outer: outer, atLeast: 1 << 14, atMost: 1 << 16, multipleOf: 16)
    let output = produce(outer * parts) { output in
      let wide = needsWideIndices(outer * length)
      let kernel = try runtime.kernel(
        .elementwise, "foldRows", macros: reductionMacros(combine, outer * length))
      try runtime.launchShared(
        kernel, units: outer * parts, cost: share, runtime.index(outer * parts, wide: wide),
        runtime.index(parts, wide: wide), runtime.index(share, wide: wide), runtime.index(length, wide: wide),
        .float(parts == 1 ? Float(divisor) : 1), .buffer(input), .buffer(output))
    }
    return (output, parts)
  }

  private func foldColumns(
    _ combine: Combination, _ input: OpenCLStorage, _ outer: Int, _ length: Int,
    _ inner: Int, _ rowsInLine: Int, _ divisor: Int
  ) -> (OpenCLStorage, Int) {
    let lines = length / rowsInLine, width = rowsInLine * inner
    let extra = (length - lines * rowsInLine) * inner
    var (parts, share) = runtime.split(lines, outer: outer, atLeast: max(8, 4096 / width), atMost: 2048)
    var chunk = min(width, 512)
    if lines <= 512 || lines * width <= 1 << 15 {
      // Few rows, or little work: sharing out columns instead needs no second stage.
      (parts, share) = (1, lines)
      let wanted = (runtime.device.computeUnits * 4).dividedUp(by: outer)
      chunk = min(chunk, max(64, width.dividedUp(by: wanted).roundedUp(to: 16)))
    }
    let units = outer * parts * width.dividedUp(by: chunk)
    let output = produce(outer * parts * width) { output in
      let wide = needsWideIndices(outer * length * inner)
      let kernel = try runtime.kernel(
        .elementwise, "foldColumns", macros: reductionMacros(combine, outer * length * inner))
      try runtime.launchShared(
        kernel, units: units, cost: share * chunk, runtime.index(units, wide: wide),
        runtime.index(parts, wide: wide), runtime.index(share, wide: wide), runtime.index(lines, wide: wide),
        .count(width), .count(extra), .count(chunk),
        .float(parts * rowsInLine == 1 ? Float(divisor) : 1), .buffer(input), .buffer(output))
    }
    return (output, parts * rowsInLine)
  }

  /// A sum's are those of small results made element by element, so that they share a program.
  private func reductionMacros(_ combine: Combination, _ count: Int) -> [Macro] {
    let shared = [
      Macro("WIDTH", runtime.flatWidth), Macro(needsWideIndices(count) ? "WIDE" : "NARROW", 1), Macro("CACHED", 1),
    ]
    return combine == .sum ? shared : shared + [Macro("COMBINE", combine.name), Macro("START", combine.start)]
  }

  private func argumentMaximum(_ input: any Storage, _ outer: Int, _ length: Int, _ inner: Int) -> any Storage {
    produce(outer * inner) { output in
      let wide = needsWideIndices(outer * length * inner)
      let kernel = try runtime.kernel(
        .elementwise, "argumentMaximum", macros: reductionMacros(.sum, outer * length * inner))
      try runtime.launchShared(
        kernel, units: output.count, cost: length * 4, runtime.index(output.count, wide: wide),
        runtime.index(length, wide: wide), runtime.index(inner, wide: wide), buffer(input), .buffer(output))
    }
  }
}

/// How `reduction.cl` folds pairs, and the neutral value.
struct Combination: Equatable {
  let name: String
  let start: String

  static let sum = Combination(name: "SUM", start: "0.0f")
}

extension Reduction {
  /// Nil if it does not fold pairs.
  var combination: Combination? {
    switch self {
    case .sum, .mean: .sum
    case .maximum: Combination(name: "GREATEST", start: "-INFINITY")
    case .minimum: Combination(name: "LEAST", start: "INFINITY")
    case .argumentMaximum: nil
    }
  }
}
