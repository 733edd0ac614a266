#if MPI
  import DeltaRule
  import MessagePassing
  import Reporting
  import Verification

  extension LinkBenchmark.Outcome {
    /// The run as a person reads it.
    var text: String {
      var table = TextTable([
        ("exchange", .left), ("H", .right), ("dk", .right), ("dv", .right), ("L", .right),
        ("GFLOP/s", .right), ("model, ms", .right), ("least", .right), ("median", .right),
        ("a rank sends", .right), ("counted", .right), ("quicker of scan and ring", .left),
      ])
      for measurement in measurements {
        let samples = Samples(measurement.seconds)
        let quicker = [
          ("by the model", isQuicker(measurement) { $0.predicted }),
          ("measured", isQuicker(measurement) { Samples($0.seconds).median }),
        ].filter(\.1).map(\.0)
        table.append([
          measurement.exchange, "\(measurement.heads)", "\(measurement.keyDimension)",
          "\(measurement.valueDimension)",
          measurement.tokens == 0 ? "" : measurement.tokens.grouped,
          measurement.operations.map { ($0 * 1e-9).fixed(2) } ?? "",
          milliseconds(measurement.predicted), milliseconds(samples.minimum),
          milliseconds(samples.median), Int(measurement.sent).grouped,
          measurement.counted.map { Int(Samples($0).median).grouped } ?? "",
          quicker.joined(separator: ", "),
        ])
      }
      return """
        \(ranks) ranks; latency \((latency * 1e6).fixed(1)) µs, \((bandwidth * 1e-6).fixed(1)) MB/s

        \(table.text)

        """
    }

    /// Whether this is the scan or the ring, and takes less than the other of the same shape.
    private func isQuicker(
      _ measurement: LinkBenchmark.Measurement, by seconds: (LinkBenchmark.Measurement) -> Double
    ) -> Bool {
      let handingOn = [Exchange.scan, .ring].map(\.rawValue)
      return handingOn.contains(measurement.exchange)
        && measurements.filter {
          handingOn.contains($0.exchange) && $0.heads == measurement.heads
            && $0.keyDimension == measurement.keyDimension
            && $0.valueDimension == measurement.valueDimension && $0.tokens == measurement.tokens
        }.allSatisfy { seconds(measurement) <= seconds($0) }
    }

    private func milliseconds(_ seconds: Double) -> String { (seconds * 1e3).fixed(3) }
  }
#endif
