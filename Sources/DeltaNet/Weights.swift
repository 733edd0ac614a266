public import DeltaRuleCPU
package import TensorFiles

/// The values of a model's parameters: numbers one after another, as training has them, or tensors of files, which are read and
/// widened block by block where they are wanted.
public struct Weights<Number: KernelNumber>: Sendable {
  private enum Storage {
    case numbers([Number])
    case stored([StoredTensor])
  }

  private let storage: Storage

  /// - Parameter numbers: of all parameters, in their order.
  public init(_ numbers: [Number]) { storage = .numbers(numbers) }

  /// - Parameter tensors: for each parameter one of its shape, in their order.
  package init(_ tensors: [StoredTensor]) { storage = .stored(tensors) }

  /// The numbers of some rows.
  func withRows<Result>(
    of parameter: Parameter, _ rows: Range<Int>, _ body: (UnsafePointer<Number>) throws -> Result
  ) rethrows -> Result {
    let length = parameter.rowLength
    switch storage {
    case .numbers(let numbers):
      return try numbers.withUnsafeBufferPointer {
        try body($0.baseAddress! + parameter.offset + rows.lowerBound * length)
      }
    case .stored(let tensors):
      return try withUnsafeTemporaryAllocation(of: Number.self, capacity: rows.count * length) {
        let start = $0.baseAddress!
        tensors[parameter.index].copy(
          rows.lowerBound * length..<rows.upperBound * length, to: start)
        return try body(start)
      }
    }
  }

  /// All of its numbers.
  func withNumbers<Result>(
    of parameter: Parameter, _ body: (UnsafePointer<Number>) throws -> Result
  ) rethrows -> Result {
    try withRows(of: parameter, 0..<parameter.shape[0], body)
  }
}

/// The gradient in every parameter of a model, in their order.
public struct ParameterGradient<Number: KernelNumber>: Sendable {
  public internal(set) var numbers: [Number]

  /// Zero.
  public init(for model: LanguageModel) {
    numbers = Array(repeating: 0, count: model.parameterCount)
  }

  /// Those of one parameter.
  public subscript(parameter: Parameter) -> ArraySlice<Number> {
    numbers[parameter.range]
  }

  mutating func withNumbers<Result>(
    of parameter: Parameter, _ body: (UnsafeMutablePointer<Number>) throws -> Result
  ) rethrows -> Result {
    try numbers.withUnsafeMutableBufferPointer { try body($0.baseAddress! + parameter.offset) }
  }
}
