import CTurboJPEG

extension Picture {
  /// The picture as a JPEG file, its colors at full resolution: the same bytes each time.
  ///
  /// - Parameter quality: 1 to 100.
  /// - Throws: ``PictureError`` if it cannot be encoded.
  public func jpeg(quality: Int) throws(PictureError) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG of quality \(quality)")
    func failed(_ encoder: tjhandle?) -> PictureError {
      PictureError(path: "a picture", problem: "cannot be made a JPEG: \(String(cString: tjGetErrorStr2(encoder)))")
    }
    guard let encoder = tjInitCompress() else { throw failed(nil) }
    defer { tjDestroy(encoder) }
    var buffer: UnsafeMutablePointer<UInt8>?, size: UInt = 0
    defer { tjFree(buffer) }
    let format = channels == 1 ? TJPF_GRAY : TJPF_RGB, sampling = channels == 1 ? TJSAMP_GRAY : TJSAMP_444
    let status = tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), format.rawValue, &buffer, &size, Int32(sampling.rawValue), Int32(quality),
      TJFLAG_ACCURATEDCT)
    guard status == 0, let buffer else { throw failed(encoder) }
    return [UInt8](UnsafeBufferPointer(start: buffer, count: Int(size)))
  }
}
