import DeltaRuleGPU
import KernelEmulator
import Synchronization

/// A kernel's text, and how large its blocks are.
struct TestKernel {
  var name = "kernel"
  var text: String
  var threads = 32
  var sharedBytes = 4096
  var groups = (1, 1, 1)

  /// Runs it over arrays, which are its first parameters, and gives them back. An empty one is a null pointer.
  func run<Number>(
    _ arrays: [[Number]], _ more: [KernelArgument] = [], seed: UInt64 = 0, exact: Bool = false,
    checking: Bool = true
  ) throws -> [[Number]] {
    let device = try devices.withLock { devices in
      let settings = Settings(seed: seed, exact: exact, checking: checking)
      let device = try devices[settings] ?? settings.device()
      devices[settings] = device
      return device
    }
    let stream = device.defaultStream
    let kernel = try device.kernel(
      KernelSource(
        name: name, text: Emulator.deviceHeader + text, threads: threads, sharedBytes: sharedBytes))
    let buffers = try arrays.map { array -> DeviceBuffer? in
      guard !array.isEmpty else { return nil }
      let buffer = try device.buffer(byteCount: array.count * MemoryLayout<Number>.stride)
      try array.withUnsafeBytes { try buffer.upload($0, on: stream) }
      return buffer
    }
    try device.launch(kernel, groups: groups, buffers.map { .buffer($0) } + more, on: stream)
    return try zip(arrays, buffers).map { array, buffer in
      var result = array
      try result.withUnsafeMutableBytes { try buffer?.download(into: $0, on: stream) }
      return result
    }
  }

  /// What is wrong with it, in words; empty where nothing is.
  func failure<Number>(
    _ arrays: [[Number]], _ more: [KernelArgument] = [], seed: UInt64 = 0, checking: Bool = true
  ) throws -> String {
    do {
      _ = try run(arrays, more, seed: seed, checking: checking)
      return ""
    } catch let error as GPUError {
      guard case .callFailed("cuLaunchKernel", _, let text) = error.problem else { throw error }
      return text
    }
  }

  func replacing(_ old: String, by new: String) -> Self {
    precondition(text.contains(old))
    var changed = self
    changed.text = text.split(separator: old, omittingEmptySubsequences: false)
      .joined(separator: new)
    return changed
  }
}

let seeds: [UInt64] = [0, 1, 2, 3]

func counting(_ count: Int) -> [Float] { (0..<count).map(Float.init) }

private struct Settings: Hashable {
  let seed: UInt64
  let exact: Bool
  let checking: Bool

  func device() throws -> Device {
    try Emulator.device(
      seed: seed, exact: exact, checkingAccesses: checking, images: ImageCache(folder: nil))
  }
}

/// Kept, and with them the kernels that they have compiled.
private let devices = Mutex<[Settings: Device]>([:])
