/// Why a tensor file could not be read, understood or written, and how to mend it.
///
/// `description` is one line, `file: tensor 'name': problem; remedy`. Text that came from the file
/// is escaped and cut, so that it can neither break the line nor steer the terminal.
public struct TensorFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path as the caller gave it.
  public let file: String

  /// The name of the tensor at fault, or `nil` if the fault lies with the file as a whole.
  public let tensor: String?

  /// What is wrong, with the numbers that do not fit.
  public let problem: String

  /// What to do about it.
  public let remedy: String

  /// - Parameters:
  ///   - problem: What is wrong, continuing after the tensor's name; no text from the file.
  ///   - remedy: What to do about it.
  public init(file: String, tensor: String? = nil, problem: String, remedy: String) {
    self.file = file
    self.tensor = tensor
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String {
    let place = [file.escaped] + (tensor.map { ["tensor \($0.quoted)"] } ?? [])
    return (place + ["\(problem); \(remedy)"]).joined(separator: ": ")
  }
}

extension String {
  /// The text in single quotes, escaped, and cut after 64 Unicode scalars.
  package var quoted: String {
    let cut = String(unicodeScalars.prefix(64))
    return "'\(cut.escaped)\(cut.utf8.count < utf8.count ? "…" : "")'"
  }

  /// The text with backslashes, quotes and every scalar without a visible glyph escaped.
  fileprivate var escaped: String {
    unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
        .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        result += scalar == "'" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
      }
    }
  }
}

extension [Int] {
  /// The shape in brackets, cut after 8 extents.
  var shapeDescription: String {
    "[\((prefix(8).map(String.init) + (count > 8 ? ["…"] : [])).joined(separator: ", "))]"
  }
}
