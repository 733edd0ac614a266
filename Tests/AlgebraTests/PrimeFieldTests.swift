import Algebra
import Testing

@Suite("Prime field")
struct PrimeFieldTests {
  private let p = PrimeField.modulus

  @Test
  func wrapsAround() {
    #expect(PrimeField(p) == .zero)
    #expect(PrimeField(p + 5) == PrimeField(5))
    #expect(PrimeField(UInt64.max).residue == UInt64.max % p)
    #expect(PrimeField(-1).residue == p - 1)
    #expect(PrimeField(Int.min) + PrimeField(UInt64(Int.max) + 1) == .zero)
    #expect(PrimeField(p - 1) + .one == .zero)
    #expect(.zero - PrimeField.one == PrimeField(p - 1))
    #expect(-PrimeField.zero == .zero)
  }

  /// Against remainders of 128-bit products, at the values where a carry could be lost.
  @Test
  func multipliesLikeWideIntegers() {
    let values = [0, 1, 2, 3, 7, 1 << 31, 1 << 60, p / 2, p / 2 + 1, p - 3, p - 2, p - 1]
    for a in values {
      for b in values {
        let wide = UInt128(a) * UInt128(b) % UInt128(p)
        #expect((PrimeField(a) * PrimeField(b)).residue == UInt64(wide))
      }
    }
  }

  @Test
  func readsLikeSmallIntegers() {
    #expect("\(PrimeField(7)) \(PrimeField(-7)) \(PrimeField(0))" == "7 -7 0")
    #expect(PrimeField(1) / PrimeField(2) * PrimeField(2) == .one)
  }
}
