import ArgumentParser
import TensorFiles
import Verification

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge the results of a kernel.",
    discussion: """
      Every element of every tensor is compared with the recurrence in at least twice the claimed \
      precision. Its error may be as large as honest kernels of that precision make on the same data.
      """)

  @Argument(help: "Case files: safetensors with q k v beta and results.")
  var files: [String]

  @Option(help: "Also write the verdicts to this file.")
  var json: String?

  func run() async throws {
    var judgements: [Judgement] = []
    var badInput: ExitCode?
    for path in files {
      do {
        judgements.append(try await Judgement(of: CaseFile(path: path)))
      } catch let error as TensorFileError {
        badInput = BadInput("\(error)")
      }
    }
    try finish(
      judgements.map(\.text).joined(separator: "\n"), json: json, judgements.json,
      holds: badInput != nil || judgements.allSatisfy(\.isRight))
    if let badInput { throw badInput }
  }
}
