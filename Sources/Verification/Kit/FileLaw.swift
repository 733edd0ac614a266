/// A law that speaks about several files: what a kernel makes of a part of a case is what it makes of it in the whole.
public enum FileLaw: String, CaseIterable, Sendable {
  case split
  case packing
  case chunk
  case repetition

  /// What must hold.
  public var statement: String {
    switch self {
    case .split:
      "a sequence cut in two, the state handed on, gives what the whole sequence gives"
    case .packing: "a packed sequence gives what it gives alone"
    case .chunk: "chunks of another length give the same"
    case .repetition: "another run gives the same"
    }
  }
}
