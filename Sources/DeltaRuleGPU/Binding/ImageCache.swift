#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Everything that a compiled kernel's image depends on.
struct ImageKey {
  let bytes: [UInt8]

  init(compiler: String, architecture: String, entry: String, text: String) {
    bytes = [UInt8]([compiler, architecture, entry, text].joined(separator: "\0").utf8)
  }
}

/// Images of compiled kernels in the files of a folder, one each. Processes may share it; a file that is not whole, or not
/// this key's, is written again, and a folder that cannot be written to keeps nothing.
package struct ImageCache: Sendable {
  private let folder: String?

  /// - Parameter folder: made when needed; nothing is kept where nil.
  package init(folder: String?) { self.folder = folder }

  /// In `DELTANET_KERNEL_CACHE`, else `XDG_CACHE_HOME/deltanet`, else `HOME/.cache/deltanet`.
  package static var fromEnvironment: ImageCache {
    ImageCache(
      folder: environment("DELTANET_KERNEL_CACHE")
        ?? environment("XDG_CACHE_HOME").map { "\($0)/deltanet" }
        ?? environment("HOME").map { "\($0)/.cache/deltanet" })
  }

  /// The image in the key's file; else the one made, for which a file is written.
  func image(for key: ImageKey, orMake make: () throws -> [UInt8]) rethrows -> [UInt8] {
    guard let folder else { return try make() }
    let path = "\(folder)/\(hexadecimal(fnv1a(key.bytes)))"
    if let file = readFile(path), let image = key.image(in: file) {
      return image
    }
    let image = try make()
    makeFolders(folder)
    replaceFile(path, with: key.header(of: image) + image)
    return image
  }
}

extension ImageKey {
  /// What the image's file begins with: "DELTAIMG", the key's length (8 bytes, the lowest first) and hash (16), the
  /// image's length and hash.
  fileprivate func header(of image: [UInt8]) -> [UInt8] {
    [UInt8]("DELTAIMG".utf8) + littleEndian(bytes.count) + littleEndian(fnv1a(bytes))
      + littleEndian(image.count) + littleEndian(fnv1a(image))
  }

  /// The image in a file; nil where that is not whole, or another key's.
  fileprivate func image(in file: [UInt8]) -> [UInt8]? {
    let image = [UInt8](file.dropFirst(header(of: []).count))
    return file.starts(with: header(of: image)) ? image : nil
  }
}

/// The 128-bit FNV-1a hash.
private func fnv1a(_ bytes: [UInt8]) -> UInt128 {
  let prime: UInt128 = 1 << 88 + 0x13b
  let start: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
  return bytes.reduce(start) { ($0 ^ UInt128($1)) &* prime }
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

private func hexadecimal(_ hash: UInt128) -> String {
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 32 - digits.count) + digits
}

/// Nil where there is no regular file that can be read.
private func readFile(_ path: String) -> [UInt8]? {
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
    let file = fopen(path, "rb")
  else { return nil }
  defer { fclose(file) }
  let size = Int(status.st_size)
  return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    count = size > 0 ? fread(buffer.baseAddress, 1, size, file) : 0
  }
}

/// Writes a file beside it, then gives it the name: readers see the old or the new one. Nothing changes on failure.
private func replaceFile(_ path: String, with bytes: [UInt8]) {
  let temporary = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36)).tmp"
  guard let file = fopen(temporary, "wbx") else { return }
  let written = fwrite(bytes, 1, bytes.count, file)
  guard fclose(file) == 0, written == bytes.count, rename(temporary, path) == 0 else {
    unlink(temporary)
    return
  }
}

/// Makes the folder and those that it is in, as far as they are not there.
private func makeFolders(_ path: String) {
  for end in path.indices.dropFirst() where path[end] == "/" { mkdir(String(path[..<end]), 0o700) }
  mkdir(path, 0o700)
}
