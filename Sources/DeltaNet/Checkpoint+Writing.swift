import FoundationEssentials
internal import Reporting
public import TensorFiles

extension Checkpoint {
  /// A model with the numbers that training starts from.
  ///
  /// - Parameters:
  ///   - seed: the same gives the same numbers.
  ///   - elementType: what they are stored as, a floating-point type.
  public init(_ model: LanguageModel, seed: UInt64, as elementType: ElementType = .f32) {
    self.init(
      model,
      model.parameters.map { parameter in
        let numbers: [Float] = model.initialNumbers(of: parameter, seed: seed)
        return StoredTensor(
          doubles: numbers.map(Double.init), shape: parameter.shape, as: elementType)
      })
  }

  /// Writes the checkpoint as a folder that does not exist yet: beside it under a temporary name, which is then changed, so that
  /// there is all of it or nothing. Tensors are written as they are stored.
  ///
  /// - Parameter shardSize: a file gets no more bytes of tensors than this, unless it is one tensor's.
  /// - Throws: `TensorFileError` where the file system refuses.
  public func write(
    toNewFolder folder: String, shardSize: Int = 5_000_000_000
  ) throws(TensorFileError) {
    let files = FileManager.default
    let path = folder.last == "/" ? String(folder.dropLast()) : folder
    try Self.checkIsNew(folder: path)
    let temporary = path + "." + String(UInt64.random(in: 0 ... .max), radix: 36) + ".tmp"
    do {
      try files.createDirectory(atPath: temporary, withIntermediateDirectories: true)
      try write(into: temporary, shards(of: shardSize))
      try files.moveItem(atPath: temporary, toPath: path)
    } catch {
      try? files.removeItem(atPath: temporary)
      throw error as? TensorFileError
        ?? TensorFileError(
          file: folder, problem: "cannot be made", remedy: "name a folder where one can be")
    }
  }

  /// - Throws: `TensorFileError` where there is something of that name, so that nothing can be written there.
  public static func checkIsNew(folder: String) throws(TensorFileError) {
    guard !fileExists(folder) else {
      throw TensorFileError(
        file: folder, problem: "exists already", remedy: "name a folder that does not")
    }
  }

  private func write(into folder: String, _ shards: [Range<Int>]) throws {
    var map: [String: String] = [:]
    for (index, shard) in shards.enumerated() {
      let name =
        shards.count == 1
        ? "model.safetensors"
        : "model-\(fiveDigits(index + 1))-of-\(fiveDigits(shards.count)).safetensors"
      var file = TensorFile(metadata: ["format": "pt"])
      for (parameter, tensor) in zip(model.parameters[shard], tensors[shard]) {
        file.tensors[parameter.name] = tensor
        map[parameter.name] = name
      }
      try file.write(safetensors: "\(folder)/\(name)")
    }
    if shards.count > 1 {
      let index = JSON.object([
        "metadata": .object(["total_size": .integer(byteCount)]),
        "weight_map": .object(map.mapValues { .string($0) }),
      ])
      try TensorFiles.write(Array(encoded(index).utf8), toFile: "\(folder)/\(Self.index)")
    }
    try TensorFiles.write(model.configuration.json(), toFile: "\(folder)/config.json")
  }

  /// The parameters of each file, in their order.
  private func shards(of size: Int) -> [Range<Int>] {
    var shards: [Range<Int>] = []
    var (start, bytes) = (0, 0)
    for (index, tensor) in tensors.enumerated() {
      if bytes > 0, bytes + tensor.byteCount > size {
        shards.append(start..<index)
        (start, bytes) = (index, 0)
      }
      bytes += tensor.byteCount
    }
    return shards + [start..<tensors.count]
  }
}

private func fiveDigits(_ number: Int) -> String {
  String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
}
