/// A queue of a device's work, which is done in order. Work of different streams has no order: ``synchronize()`` between.
public final class Stream: Sendable {
  let backend: any Backend
  let handle: Handle

  init(on backend: any Backend) throws {
    self.backend = backend
    handle = try backend.makeStream()
  }

  deinit { backend.releaseStream(handle) }

  /// Waits until all its work is done.
  ///
  /// - Throws: `GPUError` where the driver fails, of earlier launches too.
  public func synchronize() throws { try backend.synchronize(handle) }

  /// Marks the time when the work so far is done.
  public func record() throws -> Event { try Event(on: self) }

  func checkOwner(is user: any Backend) throws {
    guard backend === user else {
      throw GPUError(.wrongDevice(what: "stream", of: backend.name, to: user.name))
    }
  }
}

/// A point in a stream's work.
public final class Event: Sendable {
  private let backend: any Backend
  private let handle: Handle

  fileprivate init(on stream: Stream) throws {
    backend = stream.backend
    handle = try backend.recordEvent(on: stream.handle)
  }

  deinit { backend.releaseEvent(handle) }

  /// The device's time between two points, by its own clock. Waits for both.
  ///
  /// - Throws: `GPUError` where they are of different devices, or the driver fails.
  public func milliseconds(since earlier: Event) throws -> Double {
    guard earlier.backend === backend else {
      throw GPUError(.wrongDevice(what: "event", of: earlier.backend.name, to: backend.name))
    }
    return try backend.milliseconds(from: earlier.handle, to: handle)
  }
}
