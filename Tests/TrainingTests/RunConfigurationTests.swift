import Files
import Foundation
import TestSupport
import Testing
import Training

/// `config.json` is read as strictly as it is written.
@Suite struct RunConfigurationTests {
  private let folder: TemporaryFolder
  private let file: URL
  private let text: String

  init() throws {
    folder = try TemporaryFolder()
    file = folder("config.json")
    let settings = RunConfiguration(
      model: "vae", configuration: .object(["latentSize": .number(2)]), data: "fashion-mnist", validationFraction: 0.1,
      epochs: 3, iterations: nil, batchSize: 16, learningRates: ["optimizer": 1e-3], learningRateSchedule: "constant",
      earlyStoppingPatience: nil, sampleEvery: nil, checkpointEvery: nil, seed: .max, device: "cpu")
    try settings.write(to: file)
    #expect(try RunConfiguration(contentsOf: file) == settings)
    text = try String(contentsOf: file, encoding: .utf8)
  }

  @Test(arguments: [
    (#""batchSize" : 16"#, #""batchSize" : 0"#, "batchSize"),
    (#""batchSize" : 16"#, #""batchSize" : 9223372036854775807"#, "batchSize"),
    (#""batchSize" : 16"#, #""batchSize" : 9223372036854775808"#, "batchSize"),
    (#""batchSize" : 16"#, #""batchSize" : 16.5"#, "batchSize"),
    (#""epochs" : 3"#, #""epochs" : -1"#, "epochs"), (#""iterations" : null"#, #""iterations" : 4"#, "one of both"),
    (#""optimizer" : 0.001"#, #""optimizer" : -1"#, "learningRates.optimizer"),
    (#""constant""#, #""cosin""#, "cosin"), (#""validationFraction" : 0.1"#, #""validationFraction" : 5"#, "validationFraction"),
    (#""earlyStoppingPatience" : null"#, #""earlyStoppingPatience" : -1"#, "earlyStoppingPatience"),
    (#""sampleEvery" : null"#, #""sampleEvery" : "often""#, "often"),
    (#""seed" : 18446744073709551615"#, #""seed" : 18446744073709551616"#, "seed"),
    (#""version" : 2"#, #""version" : 2, "surprise" : 1"#, "surprise"),
    (#""version" : 2"#, #""version" : 2, "version" : 2"#, "version"),
    (#""device" : "cpu","#, "", "device"), (#""model" : "vae","#, "\"model\" : \"vae\"", "line"),
  ])
  func whatCannotBeIsAnErrorWithItsLine(found: String, replacement: String, part: String) throws {
    #expect(text.contains(found))
    try Data(text.replacingOccurrences(of: found, with: replacement).utf8).write(to: file)
    let error = #expect(throws: JSONError.self) { try RunConfiguration(contentsOf: file) }
    let message = error?.description ?? ""
    #expect(message.contains("config.json, line ") && message.contains(part), "\(message)")
  }
}
