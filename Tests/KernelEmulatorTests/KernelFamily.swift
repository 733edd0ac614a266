import DeltaRuleGPU
import KernelEmulator
import Testing

/// Kernels that do the work together, what there is to delete in their texts, and what shows that it is gone.
struct KernelFamily: Sendable, CustomTestStringConvertible {
  /// A mutant that changes nothing, and why.
  struct Equivalent {
    let file: String
    let words: String
    let line: String
    let why: String

    func describes(_ mutant: Mutant) -> Bool {
      mutant.file.name == file && mutant.words == words && mutant.line == line
    }
  }

  let testDescription: String
  let mutants: [Mutant]
  let equivalents: [Equivalent]
  /// What mutants are tried on, those first that find most.
  let trials: [(KernelCase, DeviceForm)]
  /// The largest relative error that products explain.
  let products: Double

  static let portable = KernelFamily(
    testDescription: "portable kernels",
    mutants: KernelFile.portable.flatMap { KernelScanner($0).mutants },
    equivalents: [
      Equivalent(
        file: "chunk.h", words: "p < pair + s",
        line: "for (int p = pair; p < pair + s; p++) sum += N[r * LDC + p] * M[p * LDC + c];",
        why: "M's next row is still zero in these columns"),
      Equivalent(
        file: "chunk_gradients.k", words: "column < dv",
        line: "for (int column = 0; column < dv; column += DV) {",
        why: "a slice behind the last column is zeros, which add nothing"),
    ],
    trials: [
      (.normalized, .walk(.sixteen)), (.normalized, .parallel(.sixteen)),
      (.byColumnNormalized, .walk(.sixteen)), (.normalized, .recurrence),
      (.normalized, .walk(.sixtyFour)), (.stateless, .walk(.sixteen)),
      (.stateless, .parallel(.sixteen)), (.stateless, .recurrence), (.single, .walk(.sixteen)),
    ],
    products: 1e-6)

  static let pipelined = KernelFamily(
    testDescription: "pipelined kernels",
    mutants: KernelFile.pipelined.flatMap { KernelScanner($0).mutants },
    equivalents: [
      Equivalent(
        file: "pipelined_transform.k", words: "length < C",
        line: "int rows = length < C ? (int)length : C;", why: rowsAreCompared),
      Equivalent(
        file: "pipelined_walk.k", words: "rows < C", line: "return rows < C ? (int)rows : C;",
        why: rowsAreCompared),
      Equivalent(
        file: "pipelined_walk.k", words: "DV == 128", line: "if (DV == 128) REGISTERS_DOWN(136);",
        why: registersAreNotEmulated),
      Equivalent(
        file: "pipelined_walk.k", words: "DV == 128", line: "if (DV == 128) REGISTERS_UP(232);",
        why: registersAreNotEmulated),
      Equivalent(
        file: "pipelined_walk.k", words: "chunk + 1 < chunks",
        line: "if (chunk + 1 < chunks) triangle(chunk + 1, warp & 3);",
        why: "nobody reads P of a chunk that is not there"),
    ],
    trials: KernelCase.pipelined.reversed().map { ($0, .pipelined) },
    products: 1e-2)

  private static let rowsAreCompared =
    "only rows of the chunk are compared with it, which it need not be one of"
  private static let registersAreNotEmulated = "the emulator has registers enough"

  func equivalent(to mutant: Mutant) -> Equivalent? {
    equivalents.first { $0.describes(mutant) }
  }

  /// What goes wrong with edited kernels; nil if nothing does.
  func finding(editing edit: @escaping @Sendable (String) -> String) throws -> String? {
    let device = try Emulator.device(seed: 1, exact: true, editing: edit)
    for (kernelCase, form) in trials {
      do {
        let results = try kernelCase.results(form, on: device)
        if let mistake = kernelCase.mistakes(in: results, products: products).first {
          return mistake
        }
      } catch let error as GPUError {
        guard case .callFailed("cuLaunchKernel", _, let text) = error.problem else { throw error }
        return text
      }
    }
    return nil
  }
}
