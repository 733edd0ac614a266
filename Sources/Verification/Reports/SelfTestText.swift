import DeltaRuleGPU

extension SelfTest {
  /// The device, its times and the run as a person reads them; the last line is the verdict of the laws.
  public var text: String {
    let head =
      "\(device.deviceName): \(device.name) (\(device.architecture)), "
      + counted(device.multiprocessors, "multiprocessor")
    let times =
      switch times {
      case nil: ""
      case .success(let times): times.text
      case .failure(let error): "times FAIL: \(error)\n"
      }
    return [head + "\n", leftOut.map { $0 + "\n" } ?? "", times, outcome.text]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
