/// Which device: `best`, `cuda:0`, `opencl:0` or `emulated`.
public enum DeviceName: Hashable, Sendable {
  /// The first CUDA device of capability 8.0 or more; else the first OpenCL device that is a GPU.
  case best
  /// A CUDA device, counted from 0 as the driver does.
  case cuda(Int)
  /// An OpenCL device, counted from 0 through all devices of all platforms.
  case openCL(Int)
  /// A CUDA device played by the processor, which the module KernelEmulator makes.
  case emulated
}

extension DeviceName: LosslessStringConvertible {
  public init?(_ description: String) {
    func ordinal(after kind: String) -> Int? {
      guard description.hasPrefix(kind) else { return nil }
      return Int(description.dropFirst(kind.count)).flatMap { $0 < 0 ? nil : $0 }
    }
    if description == "best" {
      self = .best
    } else if description == "emulated" {
      self = .emulated
    } else if let ordinal = ordinal(after: "cuda:") {
      self = .cuda(ordinal)
    } else if let ordinal = ordinal(after: "opencl:") {
      self = .openCL(ordinal)
    } else {
      return nil
    }
    // One spelling for each device: neither cuda:00 nor cuda:+0.
    guard self.description == description else { return nil }
  }

  public var description: String {
    switch self {
    case .best: "best"
    case .cuda(let ordinal): "cuda:\(ordinal)"
    case .openCL(let ordinal): "opencl:\(ordinal)"
    case .emulated: "emulated"
    }
  }
}
