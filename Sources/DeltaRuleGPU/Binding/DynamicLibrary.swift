#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A shared library found at run time: nothing is needed to build, or to start without it. It stays open.
struct DynamicLibrary: @unchecked Sendable {
  let handle: UnsafeMutableRawPointer
  /// The name of those tried that it was found by.
  let name: String

  /// - Parameters:
  ///   - names: or paths; the first that can be opened is taken.
  ///   - remedy: what to do where there is none.
  init(anyOf names: [String], remedy: String) throws {
    var reasons: [String] = []
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        self.handle = handle
        self.name = name
        return
      }
      var reason = dlerror().map { String(cString: $0) } ?? "cannot be opened"
      if reason.hasPrefix("\(name): ") { reason.removeFirst(name.count + 2) }
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    throw GPUError(
      .libraryMissing(names: names, reason: reasons.joined(separator: ", "), remedy: remedy))
  }

  /// A table of its functions.
  ///
  /// - Parameter fill: fills the table, and returns the name of the first function that the library lacks.
  func table<Table>(
    remedy: String,
    _ fill: (UnsafeMutablePointer<Table>, UnsafeMutableRawPointer) -> UnsafePointer<CChar>?
  ) throws -> Table {
    let table = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    defer { table.deallocate() }
    if let missing = fill(table, handle) {
      throw GPUError(
        .functionMissing(library: name, function: String(cString: missing), remedy: remedy))
    }
    return table.move()
  }
}
