import DeltaRuleGPU
import Foundation
import KernelEmulator
import Testing

/// Each barrier and each mask of the kernels, deleted, is found: a launch fails, or a number is wrong.
///
/// It takes a minute or two for all of them: without `DELTANET_EVERY_MUTANT=1` every eighth is tried.
struct MutantTests {
  /// Those that change nothing, and why.
  private static let equivalents: [(file: String, words: String, line: String, why: String)] = [
    (
      "chunk.h", "p < pair + s",
      "for (int p = pair; p < pair + s; p++) sum += N[r * LDC + p] * M[p * LDC + c];",
      "M's next row is still zero in these columns"
    ),
    (
      "chunk_gradients.k", "column < dv",
      "for (int column = 0; column < dv; column += DV) {",
      "a slice behind the last column is zeros, which add nothing"
    ),
  ]

  /// What mutants are tried on, those first that find most.
  private static let trials: [(KernelCase, DeviceForm)] = [
    (.normalized, .walk(.sixteen)), (.normalized, .parallel(.sixteen)),
    (.byColumnNormalized, .walk(.sixteen)), (.normalized, .recurrence),
    (.normalized, .walk(.sixtyFour)), (.stateless, .walk(.sixteen)),
    (.stateless, .parallel(.sixteen)), (.stateless, .recurrence), (.single, .walk(.sixteen)),
  ]

  @Test func everyMutantIsFound() async throws {
    let stride = ProcessInfo.processInfo.environment["DELTANET_EVERY_MUTANT"] == "1" ? 1 : 8
    let mutants = Mutant.all.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let misjudged = await withTaskGroup(of: Int.self) { group in
      for first in 0..<processors {
        group.addTask {
          let share = Swift.stride(from: first, to: mutants.count, by: processors)
          return share.count { !isAsListed(mutants[$0]) }
        }
      }
      return await group.reduce(0, +)
    }
    let barriers = mutants.count(where: \.isBarrier)
    let equivalents = mutants.count { Self.equivalent($0) != nil }
    print(
      "mutants: \(barriers) barriers and \(mutants.count - barriers) masks, "
        + "\(misjudged == 0 ? "all" : "not all") found but \(equivalents) that change nothing")
  }

  @Test func nothingIsFoundInTheKernelsThemselves() throws {
    #expect(try Self.finding { $0 } == nil)
  }

  @Test func whatChangesNothingIsThere() {
    for (file, words, line, _) in Self.equivalents {
      #expect(
        Mutant.all.contains { $0.file.name == file && $0.words == words && $0.line == line },
        "\(file): `\(words)`")
    }
  }

  private func isAsListed(_ mutant: Mutant) -> Bool {
    do {
      let finding = try Self.finding(editing: mutant.edit)
      switch (finding, Self.equivalent(mutant)) {
      case (nil, nil): Issue.record("\(mutant): nothing goes wrong: `\(mutant.line)`")
      case (let finding?, let why?): Issue.record("\(mutant): \(finding), though \(why)")
      default: return true
      }
    } catch {
      Issue.record(error, "\(mutant)")
    }
    return false
  }

  private static func equivalent(_ mutant: Mutant) -> String? {
    equivalents.first {
      $0.file == mutant.file.name && $0.words == mutant.words && $0.line == mutant.line
    }?.why
  }

  /// What goes wrong with edited kernels; nil if nothing does.
  private static func finding(
    editing edit: @escaping @Sendable (String) -> String
  ) throws -> String? {
    let device = try Emulator.device(seed: 1, exact: true, editing: edit)
    for (kernelCase, form) in trials {
      do {
        let results = try kernelCase.results(form, on: device)
        if let mistake = kernelCase.mistakes(in: results, products: 1e-6).first { return mistake }
      } catch let error as GPUError {
        guard case .callFailed("cuLaunchKernel", _, let text) = error.problem else { throw error }
        return text
      }
    }
    return nil
  }
}
