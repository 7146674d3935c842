import CZlib
import Files

/// Reads a file from front to end, decompressing it on the way if it is gzipped (told by its first bytes,
/// not its name): one member or several, with zeros behind them, as gzip and Python read them.
final class DecompressingReader {
  let file: InputFile
  let isCompressed: Bool

  private var fileOffset = 0
  private var delivered = 0
  private var input: [UInt8] = []
  // zlib keeps the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let inputBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  private var memberEnded = false

  init(_ file: InputFile) throws {
    self.file = file
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let start = try file.read(count: min(2, file.size), at: 0)
    isCompressed = start == [0x1f, 0x8b]
    // 16 asks for the gzip format, whose trailing checksum and length zlib then verifies.
    guard inflateInit2_(stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw FileError(.read, file.path, reason: "zlib could not start (out of memory?)")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    inputBuffer.deallocate()
  }

  /// The most bytes the file can hold decompressed: deflate reaches 1032 to 1.
  var largestPossibleCount: Int {
    guard isCompressed else { return file.size }
    let (count, overflow) = file.size.multipliedReportingOverflow(by: 1032)
    return overflow ? .max : count
  }

  /// Fills `buffer` and returns how many bytes were left to fill it with: fewer only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = isCompressed ? try inflate(into: buffer) : try file.read(into: buffer, at: fileOffset)
    if !isCompressed { fileOffset += count }
    delivered += count
    return count
  }

  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    // An empty last call lets zlib see the trailer and check it, so the loop ends only at the stream's end
    // or when the buffer is full.
    while done < buffer.count {
      if stream.pointee.avail_in == 0 {
        let count = try file.read(into: inputBuffer, at: fileOffset)
        if count == 0 {
          guard memberEnded else { throw damaged("the compressed data ends too early; the file was cut short") }
          return done
        }
        fileOffset += count
        stream.pointee.next_in = inputBuffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
      }
      if memberEnded {
        // Tapes and some programs fill up with zeros.
        while stream.pointee.avail_in > 0, stream.pointee.next_in.pointee == 0 {
          stream.pointee.next_in += 1
          stream.pointee.avail_in -= 1
        }
        if stream.pointee.avail_in == 0 { continue }
        // More input after the end: a further gzip member, as `cat a.gz b.gz` makes, or damage below.
        inflateReset(stream)
        memberEnded = false
      }
      let space = min(buffer.count - done, Int(UInt32.max))
      stream.pointee.next_out = (buffer.baseAddress! + done).assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(space)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      done += space - Int(stream.pointee.avail_out)
      switch status {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: memberEnded = true
      case Z_MEM_ERROR: throw FileError(.read, file.path, reason: "zlib ran out of memory")
      default:
        let detail = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
        throw damaged("the compressed data is damaged (\(detail)); get the file again", after: done)
      }
    }
    return done
  }

  private func damaged(_ problem: String, after count: Int = 0) -> DatasetError {
    .damaged(path: file.path, byte: delivered + count, problem: problem)
  }
}
