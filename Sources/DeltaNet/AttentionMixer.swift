import DeltaRuleCPU

/// Softmax attention between its projections, positions by rotation.
struct AttentionMixer: Sendable {
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let rotation: RotaryEmbedding
  private let attention: SoftmaxAttention

  init(
    _ layers: Configuration.AttentionLayers, _ configuration: Configuration, _ name: String,
    in table: inout ParameterTable
  ) {
    let d = configuration.hiddenSize
    let (width, keyHeads) = (layers.width(of: d), layers.keyHeads)
    func projection(_ letter: String, _ outputs: Int) -> Linear {
      Linear(
        table.matrix("\(name).\(letter)_proj.weight", outputs, d),
        bias: layers.hasBias
          ? Bias(parameter: table.bias("\(name).\(letter)_proj.bias", outputs)) : nil)
    }
    query = projection("q", d)
    key = projection("k", keyHeads * width)
    value = projection("v", keyHeads * width)
    output = Linear(table.matrix("\(name).o_proj.weight", d, d))
    rotation = RotaryEmbedding(width: width, base: layers.rotaryBase)
    attention = SoftmaxAttention(
      headCount: layers.headCount, keyHeadCount: keyHeads, width: width,
      window: layers.windowSize ?? .max)
  }

  /// - Parameter state: what tokens before these left; afterwards these, too. No gradient goes to them.
  func valueWithPullback<Number: KernelNumber>(
    _ x: Activations<Number>, _ evaluation: Evaluation<Number>,
    _ state: inout AttentionState<Number>
  ) -> (value: Activations<Number>, pullback: Pullback<Number>) {
    let (q, qPullback) = query.valueWithPullback(x, evaluation)
    let (k, kPullback) = key.valueWithPullback(x, evaluation)
    let (v, vPullback) = value.valueWithPullback(x, evaluation)
    let (sequences, first) = (state.keys.count, state.position)
    let rotation = rotation
    func rotated(_ x: Activations<Number>, backwards: Bool = false) -> Activations<Number> {
      rotation.rotated(x, sequences: sequences, first: first, backwards: backwards)
    }
    state.append(rotated(k), v)
    let (o, attentionPullback) = attention.valueWithPullback(
      rotated(q), state.keys, state.values, threads: evaluation.threads)
    state.forget(before: attention.window)
    let (y, outputPullback) = output.valueWithPullback(o, evaluation)
    return (
      y,
      { dy, gradient in
        let (dq, dk, dv) = attentionPullback(try outputPullback(dy, &gradient))
        let length = x.rows / sequences
        let dx = try qPullback(rotated(dq, backwards: true), &gradient)
        let dkx = try kPullback(
          rotated(.newest(length, of: dk), backwards: true), &gradient)
        return try dx + dkx + vPullback(.newest(length, of: dv), &gradient)
      }
    )
  }
}

/// What attention keeps of the tokens before: the keys, turned already, and values of each sequence.
struct AttentionState<Number: KernelNumber>: Equatable, Sendable {
  fileprivate var keys: [Activations<Number>]
  fileprivate var values: [Activations<Number>]
  /// The tokens of each sequence until now, those that are forgotten included.
  fileprivate var position = 0

  init(sequences: Int, columns: Int) {
    keys = Array(repeating: Activations([], columns: columns), count: sequences)
    values = keys
  }

  fileprivate mutating func append(_ k: Activations<Number>, _ v: Activations<Number>) {
    let length = k.rows / keys.count
    for n in keys.indices {
      let share = n * length * k.columns..<(n + 1) * length * k.columns
      keys[n].elements += k.elements[share]
      values[n].elements += v.elements[share]
    }
    position += length
  }

  /// Forgets what no later token sees, now and then, so that each token costs the same.
  fileprivate mutating func forget(before window: Int) {
    guard let rows = keys.first?.rows, window < .max / 2, rows >= 2 * window else { return }
    for n in keys.indices {
      let forgotten = (rows - window) * keys[n].columns
      keys[n].elements.removeFirst(forgotten)
      values[n].elements.removeFirst(forgotten)
    }
  }
}

extension Activations {
  /// The last rows of each, one after another.
  fileprivate static func newest(_ count: Int, of all: [Activations]) -> Activations {
    Activations(
      all.flatMap { $0.elements.suffix(count * $0.columns) }, columns: all[0].columns)
  }
}
