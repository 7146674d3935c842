import Datasets
import Foundation
import Models
import Tensors

/// Small grey rectangles, enough for a loss to fall.
func tinyImages(count: Int, size: Int = 8) -> ImageDataset {
  var pixels = [UInt8](repeating: 0, count: count * size * size)
  for image in 0..<count {
    for row in image % 3..<size - image % 2 {
      for column in image % 4..<size { pixels[(image * size + row) * size + column] = UInt8(100 + 37 * image % 156) }
    }
  }
  return ImageDataset(pixels: pixels, imageShape: [size, size, 1], labels: (0..<count).map { $0 % 3 })
}

func tinyVAE(on device: Device, seed: UInt64 = 3) -> VariationalAutoencoder {
  VariationalAutoencoder(.init(imageShape: [8, 8, 1]), on: device, seed: seed)
}

/// An autoencoder with everything that carries state: batch normalization and dropout.
func tinyAutoencoder(on device: Device, seed: UInt64 = 3) -> ConvolutionalAutoencoder {
  var configuration = ConvolutionalAutoencoder.Configuration()
  configuration.imageShape = [8, 8, 1]
  configuration.encoderFilters = [4, 5]
  configuration.encoderKernels = [3, 3]
  configuration.encoderStrides = [1, 2]
  configuration.decoderFilters = [5, 1]
  configuration.decoderKernels = [3, 3]
  configuration.decoderStrides = [1, 2]
  configuration.useBatchNorm = true
  configuration.useDropout = true
  return ConvolutionalAutoencoder(configuration, on: device, seed: seed)
}

func tinyGAN(on device: Device, seed: UInt64 = 3) -> DenseGAN {
  var configuration = DenseGAN.Configuration()
  configuration.imageShape = [8, 8, 1]
  configuration.latentSize = 3
  configuration.generatorUnits = [6, 9]
  configuration.discriminatorUnits = [7]
  return DenseGAN(configuration, on: device, seed: seed)
}
