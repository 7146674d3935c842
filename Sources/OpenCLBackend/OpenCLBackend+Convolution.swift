import Backends

extension OpenCLBackend {
  public func convolution(
    _ convolution: Convolution, input: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    enqueue(.convolution(convolution), input, filter, bias: bias, activation: activation) { output in
      let product = GeneralProduct(forward: convolution)
      if convolution.isNarrowOutward, linesPlan(product) == nil {
        return try narrowConvolution(convolution, input, filter, bias: bias, activation: activation, into: output)
      }
      try compute(product, input, filter, bias: bias, activation: activation, into: output)
    }
  }

  public func convolutionInputGradient(
    _ convolution: Convolution, outputGradient: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    enqueue(.inputGradient(convolution), outputGradient, filter, bias: bias, activation: activation) { input in
      let phases = InputGradientPhase.all(of: convolution)
      let products = phases.map { GeneralProduct(inputGradient: convolution, $0) }
      if convolution.isNarrowInward, products.count > 1 || linesPlan(products[0]) == nil {
        return try narrowInputGradient(
          convolution, outputGradient, filter, bias: bias, activation: activation, into: input)
      }
      if let plan = joinedPhases(convolution, phases, products) {
        return try computeJoined(plan, own(outputGradient), own(filter), bias: bias.map(own), activation: activation, into: input)
      }
      let joined = runtime.family == .gpu ? GeneralProduct.joining(convolution, phases) : nil
      for product in joined.map({ [$0] }) ?? products {
        try compute(product, outputGradient, filter, bias: bias, activation: activation, into: input)
      }
    }
  }

  public func convolutionFilterGradient(
    _ convolution: Convolution, input: any Storage, outputGradient: any Storage
  ) -> any Storage {
    enqueue(.filterGradient(convolution), input, outputGradient) { filter in
      if convolution.exchangesSides {
        return try narrowFilterGradient(convolution, input, outputGradient, into: filter)
      }
      var product = GeneralProduct(filterGradient: convolution)
      product.isAddedUpLater = true
      try compute(product, input, outputGradient, bias: nil, activation: .identity, into: filter)
    }
  }
}
