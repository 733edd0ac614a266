import FoundationEssentials
internal import Reporting
import TensorFiles

/// Times that `deltanet-verify bench --json` wrote, of the processor or of a device.
package struct RecordedBenchmark: Sendable {
  private struct Document: Decodable {
    struct Processor: Decodable {
      let processor: String?
      let name: String?
    }

    let machine: Processor?
    let device: Processor?
    let results: [Time]
  }

  struct Time: Decodable {
    let form: String
    let pass: String
    let numbers: String
    let batch: Int
    let heads: Int
    let keyWidth: Int
    let valueWidth: Int
    let length: Int
    let nsMinimum: Double
    let nsMedian: Double

    /// All but the form, the length and the number of sequences.
    var setting: String { "\(pass) \(numbers), \(heads) heads, dk \(keyWidth), dv \(valueWidth)" }
  }

  /// What was timed, as it calls itself.
  let machine: String
  let times: [Time]

  /// - Throws: `TensorFileError` where the file cannot be read or holds no times.
  package init(path: String) throws(TensorFileError) {
    let bytes = try bytes(ofFile: path, limit: 1 << 26)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let document = try? decoder.decode(Document.self, from: Data(bytes)),
      !document.results.isEmpty
    else {
      throw TensorFileError(
        file: path, problem: "holds no times",
        remedy: "write it with 'deltanet-verify bench --json'")
    }
    machine = document.machine?.processor ?? document.device?.name ?? "an unnamed processor"
    times = document.results
  }

  var table: TextTable {
    var table = TextTable([
      ("form", .left), ("pass", .left), ("numbers", .left), ("B", .right), ("L", .right),
      ("H", .right), ("dk", .right), ("dv", .right), ("ns", .right), ("median", .right),
    ])
    for time in times {
      table.append(
        [time.form, time.pass, time.numbers]
          + [time.batch, time.length, time.heads, time.keyWidth, time.valueWidth].map { "\($0)" }
          + [decimal(time.nsMinimum), decimal(time.nsMedian)])
    }
    return table
  }

  /// Times over L, where there are several.
  var plots: [(name: String, plot: LinePlot)] {
    let settings = times.map(\.setting).unique.map { setting in
      times.filter { $0.setting == setting }
    }
    return settings.filter { Set($0.map(\.length)).count > 1 }.enumerated().map { n, times in
      let forms = times.map(\.form).unique
      return (
        "speed-\(n + 1)",
        LinePlot(
          title: times[0].setting, xLabel: "L", yLabel: "ns a token and head",
          xScale: .logarithmic(base: 2), yScale: .logarithmic(base: 10),
          series: forms.enumerated().map { look, form in
            LinePlot.Series(
              name: form,
              points: times.filter { $0.form == form }.sorted { $0.length < $1.length }
                .map { (Double($0.length), $0.nsMinimum) }, look: look)
          })
      )
    }
  }
}
