public import DeltaRuleCPU

/// What a layer reads or gives: a row of numbers for each token, sequence after sequence.
public struct Activations<Number: KernelNumber>: Equatable, Sendable {
  public internal(set) var elements: [Number]
  /// The numbers of a row.
  public let columns: Int

  public var rows: Int { elements.count / columns }

  /// - Precondition: the elements fill rows.
  public init(_ elements: [Number], columns: Int) {
    precondition(columns > 0 && elements.count % columns == 0, "rows of \(columns) are not full")
    self.elements = elements
    self.columns = columns
  }

  /// Rows that are written by the body, all of them.
  init(rows: Int, columns: Int, writing body: (UnsafeMutablePointer<Number>) throws -> Void)
    rethrows
  {
    let elements = try [Number](unsafeUninitializedCapacity: rows * columns) { buffer, count in
      if let start = buffer.baseAddress { try body(start) }
      count = rows * columns
    }
    self.init(elements, columns: columns)
  }

  /// The same numbers in rows of another length: the heads of a token one after another, or side by side.
  func inRows(of columns: Int) -> Activations { Activations(elements, columns: columns) }

  @inline(__always)
  func map(_ transform: (Number) -> Number) -> Activations {
    Activations(rows: rows, columns: columns) { result in
      elements.withUnsafeBufferPointer { x in
        for i in x.indices { (result + i).initialize(to: transform(x[i])) }
      }
    }
  }

  /// Element by element.
  @inline(__always)
  func combined(with other: Activations, _ combine: (Number, Number) -> Number) -> Activations {
    precondition(elements.count == other.elements.count)
    return Activations(rows: rows, columns: columns) { result in
      elements.withUnsafeBufferPointer { a in
        other.elements.withUnsafeBufferPointer { b in
          for i in a.indices { (result + i).initialize(to: combine(a[i], b[i])) }
        }
      }
    }
  }

  static func + (a: Activations, b: Activations) -> Activations { a.combined(with: b, +) }

  func withPointer<Result>(_ body: (UnsafePointer<Number>) throws -> Result) rethrows -> Result {
    try elements.withUnsafeBufferPointer {
      // No rows have no address, and nobody reads them.
      try body($0.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Number>.alignment)!)
    }
  }
}
