import Testing

@testable import TensorFiles

/// Expects `body` to throw an error of one line that contains `fragment`.
func expectError(
  _ fragment: String, sourceLocation: SourceLocation = #_sourceLocation,
  from body: () throws(TensorFileError) -> Void
) throws {
  let error = try #require(throws: TensorFileError.self, sourceLocation: sourceLocation) {
    try body()
  }
  let description = error.description
  #expect(description.contains(fragment), sourceLocation: sourceLocation)
  #expect(
    !description.unicodeScalars.contains { $0.properties.generalCategory == .control },
    sourceLocation: sourceLocation)
}
