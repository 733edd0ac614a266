internal import DeltaRuleCPU

/// Memory that belongs to a tensor, no gap in it.
struct Region {
  let name: String
  let bytes: Range<UInt>

  init(name: String, bytes: Range<UInt>) {
    self.name = name
    self.bytes = bytes
  }

  /// - Parameter count: no more than ``mostNumbers``.
  init<Number>(_ name: String, _ start: UnsafePointer<Number>, count: Int) throws(CallError) {
    try checkAddress(start, name)
    let first = UInt(bitPattern: start)
    let (end, overflow) = first.addingReportingOverflow(
      UInt(count * MemoryLayout<Number>.stride))
    guard !overflow else {
      throw .badArgument(
        "\(name) and its \(count) numbers reach beyond the last address",
        "give the address of its first number")
    }
    self.init(name: name, bytes: first..<end)
  }

  /// Refuses what is written and surely overlaps something else.
  static func checkApart(written: [Region], read: [Region]) throws(CallError) {
    for (i, region) in written.enumerated() {
      for other in written[(i + 1)...] + read where region.bytes.overlaps(other.bytes) {
        throw .badArgument(
          "\(region.name) overlaps \(other.name)", "give what is written memory of its own")
      }
    }
  }
}

/// Refuses addresses that no number of the type has.
func checkAddress<Number>(_ start: UnsafePointer<Number>, _ name: String) throws(CallError) {
  let alignment = MemoryLayout<Number>.alignment
  guard UInt(bitPattern: start) % UInt(alignment) == 0 else {
    throw .badArgument(
      "the address of \(name) is no multiple of \(alignment)", "copy it to an aligned one")
  }
}
