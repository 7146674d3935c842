import Backends

extension Windows {
  /// Calls `body` for every tap of every window that falls inside the input, in row-major order of the
  /// outputs and then of the taps, with positions counted row-major over the spatial axes.
  ///
  /// Every operation on windows, and its adjoint, is a sum over these triples.
  @inline(__always)
  func forEachContribution(_ body: (_ output: Int, _ tap: Int, _ input: Int) -> Void) {
    let w = inThreeDimensions
    for outD in 0..<w.outputSize[0] {
      for outH in 0..<w.outputSize[1] {
        for outW in 0..<w.outputSize[2] {
          let output = (outD * w.outputSize[1] + outH) * w.outputSize[2] + outW
          for tapD in 0..<w.kernelSize[0] {
            let inD = outD * w.stride[0] + tapD * w.dilation[0] - w.paddingLow[0]
            guard inD >= 0 && inD < w.inputSize[0] else { continue }
            for tapH in 0..<w.kernelSize[1] {
              let inH = outH * w.stride[1] + tapH * w.dilation[1] - w.paddingLow[1]
              guard inH >= 0 && inH < w.inputSize[1] else { continue }
              for tapW in 0..<w.kernelSize[2] {
                let inW = outW * w.stride[2] + tapW * w.dilation[2] - w.paddingLow[2]
                guard inW >= 0 && inW < w.inputSize[2] else { continue }
                let tap = (tapD * w.kernelSize[1] + tapH) * w.kernelSize[2] + tapW
                body(output, tap, (inD * w.inputSize[1] + inH) * w.inputSize[2] + inW)
              }
            }
          }
        }
      }
    }
  }
}
