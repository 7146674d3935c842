/// The order in which an epoch visits the samples: a function of count, seed and epoch alone, so training
/// resumed in mid-epoch sees what it would have seen.
package func shuffledIndices(count: Int, seed: UInt64, epoch: Int) -> [Int] {
  shuffledIndices(count: count, seed: seed, epoch: epoch, purpose: .batches)
}

/// Fisher and Yates' shuffle (Knuth's algorithm P) driven by Philox.
func shuffledIndices(count: Int, seed: UInt64, epoch: Int, purpose: RandomWords.Purpose) -> [Int] {
  var words = RandomWords(seed: seed, epoch: epoch, purpose: purpose)
  var indices = Array(0..<count)
  var last = count - 1
  while last > 0 {
    indices.swapAt(last, words.next(below: last + 1))
    last -= 1
  }
  return indices
}
