import DeltaRule
import DeltaRuleGPU

/// The configurations that share one shape and one storage, and are timed in the same rounds.
struct DeviceGroup {
  let configurations: [DeviceConfiguration]

  /// In the order of their first members.
  static func groups(of configurations: [DeviceConfiguration]) -> [DeviceGroup] {
    configurations.reduce(into: [[DeviceConfiguration]]()) { groups, configuration in
      let place = groups.firstIndex {
        $0[0].shape == configuration.shape && $0[0].storage == configuration.storage
      }
      if let place {
        groups[place].append(configuration)
      } else {
        groups.append([configuration])
      }
    }.map { DeviceGroup(configurations: $0) }
  }

  /// The configurations that fit into so many bytes and the device, run once, and those that do not.
  func runs(
    on device: Device, behind hold: DeviceHold, room: Double
  ) throws -> (runs: [DeviceRun], leftOut: [DeviceLeftOut]) {
    let (shape, storage) = (configurations[0].shape, configurations[0].storage)
    var leftOut: [DeviceLeftOut] = []
    /// What the body gives; nil, and all of them are left out, where it does not fit the device.
    func fitting<Result>(
      _ all: [DeviceConfiguration], _ body: () throws -> Result
    ) throws -> Result? {
      do { return try body() } catch let error as GPUError where error.mayWorkOtherwise {
        leftOut += all.map { DeviceLeftOut(configuration: $0, needed: nil, reason: "\(error)") }
        return nil
      }
    }

    // One plan serves all passes of a form.
    var planned: [(configuration: DeviceConfiguration, plan: DevicePlan)] = []
    for configuration in configurations {
      let passes = planned.map(\.configuration.pass) + [configuration.pass]
      var needed = DeviceBatch.bytes(shape, storage, for: passes)
      if needed <= room {
        let known = planned.first { $0.configuration.hasPlan(of: configuration) }?.plan
        guard
          let plan = try fitting([configuration], { try known ?? configuration.plan(on: device) })
        else { continue }
        let all = planned + [(configuration, plan)]
        needed += DeviceGroup.workspaces(of: all)
        if needed <= room {
          planned = all
          continue
        }
      }
      leftOut.append(
        DeviceLeftOut(
          configuration: configuration, needed: needed, reason: excess(needed, over: room)))
    }
    let timed = planned.map(\.configuration)
    guard !timed.isEmpty,
      let batch = try fitting(
        timed, { try DeviceBatch(shape, storage, for: timed.map(\.pass), on: device) })
    else { return ([], leftOut) }
    let runs = try planned.compactMap { configuration, plan in
      try fitting([configuration]) {
        DeviceRun(
          configuration: configuration, plan: plan, sets: batch.setCount,
          sampler: try DeviceSampler(behind: hold) { try batch.run(configuration.pass, plan, $0) })
      }
    }
    return (runs, leftOut)
  }

  /// Bytes of what plans keep between kernels.
  private static func workspaces(
    of planned: [(configuration: DeviceConfiguration, plan: DevicePlan)]
  ) -> Double {
    let needs = planned.map { configuration, plan in
      (
        ObjectIdentifier(plan),
        plan.workspaceByteCount(ofGradient: configuration.pass.isGradient)
      )
    }
    return Double(Dictionary(needs, uniquingKeysWith: max).values.reduce(0, +))
  }
}

/// A configuration that is being timed.
struct DeviceRun {
  let configuration: DeviceConfiguration
  let plan: DevicePlan
  let sets: Int
  var sampler: DeviceSampler

  /// - Precondition: there is a sample.
  var measurement: DeviceMeasurement {
    DeviceMeasurement(
      configuration, form: plan.form, chunkLength: plan.chunkLength, sets: sets,
      milliseconds: sampler.times)
  }
}

extension DeviceConfiguration {
  fileprivate func hasPlan(of other: DeviceConfiguration) -> Bool {
    form == other.form && products == other.products
  }

  fileprivate func plan(on device: Device) throws -> DevicePlan {
    try DevicePlan(shape, on: device, using: form, storage: storage, precision: products)
  }
}

extension GPUError {
  /// Whether something smaller, or another form, may well work.
  fileprivate var mayWorkOtherwise: Bool {
    switch problem {
    case .outOfMemory, .keysTooWide, .tooMuchSharedMemory, .tooManyThreads, .tooManyGroups,
      .notPipelined:
      true
    default: false
    }
  }
}
