import PropertyTesting

/// How accurate formulations and precisions are, and what that depends on.
struct AccuracySweep: Sendable {
  /// A question, and what answers it.
  struct Part: Sendable {
    let heading: String
    let text: HTML
    var grids: [AccuracyGrid]
  }

  let parts: [Part]

  /// Work, in multiplications, from which on nothing is measured.
  private static let limit = 3e8

  /// Measures every cell of every grid; what comes out does not depend on `jobs`.
  static func measured(
    _ parts: [Part] = all, seed: UInt64, jobs: Int, progress: (_ done: Int, _ total: Int) -> Void
  ) async throws -> AccuracySweep {
    let cells = parts.flatMap { $0.grids.flatMap { $0.cells.joined() } }
    let seed = mix(seed ^ stableHash("accuracy"))
    let found = await concurrently(cells, jobs: jobs, progress: progress) { kernel, setting in
      Result { kernel.work(setting) > limit ? nil : try kernel.bits(setting, seed: seed) }
    }
    var rest = try found.map { try $0.get() }[...]
    var measured = parts
    for part in parts.indices {
      for grid in parts[part].grids.indices {
        measured[part].grids[grid].bits = parts[part].grids[grid].cells.map { row in
          defer { rest = rest.dropFirst(row.count) }
          return Array(rest.prefix(row.count))
        }
      }
    }
    return AccuracySweep(parts: measured)
  }

  /// What the page shows.
  static let all: [Part] = [
    Part(
      heading: "Formulations and types of numbers",
      text: """
        Every formulation, with every single operation rounded to one type. A type keeps so many \
        bits: f64 53, f32 24, tf32 and f16 11, bf16 8. The rest is lost as rounding errors add up, \
        which the recurrence does least, and no form by much.
        """,
      grids: [
        AccuracyGrid(
          "Bits of o that are right: L = 64, C = 16, independent keys, β = 1",
          AccuracySetting(length: 64, chunkLength: 16), byNumbers: RoundedKernel.byNumbers)
      ]),
    Part(
      heading: "Length of the sequence",
      text: """
        A stable formulation does not get worse as the sequence grows: every write forgets a part \
        of the old error together with the old value. Forms that treat the whole sequence as one \
        block pay for its length. Where a head would take more than 3·10⁸ multiplications, nothing \
        is measured. Left, formulations in f32; right, chunk kernels that round as kernels for \
        matrix units do.
        """,
      grids: [
        AccuracyGrid(
          "Formulations in f32 over L", picture: "accuracy-length-formulations", "L",
          isLogarithmic: true, RoundedKernel.formulations, changing: \.length,
          through: powers(16...2048)),
        AccuracyGrid(
          "Precisions of a chunk kernel over L", picture: "accuracy-length-precisions", "L",
          isLogarithmic: true, RoundedKernel.precisions, changing: \.length,
          through: powers(16...2048)),
      ]),
    Part(
      heading: "Length of a chunk",
      text: """
        Keys that hardly differ make I + A ill-conditioned, the more so the longer the chunk. \
        Forward substitution loses little by that. Inverses by powers of A, the Neumann series and \
        repeated squaring, add up huge terms that cancel: from some length on not one bit is left.
        """,
      grids: [
        AccuracyGrid(
          "Formulations in f32 over C, nearly parallel keys",
          picture: "accuracy-chunk-formulations", "C", isLogarithmic: true,
          RoundedKernel.formulations.filter(\.isChunked), AccuracySetting(keys: .nearlyParallel),
          changing: \.chunkLength, through: powers(2...256)),
        AccuracyGrid(
          "Precisions over C, nearly parallel keys", picture: "accuracy-chunk-precisions", "C",
          isLogarithmic: true, RoundedKernel.precisions, AccuracySetting(keys: .nearlyParallel),
          changing: \.chunkLength, through: powers(2...256)),
      ]),
    Part(
      heading: "Strength of writing",
      text: """
        β from 1/4 to 2, with nearly parallel keys. At β = 1 a write replaces what stood there; \
        above 1 it overshoots, and at 2 it turns the old value round and forgets nothing of it, \
        nor of its error. I + A of identical keys then has the condition (2C − 1)²: in chunks of \
        64 bf16 has not one bit left.
        """,
      grids: [
        AccuracyGrid(
          "Formulations in f32 over β, nearly parallel keys",
          picture: "accuracy-strength-formulations", "β", RoundedKernel.formulations,
          AccuracySetting(keys: .nearlyParallel), changing: \.strengths, through: strengths),
        AccuracyGrid(
          "Precisions over β, nearly parallel keys", picture: "accuracy-strength-precisions", "β",
          RoundedKernel.precisions, AccuracySetting(keys: .nearlyParallel), changing: \.strengths,
          through: strengths),
      ]),
    Part(
      heading: "Geometry of the keys",
      text: """
        How keys lie to one another decides more than anything else. Independent keys are what \
        training begins with; nearly parallel and identical ones come from repeated tokens, and \
        are where kernels break.
        """,
      grids: [
        ("β = 1", 1.0), ("β = 2", 2.0),
      ].flatMap { name, strength in
        [
          ("Formulations in f32", RoundedKernel.formulations),
          ("Precisions", RoundedKernel.precisions),
        ]
        .map { title, kernels in
          AccuracyGrid(
            "\(title), bits of o that are right: \(name), L = 256, C = 64", "keys", kernels,
            AccuracySetting(strengths: strength...strength), changing: \.keys,
            through: [
              ("independent", .independent), ("orthonormal", .orthonormal),
              ("alternating", .alternating), ("nearly parallel", .nearlyParallel),
              ("identical", .identical),
            ].map { (AccuracyGrid.Column(label: $0), $1) })
        }
      }),
  ]

  private static func powers(_ range: ClosedRange<Int>) -> [(AccuracyGrid.Column, Int)] {
    sequence(first: range.lowerBound) { $0 * 2 }.prefix { $0 <= range.upperBound }
      .map { (AccuracyGrid.Column(label: "\($0)", x: Double($0)), $0) }
  }

  private static let strengths = (1...8).map { n -> (AccuracyGrid.Column, ClosedRange<Double>) in
    let strength = Double(n) / 4
    return (AccuracyGrid.Column(label: "\(strength)", x: strength), strength...strength)
  }
}
