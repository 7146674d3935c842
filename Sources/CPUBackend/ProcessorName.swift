#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the maker calls the processor, from Linux' `/proc/cpuinfo`.
func processorName() -> String {
  guard let file = fopen("/proc/cpuinfo", "r") else { return "CPU" }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 4096)
  while fgets(&line, Int32(line.count), file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") else { continue }
    return text[text.index(after: colon)...].split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
  return "CPU"
}
