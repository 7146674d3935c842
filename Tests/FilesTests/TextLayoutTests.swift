import Files
import Testing

/// What fits a terminal.
@Suite struct TextLayoutTests {
  static let table = TextTable(
    titles: ["Layer", "Type", "Shape", "Count", "From"],
    rows: [
      ["encoder.trunk.layers.0", "Conv2D (3×3, stride 2, leaky relu 0.2)", "(None, 28, 28, 32)", "320", "input"],
      ["encoder.mean", "Dense", "(None, 2)", "12,340", "encoder.trunk.layers.0"],
    ], numbers: [3], narrowings: [.leavingOut(4), .wrapping(1), .wrapping(0, behind: "."), .wrapping(2)])

  @Test func aTableThatFitsIsLeftAsItIs() {
    #expect(
      Self.table.text(width: 120) == """
        Layer                   Type                                    Shape                Count  From
        encoder.trunk.layers.0  Conv2D (3×3, stride 2, leaky relu 0.2)  (None, 28, 28, 32)     320  input
        encoder.mean            Dense                                   (None, 2)           12,340  encoder.trunk.layers.0
        """)
    #expect(Self.table.text(width: .max) == Self.table.text(width: 120))
  }

  @Test func aNarrowerTableLosesColumnsThenBreaksCells() {
    #expect(
      Self.table.text(width: 64) == """
        Layer                   Type          Shape                Count
        encoder.trunk.layers.0  Conv2D (3×3,  (None, 28, 28, 32)     320
                                  stride 2,
                                  leaky relu
                                  0.2)
        encoder.mean            Dense         (None, 2)           12,340
        """)
    for width in [40, 50, 60, 80, 100] {
      let lines = Self.table.text(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width }, "\(lines.joined(separator: "\n"))")
      #expect(lines.contains { $0.contains("12,340") })
    }
  }

  @Test func textIsBrokenAtSpacesAndQuotationsStayWhole() {
    let text = "the model's run is of 12,345 images; start it with 'figment train vae --data my --seed 7' or go"
    let lines = text.wrapped(width: 30).split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "the model's run is of 12,345", "  images; start it with", "  'figment train vae --data my --seed 7'", "  or go",
      ])
    #expect(text.wrapped(width: .max) == text)
    #expect("  a b c\nd".wrapped(width: 5, indent: 4) == "  a b\n    c\nd")
  }
}
