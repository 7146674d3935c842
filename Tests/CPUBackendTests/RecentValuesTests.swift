import Testing

@testable import CPUBackend

@Suite struct RecentValuesTests {
  @Test func whatWasNotAskedForTheLongestIsForgotten() {
    var values = RecentValues<Int, String>(capacity: 2)
    values[1] = "one"
    values[2] = "two"
    #expect(values[1] == "one")
    values[3] = "three"
    #expect(values.count == 2)
    #expect(values[1] == "one" && values[2] == nil && values[3] == "three")
  }

  @Test func aNewValueReplacesTheOld() {
    var values = RecentValues<Int, String>(capacity: 2)
    values[1] = "one"
    values[1] = "uno"
    #expect(values.count == 1 && values[1] == "uno")
  }
}
