import ArgumentParser
import Verification

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the laws and the formulations, with what they cost.")

  func run() throws { print(try catalogueText(), terminator: "") }
}
