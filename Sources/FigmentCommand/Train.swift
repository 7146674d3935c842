import ArgumentParser
import Backends
import Figment
import Files
import Foundation

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model, or resumes a run.",
    usage: "figment train <model> [<options>]\nfigment train --resume <run> [<options>]",
    discussion: """
      Leaves in the output folder: config.json, metrics.jsonl, metrics.csv, TensorBoard events, samples/*.png and \
      checkpoints/. Ctrl-C finishes the step, writes a checkpoint and exits with status 130; --resume then continues as \
      if the run had never stopped.

      The options from --objective on are techniques of GANs, each by default as in the preset.
      """)

  @Argument(
    help: "A model: \(ModelCatalog.identifiers.joined(separator: ", ")).", completion: .models)
  var model: String?

  @Option(
    help: """
      A data set (\(DatasetLocator.names.joined(separator: ", "))), a folder with pictures or with IDX files, or a file that \
      'figment data prepare' made. Default: the model's own, such as fashion-mnist.
      """,
    completion: .datasets)
  var data: String?

  @OptionGroup var pictures: PictureArguments

  @Option(
    help: .init(
      "One of the model's configurations, which 'figment summary MODEL' lists. Default: the first of them.", valueName: "name"),
    completion: .presets)
  var preset: String?

  @Option(
    help: .init(
      """
      Which stage to train of a model with several, such as pretrain or adversarial of srgan, or all, one after the other. \
      Default: all.
      """, valueName: "name"))
  var stage: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "How often to go through the images, those of a resumed run included. Default: as the model was published.",
      valueName: "count"))
  var epochs: Int?

  @Option(
    parsing: .unconditional,
    help: .init("How many steps to take, in place of --epochs, those of a resumed run included.", valueName: "count"))
  var iterations: Int?

  @Option(parsing: .unconditional, help: .init("Images in a step. Default: as the model was published.", valueName: "count"))
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "The learning rate of all learners, or of each: generator=2e-4,discriminator=1e-4. Default: as the model was published.",
      valueName: "rate"))
  var learningRate: LearningRates?

  @Option(
    help: .init(
      "How the rate changes: constant, exponential:FACTOR (an epoch) or cosine. Default: constant.", valueName: "schedule"),
    completion: .list(["constant", "cosine"]))
  var learningRateSchedule: String?

  @Option(
    parsing: .unconditional,
    help: .init("Of weights, noise and the order of the images. Default: drawn, and kept in config.json.", valueName: "number"))
  var seed: UInt64?

  @OptionGroup var device: DeviceOption

  @Option(help: .init("The folder of the run. Default: runs/MODEL.", valueName: "folder"), completion: .directory)
  var output: String?

  @Option(
    help: .init(
      "Continue the run in this folder, with its data and on its device where no others are given.", valueName: "run"),
    completion: .directory)
  var resume: String?

  @Option(
    help: .init("A JSON file with the model's hyperparameters; what it leaves out is as in the preset.", valueName: "file"),
    completion: .json)
  var config: String?

  @Option(
    parsing: .unconditional,
    help: .init("Stop after this many epochs without a lower validation loss. Default: never.", valueName: "count"))
  var patience: Int?

  @Option(
    parsing: .unconditional,
    help: .init(
      "The part of the images held out for validation if the data set has none of its own. Default: 0.1.", valueName: "share"))
  var validationFraction: Double?

  @Option(
    help: .init(
      "How often to draw samples: never, steps:N, epochs:N or minutes:N. Default: the model's own.", valueName: "interval"))
  var sampleEvery: String?

  @Option(
    help: .init(
      "How often to write a checkpoint, besides the last one: never, steps:N, epochs:N or minutes:N. Default: the model's own.",
      valueName: "interval"))
  var checkpointEvery: String?

  @Flag(help: "Replace the run that is in the output folder.")
  var overwrite = false

  @Flag(help: "Report at the end how long steps waited for data, and the device's memory.")
  var verbose = false

  @OptionGroup var content: ContentOptions
  @OptionGroup var faces: FaceNetworkOption

  @OptionGroup var techniques: TechniqueOptions

  func validate() throws {
    func positive(_ value: Int?, _ name: String) throws {
      if let value, value < 1 { throw ValidationError("--\(name) is \(value); it must be at least 1.") }
      if let value, value >= 1 << 53 { throw ValidationError("--\(name) is \(value); it must be below 2⁵³.") }
    }
    try positive(epochs, "epochs")
    try positive(iterations, "iterations")
    try positive(batchSize, "batch-size")
    try positive(patience, "patience")
    if let batchSize, batchSize > Int(Int32.max) {
      throw ValidationError("--batch-size is \(batchSize); it must be below 2³¹.")
    }
    if epochs != nil, iterations != nil { throw ValidationError("Give --epochs or --iterations, not both.") }
    for rate in learningRate?.values ?? [] where !(rate.isFinite && rate > 0) {
      throw ValidationError("--learning-rate is \(rate); it must be a positive number.")
    }
    if let validationFraction, !(validationFraction > 0 && validationFraction < 1) {
      throw ValidationError("--validation-fraction is \(validationFraction); it must lie between 0 and 1.")
    }
    if let learningRateSchedule, LearningRateSchedule(learningRateSchedule) == nil {
      throw ValidationError(
        "--learning-rate-schedule \(learningRateSchedule) is none of constant, exponential:FACTOR, cosine.")
    }
    for (name, text) in [("sample-every", sampleEvery), ("checkpoint-every", checkpointEvery)] {
      if let text, Cadence(text) == nil {
        throw ValidationError("--\(name) \(text) is none of never, steps:N, epochs:N, minutes:N.")
      }
    }
    if resume == nil, model == nil { throw ValidationError("Name a model, or a run to --resume.") }
    if resume != nil {
      let fixed: [(String, Any?)] = [
        ("batch-size", batchSize), ("learning-rate", learningRate), ("learning-rate-schedule", learningRateSchedule),
        ("seed", seed), ("output", output), ("config", config), ("preset", preset),
        ("validation-fraction", validationFraction),
      ]
      if let (name, _) = (fixed + pictures.given + techniques.given + content.fixed).first(where: { $0.1 != nil }) {
        throw ValidationError("--\(name) cannot change in a resumed run: it would no longer be the same run.")
      }
    }
  }

  func run() throws {
    let session = try resume.map(resumed) ?? started()
    if resume == nil, data == nil { printError("no --data given: training on \(session.settings.data)") }
    try session.train()
  }

  private func started() throws -> TrainingSession {
    let type = try ModelCatalog.type(named: model!)
    let directory = RunDirectory(path: output ?? "runs/\(type.identifier)")
    if directory.isUsed && !overwrite { throw UsageError.occupied(directory) }
    return try TrainingSession(
      settings(type), in: directory, device: device.select(), verbose: verbose, resuming: false, overwriting: overwrite)
  }

  /// The settings of a new run, complete but for the device.
  private func settings<Model: TrainableModel>(_ type: Model.Type) throws -> RunConfiguration {
    var configuration = try techniques.applied(
      to: Model.Configuration.read(config, over: Model.preset(named: preset)), of: Model.self)
    configuration = try pictures.sized(
      configuration, inputs: Model(configuration, on: Device(ShapeBackend()), seed: 0).inputs)
    configuration = try Model.resolved(faces.applied(to: content.applied(to: configuration)), notice: printError)
    // What the model and its stages say, looked up on a device that computes nothing.
    let model = Model(configuration, on: Device(ShapeBackend()), seed: 0), stages = model.stages()
    var rates = learningRate?.named ?? [:]
    for learner in stages.flatMap(\.learners) where rates[learner.name] == nil {
      rates[learner.name] = learningRate?.all ?? learner.baseLearningRate
    }
    var (epochs, iterations) = (epochs, iterations)
    // Several stages have lengths of their own.
    if epochs == nil, iterations == nil, stages.count == 1 {
      switch stages[0].length {
      case .epochs(let count): epochs = count
      case .iterations(let count): iterations = count
      }
    }
    return try RunConfiguration(
      model: type.identifier, configuration: JSONValue(encoding: configuration),
      data: DatasetLocator.lasting(data ?? Model.usualData), validationFraction: validationFraction ?? 0.1,
      epochs: epochs, iterations: iterations, batchSize: batchSize ?? stages[0].batchSize, learningRates: rates,
      learningRateSchedule: learningRateSchedule ?? "constant", earlyStoppingPatience: patience,
      sampleEvery: sampleEvery, checkpointEvery: checkpointEvery, seed: seed ?? UInt64.random(in: 0..<1 << 32),
      device: "", pictures: pictures.settings(for: model.inputs),
      stages: Self.stages(stage, of: stages.map(\.name), Model.identifier))
  }

  /// What `--stage` asks for; nil for all.
  private static func stages(_ name: String?, of names: [String], _ model: String) throws -> [String]? {
    guard let name, name != "all" else { return nil }
    guard names.contains(name) else {
      guard names.count > 1 else { throw UsageError("“\(model)” is trained in one stage, so --stage says nothing; leave it out") }
      let hint = suggestion(for: name, among: names, otherwise: ".")
      throw UsageError("“\(model)” has no stage “\(name)”\(hint) Stages: \(names.joined(separator: ", ")), all")
    }
    return [name]
  }

  private func resumed(_ path: String) throws -> TrainingSession {
    let directory = RunDirectory(path: path)
    var settings = try RunConfiguration(contentsOf: directory.configuration)
    if let model, model != settings.model {
      throw UsageError("the run in \(path) is of the model “\(settings.model)”, not “\(model)”")
    }
    let type = try ModelCatalog.type(named: settings.model)
    try placeWeights(&settings, of: type, from: directory.configuration)
    if let stage {
      let names = try settings.makeModel(on: Device(ShapeBackend()), from: directory.configuration).stages().map(\.name)
      settings.stages = try Self.stages(stage, of: names, settings.model)
      // A length that was given was the earlier stage's.
      (settings.epochs, settings.iterations) = (nil, nil)
    }
    if epochs != nil || iterations != nil { (settings.epochs, settings.iterations) = (epochs, iterations) }
    settings.earlyStoppingPatience = patience ?? settings.earlyStoppingPatience
    settings.sampleEvery = sampleEvery ?? settings.sampleEvery
    settings.checkpointEvery = checkpointEvery ?? settings.checkpointEvery
    settings.data = data.map(DatasetLocator.lasting) ?? settings.data
    return try TrainingSession(
      settings, in: directory, device: device.select(default: settings.device), verbose: verbose, resuming: true)
  }
}

extension Train {
  /// Weights can lie elsewhere by now, or be at hand that were not when the run began.
  private func placeWeights<Model: TrainableModel>(
    _ settings: inout RunConfiguration, of type: Model.Type, from url: URL
  ) throws {
    try settings.changeConfiguration(of: type, from: url) {
      try Model.resolved(faces.applied(to: content.applied(to: $0), resuming: true), notice: printError)
    }
  }
}

extension GenerativeModel {
  static func preset(named name: String?) throws -> Configuration {
    guard let name else { return presets[0].configuration }
    if let preset = presets.first(where: { $0.name == name }) { return preset.configuration }
    let names = presets.map(\.name), hint = suggestion(for: name, among: names, otherwise: ".")
    throw UsageError("“\(identifier)” has no preset “\(name)”\(hint) Presets: \(names.joined(separator: ", "))")
  }
}
