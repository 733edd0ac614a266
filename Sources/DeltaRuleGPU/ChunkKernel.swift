/// The kernels, by the names of their texts.
enum ChunkKernel: String, CaseIterable {
  case recurrence
  case walk
  case chunkInverse = "chunk_inverse"
  case chunkOutputs = "chunk_outputs"
  case walkBack = "walk_back"
  case chunkGradients = "chunk_gradients"

  /// The numbers of local memory that its text takes.
  func localNumbers(_ b: Blocking, hasOutputs: Bool) -> Int {
    switch self {
    case .recurrence: 2 * b.keys + 2 * b.threads
    case .walk:
      (hasOutputs ? 2 : 1) * b.keyRows + b.state + 2 * b.valueRows + 2 * b.square
        + b.chunk * b.chunk / 2 + b.strengths + b.chunk
    case .chunkInverse: b.keyRows + 2 * b.square + b.chunk * b.chunk / 2 + 2 * b.chunk
    case .chunkOutputs: 2 * b.keyRows + b.state + b.valueRows + b.square + b.chunk
    case .walkBack:
      2 * b.keyRows + b.state + 3 * b.valueRows + 2 * b.square + b.strengths + b.chunk
    case .chunkGradients:
      2 * b.keyRows + 2 * b.state + 5 * b.valueRows + 2 * b.square + b.strengths + 3 * b.chunk
    }
  }
}
