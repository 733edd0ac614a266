public import DeltaRuleCPU
import Glibc
import PropertyTesting

extension LanguageModel {
  /// Numbers to start training from: matrices normal around 0, norms 1, biases 0. The same seed gives the same numbers.
  ///
  /// - Complexity: O(parameters).
  public func initialNumbers<Number: KernelNumber>(
    _ type: Number.Type = Number.self, seed: UInt64
  ) -> [Number] {
    parameters.flatMap { initialNumbers(of: $0, seed: seed) }
  }

  /// Those of one parameter.
  @specialized(where Number == Float)
  @specialized(where Number == Double)
  func initialNumbers<Number: KernelNumber>(of parameter: Parameter, seed: UInt64) -> [Number] {
    switch parameter.initialization {
    case .ones: return Array(repeating: 1, count: parameter.count)
    case .zeros: return Array(repeating: 0, count: parameter.count)
    case .normal(let deviation):
      var generator = Xoshiro256(seed: seed &+ UInt64(parameter.index) &* 0x9e37_79b9_7f4a_7c15)
      // Box and Muller: two normal numbers of two uniform ones.
      var numbers: [Number] = []
      numbers.reserveCapacity(parameter.count + 1)
      while numbers.count < parameter.count {
        let length = deviation * sqrt(-2 * log(1 - Double.random(in: 0..<1, using: &generator)))
        let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &generator)
        numbers.append(Number(length * cos(angle)))
        numbers.append(Number(length * sin(angle)))
      }
      return Array(numbers.prefix(parameter.count))
    }
  }
}
