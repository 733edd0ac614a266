import Foundation
import Testing
import Verification

@Suite("Tables of what ranks exchange")
struct LinkTablesTests {
  private let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Line for line.
  @Test
  func pageHasTheModelsTables() throws {
    let page = try String(
      contentsOf: root.appending(path: "Proofs/SequenceParallel.md"), encoding: .utf8)
    let tables = try LinkTables().markdown.split(separator: "\n\n")
    #expect(tables.count == 2)
    for table in tables { #expect(page.contains(table), "\(table)") }
  }

  /// What the plot is drawn from.
  @Test
  func plotHasTheModelsPoints() throws {
    struct Point: Decodable {
      let exchange: String
      let ranks: Int
      let tokens: Int
      let seconds: Double
      let bytes: Double
    }
    let file = try Data(contentsOf: root.appending(path: "Benchmarks/ranks/model.json"))
    let drawn = try JSONDecoder().decode([Point].self, from: file)
    let points = try LinkTables().points
    #expect(drawn.map(\.exchange) == points.map(\.exchange))
    #expect(drawn.map(\.ranks) == points.map(\.ranks))
    #expect(drawn.map(\.tokens) == points.map(\.tokens))
    #expect(drawn.map(\.seconds) == points.map(\.seconds))
    #expect(drawn.map(\.bytes) == points.map(\.bytes))
  }
}
