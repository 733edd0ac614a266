import DeltaRule
import PropertyTesting
import TensorFiles

/// A case without results, for the author of a kernel to fill.
public struct CaseExport: Sendable {
  /// The file's name without its ending.
  public let name: String
  let precision: ElementType
  let batch: Int
  let keyHeads: Int
  let heads: Int
  let keyDimension: Int
  let valueDimension: Int
  let lengths: [Int]
  var betaRange = 0.0...1.0
  var identicalKeys = false
  var usesL2Norm = false
  var vectorBeta = false

  /// Whether the sequences are packed into one row.
  private var isPacked: Bool { lengths.count > 1 }

  /// The cases of an export, one for each way in which kernels go wrong.
  public static let all: [CaseExport] = [
    CaseExport("plain", .f32, heads: 2, dk: 32, dv: 32, [64]),
    CaseExport("tail", .f32, heads: 2, dk: 32, dv: 32, [63 + 64]),
    CaseExport("one-token", .f32, heads: 2, dk: 16, dv: 16, [1]),
    CaseExport("wide-values", .f32, heads: 1, dk: 16, dv: 48, [100]),
    CaseExport("wide-keys", .f32, heads: 1, dk: 48, dv: 16, [100]),
    CaseExport("odd-widths", .f32, heads: 2, dk: 17, dv: 23, [81]),
    CaseExport("grouped-heads", .f32, batch: 2, keyHeads: 2, heads: 6, dk: 16, dv: 16, [70]),
    CaseExport("packed", .f32, heads: 2, dk: 16, dv: 16, [0, 1, 65, 0, 64, 20, 0]),
    CaseExport("strong-writes", .f32, heads: 2, dk: 32, dv: 32, [200], beta: 1...2),
    CaseExport("identical-keys", .f32, heads: 1, dk: 16, dv: 16, [130], identicalKeys: true),
    CaseExport("l2-norm", .f32, heads: 2, dk: 32, dv: 32, [100], usesL2Norm: true),
    CaseExport("vector-beta", .f32, heads: 2, dk: 16, dv: 16, [50], vectorBeta: true),
    CaseExport("half", .f16, heads: 2, dk: 64, dv: 64, [150]),
    CaseExport("bfloat", .bf16, heads: 2, dk: 64, dv: 64, [150]),
    CaseExport("double", .f64, heads: 1, dk: 16, dv: 16, [90]),
  ]

  /// Cases as wide as the heads of models: more than a chunk and less than two, so that they do not take long.
  static let wide: [CaseExport] = [
    CaseExport("64", .f32, keyHeads: 1, heads: 2, dk: 64, dv: 64, [100]),
    CaseExport("128", .f32, heads: 1, dk: 128, dv: 128, [100]),
    CaseExport("256", .f32, heads: 1, dk: 256, dv: 256, [70]),
    CaseExport("64x128", .f32, heads: 1, dk: 64, dv: 128, [100]),
    CaseExport("128x64", .f32, heads: 1, dk: 128, dv: 64, [100]),
    CaseExport("100x36", .f32, heads: 2, dk: 100, dv: 36, [100]),
    CaseExport("200x130", .f32, heads: 1, dk: 200, dv: 130, [70]),
  ]

  private init(
    _ name: String, _ precision: ElementType, batch: Int = 1, keyHeads: Int? = nil, heads: Int,
    dk: Int, dv: Int, _ lengths: [Int], beta: ClosedRange<Double> = 0...1,
    identicalKeys: Bool = false, usesL2Norm: Bool = false, vectorBeta: Bool = false
  ) {
    self.name = name
    self.precision = precision
    self.batch = batch
    self.keyHeads = keyHeads ?? heads
    self.heads = heads
    keyDimension = dk
    valueDimension = dv
    self.lengths = lengths
    betaRange = beta
    self.identicalKeys = identicalKeys
    self.usesL2Norm = usesL2Norm
    self.vectorBeta = vectorBeta
  }

  /// The inputs that `seed` gives: `q k v beta initial_state do dht`, and `cu_seqlens` where packed.
  public func inputs(seed: UInt64) -> TensorFile {
    var random = Xoshiro256(seed: mix(seed ^ stableHash(name)))
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
    let (L, N) = (lengths.reduce(0, +), isPacked ? lengths.count : batch)
    let keys = [batch, L, keyHeads, keyDimension]
    let values = [batch, L, heads, valueDimension]
    let betas = vectorBeta ? values : [batch, L, heads]
    let states = [N, heads, keyDimension, valueDimension]
    func stored(_ elements: [Double], _ shape: [Int]) -> StoredTensor {
      StoredTensor(doubles: elements, shape: shape, as: precision)
    }
    var k = unitRows(keys)
    if identicalKeys {
      for i in k.indices { k[i] = k[i % (keyHeads * keyDimension)] }
    }
    var file = TensorFile(metadata: [
      "layout": "BTHD", "scale": "\(1 / Double(keyDimension).squareRoot())",
      "use_qk_l2norm": "\(usesL2Norm)",
    ])
    file.tensors["q"] = stored(unitRows(keys), keys)
    file.tensors["k"] = stored(k, keys)
    file.tensors["v"] = stored(deviates(values), values)
    file.tensors["beta"] = stored(
      (0..<betas.reduce(1, *)).map { _ in
        betaRange.lowerBound + uniform() * (betaRange.upperBound - betaRange.lowerBound)
      }, betas)
    file.tensors["do"] = stored(deviates(values), values)
    // States are kept in float32 whatever the tokens are stored in.
    let stateType = precision == .f64 ? ElementType.f64 : .f32
    for name in ["initial_state", "dht"] {
      file.tensors[name] = StoredTensor(doubles: deviates(states), shape: states, as: stateType)
    }
    if isPacked {
      let boundaries = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      file.tensors["cu_seqlens"] = StoredTensor(
        integers: boundaries, shape: [boundaries.count], as: .i64)
    }
    return file
  }
}
