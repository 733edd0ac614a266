import ArgumentParser
import FoundationEssentials
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
      and still all be right. Of a folder that 'export' wrote every case is judged, and the laws across files, too: \
      the status is 0 where all of them hold and no result is missing, and 2 where the inputs of a file are not those \
      that were exported.
      """)

  @Argument(
    help: "Case files: safetensors with q k v beta and results. Or one folder that 'export' wrote.")
  var files: [String]

  @Option(help: "Also write the verdicts to this file.")
  var json: String?

  @Flag(name: .customLong("repeat"), help: "Compare the files as runs of one kernel on one case.")
  var isRepeat = false

  @Option(help: "Of a folder: the seed that it must have been exported with.")
  var seed: UInt64?

  @Option(help: "Of a folder: the profile that it must have been exported with.")
  var profile: Profile?

  @Option(help: "Of a folder: also write the scorecard to this file, as JUnit's XML.")
  var junit: String?

  @Option(help: "Of a folder: also write the scorecard to this file, as Markdown.")
  var markdown: String?

  func validate() throws {
    if files.contains(where: isFolder) {
      if files.count > 1 || isRepeat { throw ValidationError("name one folder, or files") }
    } else if seed != nil || profile != nil || junit != nil || markdown != nil {
      throw ValidationError(
        "--seed, --profile, --junit and --markdown are for a folder that 'export' wrote")
    }
    let outputs = [json, junit, markdown].compactMap { $0.map(resolved) }
    if Set(outputs).count < outputs.count {
      throw ValidationError("--json, --junit and --markdown name the same file: name several")
    }
    for output in outputs
    where output.hasSuffix(".safetensors") || output.hasSuffix("/manifest.json") {
      throw ValidationError("\(output) is a name of what is judged: write to another file")
    }
    if isRepeat, files.count < 2 {
      throw ValidationError("--repeat compares runs: name two files or more")
    }
  }

  func run() async throws {
    if isFolder(files[0]) { try await judgeFolder(files[0]) } else { try await judgeFiles() }
  }

  private func judgeFolder(_ folder: String) async throws {
    let bar = ProgressBar()
    let scorecard: Scorecard
    do {
      scorecard = try await Scorecard(folder: folder, seed: seed, profile: profile) {
        bar.show($0, of: $1)
      }
    } catch {
      bar.clear()
      throw reportBadInput("\(error)")
    }
    bar.clear()
    try show(scorecard.text)
    if let junit { try writeWhole(scorecard.junit, to: junit) }
    if let markdown { try writeWhole(scorecard.markdown, to: markdown) }
    let status = scorecard.rejections.map { reportBadInput("\($0)") }.first
    try finish(
      "", json: json, scorecard.json, holds: status != nil || scorecard.verdict == .right)
    if let status { throw status }
  }

  private func judgeFiles() async throws {
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

private func resolved(_ path: String) -> String {
  URL(filePath: path).resolvingSymlinksInPath().path
}

private func isFolder(_ path: String) -> Bool {
  var isFolder = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
}
