import ArgumentParser
import DeltaRuleGPU
import Verification

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the laws and the formulations, with what they cost.")

  @Flag(help: "Show the devices instead, and for each runtime that is not here what is missing.")
  var devices = false

  func run() throws {
    guard devices else { return print(try catalogueText(), terminator: "") }
    for line in Device.listing() { print(line) }
  }
}
