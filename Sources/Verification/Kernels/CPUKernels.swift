import DeltaRule
import DeltaRuleCPU

extension BatchKernel {
  /// The kernels for the processor: those that are compiled here for each instruction set that it has, those through
  /// OpenBLAS once, where that is not missing.
  static var onProcessor: [BatchKernel] {
    InstructionSet.available.flatMap { set in
      [Form.fusedRecurrence, .decoding].map { form in
        BatchKernel(name: "\(form.name)@\(set.rawValue)", set) { _ in form }
      }
    } + (OpenBLAS.isAvailable ? throughOpenBLAS : [])
  }

  fileprivate static var throughOpenBLAS: [BatchKernel] {
    [
      BatchKernel(name: "chunkwise@OpenBLAS", .best) { .chunkwise($0) },
      BatchKernel(name: "fully-parallel@OpenBLAS", .best) { _ in .fullyParallel },
    ]
  }

  private init(
    name: String, _ set: InstructionSet, form: @escaping @Sendable (_ chunkLength: Int) -> Form
  ) {
    self.init(
      name: name,
      // A number that is not finite stays with its token where chunks are of two.
      tokensTogether: { form($0).chunkLength ?? 1 },
      growth: { chunkLength in
        switch form(chunkLength) {
        case .chunkwise(let length): (Cost.Error(inverse: .ofChunk), length)
        case .fullyParallel: (Cost.Error(inverse: .ofSequence), chunkLength)
        case .decoding: (Cost.Error(inverse: .none), 1)
        case .fusedRecurrence, .automatic: (Cost.Error(inverse: .ofChunk), 2)
        }
      },
      loss: .float,
      solve: { problem, wishes in
        DeltaRuleCPU.solve(
          problem, using: form(wishes.chunkLength), normalizingQueriesAndKeys: wishes.normalizes,
          threads: wishes.threads, instructionSet: set)
      },
      valueWithPullback: { problem, wishes in
        DeltaRuleCPU.valueWithPullback(
          problem, using: form(wishes.chunkLength), normalizingQueriesAndKeys: wishes.normalizes,
          threads: wishes.threads, instructionSet: set)
      })
  }
}

extension Checks {
  /// None, but for the names of the kernels that cannot be checked here, because OpenBLAS is missing.
  static let withoutOpenBLAS = Checks(
    [], leftOut: OpenBLAS.isAvailable ? [] : BatchKernel<Float>.throughOpenBLAS.map(\.name))
}

extension Form {
  /// The tokens that matrix products take together; nil where there are none.
  fileprivate var chunkLength: Int? {
    switch self {
    case .chunkwise(let length): length
    case .fullyParallel: .max
    case .fusedRecurrence, .decoding, .automatic: nil
    }
  }
}
