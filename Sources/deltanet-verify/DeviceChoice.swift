import ArgumentParser
import DeltaRuleGPU
import KernelEmulator
import Terminal
import Verification

/// What `--device` says: the processor, or a device.
enum DeviceChoice: ExpressibleByArgument {
  case cpu
  case device(DeviceName)

  init?(argument: String) {
    if argument == "cpu" {
      self = .cpu
    } else if let name = DeviceName(argument) {
      self = .device(name)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .cpu: "cpu"
    case .device(let name): "\(name)"
    }
  }

  /// The device of that name; nil for the processor, bad input where it is not there.
  func device() throws -> Device? {
    switch self {
    case .cpu: nil
    case .device(let name): try opened(name)
    }
  }
}

/// The device of that name; bad input where it is not there.
func opened(_ name: DeviceName) throws -> Device {
  do { return try name == .emulated ? Emulator.device(seed: 1) : Device.open(name) } catch let error
    as GPUError
  {
    throw reportBadInput("\(error)")
  }
}
