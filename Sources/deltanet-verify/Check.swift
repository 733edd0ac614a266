import ArgumentParser
import TensorFiles
import Terminal
import Verification

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge the results of a kernel.",
    discussion: """
      Every element of every tensor is compared with the recurrence in at least twice the claimed \
      precision. Its error may be as large as honest kernels of that precision make on the same data. \
      Where some file cannot be judged the exit status is 2, whatever the others are. With --repeat the \
      files are runs of one kernel on one case, and are compared with one another, too; runs may differ \
      and still all be right.
      """)

  @Argument(help: "Case files: safetensors with q k v beta and results.")
  var files: [String]

  @Option(help: "Also write the verdicts to this file.")
  var json: String?

  @Flag(name: .customLong("repeat"), help: "Compare the files as runs of one kernel on one case.")
  var isRepeat = false

  func validate() throws {
    if isRepeat, files.count < 2 {
      throw ValidationError("--repeat compares runs: name two files or more")
    }
  }

  func run() async throws {
    var verdicts: [Verdict] = []
    for path in files {
      let verdict: Verdict
      do {
        verdict = .judged(try await Judgement(of: CaseFile(path: path)))
      } catch let error as TensorFileError {
        verdict = .unreadable(error)
      }
      if let text = verdict.judgement?.text {
        try show(verdicts.contains { $0.judgement != nil } ? "\n" + text : text)
      }
      verdicts.append(verdict)
    }
    let errors = verdicts.compactMap(\.error)
    var status = errors.map { reportBadInput("\($0)") }.first
    var repeatability: Repeatability?
    if isRepeat, status == nil {
      do {
        repeatability = try Repeatability(of: verdicts.compactMap(\.judgement?.file))
      } catch let error as TensorFileError {
        status = reportBadInput("\(error)")
      }
    }
    try finish(
      repeatability.map { "\n" + $0.text } ?? "", json: json,
      { try verdicts.json(repeatability) },
      holds: status != nil || verdicts.allSatisfy { $0.judgement?.isRight == true })
    if let status { throw status }
  }
}
