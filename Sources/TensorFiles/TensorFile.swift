/// The named tensors of a file, and the text stored beside them.
///
/// Tensors read from a path are mapped, not copied: the file must not be truncated or rewritten in
/// place while they are in use. Replacing it as a whole, as the `write` methods do, is safe.
///
/// Names are compared as `String` compares them, so two names that differ only in Unicode
/// normalization count as the same name.
public struct TensorFile: Sendable {
  /// Free text by key. Only safetensors files have it.
  public var metadata: [String: String]

  /// The tensors by name.
  public var tensors: [String: StoredTensor]

  public init(metadata: [String: String] = [:], tensors: [String: StoredTensor] = [:]) {
    self.metadata = metadata
    self.tensors = tensors
  }
}
