import FoundationEssentials
internal import Reporting
import TensorFiles

/// What an export consists of: the profile and the seed that all of it follows from.
public struct Manifest: Sendable {
  public let profile: Profile
  public let seed: UInt64
  /// Whether gradients are left out.
  public let isForwardOnly: Bool

  /// The name of its file.
  public static let fileName = "manifest.json"
  /// Other cases, or other numbers in them, have another number.
  private static let kit = 1

  /// - Parameters:
  ///   - seed: by default one that nobody knows before.
  ///   - isForwardOnly: whether to leave gradients out, though the profile's kernels have some.
  public init(
    _ profile: Profile, seed: UInt64 = .random(in: 0..<1 << 53), isForwardOnly: Bool = false
  ) {
    self.profile = profile
    self.seed = seed
    self.isForwardOnly = isForwardOnly || profile.isForwardOnly
  }

  /// Reads the manifest of a folder.
  ///
  /// - Throws: `TensorFileError` where there is none, or none that this program can have written.
  public init(folder: String) throws {
    let path = "\(folder)/\(Self.fileName)"
    func error(_ problem: String) -> TensorFileError {
      TensorFileError(
        file: path, problem: problem, remedy: "export the cases again with 'export --profile'")
    }
    guard let bytes = FileManager.default.contents(atPath: path), bytes.count < 1 << 20 else {
      throw error("is no manifest that can be read")
    }
    guard let document = try? JSONDecoder().decode(Document.self, from: bytes) else {
      throw error("is not the JSON of a manifest")
    }
    guard document.kit == Self.kit else {
      throw error("was written for kit \(document.kit), and this program has kit \(Self.kit)")
    }
    guard let profile = Profile(rawValue: document.profile) else {
      throw error("names the profile \(document.profile.quoted), which there is not")
    }
    self.init(profile, seed: document.seed, isForwardOnly: document.forwardOnly)
  }

  /// Refuses another seed or profile than those that are asked for, and case files that the profile has not.
  func require(seed: UInt64?, profile: Profile?, in folder: String) throws {
    func require(_ name: String, _ found: String, _ asked: String?) throws {
      guard let asked, asked != found else { return }
      throw TensorFileError(
        file: "\(folder)/\(Self.fileName)", problem: "its \(name) is \(found), and not \(asked)",
        remedy: "fill the cases that were exported with that")
    }
    try require("seed", "\(self.seed)", seed.map { "\($0)" })
    try require("profile", self.profile.rawValue, profile?.rawValue)
    let names = self.profile.cases.map(\.fileName)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for file in files.sorted() where file.hasSuffix(".safetensors") && !names.contains(file) {
      throw TensorFileError(
        file: "\(folder)/\(file)",
        problem: "is no case of the profile \(self.profile.rawValue) that the manifest names",
        remedy: "remove it, or export the cases again")
    }
  }

  /// The inputs of a case.
  func inputs(of export: CaseExport) throws -> TensorFile {
    try export.inputs(seed: seed, gradient: !isForwardOnly)
  }

  /// Writes every case, and the manifest last.
  ///
  /// - Throws: `TensorFileError` where a file of that name is there already, which may have been filled, or the file
  ///   system refuses.
  /// - Returns: the paths of the cases.
  @discardableResult
  public func write(to folder: String) throws -> [String] {
    for name in profile.cases.map(\.fileName) + [Self.fileName]
    where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      throw TensorFileError(
        file: "\(folder)/\(name)", problem: "is there already, and may hold results",
        remedy: "export to another folder, or remove this one")
    }
    try makeFolder(folder)
    var entries: [Document.Entry] = []
    let paths = try profile.cases.map { export in
      let inputs = try inputs(of: export)
      let path = "\(folder)/\(export.fileName)"
      try inputs.write(safetensors: path)
      entries.append(
        Document.Entry(
          file: export.fileName, regimes: export.regimes,
          precision: export.precision.rawValue.lowercased(),
          results: expectedResults(of: inputs)))
      return path
    }
    let laws = FileLaw.allCases.compactMap { law -> Document.Law? in
      let parts = profile.cases.filter { $0.origin?.law == law }
      guard !parts.isEmpty else { return nil }
      return Document.Law(
        law: law.rawValue, statement: law.statement,
        files: (parts.compactMap { $0.origin?.whole }.unique + parts.map(\.name))
          .map(CaseExport.fileName))
    }
    let document = Document(
      kit: Self.kit, profile: profile.rawValue, seed: seed, forwardOnly: isForwardOnly,
      cases: entries, laws: laws)
    try TensorFiles.write(Array(encoded(document).utf8), toFile: "\(folder)/\(Self.fileName)")
    return paths
  }

  private struct Document: Codable {
    struct Entry: Codable {
      let file: String
      let regimes: [String]
      let precision: String
      let results: [String]
    }

    struct Law: Codable {
      let law: String
      let statement: String
      let files: [String]
    }

    let kit: Int
    let profile: String
    let seed: UInt64
    let forwardOnly: Bool
    let cases: [Entry]
    let laws: [Law]
  }
}

extension CaseExport {
  /// The name of its file.
  var fileName: String { Self.fileName(name) }

  fileprivate static func fileName(_ name: String) -> String { "\(name).safetensors" }
}

/// The results that a kernel owes to these inputs.
func expectedResults(of inputs: TensorFile) -> [String] {
  guard inputs.tensors["do"] != nil else { return CaseFile.forwardResults }
  let gradients = CaseFile.gradients.filter {
    $0 != "dh0" || inputs.tensors["initial_state"] != nil
  }
  return CaseFile.forwardResults + gradients
}
