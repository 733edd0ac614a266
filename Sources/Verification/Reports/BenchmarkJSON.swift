import DeltaRule
import DeltaRuleCPU
import FoundationEssentials
internal import Reporting

extension Benchmark.Outcome {
  /// The run for machines: keys sorted, in snake case.
  public func json() throws -> String {
    let rates = calibration.map { numbers, rates in
      (
        numbers.rawValue,
        BenchmarkDocument.Rates(
          peakGflops: rates.peak, productGflops: rates.product, updateGbytes: rates.update)
      )
    }
    let document = BenchmarkDocument(
      machine: BenchmarkDocument.Processor(
        processor: machine.processor, cores: machine.cores,
        instructionSet: machine.instructionSet.rawValue),
      rounds: rounds,
      calibration: Dictionary(uniqueKeysWithValues: rates),
      results: measurements.map { measurement in
        let configuration = measurement.configuration
        return Entry(
          configuration.form.name, configuration.setting,
          BenchmarkDocument.Result(
            length: configuration.shape.length, threads: threads,
            nsMinimum: measurement.nanoseconds.minimum, nsMedian: measurement.nanoseconds.median,
            gflops: measurement.rate, percentOfPeak: percentOfPeak(measurement),
            percentOfProduct: percentOfProduct(measurement), bytes: Int(configuration.bytes),
            updateGbytes: measurement.bandwidth,
            percentOfBandwidth: measurement.percentOfBandwidth))
      },
      growth: growths.map {
        Entry(
          $0.form.name, $0.setting,
          BenchmarkDocument.Growth(
            lengths: $0.lengths, nsMinimum: $0.nanoseconds, exponent: $0.exponent))
      },
      crossover: crossovers.map {
        Entry(
          $0.form.name, $0.setting,
          BenchmarkDocument.Crossover(
            against: Form.fullyParallel.name, lengths: $0.lengths, ratios: $0.ratios,
            before: $0.before, from: $0.from, estimatedLength: $0.length))
      },
      leftOut: leftOut.map {
        Entry(
          $0.configuration.form.name, $0.configuration.setting,
          LeftOutFinding(
            length: $0.configuration.shape.length, bytes: $0.needed, reason: $0.reason))
      })
    return try encoded(document, keys: .convertToSnakeCase)
  }
}

private struct BenchmarkDocument: Encodable {
  struct Processor: Encodable {
    let processor: String?
    let cores: Int
    let instructionSet: String
  }

  struct Rates: Encodable {
    let peakGflops: Double
    let productGflops: Double?
    let updateGbytes: Double
  }

  struct Result: Encodable {
    let length: Int
    let threads: Int
    let nsMinimum: Double
    let nsMedian: Double
    let gflops: Double
    let percentOfPeak: Double?
    let percentOfProduct: Double?
    let bytes: Int
    let updateGbytes: Double?
    let percentOfBandwidth: Double?
  }

  struct Growth: Encodable {
    let lengths: [Int]
    let nsMinimum: [Double]
    let exponent: Double
  }

  struct Crossover: Encodable {
    let against: String
    let lengths: [Int]
    let ratios: [Double]
    let before: Int?
    let from: Int?
    let estimatedLength: Double?
  }

  let machine: Processor
  let rounds: Int
  let calibration: [String: Rates]
  let results: [Entry<Result>]
  let growth: [Entry<Growth>]
  let crossover: [Entry<Crossover>]
  let leftOut: [Entry<LeftOutFinding>]
}
