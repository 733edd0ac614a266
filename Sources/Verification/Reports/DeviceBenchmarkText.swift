import DeltaRule
public import DeltaRuleGPU
internal import Reporting

extension DeviceBenchmark.Outcome {
  /// The run as a person reads it: a line for each measurement, then what the device does at most.
  public var text: String {
    [header, table, ratesText, leftOutText].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private var header: String {
    "\(device.name) (\(device.deviceName), \(device.architecture)), "
      + "\(counted(device.multiprocessors, "multiprocessor")); \(counted(rounds, "round")); "
      + "ns a token and head; GB/s of inputs and outputs, each once; TFLOP/s of the form's products"
  }

  private var table: String {
    var table = TextTable([
      ("form", .left), ("C", .right), ("pass", .left), ("numbers", .left), ("products", .left),
      ("B", .right), ("L", .right), ("H", .right), ("dk", .right), ("dv", .right), ("ms", .right),
      ("ns", .right), ("median", .right), ("GB/s", .right), ("% of copy", .right),
      ("TFLOP/s", .right), ("% of products", .right), ("times copy", .right),
    ])
    for measurement in measurements {
      let configuration = measurement.configuration
      let subject = [
        measurement.form.name, measurement.chunk.map { "\($0)" } ?? "",
        configuration.pass.rawValue, configuration.storage.rawValue,
        configuration.products.rawValue,
      ]
      table.append(
        subject + configuration.shape.sizes + [
          threeDigits(measurement.milliseconds.minimum),
          threeDigits(measurement.nanoseconds.minimum),
          threeDigits(measurement.nanoseconds.median), decimal(measurement.bandwidth),
          decimal(percentOfCopy(measurement)), threeDigits(measurement.rate),
          decimal(percentOfProducts(measurement)), decimal(timesCopy(measurement)),
        ])
    }
    return measurements.isEmpty ? "" : table.text
  }

  private var ratesText: String {
    section("limits (the best of all rounds)", rates.map { [$0] } ?? []) { rates in
      let products = ProductPrecision.allCases.compactMap { products in
        rates.products[products].map { "\(products.rawValue) \(threeDigits($0)) TFLOP/s" }
      }
      return "copy \(decimal(rates.copy)) GB/s; products in registers: "
        + products.joined(separator: ", ")
    }
  }

  private var leftOutText: String {
    section("left out", leftOut) {
      let configuration = $0.configuration
      return "left out: \(configuration.form.name) \(configuration.setting) "
        + "L \(configuration.shape.length): \($0.reason)"
    }
  }
}

extension DeviceMeasurement {
  /// C; nil where tokens are taken one by one.
  var chunk: Int? {
    form == .recurrence && !configuration.pass.isGradient ? nil : chunkLength
  }
}

extension [DeviceConfiguration] {
  /// The form that ``DeltaRuleGPU/DeviceForm/automatic`` stands for in each of the shapes.
  public func explanation(on device: Device) -> String {
    explained(map(\.shape), [("automatic is", .left)]) { shape in
      let forms = filter { $0.shape == shape }.map {
        DeviceForm.chosen(for: shape, on: device, storage: $0.storage, precision: $0.products)
      }
      return [forms.map(\.name).unique.joined(separator: ", ")]
    }
  }
}
