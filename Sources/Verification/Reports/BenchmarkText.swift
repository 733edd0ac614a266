import DeltaRule
import DeltaRuleCPU
internal import Reporting

extension Benchmark.Outcome {
  /// The run as a person reads it: a line for each measurement, then how cost grows, where forms cross, and what the
  /// processor does at most.
  public var text: String {
    [header, table, growthText, crossoverText, calibrationText, leftOutText, missingText]
      .filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private var header: String {
    "\(machine.processor ?? "unnamed processor"), \(counted(machine.cores, "core")), "
      + "\(machine.instructionSet.rawValue); \(counted(threads, "thread")), "
      + "\(counted(rounds, "round")); ns a token and head, GFLOP/s at the least work"
  }

  private var table: String {
    var table = TextTable([
      ("form", .left), ("pass", .left), ("numbers", .left), ("B", .right), ("L", .right),
      ("H", .right), ("dk", .right), ("dv", .right), ("ns", .right), ("median", .right),
      ("GFLOP/s", .right), ("% of peak", .right), ("% of product", .right),
      ("% of bandwidth", .right),
    ])
    for measurement in measurements {
      let configuration = measurement.configuration
      let subject = [
        configuration.form.name, configuration.pass.rawValue, configuration.numbers.rawValue,
      ]
      table.append(
        subject + configuration.shape.sizes + [
          decimal(measurement.nanoseconds.minimum), decimal(measurement.nanoseconds.median),
          decimal(measurement.rate), decimal(percentOfPeak(measurement)),
          decimal(percentOfProduct(measurement)), decimal(measurement.percentOfBandwidth),
        ])
    }
    return measurements.isEmpty ? "" : table.text
  }

  private var growthText: String {
    section("growth (from L = 512 on; the time of a pass as a power of L: linear is 1)", growths) {
      growth in
      let (lengths, times) = (growth.lengths, growth.nanoseconds)
      let points = zip(lengths, times).map { "\($0): \(decimal($1))" }
      return "\(growth.setting) \(growth.form.name): L^\(growth.exponent.fixed(3)), "
        + "ns at L = \(points.joined(separator: ", "))"
    }
  }

  private var crossoverText: String {
    section("crossover (against the fully parallel form)", crossovers) { crossover in
      let lengths = crossover.lengths.map { "\($0)" }.joined(separator: " ")
      let verdict =
        switch (crossover.before, crossover.from) {
        case (nil, _): "faster at every length measured"
        case (_, nil): "not faster at the longest length measured"
        case (let before?, let from?):
          "faster from L ≈ \(Int((crossover.length ?? Double(from)).rounded())) on "
            + "(\(before) not yet, \(from) is)"
        }
      return "\(crossover.setting) \(crossover.form.name): \(verdict); L = \(lengths)"
    }
  }

  private var calibrationText: String {
    section("calibration (the best of all rounds)", BenchmarkNumbers.allCases) { numbers in
      calibration[numbers].map {
        let product = $0.product.map { "OpenBLAS product n = 1024 \(decimal($0)) GFLOP/s, " }
        return "\(numbers.rawValue): peak \(decimal($0.peak)) GFLOP/s, \(product ?? "")"
          + "update \(decimal($0.update)) GB/s"
      }
    }
  }

  private var leftOutText: String {
    section("left out (too large for the memory)", leftOut) {
      let configuration = $0.configuration
      return "left out: \(configuration.form.name) \(configuration.setting) "
        + "L \(configuration.shape.length): \($0.reason)"
    }
  }

  private var missingText: String {
    calibration.values.contains { $0.product == nil }
      ? "left out: everything through OpenBLAS; \(MissingOpenBLAS())" : ""
  }
}

extension LeftOut {
  /// Why it is not timed.
  var reason: String { excess(needed, over: limit) }
}

extension BenchmarkSetting: CustomStringConvertible {
  /// All but the form and the length: `forward f32 B 1 H 8 dk 64 dv 64`.
  public var description: String {
    "\(pass.rawValue) \(numbers) B \(batch) H \(heads) dk \(keyDimension) "
      + "dv \(valueDimension)"
  }
}

extension [BenchmarkConfiguration] {
  /// The form that ``DeltaRuleCPU/Form/automatic`` stands for in each of the shapes, and why.
  public var explanation: String {
    explained(map(\.shape), [("automatic is", .left), ("because of", .left)]) {
      let (form, reason) = Form.chosen(for: $0)
      return [form.name, reason]
    }
  }
}

/// A line for each shape, with what is chosen for it.
func explained(
  _ shapes: [BatchShape], _ columns: [(title: String, alignment: TextTable.Alignment)],
  _ choice: (BatchShape) -> [String]
) -> String {
  var table = TextTable(
    ["B", "L", "H", "dk", "dv"].map { ($0, .right) } + columns)
  for shape in shapes.unique { table.append(shape.sizes + choice(shape)) }
  return table.text + "\n"
}

extension BatchShape {
  /// B, L, H, dk and dv.
  var sizes: [String] {
    [batch, length, heads, keyDimension, valueDimension].map { "\($0)" }
  }
}
