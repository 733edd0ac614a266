import Algebra
import DeltaRule
import PropertyTesting
import TensorFiles

/// A case without results, for the author of a kernel to fill: its shape, and what its numbers are like.
public struct CaseExport: Sendable {
  /// The file's name without its ending.
  public private(set) var name: String
  let precision: ElementType
  let heads: Int
  let keyDimension: Int
  let valueDimension: Int
  let lengths: [Int]
  var batch = 1
  /// As many as value heads where not said.
  var keyHeads: Int
  var layout = CaseFile.Layout.tokensFirst
  var headOrder = CaseFile.HeadOrder.interleaved
  var keys = KeyRegime.independent
  var betaRange = 0.0...1.0
  /// Whether β is one end of its range or the other.
  var hasExtremeBeta = false
  var usesL2Norm = false
  var vectorBeta = false
  var startsFromZero = false
  /// Values are multiplied by powers of two between 2⁻ⁿ and 2ⁿ, a power a token.
  var valueMagnitudes = 0
  /// The initial state is multiplied by 2ⁿ.
  var stateMagnitude = 0
  /// The chunk length that a kernel with such an option is asked to use.
  var chunkSize: Int?
  /// Which part of which case it is, where it is one.
  private(set) var origin: Origin?

  /// A case that is a part of another, so that a law speaks about both.
  struct Origin: Sendable {
    let law: FileLaw
    let whole: String
    let sequence: Int
    /// All of them where not said.
    let tokens: Range<Int>?
  }

  /// - Parameters:
  ///   - dk: features of queries and keys.
  ///   - dv: features of values.
  ///   - lengths: of the sequences, which are packed where there is more than one.
  ///   - change: what else is special about it.
  init(
    _ name: String, _ precision: ElementType = .f32, heads: Int, dk: Int, dv: Int, _ lengths: [Int],
    _ change: (inout CaseExport) -> Void = { _ in }
  ) {
    self.name = name
    self.precision = precision
    self.heads = heads
    keyDimension = dk
    valueDimension = dv
    self.lengths = lengths
    keyHeads = heads
    change(&self)
  }

  /// Some tokens of one of its sequences as a case of its own, with the exact state that enters them and the exact
  /// cotangent of the state that leaves them. No other order of axes or heads than the usual one has parts.
  func part(
    _ name: String, _ law: FileLaw, sequence: Int = 0, tokens: Range<Int>? = nil,
    chunkSize: Int? = nil
  ) -> CaseExport {
    var part = self
    part.name = name
    part.origin = Origin(law: law, whole: self.name, sequence: sequence, tokens: tokens)
    part.chunkSize = chunkSize
    return part
  }

  /// Whether the sequences are packed into one row.
  private var isPacked: Bool { lengths.count > 1 }

  /// The lengths of its sequences.
  private var ownLengths: [Int] {
    origin.map { [$0.tokens?.count ?? lengths[$0.sequence]] } ?? lengths
  }

  /// What is special about it, in words.
  public var regimes: [String] {
    let chunk = 64
    let lengths = ownLengths
    let all: [(Bool, String)] = [
      (true, "\(precision.rawValue.lowercased()) inputs"),
      (lengths.contains(0), "empty sequence"),
      (lengths.contains(1), "one token"),
      (lengths.contains { $0 > chunk && $0 % chunk != 0 }, "tail"),
      (lengths.contains { $0 >= 2048 }, "long"),
      (lengths.count > 1, "packed"),
      (batch > 1, "batch"),
      (heads > keyHeads, "grouped heads"),
      (headOrder == .tiled, "tiled heads"),
      (layout == .headsFirst, "heads first"),
      (keyDimension != valueDimension, "dk ≠ dv"),
      (
        [keyDimension, valueDimension].contains { $0.nonzeroBitCount != 1 },
        "widths no power of two"
      ),
      (keys != .independent, keys.rawValue),
      (betaRange.upperBound > 1, "β up to 2"),
      (betaRange.upperBound == 0, "β = 0"),
      (betaRange == 1...1, "β = 1"),
      (betaRange.upperBound > 0 && betaRange.upperBound < 0.01, "β tiny"),
      (usesL2Norm, "l2norm"),
      (vectorBeta, "vector β"),
      (startsFromZero, "no initial state"),
      (valueMagnitudes > 0, "values of all sizes"),
      (stateMagnitude > 0, "large state"),
    ]
    return all.filter(\.0).map(\.1)
  }
}

// MARK: - Its numbers

extension CaseExport {
  /// The inputs that `seed` gives: `q k v beta do`, `initial_state` and `dht` where there are states, and `cu_seqlens` where
  /// packed.
  ///
  /// - Parameter gradient: whether `do` and `dht` are among them.
  public func inputs(seed: UInt64, gradient: Bool = true) throws -> TensorFile {
    let whole = try drawn(seed: mix(seed ^ stableHash(origin?.whole ?? name)))
    var file = try origin.map { try part(of: whole, $0) } ?? whole
    if !gradient { for name in ["do", "dht"] { file.tensors[name] = nil } }
    file.metadata["chunk_size"] = chunkSize.map { "\($0)" }
    return file
  }

  private func drawn(seed: UInt64) throws -> TensorFile {
    var random = Xoshiro256(seed: seed)
    func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
    // Near enough to normal: four uniform numbers, with variance 1.
    func deviate() -> Double {
      (uniform() + uniform() + uniform() + uniform() - 2) * 3.0.squareRoot()
    }
    func deviates(_ shape: [Int]) -> [Double] { (0..<shape.reduce(1, *)).map { _ in deviate() } }
    func unitRows(_ shape: [Int]) -> [Double] {
      (0..<shape.dropLast().reduce(1, *)).flatMap { _ in
        let row = deviates([keyDimension])
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard usesL2Norm else { return row.map { $0 / length } }
        // Now and then a row so short that the 10⁻⁶ under the root counts.
        return uniform() < 0.25 ? row.map { $0 * 0x1p-14 } : row
      }
    }
    func betas(_ shape: [Int]) -> [Double] {
      (0..<shape.reduce(1, *)).map { _ in
        let place = hasExtremeBeta ? uniform().rounded() : uniform()
        return betaRange.lowerBound + place * (betaRange.upperBound - betaRange.lowerBound)
      }
    }
    let (L, N) = (lengths.reduce(0, +), isPacked ? lengths.count : batch)
    let keyShape = [batch, L, keyHeads, keyDimension]
    let valueShape = [batch, L, heads, valueDimension]
    let betaShape = vectorBeta ? valueShape : [batch, L, heads]
    let states = [N, heads, keyDimension, valueDimension]
    var file = TensorFile(metadata: [
      "layout": layout.rawValue, "scale": "\(1 / Double(keyDimension).squareRoot())",
      "use_qk_l2norm": "\(usesL2Norm)",
    ])
    if headOrder == .tiled { file.metadata["heads"] = headOrder.rawValue }
    func put(_ name: String, _ elements: [Double], _ shape: [Int]) {
      let drawn = Tensor(shape: shape, elements: elements)
      let tensor = layout == .headsFirst ? drawn.swappingTokensAndHeads() : drawn
      file.tensors[name] = StoredTensor(
        doubles: tensor.elements, shape: tensor.shape, as: precision)
    }
    let k = try laidOut(unitRows(keyShape), seed: seed)
    put("q", unitRows(keyShape), keyShape)
    put("k", k, keyShape)
    var v = deviates(valueShape)
    if valueMagnitudes > 0 {
      for token in 0..<batch * L {
        let exponent = ((2 * uniform() - 1) * Double(valueMagnitudes)).rounded()
        let factor = Double(sign: .plus, exponent: Int(exponent), significand: 1)
        let width = heads * valueDimension
        for i in token * width..<(token + 1) * width { v[i] *= factor }
      }
    }
    put("v", v, valueShape)
    put("beta", betas(betaShape), betaShape)
    put("do", deviates(valueShape), valueShape)
    // States are kept in float32 whatever the tokens are stored in.
    let stateType = precision == .f64 ? ElementType.f64 : .f32
    for name in ["initial_state", "dht"] {
      let factor = name == "dht" ? 1 : Double(sign: .plus, exponent: stateMagnitude, significand: 1)
      file.tensors[name] = StoredTensor(
        doubles: deviates(states).map { factor * $0 }, shape: states, as: stateType)
    }
    if startsFromZero { file.tensors["initial_state"] = nil }
    if isPacked {
      let boundaries = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      file.tensors["cu_seqlens"] = StoredTensor(
        integers: boundaries, shape: [boundaries.count], as: .i64)
    }
    return file
  }

  /// Keys [B, L, Hk, dk], those of every head as its regime has them.
  private func laidOut(_ rows: [Double], seed: UInt64) throws -> [Double] {
    if keys == .independent { return rows }
    var (laidOut, source) = (rows, ChoiceSource(seed: seed))
    let width = keyHeads * keyDimension
    for head in 0..<keyHeads {
      func place(_ token: Int, _ feature: Int) -> Int {
        token * width + head * keyDimension + feature
      }
      let own = Matrix(rows.count / width, keyDimension) { rows[place($0, $1)] }
      let keys = try keys.keys(from: own, &source)
      for token in 0..<keys.rows {
        for feature in 0..<keyDimension {
          laidOut[place(token, feature)] = keys[token, feature]
        }
      }
    }
    return laidOut
  }

  /// The part of a case that has been drawn, stored as that is.
  private func part(of whole: TensorFile, _ origin: Origin) throws -> TensorFile {
    let file = try CaseFile(name: origin.whole, file: whole, isFilled: false)
    let part = try file.excerpt(file.part(origin))
    let tensors = [
      "q": part.problem.q, "k": part.problem.k, "v": part.problem.v, "beta": part.problem.beta,
      "initial_state": part.problem.initialState, "do": part.cotangent?.o,
      "dht": part.cotangent?.finalState,
    ]
    var cut = TensorFile(metadata: whole.metadata)
    for (name, tensor) in tensors {
      guard let tensor, let type = whole.tensors[name]?.elementType else { continue }
      cut.tensors[name] = StoredTensor(doubles: tensor.elements, shape: tensor.shape, as: type)
    }
    return cut
  }
}

extension CaseFile {
  /// The part of this case that another one is.
  func part(_ origin: CaseExport.Origin) -> CasePart {
    CasePart(
      sequence: origin.sequence, keyHeads: 0..<problem.k.shape[2],
      tokens: origin.tokens
        ?? 0..<problem.location(ofSequence: origin.sequence).tokens.count)
  }
}
