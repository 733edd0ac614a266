/// The bits of the bfloat16 number nearest to `value`, ties to even.
///
/// The value is rounded once: going by way of `Float` would round twice and, just beside a
/// midpoint, to the wrong side. Overflow gives infinity, and NaN stays NaN.
func bfloat16Bits(nearestTo value: Double) -> UInt16 {
  var nearest = value
  if value.isFinite {
    // A bfloat16 keeps 7 bits after the leading one; below 2^-126 their place value is fixed.
    let lastPlace = Double(sign: .plus, exponent: max(value.exponent, -126) - 7, significand: 1)
    nearest = (value / lastPlace).rounded(.toNearestOrEven) * lastPlace
  }
  return UInt16(Float(nearest).bitPattern >> 16)
}

/// The number that the bits of a bfloat16 stand for.
func float(bfloat16Bits bits: UInt16) -> Float {
  Float(bitPattern: UInt32(bits) << 16)
}
