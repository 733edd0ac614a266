// The part of Python's literal syntax that an npy header is made of, read strictly.

extension HeaderScanner {
  /// Reads a dictionary, calling `item` before each value; no key may appear twice.
  mutating func pythonDictionary(
    item: (inout HeaderScanner, _ key: String) throws(TensorFileError) -> Void
  ) throws(TensorFileError) {
    var keys: Set<String> = []
    try expect("{")
    while !accept("}") {
      let key = try pythonString()
      guard keys.insert(key).inserted else {
        throw error("the key \(key.quoted) appears twice", remedy: "write each key once")
      }
      try expect(":")
      try item(&self, key)
      if !accept(",") {
        try expect("}")
        return
      }
    }
  }

  /// Reads a tuple of integers; one without its comma, such as `(3)`, is no tuple.
  mutating func pythonIntegers() throws(TensorFileError) -> [Int] {
    var integers: [Int] = []
    try expect("(")
    while !accept(")") {
      integers.append(try nonNegativeInteger())
      if integers.count > 1, accept(")") { break }
      try expect(",")
    }
    return integers
  }

  mutating func pythonBool() throws(TensorFileError) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw error("expected True or False, found \(found)")
  }

  /// Reads a string of printable ASCII without escapes.
  mutating func pythonString() throws(TensorFileError) -> String {
    let isDoubleQuoted = accept("\"")
    guard isDoubleQuoted || accept("'") else { throw error("expected a string, found \(found)") }
    let quote: Unicode.Scalar = isDoubleQuoted ? "\"" : "'"
    var string = ""
    while let byte = next() {
      switch Unicode.Scalar(byte) {
      case quote: return string
      case "\\", "\0"..<" ", "\u{7f}"...: throw error("a string holds the byte \(byte)")
      case let scalar: string.unicodeScalars.append(scalar)
      }
    }
    throw error("a string has no closing quote")
  }
}
