/// Why a device could not be had or used, and how to mend it. The description is `problem; remedy`, in one line unless it holds a
/// compiler's log.
public struct GPUError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    /// None of a library's names could be opened.
    case libraryMissing(names: [String], reason: String, remedy: String)
    /// A library was opened that is too old.
    case functionMissing(library: String, function: String, remedy: String)
    /// A call of a driver or compiler gave a status other than success.
    case callFailed(call: String, status: Int32, text: String)
    case noSuchDevice(DeviceName, count: Int)
    /// There is no best device; for every runtime, what is missing.
    case noDevice(missing: [String])
    /// The emulator was asked for by name here.
    case emulatorIsNotOpened
    case compilationFailed(kernel: String, architecture: String, log: String)
    case tooMuchSharedMemory(kernel: String, bytes: Int, limit: Int)
    case tooManyThreads(kernel: String, threads: Int, limit: Int)
    case tooManyGroups(kernel: String, axis: Character, groups: Int, limit: Int)
    case outOfMemory(bytes: Int, reason: String)
    case copyTooLong(bytes: Int, bufferBytes: Int)
    /// Products in tf32 or bfloat16 were asked of a device that has no matrix units here.
    case noMatrixUnits(DeviceName)
    case bufferTooShort(tensor: String, bytes: Int, needed: Int)
    /// The pipelined kernels were asked for what they do not do; with what they need.
    case notPipelined(String)
    case keysTooWide(dk: Int, limit: Int)
    /// Something of one device was handed to another one.
    case wrongDevice(what: String, of: DeviceName, to: DeviceName)
  }

  public let problem: Problem

  package init(_ problem: Problem) { self.problem = problem }

  public var description: String {
    switch problem {
    case .libraryMissing(let names, let reason, let remedy):
      "no \(names.joined(separator: ", ")): \(reason); \(remedy)"
    case .functionMissing(let library, let function, let remedy):
      "\(library) has no \(function); \(remedy)"
    case .callFailed(let call, let status, let text): "\(call) failed with \(status) (\(text))"
    case .noSuchDevice(let name, let count):
      "\(name): there are \(count) devices, counted from 0; name one that is listed"
    case .noDevice(let missing):
      "there is no GPU: \(missing.joined(separator: "; ")); name a device that is listed"
    case .emulatorIsNotOpened:
      "emulated: this device cannot be opened by its name; make it with the module KernelEmulator"
    case .compilationFailed(let kernel, let architecture, let log):
      "\(kernel) does not compile for \(architecture); mend what the compiler says:\n\(log)"
    case .tooMuchSharedMemory(let kernel, let bytes, let limit):
      "\(kernel) needs \(bytes) bytes of shared memory, of which the device has \(limit); "
        + "take smaller tiles"
    case .tooManyThreads(let kernel, let threads, let limit):
      "\(kernel) needs blocks of \(threads) threads, and they may have \(limit); take fewer threads"
    case .tooManyGroups(let kernel, let axis, let groups, let limit):
      "\(kernel) needs \(groups) groups in \(axis), and there may be \(limit); launch it in parts"
    case .outOfMemory(let bytes, let reason):
      "the device gives no buffer of \(bytes) bytes: \(reason); free some, or take smaller batches"
    case .copyTooLong(let bytes, let bufferBytes):
      "a copy of \(bytes) bytes does not fit a buffer of \(bufferBytes); take a longer buffer"
    case .noMatrixUnits(let device):
      "\(device) computes products in float32 only; leave tf32 and bfloat16 to CUDA devices"
    case .bufferTooShort(let tensor, let bytes, let needed):
      "\(tensor) lies in a buffer of \(bytes) bytes where its shape takes \(needed); take one of that size"
    case .notPipelined(let need):
      "pipelined kernels need \(need); take another form"
    case .keysTooWide(let dk, let limit):
      "dk = \(dk): kernels have keys of up to \(limit) numbers; take narrower heads"
    case .wrongDevice(let what, let owner, let user):
      "this \(what) is of \(owner), not of \(user); take one of the latter"
    }
  }
}
