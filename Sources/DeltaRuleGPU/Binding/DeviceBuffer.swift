/// Memory of a device, which frees itself. It holds anything at first. Calls return before the device is done, where they do not
/// say that they wait; what is on one stream happens in order. The last reference to it waits, where it goes, for whatever the
/// device has been given before.
public final class DeviceBuffer: Sendable {
  public let byteCount: Int
  let backend: any Backend
  let memory: DeviceMemory

  init(byteCount: Int, on backend: any Backend) throws {
    precondition(byteCount >= 0, "a buffer of \(byteCount) bytes")
    self.byteCount = byteCount
    self.backend = backend
    // Drivers refuse 0 bytes, and a kernel may tell an empty buffer from none.
    memory = try backend.allocate(byteCount: max(1, byteCount))
  }

  deinit { backend.free(memory) }

  /// Copies bytes to the start of the buffer, and waits until they may change.
  ///
  /// - Throws: `GPUError` where they do not fit, or the driver fails.
  public func upload(_ bytes: UnsafeRawBufferPointer, on stream: Stream) throws {
    try check(bytes.count, stream)
    guard !bytes.isEmpty else { return }
    try backend.upload(bytes, to: memory, on: stream.handle)
  }

  /// Copies the start of the buffer into `bytes`, and waits for it.
  ///
  /// - Throws: `GPUError` where the buffer has fewer bytes, or the driver fails: of earlier launches too.
  public func download(into bytes: UnsafeMutableRawBufferPointer, on stream: Stream) throws {
    try check(bytes.count, stream)
    guard !bytes.isEmpty else { return }
    try backend.download(memory, into: bytes, on: stream.handle)
  }

  /// Makes every byte 0.
  public func fillWithZero(on stream: Stream) throws {
    try check(byteCount, stream)
    guard byteCount > 0 else { return }
    try backend.fillWithZero(memory, byteCount: byteCount, on: stream.handle)
  }

  /// Copies all of another buffer of this device to the start of this one.
  ///
  /// - Throws: `GPUError` where it does not fit, or the driver fails.
  public func copy(from source: DeviceBuffer, on stream: Stream) throws {
    try source.checkOwner(is: backend)
    try check(source.byteCount, stream)
    guard source !== self, source.byteCount > 0 else { return }
    try backend.copy(
      source.memory, to: memory, byteCount: source.byteCount, on: stream.handle)
  }

  func checkOwner(is user: any Backend) throws {
    guard backend === user else {
      throw GPUError(.wrongDevice(what: "buffer", of: backend.name, to: user.name))
    }
  }

  private func check(_ bytes: Int, _ stream: Stream) throws {
    try stream.checkOwner(is: backend)
    guard bytes <= byteCount else {
      throw GPUError(.copyTooLong(bytes: bytes, bufferBytes: byteCount))
    }
  }
}
