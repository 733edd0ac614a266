import ArgumentParser
import DeltaRuleGPU
import Terminal
import Verification

extension Bench {
  /// What is said of a device's numbers and forms.
  struct DeviceChoices {
    var storages: [Storage]?
    var forms: [DeviceForm]?
    var products: [ProductPrecision]?

    var counts: [Int?] { [storages?.count, forms?.count, products?.count] }
  }

  func deviceChoices(_ device: DeviceName) throws -> DeviceChoices {
    let refused = [
      threads.map { _ in "--threads: a device has its own" },
      instructionSet.map { _ in "--instruction-set: a device has its own" },
      plot.map { _ in "--plot draws what the processor takes" },
    ].compactMap { $0 }
    if let reason = refused.first {
      throw ValidationError("\(reason): leave it out with --device \(device)")
    }
    if device == .emulated {
      throw ValidationError("--device emulated: it tells nothing about speed; name another one")
    }
    return DeviceChoices(
      storages: try option("--numbers", numbers) { try list($0, name) },
      forms: try option("--forms", forms) {
        try list($0) { try form($0, DeviceForm.init(name:), among: DeviceForm.all.map(\.name)) }
      }, products: products)
  }

  func runOnDevice(_ name: DeviceName) throws {
    let device = try opened(name)
    do {
      let configurations = try configurations(for: device, deviceChoices(name))
      if explain { return try show(configurations.explanation(on: device)) }
      let bar = ProgressBar()
      let outcome = try DeviceBenchmark(configurations, on: device, rounds: rounds).run {
        bar.show($0, of: $1)
      }
      bar.clear()
      try finish(outcome.text, json: json, outcome.json, holds: true)
    } catch let error as GPUError {
      throw reportBadInput("\(error)")
    }
  }

  private func configurations(
    for device: Device, _ choices: DeviceChoices
  ) throws -> [DeviceConfiguration] {
    var grid = try hasSizes ? DeviceGrid(for: device) : .standard(for: device)
    if hasSizes { grid.sizes = grid.sizes.map(sizes(or:)) }
    grid.storages = choices.storages ?? grid.storages
    grid.passes = passes ?? grid.passes
    grid.products = choices.products ?? grid.products
    grid.forms = choices.forms ?? grid.forms
    return try grid.configurations()
  }
}
