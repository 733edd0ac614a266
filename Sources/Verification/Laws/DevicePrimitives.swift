import DeltaRuleGPU
import PropertyTesting

extension Law {
  /// The primitives of the kernels' text on a CUDA device, held to those of the emulator, on which everything else was tried.
  ///
  /// What is exact has the same bits, but for which NaN a NaN is, and for the 13 bits of a tf32 that no product reads. A
  /// product's order of summation is the device's own, and a tensor core need not round to nearest. With products of two
  /// factors exact, M = |d| + Σ|ab| over the k of them, and u = 2⁻²⁴:
  ///
  /// - the emulator rounds k sums to nearest, and errs by at most k u M;
  /// - a tensor core takes some products together at a time. It aligns them and the sum so far to the largest and cuts off what
  ///   is behind its 24 bits, less than 2 u M of each, and then of the sum. Taking one product at a time cuts off most often,
  ///   three times for each: 6 k u M.
  ///
  /// So the two are within 7 k u M of each other, to first order, for which one in a thousand pays. M is on record as the same
  /// product of absolute values.
  ///
  /// - Source: M. Fasi, N. J. Higham, M. Mikaitis, S. Pranesh (2021). Numerical behavior of NVIDIA tensor cores. PeerJ Computer
  ///   Science 7:e330.
  static func devicePrimitives(of device: Device) -> Law {
    Law(
      "DP", "device primitives",
      "Every primitive of the kernels' text gives what it gives in the emulator: conversions, layouts, exchanges and "
        + "copies to the bit, products of small integers too, others up to rounding.",
      formula: "p(x) = p̂(x);  |p(x) − p̂(x)| ≤ 7·k·u·(|d| + Σ|ab|) for products",
      theorem: "Proofs/RoundingErrors.md#running-error",
      Checks(
        DevicePrimitive.all(on: device).map { primitive in
          LawInstance(
            "\(primitive.rawValue)@\(device.deviceName)", numbers: "words", isExhaustive: true,
            Property(
              "DP/\(primitive.rawValue)@\(device.deviceName)", cases: primitive.caseCount,
              for: { PrimitiveCase(primitive, $0.integer(in: 0...primitive.caseCount - 1)) }
            ) { drawn, seen in try drawn.check(on: device, &seen) })
        }))
  }
}

extension PrimitiveCase {
  /// Name, number, and what the emulator gives.
  private static let recorded: [String: [UInt32]] = Dictionary(
    uniqueKeysWithValues: String(decoding: PackageResources.device_primitives_txt, as: UTF8.self)
      .split(separator: "\n").map { line in
        let fields = line.split(separator: " ")
        return ("\(fields[0]) \(fields[1])", fields[2].words)
      })

  private var name: String { "\(primitive.rawValue) \(index)" }

  /// Its line of `device_primitives.txt`: what a device makes of it and, where that is rounded, of the magnitudes; or, where it is
  /// not, their hash.
  func record(on device: Device) throws -> String {
    let results = try results(on: device)
    let words =
      isRounded
      ? results + (try primitive.results(of: magnitudes, on: device)) : results.hash
    return "\(name) \(words.map(\.hexadecimal).joined())"
  }

  func check(on device: Device, _ seen: inout Observations) throws {
    guard let recorded = Self.recorded[name] else {
      throw Falsified("device_primitives.txt has no results of \(name)")
    }
    let results = try results(on: device)
    guard isRounded else {
      guard results.hash == recorded else {
        throw Falsified(
          "some of the \(results.count) results, which begin with "
            + results.prefix(4).map(\.hexadecimal).joined(separator: " ")
            + ", are not the emulator's")
      }
      return
    }
    let depth = primitive.factors == .tf32 ? 8.0 : 16
    for (i, word) in results.enumerated() {
      let (found, wanted, magnitude) = (
        number(word), number(recorded[i]), number(recorded[results.count + i])
      )
      let bound = 1.001 * 7 * depth * 0x1p-24 * magnitude
      let error = abs(found - wanted)
      guard error <= bound else {
        throw Falsified(
          "result \(i) is \(found), the emulator has \(wanted): off by \(error) of \(bound)")
      }
      seen.record("error / bound", error / bound)
    }
  }

  private func results(on device: Device) throws -> [UInt32] {
    primitive.comparable(try primitive.results(of: operands, on: device))
  }

  private func number(_ word: UInt32) -> Double { Double(Float(bitPattern: word)) }
}

extension DevicePrimitive {
  /// Results with one NaN for all NaNs, and without bits that nothing reads.
  fileprivate func comparable(_ results: [UInt32]) -> [UInt32] {
    func oneNaN(_ bits: UInt32, above infinity: UInt32, sign: UInt32) -> UInt32 {
      bits & ~sign > infinity ? infinity | 1 : bits
    }
    func bfloat16(_ bits: UInt32) -> UInt32 { oneNaN(bits, above: 0x7f80, sign: 0x8000) }
    func float32(_ bits: UInt32) -> UInt32 { oneNaN(bits, above: 0x7f80_0000, sign: 0x8000_0000) }
    return switch self {
    case .toTF32: results.map { float32($0 & 0xffff_e000) }
    case .squareRoot, .fromBFloat16, .fromFloat16: results.map(float32)
    case .toFloat16: results.map { oneNaN($0, above: 0x7c00, sign: 0x8000) }
    case .toBFloat16, .packBFloat16:
      results.map { bfloat16($0 & 0xffff) | bfloat16($0 >> 16) << 16 }
    case .multiplyTF32, .multiplyBFloat16, .multiplyFloat16, .loadMatrices,
      .loadMatricesTransposed, .storeMatricesTransposed, .copyAsynchronously, .shuffle:
      results
    }
  }
}

extension [UInt32] {
  /// Two words that stand for all of these.
  fileprivate var hash: [UInt32] {
    let hash = reduce(0) { mix($0 ^ UInt64($1)) }
    return [UInt32(hash >> 32), UInt32(truncatingIfNeeded: hash)]
  }
}

extension Substring {
  /// What its digits say, eight to a word.
  fileprivate var words: [UInt32] {
    let digits = Array(utf8)
    return stride(from: 0, to: digits.count, by: 8).map {
      UInt32(String(decoding: digits[$0..<$0 + 8], as: UTF8.self), radix: 16) ?? 0
    }
  }
}
