import Foundation
import PropertyTesting
import TensorFiles
import Testing
import Verification

@Suite("Reports of shards")
struct ShardReportTests {
  private func verification(
    seed: UInt64 = 5, cases: Int? = 13, shard: Shard = .whole, only subject: String? = "chunkwise"
  ) throws -> Verification {
    try Verification(seed: seed, cases: cases, shard: shard, jobs: 2, only: subject)
  }

  private func reports(_ count: Int, seed: UInt64 = 5) async throws -> [ShardReport] {
    var reports: [ShardReport] = []
    for number in 1...count {
      let outcome = try await verification(seed: seed, shard: Shard(number, of: count)).run()
      let json = try ShardReport(outcome).json()
      reports.append(try ShardReport(json: Array(json.utf8), from: "shard \(number)"))
    }
    return reports
  }

  private func joined(_ reports: [ShardReport]) throws -> Verification.Outcome {
    try verification().joined(reports.enumerated().map { ("file \($0)", $1) })
  }

  @Test(arguments: [1, 2, 5])
  func joinToTheSameBytes(count: Int) async throws {
    let whole = try await verification().run()
    let joined = try joined(try await reports(count).reversed())
    #expect(joined.text == whole.text)
    #expect(try joined.json() == whole.json())
  }

  @Test
  func whatDoesNotBelongTogetherIsRefused() async throws {
    let (shards, others) = try await (reports(3), reports(2))
    let otherSeed = try await reports(3, seed: 6)
    for (broken, complaint) in [
      ([shards[0], shards[2]], "shard 2 is missing"),
      ([shards[0], shards[1], shards[1]], "is shard 2/3, as 'file 1' is"),
      ([shards[0], others[1]], "its number of shards is '2', and not '3'"),
      ([shards[0], otherSeed[1], shards[2]], "its seed is '6', and not '5'"),
      ([], "shard 1 is missing"),
    ] {
      let error = #expect(throws: TensorFileError.self) { try joined(broken) }
      #expect(error?.description.contains(complaint) == true, "\(String(describing: error))")
    }
    let error = #expect(throws: TensorFileError.self) {
      try verification(only: "block-sweep").joined([("file", try #require(shards.first))])
    }
    #expect(error?.description.contains("its subject is 'chunkwise'") == true)
  }

  /// Whatever the bytes are, they are refused or read, and what was read joins or is refused.
  @Test
  func hostileReports() async throws {
    let json = Array(
      try ShardReport(try await verification().run()).json().utf8)
    for text in [
      #"{"seed":1,"shard":"0/0","reports":[]}"#,
      #"{"seed":1,"shard":"1/9223372036854775807","reports":[]}"#,
      #"{"seed":1,"shard":"1/1","reports":{}}"#, "", "[]", "\u{0}",
      String(decoding: json, as: UTF8.self).replacing(
        #""held":13"#, with: #""held":9223372036854775807"#),
      String(decoding: json, as: UTF8.self).replacing(#""discarded":0"#, with: #""discarded":-1"#),
      // As if nothing, or less than its share, had been checked.
      String(decoding: json, as: UTF8.self).replacing(#""held":13"#, with: #""held":0"#),
      String(decoding: json, as: UTF8.self).replacing(#""held":13"#, with: #""held":12"#),
    ] {
      #expect(throws: TensorFileError.self, "\(text.prefix(60))") {
        try joined([ShardReport(json: Array(text.utf8), from: "hostile")])
      }
    }
    var random = Xoshiro256(seed: 11)
    for _ in 0..<300 {
      var bytes = json
      for _ in 0...random.next(through: 3) {
        bytes[Int(random.next(through: UInt64(bytes.count - 1)))] = UInt8(random.next(through: 255))
      }
      do {
        _ = try joined([ShardReport(json: bytes, from: "hostile")]).text
      } catch is TensorFileError {}
    }
  }
}
