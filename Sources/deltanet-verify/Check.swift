import ArgumentParser
import TensorFiles
import Verification

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge the results of a kernel.",
    discussion: """
      Every element of every tensor is compared with the recurrence in at least twice the claimed \
      precision. Its error may be as large as honest kernels of that precision make on the same data. \
      Where some file cannot be judged the exit status is 2, whatever the others are.
      """)

  @Argument(help: "Case files: safetensors with q k v beta and results.")
  var files: [String]

  @Option(help: "Also write the verdicts to this file.")
  var json: String?

  func run() async throws {
    var verdicts: [Verdict] = []
    for path in files {
      do {
        verdicts.append(.judged(try await Judgement(of: CaseFile(path: path))))
      } catch let error as TensorFileError {
        verdicts.append(.unreadable(error))
      }
    }
    let errors = verdicts.compactMap(\.error)
    let status = errors.map { reportBadInput("\($0)") }.first
    try finish(
      verdicts.compactMap(\.judgement?.text).joined(separator: "\n"), json: json, verdicts.json,
      holds: status != nil || verdicts.allSatisfy { $0.judgement?.isRight == true })
    if let status { throw status }
  }
}
