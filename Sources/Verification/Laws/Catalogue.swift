extension Law {
  /// Every law, in the order of the table. To add one: its definition, and its name here.
  public static let all: [Law] = [
    equivalence, smallScope, symbolic,
    chunkLength, padding, tail, split, packing, headMapping, causality, ranks,
    noWriting, linearAttention, recall, isometry, projection,
    monoid, wyRepresentation, utTransform, attention,
    linearity, scaling, keyBasis, valueBasis,
    gradientEquivalence, adjoint, tangents, secondOrder, adjointLinearity, gradientSplit,
    gradientPadding, gradientCausality, batchedGradient, ranksGradient,
    normalization, normalizedBatches,
    work, depth, roundingErrors, sharpness, gradientRoundingErrors, ranksRoundingErrors,
    centralDifferences,
    contraction, inverseEntries, condition, errorGrowth, modelErrorGrowth, kernelErrorGrowth,
    kernelsOnIntegers, kernelsKeepApart,
    instability, drift,
    ringAxioms,
  ]
}
