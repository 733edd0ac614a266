/// A mistake that a kernel can make.
///
/// Most were made, by somebody, in a kernel that shipped: ``thread`` says where. `FaultyKernel` makes
/// each of them at one line.
public enum Fault: String, CaseIterable, Sendable {
  // What a head reads
  case headsTiled
  case betaOfFirstHead
  case betaOfFirstColumn
  case betaOfEarlierToken
  case statesLeak
  case initialStateOfFirstSequence
  case initialStateOfFirstHead
  case emptySequenceZero
  case initialStateIgnored
  case initialStateTransposed
  case initialStateNotRead
  case singleTokenSkipped
  case lastKeyFeatureDropped
  case featuresBeyondValueWidth
  case columnsBeyondKeyWidth
  case lastHeadForgets

  // Scale
  case scaleMissing
  case scaleTwice
  case scaleMissingOnState
  case scaleMissingOnScores

  // A and (I + A)⁻¹
  case overlapsWithDiagonal
  case overlapsWithoutBeta
  case overlapsBetaOfColumn
  case inverseMissing
  case inverseSign
  case inverseFirstOrder
  case inverseSecondOrder
  case inverseEightTerms
  case inverseTransposed
  case inverseBlocksUnmerged
  case inverseMergeSign
  case inverseLastRow

  // T, W, U and X
  case transformBetaOfRow
  case transformWithoutBeta
  case transformBetaTwice
  case wWithoutBeta
  case uWithoutBeta
  case uOfEarlierValues
  case xWithoutState
  case xPlusState
  case xStaleState
  case xInitialState

  // Outputs
  case maskWithoutDiagonal
  case maskMissing
  case outputsWithoutState
  case outputsWithoutScores
  case outputsAfterChunk
  case outputsOfU
  case outputsOfValues
  case scoresOfKeys
  case lastOutputOfChunk
  case outputHeadsSwapped
  case oneOutput

  // State
  case stateReplaced
  case stateOfU
  case stateOfValues
  case stateOfQueries
  case stateWithoutLastToken
  case stateNotCarried
  case stateOfFirstChunk
  case tailNotWritten
  case tailPadded
  case tailOutputs
  case finalStateBeforeLastChunk
  case finalStateTransposed
  case finalStateWithoutInitial

  // Gradients: what flows between chunks
  case dhtIgnored
  case dhtTransposed
  case dh0Zero
  case dh0OfDht
  case dh0Transposed
  case dh0Sign
  case dsCut
  case dsLeaks
  case dsWithoutOutputs
  case dsWithoutW
  case dsUnscaled
  case backwardZeroState
  case backwardStaleState
  case backwardStateAfterChunk
  case backwardTail

  // Gradients: dq and dk by outputs and state
  case dqWithoutState
  case dqWithoutScores
  case dqUnscaled
  case dqScaledTwice
  case dqSign
  case dqOfLastHead
  case dkOfLastHead
  case dkSign
  case dkWithoutScores
  case dkWithoutState
  case dqdkExchanged
  case dgUnmasked
  case dgWithoutDiagonal
  case dgOfU
  case dxWithoutState
  case dxWithoutScores

  // Gradients: through T
  case dkWithoutW
  case dwSign
  case dkWithoutOverlaps
  case dkHalfOverlaps
  case dkHalved
  case daSign
  case daUnmasked
  case daUntransposed
  case daFirstOrder
  case daWithoutBeta
  case dtWithoutW
  case dtWithoutU
  case dvLocal
  case dvWithoutBeta
  case dvSign
  case dbetaWithoutOverlaps
  case dbetaWithoutTransform
  case dbetaRowSums
  case dbetaTimesBeta
  case dbetaSign
  case dbetaOfFirstHead

  // Normalisation and range
  case normMissing
  case queryNormMissing
  case keyNormMissing
  case normEpsilonOutside
  case normWithoutEpsilon
  case normEpsilonLarge
  case normOfMean
  case normOfMagnitudes
  case normBackwardMissing
  case normBackwardWithoutProjection
  case normBackwardTwice
  case betaAtMostOne
}

extension Fault {
  /// What the kernel does wrong, after "a kernel in which".
  public var summary: String { description.summary }

  /// The public issue, pull request or commit that it is modelled on; nil where it is our own.
  public var thread: String? { description.thread }

  private var description: (summary: String, thread: String?) {
    switch self {
    case .headsTiled: ("value head h reads key head h mod Hk", "llama.cpp #21732")
    case .betaOfFirstHead: ("every head reads the β of head 0", "FLA #781")
    case .betaOfFirstColumn: ("a β for each value column is read as its first column", nil)
    case .betaOfEarlierToken: ("β is read one token too early", "FlashInfer #3156")
    case .statesLeak:
      (
        "a packed sequence starts from the state that the one before left",
        "FLA #1184"
      )
    case .initialStateOfFirstSequence:
      (
        "every sequence starts from initial_state[0]",
        "vLLM #53051"
      )
    case .initialStateOfFirstHead: ("every head starts from the initial state of head 0", nil)
    case .emptySequenceZero: ("the final state of an empty sequence is zero", "FlashInfer #3536")
    case .initialStateIgnored: ("the initial state is taken as zero", "modular #6681")
    case .initialStateTransposed: ("the initial state is read as dv × dk", "vLLM #41292")
    case .initialStateNotRead:
      (
        "the first chunk writes to the initial state but does not read it",
        nil
      )
    case .singleTokenSkipped: ("a sequence of one token writes nothing", "FLA #88")
    case .lastKeyFeatureDropped:
      (
        "the last feature of an odd dk is left out of every product with keys",
        "FLA #1135"
      )
    case .featuresBeyondValueWidth:
      (
        "key features from dv on are left out of every product with keys",
        "FLA #1135"
      )
    case .columnsBeyondKeyWidth: ("value columns from dk on are not computed", "FLA #1135")
    case .lastHeadForgets: ("the last head starts every chunk from zero", nil)
    case .scaleMissing: ("outputs are not scaled", "mlx-lm #1799")
    case .scaleTwice: ("outputs are scaled twice", nil)
    case .scaleMissingOnState: ("what outputs read from the state is not scaled", nil)
    case .scaleMissingOnScores: ("what outputs read from their own chunk is not scaled", nil)
    case .overlapsWithDiagonal: ("A includes its diagonal", nil)
    case .overlapsWithoutBeta: ("A leaves out β", "shainet #170")
    case .overlapsBetaOfColumn: ("A has the β of the earlier token", nil)
    case .inverseMissing: ("(I + A)⁻¹ is left out", nil)
    case .inverseSign: ("(I − A)⁻¹ for (I + A)⁻¹", nil)
    case .inverseFirstOrder: ("I − A for (I + A)⁻¹", nil)
    case .inverseSecondOrder: ("I − A + A² for (I + A)⁻¹", nil)
    case .inverseEightTerms: ("eight terms of the Neumann series for (I + A)⁻¹", nil)
    case .inverseTransposed: ("(I + A)⁻¹ is transposed", "FLA #640")
    case .inverseBlocksUnmerged:
      (
        "blocks of (I + A)⁻¹ below the diagonal ones are zero",
        "FLA #792"
      )
    case .inverseMergeSign:
      (
        "blocks of (I + A)⁻¹ below the diagonal ones have the wrong sign",
        "FLA #792"
      )
    case .inverseLastRow: ("the last row of (I + A)⁻¹ is left as that of I", nil)
    case .transformBetaOfRow: ("T has the β of its row", nil)
    case .transformWithoutBeta: ("T leaves out β", nil)
    case .transformBetaTwice: ("T has β twice", nil)
    case .wWithoutBeta: ("W leaves out β", "shainet #170")
    case .uWithoutBeta: ("U leaves out β", nil)
    case .uOfEarlierValues: ("U is made of the values one token earlier", nil)
    case .xWithoutState: ("X leaves out W S", nil)
    case .xPlusState: ("X adds W S", nil)
    case .xStaleState: ("X reads the state that entered the chunk before", "vLLM #51562")
    case .xInitialState: ("X reads the initial state in every chunk", nil)
    case .maskWithoutDiagonal: ("a token does not read what it writes itself", nil)
    case .maskMissing: ("a token reads what later ones of its chunk write", "FLA 2675c107")
    case .outputsWithoutState: ("outputs leave out Q S", nil)
    case .outputsWithoutScores: ("outputs leave out tril(Q Kᵀ) X", nil)
    case .outputsAfterChunk: ("outputs read the state after their chunk", nil)
    case .outputsOfU: ("outputs read U for X", nil)
    case .outputsOfValues: ("outputs read diag(β) V for X", nil)
    case .scoresOfKeys: ("scores are K Kᵀ", nil)
    case .lastOutputOfChunk: ("the last output of every full chunk is zero", nil)
    case .outputHeadsSwapped: ("heads 0 and 1 of o are exchanged", "llama.cpp #21732")
    case .oneOutput: ("one element of o is 2 % too large", nil)
    case .stateReplaced: ("the state is replaced by Kᵀ X", nil)
    case .stateOfU: ("the state adds Kᵀ U", nil)
    case .stateOfValues: ("the state adds Kᵀ diag(β) V: linear attention", nil)
    case .stateOfQueries: ("the state adds Qᵀ X", nil)
    case .stateWithoutLastToken: ("the last token of a chunk is not written", "FlashInfer #4133")
    case .stateNotCarried: ("every chunk starts from the initial state", nil)
    case .stateOfFirstChunk: ("chunks from the third on start from the state after the first", nil)
    case .tailNotWritten: ("a last chunk that is not full is not written", "sparkinfer #604")
    case .tailPadded: ("a last chunk that is not full is filled up with its last token", "FLA #37")
    case .tailOutputs: ("outputs of a last chunk that is not full are zero", nil)
    case .finalStateBeforeLastChunk: ("the final state is that before the last chunk", nil)
    case .finalStateTransposed: ("the final state is written as dv × dk", "vLLM #41292")
    case .finalStateWithoutInitial: ("the final state leaves out the initial state", nil)
    case .dhtIgnored: ("dht is taken as zero", "FLA 36087c3")
    case .dhtTransposed: ("dht is read as dv × dk", "vLLM #41292")
    case .dh0Zero: ("dh0 is zero", "FLA 36087c3")
    case .dh0OfDht: ("dh0 is dht", nil)
    case .dh0Transposed: ("dh0 is written as dv × dk", "vLLM #41292")
    case .dh0Sign: ("dh0 has the wrong sign", nil)
    case .dsCut: ("dS does not pass from a chunk to the one before", nil)
    case .dsLeaks: ("dS passes from a packed sequence to the one before", "prime-rl #3002")
    case .dsWithoutOutputs: ("dS leaves out Qᵀ dO", nil)
    case .dsWithoutW: ("dS leaves out Wᵀ dX", nil)
    case .dsUnscaled: ("dS is not scaled", nil)
    case .backwardZeroState:
      (
        "the backward pass takes the initial state as zero",
        "FLA fused_recurrent"
      )
    case .backwardStaleState:
      (
        "the backward pass reads the state that entered the chunk before",
        nil
      )
    case .backwardStateAfterChunk: ("the backward pass reads the state after the chunk", nil)
    case .backwardTail: ("gradients of a last chunk that is not full are zero", "FlashQLA #28")
    case .dqWithoutState: ("dq leaves out dO Sᵀ", nil)
    case .dqWithoutScores: ("dq leaves out dG K", nil)
    case .dqUnscaled: ("dq is not scaled", nil)
    case .dqScaledTwice: ("dq is scaled twice", nil)
    case .dqSign: ("dq has the wrong sign", nil)
    case .dqOfLastHead: ("dq is that of the last head of a group", "FLA #781")
    case .dkOfLastHead: ("dk is that of the last head of a group", "FLA #781")
    case .dkSign: ("dk has the wrong sign", nil)
    case .dkWithoutScores: ("dk leaves out dGᵀ Q", nil)
    case .dkWithoutState: ("dk leaves out X dSᵀ", nil)
    case .dqdkExchanged: ("dq and dk are exchanged", nil)
    case .dgUnmasked: ("dG is not masked", "transformers #48455")
    case .dgWithoutDiagonal: ("dG leaves out its diagonal", nil)
    case .dgOfU: ("dG is made of U for X", nil)
    case .dxWithoutState: ("dX leaves out K dS", nil)
    case .dxWithoutScores: ("dX leaves out tril(Q Kᵀ)ᵀ dO", nil)
    case .dkWithoutW: ("dk leaves out Tᵀ dW", nil)
    case .dwSign: ("dW has the wrong sign", nil)
    case .dkWithoutOverlaps: ("dk leaves out what comes through A", "FLA #862")
    case .dkHalfOverlaps: ("dk leaves out dAᵀ diag(β) K", nil)
    case .dkHalved: ("what dk gets through T is halved", "FLA #984")
    case .daSign: ("dA has the wrong sign", nil)
    case .daUnmasked: ("dA is not masked", nil)
    case .daUntransposed: ("dA has (I + A)⁻¹ for its transpose", "FLA #640")
    case .daFirstOrder: ("dA leaves out both factors (I + A)⁻ᵀ", nil)
    case .daWithoutBeta: ("dA lacks β on its way to dk", nil)
    case .dtWithoutW: ("dT leaves out dW Kᵀ", nil)
    case .dtWithoutU: ("dT leaves out dX Vᵀ", nil)
    case .dvLocal: ("dv is diag(β) dX", nil)
    case .dvWithoutBeta: ("dv leaves out β", nil)
    case .dvSign: ("dv has the wrong sign", nil)
    case .dbetaWithoutOverlaps: ("dbeta leaves out what comes through A", "FLA #862")
    case .dbetaWithoutTransform: ("dbeta leaves out what comes through T's own factor β", nil)
    case .dbetaRowSums: ("dbeta sums rows of (I + A)⁻¹ ∘ dT for columns", nil)
    case .dbetaTimesBeta: ("dbeta is multiplied by β", nil)
    case .dbetaSign: ("dbeta has the wrong sign", nil)
    case .dbetaOfFirstHead: ("dbeta is that of head 0 for every head", "FLA #781")
    case .normMissing: ("queries and keys are not normalised", "FLA #736")
    case .queryNormMissing: ("queries are not normalised", nil)
    case .keyNormMissing: ("keys are not normalised", "FLA #736")
    case .normEpsilonOutside: ("10⁻⁶ is added to the length, not under the root", "FLA l2norm")
    case .normWithoutEpsilon: ("10⁻⁶ is left out", nil)
    case .normEpsilonLarge: ("10⁻⁵ for 10⁻⁶", nil)
    case .normOfMean: ("the length is the root of the mean square", nil)
    case .normOfMagnitudes: ("the length is the sum of magnitudes", "FLA #1198")
    case .normBackwardMissing: ("dq and dk are those of the normalised queries and keys", nil)
    case .normBackwardWithoutProjection:
      (
        "dq and dk keep what points along the query and the key",
        nil
      )
    case .normBackwardTwice: ("dq and dk are divided by the length twice", nil)
    case .betaAtMostOne: ("β above 1 counts as 1", "FLA allow_neg_eigval")
    }
  }
}
