/// A device there is, or a runtime there is not.
public enum DeviceListing: Hashable, Sendable, CustomStringConvertible {
  case device(DeviceName, name: String, architecture: String)
  case missing(runtime: String, reason: GPUError)

  /// One line, like `cuda:0: NVIDIA H100 80GB HBM3 (sm_90a)`.
  public var description: String {
    switch self {
    case .device(let deviceName, let name, let architecture):
      "\(deviceName): \(name) (\(architecture))"
    case .missing(let runtime, let reason): "\(runtime): \(reason)"
    }
  }
}
