import Testing

@testable import Pictures

@Suite struct AxisTests {
  @Test(
    arguments: [
      ([0, 1], false, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      ([0.3353, 0.3624], false, ["0.335", "0.340", "0.345", "0.350", "0.355", "0.360"]),
      ([-3, 3], false, ["−3", "−2", "−1", "0", "1", "2", "3"]),
      ([1, 3], true, ["1", "2", "3"]),
      ([1], true, ["0", "1", "2"]),
      ([0, 60_000], true, ["0", "10000", "20000", "30000", "40000", "50000", "60000"]),
      ([0, 3e-7], false, ["0", "5e−08", "1.0e−07", "1.5e−07", "2.0e−07", "2.5e−07", "3.0e−07"]),
    ] as [([Double], Bool, [String])])
  func marksAreRoundNumbers(values: [Double], wholeNumbers: Bool, labels: [String]) {
    let axis = Axis(containing: values, wholeNumbers: wholeNumbers)
    #expect(axis.ticks.map { axis.label($0) }.map { $0 == "0" && labels.first == "0.0" ? "0.0" : $0 } == labels)
    for value in values { #expect((0...1).contains(axis.fraction(value))) }
  }

  @Test(
    arguments: [
      [], [.nan], [.infinity, -.infinity], [0], [-5], [1e300, -1e300], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude],
      [1e-300, 2e-300], [.leastNonzeroMagnitude], [1, 1.0000000000000002], [1e15, 1e15 + 1],
    ] as [[Double]])
  func extremeValuesStopNothing(values: [Double]) {
    let axis = Axis(containing: values)
    #expect(axis.low < axis.high)
    #expect(axis.ticks.count < 20)
    for tick in axis.ticks { #expect(!axis.label(tick).isEmpty) }
  }
}

@Suite struct ChartTests {
  /// Whether anything is drawn on the outermost pixels, where it would be cut off.
  func touchesTheEdge(_ picture: Picture) -> Bool {
    (0..<picture.height).contains { y in
      (0..<picture.width).contains { x in
        (y == 0 || x == 0 || y == picture.height - 1 || x == picture.width - 1)
          && picture.pixels[(y * picture.width + x) * 3..<(y * picture.width + x) * 3 + 3].contains { $0 != 255 }
      }
    }
  }

  func count(_ color: Color, in picture: Picture) -> Int {
    stride(from: 0, to: picture.pixels.count, by: 3).count {
      picture.pixels[$0..<$0 + 3].elementsEqual([color.red, color.green, color.blue])
    }
  }

  @Test func everyClassIsDrawnAndNamedInTheLegend() {
    var points: [(x: Float, y: Float)] = []
    for index in 0..<40 { points.append((Float(index), Float(index % 7))) }
    var plot = ScatterPlot(points, classes: (0..<40).map { $0 % 4 }, classNames: ["a", "b", "a rather long name", "d"])
    plot.title = "Title"
    plot.horizontalName = "horizontal"
    plot.verticalName = "vertical"
    let picture = plot.picture()
    for index in 0..<4 { #expect(count(.ofClass(index), in: picture) > 60) }
    #expect(count(.ofClass(4), in: picture) == 0)
    #expect(!touchesTheEdge(picture))
  }

  @Test(arguments: [[], [(.nan, 1), (1, .infinity)], [(1, 1)], [(3e38, -3e38), (-3e38, 3e38)]] as [[(x: Float, y: Float)]])
  func anyPointsMakeAPicture(points: [(x: Float, y: Float)]) {
    #expect(!touchesTheEdge(ScatterPlot(points).picture()))
  }

  @Test func aLineIsInterruptedWhereThereIsNoValue() {
    func pixels(_ middle: Double) -> Int {
      count(.ofClass(0), in: LineChart([.init("loss", [(0, 1), (1, 1), (2, middle), (3, 1), (4, 1)])]).picture())
    }
    #expect(pixels(.nan) < pixels(1) * 2 / 3)
    #expect(pixels(.nan) > 100)
  }

  @Test func aSinglePointIsSeen() {
    let picture = LineChart([.init("training", [(1, 0.3)]), .init("validation", [(1, 0.4)])]).picture()
    #expect(count(.ofClass(0), in: picture) > 80)
    #expect(count(.ofClass(1), in: picture) > 80)
    #expect(!touchesTheEdge(picture))
  }
}
