/// How a batch is computed on the processor.
public enum Form: String, CaseIterable, Sendable {
  /// The two-token fused recurrence: every entry of the state is loaded and stored once for two tokens.
  case fusedRecurrence = "fused-recurrence"
  /// One token after the other: for a step or two of decoding.
  case decoding
  /// Whichever of them the shape asks for.
  case automatic

  /// The form that ``automatic`` stands for, and why.
  ///
  /// - Parameters:
  ///   - length: the tokens of the batch, all sequences together.
  ///   - sequences: how many sequences these are.
  public static func chosen(length: Int, sequences: Int) -> (form: Form, reason: String) {
    length < 4 * sequences
      ? (
        .decoding, "fewer than 4 tokens a sequence: packing the state would cost more than it saves"
      )
      : (.fusedRecurrence, "4 tokens a sequence or more: the state is touched once for two of them")
  }
}
