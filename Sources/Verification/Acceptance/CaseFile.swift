public import Algebra
public import DeltaRule
import TensorFiles

/// The inputs of a kernel and what it made of them, as a safetensors file tells it.
///
/// Tensors `q k v beta` and, optionally, `initial_state cu_seqlens do dht`; results `o` and, optionally,
/// `final_state dq dk dv dbeta dh0`. Metadata `layout`, `heads`, `scale`, `use_qk_l2norm` and `precision`.
public struct CaseFile: Sendable {
  /// The order of the axes of batch B, token T, head H and feature D in the file.
  public enum Layout: String, CaseIterable, Sendable {
    case tokensFirst = "BTHD"
    case headsFirst = "BHTD"
  }

  /// Which key head a value head reads, where there are fewer of those.
  public enum HeadOrder: String, CaseIterable, Sendable {
    /// Value head h reads key head ⌊h / (H/Hk)⌋.
    case interleaved
    /// Value head h reads key head h mod Hk.
    case tiled
  }

  public let name: String
  /// In the layout [B, L, H, D], with interleaved heads.
  public internal(set) var problem: BatchedProblem<Double>
  /// do and dht, where the file holds a gradient.
  public internal(set) var cotangent: BatchedSolution<Double>?
  public let layout: Layout
  /// The file's own number of each value head.
  private let headsInFile: [Int]
  public let usesL2Norm: Bool
  /// What the kernel claims to compute in.
  public internal(set) var precision: Precision
  /// The results that the file holds, in the order of the problem.
  public internal(set) var results: [Result]

  /// A tensor that the kernel computed.
  public struct Result: Sendable {
    public let name: String
    public let values: Tensor<Double>
    /// The format it is stored in.
    public let storage: Precision

    /// Whether it has a token axis.
    var isTokenwise: Bool { !CaseFile.states.contains(name) }
  }

  /// Names of inputs and results.
  static let inputs = ["q", "k", "v", "beta", "initial_state", "cu_seqlens", "do", "dht"]
  static let forwardResults = ["o", "final_state"]
  static let gradients = ["dq", "dk", "dv", "dbeta", "dh0"]
  /// The metadata that say what is computed.
  static let inputMetadata = ["layout", "heads", "scale", "use_qk_l2norm", "chunk_size"]
  /// Those of shape [N, H, dk, dv].
  static let states = ["initial_state", "final_state", "dht", "dh0"]
  /// Those of key heads.
  static let ofKeyHeads = ["q", "k", "dq", "dk"]

  /// Reads a case file.
  ///
  /// - Throws: `TensorFileError` where the file is no safetensors file, or no case.
  public init(path: String) throws {
    try self.init(name: path, file: TensorFile(safetensors: path))
  }

  /// - Parameter isFilled: whether the results must be there.
  init(name: String, file: TensorFile, isFilled: Bool = true) throws {
    var reader = CaseFileReader(name: name, file: file)
    self.name = name
    let names = Self.inputs + Self.forwardResults + Self.gradients
    if let stranger = file.tensors.keys.sorted().first(where: { !names.contains($0) }) {
      throw reader.error(
        stranger, "is no tensor of a case file",
        "use the names " + names.joined(separator: " "))
    }
    try reader.checkMetadataNames()
    let layout = try reader.metadata("layout", "BTHD, BHTD", default: Layout.tokensFirst) {
      Layout(rawValue: $0)
    }
    self.layout = layout
    reader.headOrder = try reader.metadata(
      "heads", "interleaved, tiled", default: HeadOrder.interleaved
    ) { HeadOrder(rawValue: $0) }
    usesL2Norm = try reader.metadata("use_qk_l2norm", "true, false", default: false) { Bool($0) }

    let q = try reader.tokenTensor("q", layout, rank: 4)
    reader.keyHeads = q.shape[2]
    let k = try reader.tokenTensor("k", layout, rank: 4)
    let v = try reader.tokenTensor("v", layout, rank: 4)
    headsInFile = reader.headsInFile(v.shape[2])
    let beta = try reader.tokenTensor("beta", layout, rank: nil)
    let defaultScale = 1 / Double(max(1, q.shape[3])).squareRoot()
    let scale = try reader.metadata("scale", "the finite numbers", default: defaultScale) {
      Double($0).flatMap { $0.isFinite ? $0 : nil }
    }
    let boundaries = try reader.boundaries()
    try reader.checkStateSize(q, v, sequences: boundaries.map { $0.count - 1 } ?? q.shape[0])
    do {
      problem = try BatchedProblem(
        q: q, k: k, v: v, beta: beta, scale: scale,
        initialState: try reader.optional("initial_state").map(reader.interleavingHeads),
        boundaries: boundaries)
    } catch let error as ShapeError {
      throw reader.error(
        error.tensor, "has the shape \(error.shape) in the order BTHD",
        "make it \(error.expected)")
    } catch let error as BoundariesError {
      throw reader.error("cu_seqlens", "does not fit", "\(error)")
    }
    for name in Self.inputs where name != "cu_seqlens" {
      guard let tensor = try reader.optional(name) else { continue }
      guard tensor.elements.allSatisfy(\.isFinite) else {
        throw reader.error(name, "holds a number that is not finite", "give finite inputs")
      }
    }

    guard let output = file.tensors[isFilled ? "o" : "q"] else {
      throw reader.error("o", "is missing", "run the kernel and add its results")
    }
    let claimed = try reader.metadata(
      "precision", Precision.allCases.map(\.rawValue).joined(separator: ", "),
      default: Precision(output.elementType)
    ) { Precision(rawValue: $0) }
    guard let claimed else {
      throw reader.wrongType("o", output)
    }
    precision = claimed

    let states = problem.initialState.shape
    let shapes = [
      "o": v.shape, "final_state": states, "dq": q.shape, "dk": q.shape, "dv": v.shape,
      "dbeta": beta.shape, "dh0": states,
    ]
    results = try (Self.forwardResults + Self.gradients).compactMap { name in
      guard let stored = file.tensors[name], let shape = shapes[name] else { return nil }
      guard let storage = Precision(stored.elementType) else {
        throw reader.wrongType(name, stored)
      }
      return Result(
        name: name, values: try reader.tensor(name, layout, shape: shape), storage: storage)
    }
    let hasGradients = results.contains { Self.gradients.contains($0.name) }
    guard hasGradients || !isFilled && file.tensors["do"] != nil else {
      cotangent = nil
      return
    }
    guard file.tensors["do"] != nil else {
      throw reader.error("do", "is missing", "the file holds gradients: add what they belong to")
    }
    cotangent = BatchedSolution(
      o: try reader.tensor("do", layout, shape: v.shape),
      finalState: file.tensors["dht"] == nil
        ? Tensor(repeating: 0, shape: states) : try reader.tensor("dht", layout, shape: states))
  }
}

extension CaseFile {
  /// The file's own number of a head of a tensor.
  func headInFile(_ head: Int, of tensor: String) -> Int {
    Self.ofKeyHeads.contains(tensor) ? head : headsInFile[head]
  }

  /// Where the element [b, t, h, d] of a tensor, or [n, h, i, j] of a state, is in the file.
  func indexInFile(_ index: [Int], of tensor: String) -> [Int] {
    var index = index
    let isState = Self.states.contains(tensor)
    let axis = isState ? 1 : 2
    index[axis] = headInFile(index[axis], of: tensor)
    if layout == .headsFirst, !isState { index.swapAt(1, 2) }
    return index
  }
}

extension Precision {
  /// The format of a stored element, or nil for integers.
  init?(_ elementType: ElementType) {
    switch elementType {
    case .f64: self = .f64
    case .f32: self = .f32
    case .f16: self = .f16
    case .bf16: self = .bf16
    case .i64, .i32: return nil
    }
  }
}

/// Takes tensors and metadata out of a file, and says what is wrong with them.
private struct CaseFileReader {
  let name: String
  let file: TensorFile
  var headOrder = CaseFile.HeadOrder.interleaved
  /// That of `q`, once it has been read.
  var keyHeads = 1

  func error(_ tensor: String, _ problem: String, _ remedy: String) -> TensorFileError {
    TensorFileError(file: name, tensor: tensor, problem: problem, remedy: remedy)
  }

  func wrongType(_ tensor: String, _ stored: StoredTensor) -> TensorFileError {
    error(
      tensor, "is of type \(stored.elementType.rawValue)", "store F64, F32, F16 or BF16")
  }

  /// Refuses a name that differs from a known one in nothing but case and punctuation.
  func checkMetadataNames() throws {
    func letters(_ name: String) -> String { name.lowercased().filter(\.isLetter) }
    for known in CaseFile.inputMetadata + ["precision"] {
      if file.metadata.keys.contains(where: { $0 != known && letters($0) == letters(known) }) {
        throw TensorFileError(
          file: name, problem: "its metadata misspell '\(known)'", remedy: "write '\(known)'")
      }
    }
  }

  /// - Parameter choices: what the entry may be, for the error message.
  func metadata<Value>(
    _ key: String, _ choices: String, default defaultValue: Value, _ parse: (String) -> Value?
  ) throws -> Value {
    guard let text = file.metadata[key] else { return defaultValue }
    guard let value = parse(text) else {
      throw TensorFileError(
        file: name, problem: "metadata '\(key)' is none of \(choices)",
        remedy: "write one of them, or leave it out")
    }
    return value
  }

  func tensor(_ name: String) throws -> Tensor<Double> {
    guard let stored = file.tensors[name] else {
      throw error(name, "is missing", "add it")
    }
    guard !stored.elementType.isInteger, let values = stored.doubles() else {
      throw wrongType(name, stored)
    }
    return Tensor(shape: stored.shape, elements: values)
  }

  /// A tensor of the given shape; one that starts [B, L, H] is first brought into that order.
  func tensor(
    _ name: String, _ layout: CaseFile.Layout, shape: [Int]
  ) throws -> Tensor<Double> {
    let tensor =
      CaseFile.states.contains(name)
      ? try interleavingHeads(tensor(name)) : try tokenTensor(name, layout, rank: shape.count)
    guard tensor.shape == shape else {
      throw error(name, "has the shape \(tensor.shape) in the order BTHD", "make it \(shape)")
    }
    return tensor
  }

  func optional(_ name: String) throws -> Tensor<Double>? {
    file.tensors[name] == nil ? nil : try tensor(name)
  }

  /// A tensor with a token and a head axis, brought into the order [B, L, H, …].
  func tokenTensor(
    _ name: String, _ layout: CaseFile.Layout, rank: Int?
  ) throws -> Tensor<Double> {
    let tensor = try tensor(name)
    guard rank.map({ $0 == tensor.shape.count }) ?? [3, 4].contains(tensor.shape.count) else {
      throw error(
        name, "has \(tensor.shape.count) axes", "give it \(rank.map { "\($0)" } ?? "3 or 4")")
    }
    let tokensFirst = layout == .tokensFirst ? tensor : tensor.swappingTokensAndHeads()
    return CaseFile.ofKeyHeads.contains(name)
      ? tokensFirst : tokensFirst.takingSlices(headsInFile(tokensFirst.shape[2]), ofAxis: 2)
  }

  /// The file's own number of each value head, in the order of their key heads.
  func headsInFile(_ heads: Int) -> [Int] {
    guard headOrder == .tiled, keyHeads > 0, heads.isMultiple(of: keyHeads) else {
      return Array(0..<heads)
    }
    return (0..<keyHeads).flatMap { Array(stride(from: $0, to: heads, by: keyHeads)) }
  }

  /// A state with its heads in the order of their key heads.
  func interleavingHeads(_ state: Tensor<Double>) -> Tensor<Double> {
    state.shape.count == 4
      ? state.takingSlices(headsInFile(state.shape[1]), ofAxis: 1) : state
  }

  /// States need not be in the file: their size is refused where it is out of proportion to it.
  func checkStateSize(_ q: Tensor<Double>, _ v: Tensor<Double>, sequences: Int) throws {
    let stored = file.tensors.values.reduce(0) { $0 + $1.count }
    var size = 1
    for extent in [sequences, v.shape[2], q.shape[3], v.shape[3]] {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= 256 * (stored + 4096) else {
        throw TensorFileError(
          file: name,
          problem: "its states [\(sequences), \(v.shape[2]), \(q.shape[3]), \(v.shape[3])] are "
            + "out of proportion to the \(stored) numbers in it",
          remedy: "use smaller heads, or give more tokens")
      }
      size = max(product, 1)
    }
  }

  func boundaries() throws -> [Int]? {
    guard let stored = file.tensors["cu_seqlens"] else { return nil }
    guard let boundaries = stored.integers(), stored.shape.count == 1 else {
      throw error(
        "cu_seqlens", "is of type \(stored.elementType.rawValue) and shape \(stored.shape)",
        "store it as I64 or I32 of shape [N + 1]")
    }
    return boundaries
  }
}

extension Tensor {
  /// The slices along an axis in another order, or some of them.
  func takingSlices(_ slices: some Collection<Int>, ofAxis axis: Int) -> Tensor {
    let inner = shape[(axis + 1)...].reduce(1, *)
    var taken: [Element] = []
    taken.reserveCapacity(elements.count)
    for outer in 0..<shape[..<axis].reduce(1, *) {
      for slice in slices {
        let start = (outer * shape[axis] + slice) * inner
        taken += elements[start..<start + inner]
      }
    }
    return Tensor(
      shape: shape[..<axis] + [slices.count] + shape[(axis + 1)...], elements: taken)
  }

  /// [B, X, Y, …] as [B, Y, X, …].
  func swappingTokensAndHeads() -> Tensor {
    let (outer, first, second) = (shape[0], shape[1], shape[2])
    let inner = shape[3...].reduce(1, *)
    var swapped: [Element] = []
    swapped.reserveCapacity(elements.count)
    for b in 0..<outer {
      for y in 0..<second {
        for x in 0..<first {
          let start = ((b * first + x) * second + y) * inner
          swapped += elements[start..<start + inner]
        }
      }
    }
    return Tensor(shape: [outer, second, first] + shape[3...], elements: swapped)
  }
}
