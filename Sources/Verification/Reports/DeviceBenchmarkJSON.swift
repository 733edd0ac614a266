import DeltaRule
import DeltaRuleGPU
import FoundationEssentials
internal import Reporting

extension DeviceBenchmark.Outcome {
  /// The run for machines: keys sorted, in snake case.
  public func json() throws -> String { try encoded(document, keys: .convertToSnakeCase) }

  var document: DeviceBenchmarkDocument {
    DeviceBenchmarkDocument(
      device: DeviceBenchmarkDocument.Processor(
        name: device.name, device: "\(device.deviceName)", architecture: device.architecture,
        multiprocessors: device.multiprocessors, memory: device.memory),
      rounds: rounds,
      limits: rates.map { rates in
        DeviceBenchmarkDocument.Limits(
          copyGbytes: rates.copy,
          productsTflops: Dictionary(
            uniqueKeysWithValues: rates.products.map { ($0.rawValue, $1) }))
      },
      results: measurements.map { measurement in
        let configuration = measurement.configuration
        return Entry(
          configuration.form.name, configuration.setting,
          DeviceBenchmarkDocument.Result(
            length: configuration.shape.length, products: configuration.products.rawValue,
            computedBy: measurement.form.name, chunkLength: measurement.chunk,
            sets: measurement.sets, msMinimum: measurement.milliseconds.minimum,
            msMedian: measurement.milliseconds.median,
            nsMinimum: measurement.nanoseconds.minimum, nsMedian: measurement.nanoseconds.median,
            bytes: configuration.bytes, gbytes: measurement.bandwidth,
            percentOfCopy: percentOfCopy(measurement), timesCopy: timesCopy(measurement),
            operations: measurement.operations, tflops: measurement.rate,
            percentOfProducts: percentOfProducts(measurement)))
      },
      leftOut: leftOut.map {
        Entry(
          $0.configuration.form.name, $0.configuration.setting,
          LeftOutFinding(
            length: $0.configuration.shape.length, bytes: $0.needed, reason: $0.reason))
      })
  }
}

struct DeviceBenchmarkDocument: Encodable {
  struct Processor: Encodable {
    let name: String
    let device: String
    let architecture: String
    let multiprocessors: Int
    let memory: Int?
  }

  struct Limits: Encodable {
    let copyGbytes: Double
    let productsTflops: [String: Double]
  }

  struct Result: Encodable {
    let length: Int
    let products: String
    let computedBy: String
    let chunkLength: Int?
    let sets: Int
    let msMinimum: Double
    let msMedian: Double
    let nsMinimum: Double
    let nsMedian: Double
    /// Of a token and head.
    let bytes: Double
    let gbytes: Double
    let percentOfCopy: Double?
    let timesCopy: Double?
    /// Of a token and head.
    let operations: Double
    let tflops: Double
    let percentOfProducts: Double?
  }

  let device: Processor
  let rounds: Int
  let limits: Limits?
  let results: [Entry<Result>]
  let leftOut: [Entry<LeftOutFinding>]
}
