import Algebra
import BigInt
import DeltaRule
import Foundation
import Testing

/// A problem with its cotangents, and what a program that is proved right computes of it.
private struct GoldenVector: Decodable {
  let name: String
  let length: Int
  let keyDimension: Int
  let valueDimension: Int
  let scale: String
  let q, k, v: [[String]]
  let beta: [String]
  let initialState: [[String]]
  let dO, dht: [[String]]
  let o, finalState: [[String]]
  let dq, dk, dv: [[String]]
  let dbeta: [String]
  let dh0: [[String]]

  enum CodingKeys: String, CodingKey {
    case name, length, scale, q, k, v, beta, dht, o, dq, dk, dv, dbeta, dh0
    case keyDimension = "key_dimension"
    case valueDimension = "value_dimension"
    case initialState = "initial_state"
    case dO = "do"
    case finalState = "final_state"
  }

  static func all() throws -> [GoldenVector] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "Proofs/golden.json"))
    return try JSONDecoder().decode([GoldenVector].self, from: data)
  }

  private func fraction(_ text: String) throws -> Rational {
    let parts = text.split(separator: "/")
    let numerator = try #require(parts.first.flatMap { BigInt($0) }, "\(text) is no fraction")
    let denominator = parts.count == 2 ? try #require(BigInt(parts[1])) : 1
    return Rational(numerator, over: denominator)
  }

  private func matrix(_ rows: Int, _ columns: Int, _ entries: [[String]]) throws -> Matrix<Rational>
  {
    let entries = try entries.flatMap { $0 }.map(fraction)
    try #require(entries.count == rows * columns, "\(name)")
    return Matrix(rows: rows, columns: columns, entries: entries)
  }

  private func tokens(_ columns: Int, _ entries: [[String]]) throws -> Matrix<Rational> {
    try matrix(length, columns, entries)
  }

  private func state(_ entries: [[String]]) throws -> Matrix<Rational> {
    try matrix(keyDimension, valueDimension, entries)
  }

  func problem() throws -> Problem<Rational> {
    try Problem(
      q: tokens(keyDimension, q), k: tokens(keyDimension, k), v: tokens(valueDimension, v),
      beta: tokens(1, [beta]), scale: fraction(scale), initialState: state(initialState))
  }

  func solution() throws -> Solution<Rational> {
    try Solution(o: tokens(valueDimension, o), finalState: state(finalState))
  }

  func cotangent() throws -> Cotangent<Rational> {
    try Cotangent(o: tokens(valueDimension, dO), finalState: state(dht))
  }

  func gradient() throws -> Gradient<Rational> {
    try Gradient(
      dq: tokens(keyDimension, dq), dk: tokens(keyDimension, dk), dv: tokens(valueDimension, dv),
      dbeta: tokens(1, [dbeta]), dh0: state(dh0))
  }
}

/// Every formulation against `Proofs/golden.json`, exactly: `Proofs/GoldenVectors.md#golden-vectors`.
@Suite("Golden vectors")
struct GoldenVectorTests {
  @Test
  func thereAreProblemsOfManyShapes() throws {
    let vectors = try GoldenVector.all()
    #expect(vectors.count >= 8)
    #expect(Set(vectors.map(\.length)).isSuperset(of: [0, 1, 12]))
    #expect(vectors.contains { $0.keyDimension < $0.valueDimension })
    #expect(vectors.contains { $0.keyDimension > $0.valueDimension })
  }

  @Test(arguments: Formulation<Rational>.all.map(\.name))
  func everyFormulation(name: String) throws {
    let formulation = try #require(Formulation<Rational>.named(name))
    for vector in try GoldenVector.all() {
      let (problem, cotangent) = try (vector.problem(), vector.cotangent())
      let (solution, gradient) = try (vector.solution(), vector.gradient())
      for chunkLength in [1, 3, 16] {
        #expect(
          formulation.solve(problem, chunkLength: chunkLength) == solution, "\(vector.name)")
        #expect(
          formulation.gradient(of: problem, cotangent, chunkLength: chunkLength) == gradient,
          "\(vector.name)")
      }
    }
  }
}
