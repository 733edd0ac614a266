internal import CDeltaNet
internal import Glibc

/// Where a thread keeps the message of its last error: text of the C library's, given back when the thread ends.
private let place = {
  var key = pthread_key_t()
  let status = pthread_key_create(&key) { free($0) }
  return status == 0 ? key : nil
}()

/// Keeps a message for this thread; one that there is no memory for is left empty.
func keepErrorMessage(_ message: String) {
  guard let place else { return }
  free(pthread_getspecific(place))
  pthread_setspecific(place, strdup(message))
}

@c @implementation
public func deltanet_error_message() -> UnsafePointer<CChar>? {
  guard let kept = place.flatMap({ pthread_getspecific($0) }) else { return empty }
  return UnsafePointer(kept.assumingMemoryBound(to: CChar.self))
}

private var empty: UnsafePointer<CChar> {
  UnsafeRawPointer(("" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
}
