/// Some examples of a task, as a model takes them: one sequence after another.
struct TaskBatch: Sendable {
  let examples: [TaskExample]
  var sequences: Int { examples.count }
  var tokens: [Int] { examples.flatMap(\.tokens) }
  var targets: [Int?] { examples.flatMap(\.targets) }
  /// Where something is asked.
  var questions: Int { examples.reduce(0) { $0 + $1.targets.count { $0 != nil } } }

  /// How many of some answers are right, which are the most likely tokens of the rows: one for each question, in their order.
  func rightAnswers(in logits: Activations<Float>) -> Int {
    var (right, row) = (0, 0)
    for example in examples {
      for t in example.targets.indices where example.targets[t] != nil {
        if example.isRight(logits.mostLikely(inRow: row), at: t) == true { right += 1 }
        row += 1
      }
    }
    return right
  }

  /// Pieces of at most so many sequences.
  func pieces(of size: Int) -> [TaskBatch] {
    blocks(of: sequences, size).map { TaskBatch(examples: Array(examples[$0])) }
  }
}

extension Activations {
  /// The first of the largest numbers of a row.
  func mostLikely(inRow row: Int) -> Int {
    withPointer { x in
      var best = 0
      for i in 0..<columns where x[row * columns + i] > x[row * columns + best] { best = i }
      return best
    }
  }
}
