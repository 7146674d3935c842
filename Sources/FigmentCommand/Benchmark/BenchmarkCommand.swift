import ArgumentParser
import Backends
import Figment
import Files
import Foundation

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Times training steps and single operations.",
    usage: "figment benchmark [<suite> ...] [<options>]",
    discussion: """
      Suites:
        steps [STEP …]       training steps of all models, or:
          \(wrap(StepBenchmark.all.map(\.name), indent: 4))
        gemm                 matrix products
        convolution [NET …]  the products of a training step,
          forward and gradients, of all networks, or:
          \(wrap(ProductBenchmark.networks, indent: 4))
          ('standard': layers of well-known classifiers)
        memory               operations that memory bounds
        launches [STEP …]    the kernels of a step on a card, and
          the host's time for it: nothing is computed
        kernels [STEP …]     the same kernels on the device, and
          where the time of a step goes (OpenCL)
        startup              the start of the command, and the
          first step with empty and full caches of kernels

      Suites of single operations measure the device's own ceilings, first and in turns with each case, and say how close \
      it comes. All figures are medians after a warm-up.
      """)

  enum Suite: String, CaseIterable { case steps, gemm, convolution, memory, launches, kernels, startup }
  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

  @Argument(help: "The suite, then for 'steps', 'launches', 'kernels' and 'convolution' what to time of it.", completion: .suites)
  var suite: [String] = ["steps"]

  @OptionGroup var device: DeviceOption

  @Option(parsing: .unconditional, help: .init("Samples in a step. Default: the model's own.", valueName: "count"))
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: .init("Multiprocessors of the card (launches). Default: the device's own.", valueName: "count"))
  var computeUnits: Int?

  @Option(help: .init("Maker of the card, by which some products go (launches). Default: the device's own.", valueName: "name"))
  var vendor: String?

  @Option(help: "A table, or one JSON object a line.")
  var format: Format = .table

  @Option(parsing: .unconditional, help: .init("Seconds to spend on each case.", valueName: "number"))
  var seconds = 2.0

  @Option(
    help: .init("A file of JSON lines from an earlier run, to compare the times with.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var compare: String?

  @Flag(help: "Try every way to compute each product first, and keep the fastest for all later runs (gemm, convolution).")
  var tune = false

  func validate() throws {
    if let computeUnits, computeUnits < 1 {
      throw ValidationError("--compute-units is \(computeUnits); it must be at least 1.")
    }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); it must be at least 1.") }
    if !(seconds > 0) { throw ValidationError("--seconds is \(seconds); it must be positive.") }
  }

  func run() throws {
    let names = Suite.allCases.map(\.rawValue)
    guard let name = suite.first, let suite = Suite(rawValue: name) else {
      let hint = suggestion(for: suite.first ?? "", among: names, otherwise: ".")
      throw UsageError("there is no suite “\(suite.first ?? "")”\(hint) Suites: \(names.joined(separator: ", "))")
    }
    let chosen = Array(self.suite.dropFirst())
    guard chosen.isEmpty || [.steps, .convolution, .launches, .kernels].contains(suite) else {
      throw UsageError("the suite “\(name)” takes no further names, but got “\(chosen.joined(separator: " "))”")
    }
    let earlier = try compare.map(BenchmarkResult.read) ?? []
    guard !tune || suite == .gemm || suite == .convolution else {
      throw UsageError("--tune goes with the suites gemm and convolution, not with “\(name)”")
    }
    for (option, isGiven) in [("--compute-units", computeUnits != nil), ("--vendor", vendor != nil)]
    where isGiven && suite != .launches {
      throw UsageError("\(option) goes with the suite launches, not with “\(name)”")
    }
    // What is misspelt is said before anything is measured.
    let isOfSteps = [.steps, .launches, .kernels].contains(suite)
    let steps = try chosen.isEmpty || !isOfSteps ? StepBenchmark.all : chosen.map(StepBenchmark.named)
    let products = try ProductBenchmark.cases(
      of: suite == .gemm ? ["gemm"] : suite == .convolution ? chosen : [], batchSize: batchSize)

    var report = Report(format: format, earlier: earlier)
    // Launches are those of a card, whichever device there is.
    func selected() throws -> Device { try device.select().device }
    switch suite {
    case .steps:
      let device = try selected()
      for step in steps { try report.add(step.measure(seconds: seconds, batchSize: batchSize, on: device)) }
    case .gemm, .convolution:
      let device = try selected()
      let probes = try report.measureCeilings(of: device)
      if tune { try ProductTuner(device, seconds: seconds / 4).tune(products) }
      for product in products {
        try report.add(product.measure(seconds: seconds / 4, on: device, probes: probes))
      }
    case .memory:
      let device = try selected()
      let probes = try report.measureCeilings(of: device)
      for operation in MemoryBenchmark.all {
        try report.add(operation.measure(seconds: seconds / 4, on: device, probes: probes))
      }
    case .launches:
      for step in steps {
        let launches = LaunchBenchmark(step: step, batchSize: batchSize, computeUnits: computeUnits, vendor: vendor)
        for result in try launches.measure(seconds: seconds, listsKernels: format == .json) { try report.add(result) }
      }
    case .kernels:
      let device = try selected()
      for step in steps {
        let kernels = KernelBenchmark(step: step, batchSize: batchSize)
        for result in try kernels.measure(seconds: seconds, on: device) { try report.add(result) }
      }
    case .startup:
      for result in try StartupBenchmark.measure(on: selected()) { try report.add(result) }
    }
    try report.finish()
  }

  /// Names with commas, in lines that fit a narrow terminal beside `indent` columns.
  private static func wrap(_ names: [String], indent: Int) -> String {
    String.wrapped(names.dropLast().map { $0 + ", " } + names.suffix(1), width: 58 - indent, indent: 0)
      .split(separator: "\n").joined(separator: "\n" + String(repeating: " ", count: indent))
  }
}

/// Prints JSON as it comes, and a table at the end.
private struct Report {
  let format: BenchmarkCommand.Format
  let earlier: [BenchmarkResult]
  private var results: [BenchmarkResult] = []

  init(format: BenchmarkCommand.Format, earlier: [BenchmarkResult]) {
    (self.format, self.earlier) = (format, earlier)
  }

  mutating func add(_ result: BenchmarkResult) throws {
    var result = result
    result.compare(with: earlier)
    results.append(result)
    if format == .json {
      try printOutput(result.json)
    }
  }

  /// Reports the ceilings of a device. Returns what measures them again beside each case, or nil if it has none.
  mutating func measureCeilings(of device: Device) throws -> CeilingProbes? {
    guard let backend = device.backend as? any CeilingMeasuring else { return nil }
    let probes = try backend.ceilingProbes(), ceilings = try probes.ceilings()
    switch format {
    case .table:
      let launch = ceilings.launchMicroseconds.formatted(digits: 1)
      try printOutput(
        "\(device.backend.name): \(ceilings.gflops.formatted(digits: 0)) GFLOP/s, "
          + "\(ceilings.gigabytesPerSecond.formatted(digits: 1)) GB/s copied"
          + (launch == "0.0" ? "\n" : ", \(launch) µs a launch\n"))
    case .json:
      var result = BenchmarkResult(name: "ceilings", device: device.identifier)
      (result.gflops, result.gigabytesPerSecond) = (ceilings.gflops, ceilings.gigabytesPerSecond)
      result.medianMs = ceilings.launchMicroseconds / 1e3
      try add(result)
    }
    return probes
  }

  func finish() throws {
    if format == .table { try printOutput(BenchmarkTable.text(results, width: outputWidth ?? .max)) }
  }
}
