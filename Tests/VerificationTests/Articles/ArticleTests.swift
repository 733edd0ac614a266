import Foundation
import Testing

/// The articles of the documentation, and the tests that their Swift stands in.
@Suite("Articles")
struct ArticleTests {
  private static let articles = [
    "AddAFormulation", "Gradients", "PrecisionAndRounding", "ReadTheFormulations",
    "VerifyYourKernel",
  ]

  /// The rest is run by `.ci/documentation`.
  private static let languages = ["swift", "sh", "sh torch", "c", "text"]

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

  private static let catalogue =
    folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/Verification/Verification.docc")

  private static func lines(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
  }

  private static func blocks(of article: String) throws -> [Block] {
    try Block.blocks(in: lines(of: catalogue.appending(path: "\(article).md")))
  }

  @Test
  func everyArticleIsRead() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Self.catalogue.path(percentEncoded: false))
    #expect(Set(files) == Set((Self.articles + ["Verification"]).map { "\($0).md" }))
  }

  @Test(arguments: articles)
  func languagesAreKnown(article: String) throws {
    let blocks = try Self.blocks(of: article)
    #expect(!blocks.isEmpty)
    #expect(Set(blocks.map(\.language)).subtracting(Self.languages) == [])
  }

  /// Line for line, whatever the indentation.
  @Test(arguments: articles)
  func swiftStandsInTests(article: String) throws {
    let blocks = try Self.blocks(of: article).filter { $0.language == "swift" }
    guard !blocks.isEmpty else { return }
    let tests = try Self.lines(of: Self.folder.appending(path: "\(article)Tests.swift"))
    for block in blocks {
      #expect(block.stands(in: tests), "\(article).md: \(block.lines.joined(separator: "\n"))")
    }
  }

  @Test
  func otherSwiftDoesNot() throws {
    let block = Block(language: "swift", lines: ["f {", "  g", "", "}"])
    #expect(block.stands(in: ["a", "    f {", "      g", "", "    }"]))
    #expect(!block.stands(in: ["    f {", "    g", "", "    }"]))
    #expect(!block.stands(in: ["    f {", "      h", "", "    }"]))
    #expect(!block.stands(in: ["    f {", "      g", ""]))
    #expect(throws: UnclosedFence.self) { try Block.blocks(in: ["```sh", "true"]) }
  }
}

/// What stands between two fences.
private struct Block {
  var language: String
  var lines: [String] = []

  static func blocks(in lines: [String]) throws -> [Block] {
    var blocks: [Block] = []
    var open: Block?
    for line in lines {
      if line.hasPrefix("```") {
        if let block = open {
          blocks.append(block)
          open = nil
        } else {
          open = Block(language: String(line.dropFirst(3)))
        }
      } else {
        open?.lines.append(line)
      }
    }
    if let open { throw UnclosedFence(language: open.language) }
    return blocks
  }

  func stands(in source: [String]) -> Bool {
    source.indices.dropLast(max(0, lines.count - 1)).contains { start in
      let indentation = source[start].prefix { $0 == " " }
      return zip(lines, source[start...]).allSatisfy { line, found in
        found == (line.isEmpty ? "" : indentation + line)
      }
    }
  }
}

private struct UnclosedFence: Error {
  let language: String
}
