import DeltaRuleGPU
import Foundation
import Testing

/// Each barrier and each mask of the kernels, deleted, is found: a launch fails, or a number is wrong.
///
/// It takes some minutes for all of them: without `DELTANET_EVERY_MUTANT=1` every sixteenth is tried.
@Suite(.serialized)
struct MutantTests {
  private static let families: [KernelFamily] = [.portable, .pipelined]

  @Test(arguments: families) func everyMutantIsFound(family: KernelFamily) async throws {
    let stride = ProcessInfo.processInfo.environment["DELTANET_EVERY_MUTANT"] == "1" ? 1 : 16
    let mutants = family.mutants.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let misjudged = await withTaskGroup(of: Int.self) { group in
      for first in 0..<processors {
        group.addTask {
          let share = Swift.stride(from: first, to: mutants.count, by: processors)
          return share.count { !isAsListed(mutants[$0], in: family) }
        }
      }
      return await group.reduce(0, +)
    }
    let barriers = mutants.count(where: \.isBarrier)
    let equivalents = mutants.count { family.equivalent(to: $0) != nil }
    print(
      "mutants of \(family.testDescription): \(barriers) barriers and "
        + "\(mutants.count - barriers) masks, \(misjudged == 0 ? "all" : "not all") found but "
        + "\(equivalents) that change nothing")
  }

  @Test(arguments: families)
  func nothingIsFoundInTheKernelsThemselves(family: KernelFamily) throws {
    #expect(try family.finding { $0 } == nil)
  }

  @Test(arguments: families) func whatChangesNothingIsThere(family: KernelFamily) {
    for equivalent in family.equivalents {
      #expect(family.mutants.contains(where: equivalent.describes), "\(equivalent)")
    }
  }

  private func isAsListed(_ mutant: Mutant, in family: KernelFamily) -> Bool {
    do {
      let finding = try family.finding(editing: mutant.edit)
      switch (finding, family.equivalent(to: mutant)) {
      case (nil, nil): Issue.record("\(mutant): nothing goes wrong: `\(mutant.line)`")
      case (let finding?, let listed?):
        Issue.record("\(mutant): \(finding), though \(listed.why)")
      default: return true
      }
    } catch {
      Issue.record(error, "\(mutant)")
    }
    return false
  }
}
