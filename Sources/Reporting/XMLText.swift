extension String {
  /// The text as character data or an attribute's value of XML or HTML; control characters that XML has no place for are
  /// left out.
  package var xmlEscaped: String {
    unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r", " "...: result.unicodeScalars.append(scalar)
      default: break
      }
    }
  }
}
