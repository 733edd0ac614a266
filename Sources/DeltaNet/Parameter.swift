/// Numbers that are learnt: what checkpoints call them, and where they lie among all numbers of a model.
public struct Parameter: Hashable, Sendable {
  public let name: String
  public let shape: [Int]
  public let initialization: Initialization
  /// Its place in the order of a model's parameters.
  let index: Int
  /// The numbers before it in that order.
  let offset: Int

  public enum Initialization: Hashable, Sendable {
    case normal(standardDeviation: Double)
    case ones
    case zeros
  }

  public var count: Int { shape.reduce(1, *) }

  /// Where its numbers lie among those of all parameters.
  public var range: Range<Int> { offset..<offset + count }

  /// The numbers of a row: all but the first axis.
  var rowLength: Int { shape.dropFirst().reduce(1, *) }
}

/// The parameters of a model, in the order in which its layers ask for them.
struct ParameterTable {
  private(set) var parameters: [Parameter] = []
  private var count = 0
  private let matrices: Parameter.Initialization

  init(standardDeviation: Double) { matrices = .normal(standardDeviation: standardDeviation) }

  /// A matrix, or the taps of a convolution.
  mutating func matrix(_ name: String, _ shape: Int...) -> Parameter { add(name, shape, matrices) }

  /// The factors of a normalisation.
  mutating func factors(_ name: String, _ count: Int) -> Parameter { add(name, [count], .ones) }

  mutating func bias(_ name: String, _ count: Int) -> Parameter { add(name, [count], .zeros) }

  private mutating func add(
    _ name: String, _ shape: [Int], _ initialization: Parameter.Initialization
  ) -> Parameter {
    let parameter = Parameter(
      name: name, shape: shape, initialization: initialization, index: parameters.count,
      offset: count)
    parameters.append(parameter)
    count += parameter.count
    return parameter
  }
}
