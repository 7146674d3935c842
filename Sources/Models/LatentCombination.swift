import Backends
import Tensors

/// A sum of random latents by their numbers, such as `3 - 7 + 12`: what the third has and the seventh lacks, given to the
/// twelfth (Radford et al., 2016). Numbers count the latents of one stream from 0, as a grid of samples shows them row by row.
public struct LatentCombination: Equatable, Sendable {
  /// A latent's number, and whether it is taken away.
  public struct Term: Equatable, Sendable {
    /// From 0.
    public let number: Int
    /// Whether it is taken away.
    public let isNegative: Bool
  }

  /// In the order they were written, at least two.
  public let terms: [Term]

  /// - Parameter text: Numbers below 1,000,000 with `+` or `-` between them; nil if it is anything else.
  public init?(_ text: String) {
    var terms = [Term](), isNegative = false, awaitsNumber = true
    for token in Self.tokens(text) {
      if let number = Int(token), awaitsNumber, number < 1_000_000 {
        terms.append(Term(number: number, isNegative: isNegative))
        awaitsNumber = false
      } else if token == "+" || token == "-", !awaitsNumber || terms.isEmpty && !isNegative {
        (isNegative, awaitsNumber) = (token == "-", true)
      } else {
        return nil
      }
    }
    guard terms.count > 1, !awaitsNumber else { return nil }
    self.terms = terms
  }

  private static func tokens(_ text: String) -> [String] {
    var tokens = [String](), inNumber = false
    for character in text {
      let isDigit = character.isASCII && character.isNumber
      if isDigit, inNumber {
        tokens[tokens.count - 1].append(character)
      } else if !character.isWhitespace {
        tokens.append(String(character))
      }
      inNumber = isDigit
    }
    return tokens
  }
}

extension LatentVariableModel {
  /// The latents of the terms, in order, and their sum behind them: `[terms + 1] + latentShape`.
  public func latents(_ combination: LatentCombination, _ noise: FixedNoise) throws -> Tensor {
    let count = combination.terms.map(\.number).max()! + 1, size = latentShape.reduce(1, *)
    let drawn = try drawLatents(count, using: noise.generator).scalars()
    var values = [Float](), sum = [Float](repeating: 0, count: size)
    for term in combination.terms {
      let latent = drawn[term.number * size..<(term.number + 1) * size]
      values += latent
      for (place, value) in latent.enumerated() { sum[place] += term.isNegative ? -value : value }
    }
    // Of the class that the first term has.
    sum = conditioned(sum, like: Array(values[..<size]))
    return Tensor(values + sum, shape: Shape([combination.terms.count + 1] + latentShape), on: device)
  }
}
