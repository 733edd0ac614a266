package import FoundationEssentials

/// JSON with its keys sorted, so that the same document gives the same bytes.
package func encoded(
  _ document: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys,
  onOneLine: Bool = false,
  nonFinite: JSONEncoder.NonConformingFloatEncodingStrategy = .throw
) throws -> String {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = keys
  encoder.nonConformingFloatEncodingStrategy = nonFinite
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if !onOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
  return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
}
