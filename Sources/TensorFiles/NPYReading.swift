extension StoredTensor {
  /// Reads the array of an npy file of version 1.0, 2.0 or 3.0.
  ///
  /// An array in Fortran order is copied into row-major order; any other stays in the mapped file.
  ///
  /// - Parameter path: A regular file that holds one array, of descr `<f8`, `<f4`, `<f2`, `<i8` or
  ///   `<i4` and of at most 64 extents, and nothing after it.
  /// - Throws: `TensorFileError` if the file cannot be mapped or is not such a file.
  /// - Complexity: O(1), or O(`count`) for Fortran order.
  public init(npy path: String) throws(TensorFileError) {
    try self.init(npy: ByteSlice(FileMapping(path: path)), file: path)
  }

  init(npy bytes: ByteSlice, file: String, tensor: String? = nil) throws(TensorFileError) {
    let header = try NPYHeader(bytes, file: file, tensor: tensor)
    let type = header.elementType
    let found = bytes.count - header.byteCount
    let needed = type.byteCount(shape: header.shape)
    guard found == needed, let data = bytes.slice(at: header.byteCount, count: found) else {
      let size = needed.map(String.init) ?? "more than \(Int.max)"
      throw TensorFileError(
        file: file, tensor: tensor,
        problem: "shape \(header.shape.shapeDescription) of \(type.rawValue) takes \(size) bytes, "
          + "but \(found) follow the header",
        remedy: "write exactly the bytes of the array")
    }
    self.init(
      elementType: type, shape: header.shape,
      bytes: header.isFortranOrder
        ? rowMajor(data, shape: header.shape, elementSize: type.byteCount) : data)
  }
}

/// The elements of a tensor whose first index varies fastest, ordered so that its last does.
private func rowMajor(_ bytes: ByteSlice, shape: [Int], elementSize: Int) -> ByteSlice {
  var strides: [Int] = []
  var stride = elementSize
  for extent in shape {
    strides.append(stride)
    stride *= extent
  }
  let source = bytes.array()
  var result: [UInt8] = []
  result.reserveCapacity(source.count)
  var index = [Int](repeating: 0, count: shape.count)
  var offset = 0
  while result.count < source.count {
    result += source[offset..<offset + elementSize]
    for axis in shape.indices.reversed() {
      index[axis] += 1
      offset += strides[axis]
      if index[axis] < shape[axis] { break }
      offset -= index[axis] * strides[axis]
      index[axis] = 0
    }
  }
  return ByteSlice(result)
}
