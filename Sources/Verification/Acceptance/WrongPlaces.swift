import DeltaRule

extension CaseFile {
  /// Where a tensor is wrong, in words.
  func place(of tensor: TensorJudgement, _ expectation: Expectation) -> Finding? {
    guard let result = results.first(where: { $0.name == tensor.name }) else { return nil }
    let (wrong, shape) = (wrongElements(of: result, expectation), result.values.shape)
    let count = shape.reduce(1, *)
    guard !wrong.isEmpty else {
      return .place("\(tensor.name): no single element or row, but all of it together")
    }
    if wrong.count == 1 { return .place("\(tensor.name): one element of \(count)") }
    func axis(_ axis: Int) -> (wrong: Set<Int>, all: Int) {
      (Set(wrong.map { $0[axis] }), shape[axis])
    }
    func heads(_ axis: Int) -> (wrong: Set<Int>, all: Int) {
      (Set(wrong.map { headInFile($0[axis], of: tensor.name) }), shape[axis])
    }
    var parts: [String] = []
    if result.isTokenwise {
      parts.append(tokens(wrong))
      parts.append(few("head", "heads", heads(2)))
      parts.append(problem.boundaries == nil ? few("batch row", "batch rows", axis(0)) : "")
    } else {
      parts.append(few("sequence", "sequences", axis(0)))
      parts.append(few("head", "heads", heads(1)))
    }
    let share = "\(wrong.count) of \(count) elements"
    return .place(
      ([tensor.name + ": " + share] + parts.filter { !$0.isEmpty }).joined(separator: ", "))
  }

  /// The sequence of an element [b, t, …], and the place of its token there.
  func position(_ index: [Int]) -> (sequence: Int, token: Int) {
    guard let boundaries = problem.boundaries,
      let n = boundaries.lastIndex(where: { $0 <= index[1] })
    else { return (index[0], index[1]) }
    return (n, index[1] - boundaries[n])
  }

  /// Where in their sequences the wrong tokens of a result are; empty where it has no token axis.
  func wrongTokens(
    of result: Result, _ expectation: Expectation,
    where isIncluded: ([Int]) -> Bool = { _ in true }
  ) -> [Int] {
    guard result.isTokenwise else { return [] }
    return wrongElements(of: result, expectation).filter(isIncluded).map { position($0).token }
  }

  /// The indices of the elements that are wrong, or in a row that is.
  private func wrongElements(of result: Result, _ expectation: Expectation) -> [[Int]] {
    guard let exact = expectation.exact[result.name], let excused = expectation.excused(in: result)
    else { return [] }
    let ratios = excused.ratios(of: result.values.errors(from: exact))
    let width = exact.shape.count == 4 ? exact.shape[3] : 1
    return ratios.elements.indices.filter {
      ratios.elements[$0] > 1 || ratios.rows[$0 / width] > 1
    }.map(exact.indices(ofElement:))
  }

  /// The first wrong token, and what it begins.
  private func tokens(_ indices: [[Int]]) -> String {
    let positions = indices.map(position)
    let (first, last) = (positions.map(\.token).min() ?? 0, positions.map(\.token).max() ?? 0)
    var text = first == last ? "token \(first) only" : "from token \(first)"
    if first > 0, let chunk = [128, 64, 32, 16].first(where: { first % $0 == 0 }) {
      text += ", where a chunk of \(chunk) may begin"
    }
    if problem.boundaries != nil {
      let sequences = Set(positions.map(\.sequence))
      text += ", " + few("sequence", "sequences", (sequences, problem.sequenceCount))
    }
    return text
  }

  private func few(_ one: String, _ many: String, _ axis: (wrong: Set<Int>, all: Int)) -> String {
    guard axis.wrong.count < axis.all else { return axis.all > 1 ? "every \(one)" : "" }
    let shown = axis.wrong.sorted().prefix(8).map { "\($0)" }.joined(separator: " ")
    return (axis.wrong.count == 1 ? "only \(one) " : "only \(many) ") + shown
      + (axis.wrong.count > 8 ? " …" : "")
  }
}
