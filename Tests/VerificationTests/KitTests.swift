import DeltaRule
import Foundation
import FoundationXML
import Testing

@testable import TensorFiles
@testable import Verification

/// A folder of its own, which is removed afterwards.
private func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.path(percentEncoded: false))
}

/// Writes an export that a kernel with a mistake, or none, has filled in chunks of so many tokens.
private func write(
  _ manifest: Manifest, to folder: String, by fault: Fault? = nil, chunkLength: Int = 16,
  filling names: [String]? = nil
) throws {
  try manifest.write(to: folder)
  for export in manifest.profile.cases where names?.contains(export.name) ?? true {
    let path = "\(folder)/\(export.name).safetensors"
    var file = try TensorFile(safetensors: path)
    let filled = try CaseFile(name: export.name, file: file, isFilled: false)
      .filled(by: fault, chunkLength: export.chunkSize ?? chunkLength)
    for result in filled.results {
      file.tensors[result.name] = stored(result, layout: filled.layout)
    }
    try file.write(safetensors: path)
  }
}

private func stored(_ result: CaseFile.Result, layout: CaseFile.Layout) -> StoredTensor {
  let types: [Precision: ElementType] = [.f64: .f64, .f32: .f32, .bf16: .bf16, .f16: .f16]
  let values =
    layout == .headsFirst && result.isTokenwise
    ? result.values.swappingTokensAndHeads() : result.values
  return StoredTensor(
    doubles: values.elements, shape: values.shape, as: types[result.storage] ?? .f32)
}

@Suite("Conformance kit")
struct KitTests {
  /// The names of cases are names of files, parts come after what they are parts of, and every regime that is promised
  /// is there.
  @Test(arguments: Profile.allCases)
  func profiles(_ profile: Profile) throws {
    let names = profile.cases.map(\.name)
    #expect(Set(names).count == names.count)
    for (n, export) in profile.cases.enumerated() {
      let inputs = try export.inputs(seed: 3)
      let file = try CaseFile(name: export.name, file: inputs, isFilled: false)
      #expect((file.cotangent != nil) == (inputs.tensors["do"] != nil))
      if let origin = export.origin { #expect(names[..<n].contains(origin.whole)) }
      switch profile {
      case .ggml: #expect(export.keyDimension == export.valueDimension && export.precision == .f32)
      case .mlx: #expect(export.keyDimension % 32 == 0 && !export.regimes.contains("packed"))
      case .hf: #expect(export.keyHeads == export.heads && inputs.tensors["cu_seqlens"] == nil)
      case .fla: #expect(export.keyHeads == export.heads && export.precision != .f32)
      default: break
      }
    }
  }

  @Test
  func aRightKernel() async throws {
    try await withFolder { folder in
      try write(Manifest(.quick, seed: 5), to: folder)
      let scorecard = try await Scorecard(folder: folder, seed: 5)
      #expect(scorecard.verdict == .right)
      #expect(scorecard.regimes.contains { $0.name == "packed" && $0.gradients == .right })
      #expect(scorecard.summary == "profile quick, seed 5: 8 of 8 cases right: RIGHT")
      let junit = scorecard.junit
      #expect(junit.components(separatedBy: "<testcase").count == 8 * 7 + 1)
      #expect(junit.contains("failures=\"0\" errors=\"0\""))
      #expect(XMLParser(data: Data(junit.utf8)).parse())
      #expect(scorecard.markdown.contains("| f32 inputs | 8 | right | right |"))
      await #expect(throws: TensorFileError.self) {
        try await Scorecard(folder: folder, seed: 6)
      }
      await #expect(throws: TensorFileError.self) {
        try await Scorecard(folder: folder, profile: .full)
      }
      // Another profile's cases are not those of the manifest.
      let manifest = "\(folder)/manifest.json"
      let text = try String(contentsOfFile: manifest, encoding: .utf8)
      try text.replacing("\"quick\"", with: "\"hf\"")
        .write(toFile: manifest, atomically: true, encoding: .utf8)
      await #expect(throws: TensorFileError.self) { try await Scorecard(folder: folder) }
    }
  }

  /// The verdict, the diagnosis and the laws across files, of the whole profile.
  @Test
  func lawsAcrossFiles() async throws {
    try await withFolder { folder in
      try write(Manifest(.full, seed: 9), to: folder, chunkLength: 64)
      let scorecard = try await Scorecard(folder: folder)
      #expect(scorecard.verdict == .right)
      #expect(Set(scorecard.laws.map(\.law)) == Set(FileLaw.allCases))
      for law in scorecard.laws {
        #expect(law.holds && !law.isMissing, "\(law.part)")
        if law.law == .repetition || law.law == .packing { #expect(law.isBitwise, "\(law.part)") }
        if law.law == .chunk { #expect(!law.isBitwise, "\(law.part)") }
      }
    }
  }

  /// A kernel that pads the last chunk with its last token: chunks of 16 and 128 both lack one of 127 tokens, but those of
  /// the second part alone lack more.
  @Test
  func aWrongKernel() async throws {
    try await withFolder { folder in
      let names = ["tail", "tail-before", "tail-after", "tail-chunk-128", "tail-again"]
      try write(Manifest(.full, seed: 9), to: folder, by: .tailPadded, filling: names)
      let scorecard = try await Scorecard(folder: folder)
      #expect(scorecard.verdict == .wrong)
      let laws = scorecard.laws.filter { names.contains($0.part) }
      #expect(laws.map(\.holds) == [true, false, true, true])
      #expect(laws.map(\.isMissing) == [false, false, false, false])
      let tail = try #require(scorecard.entries.first { $0.name == "tail" }?.judgement)
      #expect(tail.diagnosis.compactMap(\.name).contains("tailPadded"))
      #expect(scorecard.mistakes.map(\.cases.count).max() ?? 0 > 1)
      #expect(scorecard.markdown.contains("tailPadded"))
      #expect(scorecard.junit.contains("<failure"))
    }
  }

  /// What is missing is no pass, in no form of the scorecard.
  @Test
  func missingResults() async throws {
    try await withFolder { folder in
      try write(Manifest(.quick, seed: 5), to: folder, filling: ["plain", "tail"])
      var tail = try TensorFile(safetensors: "\(folder)/tail.safetensors")
      tail.tensors["dk"] = nil
      try tail.write(safetensors: "\(folder)/tail.safetensors")
      try FileManager.default.removeItem(atPath: "\(folder)/packed.safetensors")
      let scorecard = try await Scorecard(folder: folder)
      #expect(scorecard.verdict == .incomplete)
      #expect(scorecard.entries.map(\.missing.count) == [0, 1, 7, 7, 7, 7, 7, 7])
      #expect(scorecard.entries[1].verdict(on: ["o"]) == .right)
      #expect(scorecard.junit.contains("errors=\"43\""))
      #expect(try scorecard.json().contains("\"verdict\" : \"incomplete\""))
      #expect(
        scorecard.summary.contains("1 of 8 cases right, 7 incomplete, with 43 results missing"))
    }
  }

  /// A kernel that cannot be asked for a length of chunks owes none; one that claims less than it was given is said to.
  @Test
  func claimsAndWhatNobodyAsked() async throws {
    try await withFolder { folder in
      let names = Profile.hf.cases.filter { $0.origin?.law != .chunk }.map(\.name)
      try write(Manifest(.hf, seed: 5, isForwardOnly: true), to: folder, filling: names)
      var tail = try TensorFile(safetensors: "\(folder)/tail.safetensors")
      tail.metadata["precision"] = "bf16"
      try tail.write(safetensors: "\(folder)/tail.safetensors")
      let scorecard = try await Scorecard(folder: folder, profile: .hf)
      #expect(scorecard.verdict == .right)
      #expect(
        scorecard.summary == "profile hf, forward only, seed 5: 13 of 13 cases right, "
          + "1 claiming less than their inputs' precision, 3 not asked: RIGHT")
      #expect(scorecard.text.contains("bf16 of f32"))
      #expect(scorecard.junit.contains("name=\"o, claiming bf16 of f32\""))
      #expect(!scorecard.junit.contains("chunk"))
    }
  }

  /// Inputs that are easier, or of another type, and metadata that ask for something else.
  @Test
  func changedInputsAreRejected() async throws {
    try await withFolder { folder in
      try write(Manifest(.quick, seed: 5), to: folder, filling: ["plain"])
      let path = "\(folder)/plain.safetensors"
      let right = try TensorFile(safetensors: path)
      func rejection(_ change: (inout TensorFile) throws -> Void) async throws -> String {
        var file = right
        try change(&file)
        try file.write(safetensors: path)
        let scorecard = try await Scorecard(folder: folder)
        #expect(scorecard.verdict == .rejected)
        return scorecard.rejections.first.map { "\($0)" } ?? "accepted"
      }
      let changes: [(String, (inout TensorFile) throws -> Void)] = [
        (
          "tensor 'beta': is not the input that was exported",
          {
            let beta = try #require($0.tensors["beta"])
            $0.tensors["beta"] = StoredTensor(
              doubles: try #require(beta.doubles()).map { _ in 0 }, shape: beta.shape, as: .f32)
          }
        ),
        (
          "tensor 'q': is not the input",
          {
            let q = try #require($0.tensors["q"])
            $0.tensors["q"] = StoredTensor(
              doubles: try #require(q.doubles()), shape: q.shape, as: .f64)
          }
        ),
        ("tensor 'do': is not the input", { $0.tensors["do"] = nil }),
        ("metadata 'scale' is not what was exported", { $0.metadata["scale"] = "0" }),
        ("metadata 'use_qk_l2norm'", { $0.metadata["use_qk_l2norm"] = nil }),
      ]
      for (message, change) in changes {
        let found = try await rejection(change)
        #expect(found.contains(message), "\(found)")
      }
    }
  }

  /// Tiled heads are what interleaved ones are in another order, and elements are named in the file's own.
  @Test
  func tiledHeads() async throws {
    let export = try #require(Profile.ggml.cases.first { $0.name == "tiled-heads" })
    var file = try export.inputs(seed: 2)
    #expect(file.metadata["heads"] == "tiled")
    func reordered(_ name: String, axis: Int, _ order: [Int]) throws -> StoredTensor {
      let stored = try #require(file.tensors[name])
      let tensor = Tensor(shape: stored.shape, elements: try #require(stored.doubles()))
        .takingSlices(order, ofAxis: axis)
      return StoredTensor(doubles: tensor.elements, shape: tensor.shape, as: stored.elementType)
    }
    // Six value heads, two key heads: head h reads key head h mod 2.
    let interleaved = [0, 2, 4, 1, 3, 5]
    var other = file
    for (name, axis) in [("v", 2), ("beta", 2), ("do", 2), ("initial_state", 1), ("dht", 1)] {
      other.tensors[name] = try reordered(name, axis: axis, interleaved)
    }
    other.metadata["heads"] = nil
    let solved = try CaseFile(name: "other", file: other, isFilled: false)
      .filled(by: nil, chunkLength: 16)
    for result in solved.results {
      file.tensors[result.name] = stored(result, layout: .tokensFirst)
    }
    for (name, axis) in [("o", 2), ("dv", 2), ("dbeta", 2), ("final_state", 1), ("dh0", 1)] {
      let back = interleaved.indices.map { head in interleaved.firstIndex(of: head) ?? 0 }
      file.tensors[name] = try reordered(name, axis: axis, back)
    }
    let right = try CaseFile(name: "tiled", file: file)
    let expectation = try await Expectation(for: right)
    #expect(await expectation.judge(right).allSatisfy(\.isRight))

    // o[1, 3, 4, 5] of [2, 70, 6, 64].
    var elements = try #require(file.tensors["o"]?.doubles())
    elements[((70 + 3) * 6 + 4) * 64 + 5] += 1
    file.tensors["o"] = StoredTensor(doubles: elements, shape: [2, 70, 6, 64], as: .f32)
    let wrong = try await Judgement(of: CaseFile(name: "tiled", file: file))
    #expect(wrong.tensors.first?.worst == "o[1, 3, 4, 5]")
    file.metadata["heads"] = "striped"
    #expect(throws: TensorFileError.self) { try CaseFile(name: "tiled", file: file) }
  }

  @Test
  func manifests() async throws {
    try await withFolder { folder in
      func problem() -> String {
        do {
          _ = try Manifest(folder: folder)
          return "accepted"
        } catch { return "\(error)" }
      }
      #expect(problem().contains("is no manifest that can be read"))
      try Manifest(.hf, seed: 1, isForwardOnly: true).write(to: folder)
      let read = try Manifest(folder: folder)
      #expect(read.profile == .hf && read.seed == 1 && read.isForwardOnly)
      #expect(throws: TensorFileError.self) { try Manifest(.hf, seed: 2).write(to: folder) }
      let path = "\(folder)/manifest.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      for (change, message) in [
        (text.replacing("\"kit\" : 1", with: "\"kit\" : 0"), "was written for kit 0"),
        (
          text.replacing("\"profile\" : \"hf\"", with: "\"profile\" : \"hq\""),
          "names the profile 'hq'"
        ),
        (String(text.dropLast(9)), "is not the JSON of a manifest"),
        (text.replacing("\"seed\" : 1", with: "\"seed\" : -1"), "is not the JSON of a manifest"),
      ] {
        try change.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(problem().contains(message), "\(problem())")
      }
      #expect(Manifest(.quick).seed != Manifest(.quick).seed)
    }
  }
}
