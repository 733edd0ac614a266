import Glibc
import Testing

@testable import DeltaRuleGPU

struct ImageCacheTests {
  private let key = ImageKey(
    compiler: "compiler", architecture: "sm_90a", entry: "entry", text: "text")

  /// The image that the cache gives for the key, and whether it had to be made.
  private func image(
    _ folder: String?, _ key: ImageKey, made: [UInt8] = [1, 2, 3]
  ) -> (image: [UInt8], isMade: Bool) {
    var isMade = false
    let image = ImageCache(folder: folder).image(for: key) {
      isMade = true
      return made
    }
    return (image, isMade)
  }

  @Test func anImageIsMadeOnce() throws {
    try withTemporaryFolder { folder in
      #expect(image(folder, key) == ([1, 2, 3], true))
      #expect(image(folder, key, made: [4]) == ([1, 2, 3], false))
      #expect(names(in: folder).count == 1)
      #expect(names(in: folder)[0].count == 32)
    }
  }

  @Test func everyPartOfTheKeyCounts() throws {
    try withTemporaryFolder { folder in
      let parts = ["compiler", "sm_90a", "entry", "text"]
      for changed in parts.indices {
        var other = parts
        other[changed] += "x"
        let key = ImageKey(
          compiler: other[0], architecture: other[1], entry: other[2], text: other[3])
        #expect(image(folder, key).isMade)
      }
      #expect(names(in: folder).count == 4)
    }
  }

  @Test func anEmptyImageIsKeptToo() throws {
    try withTemporaryFolder { folder in
      #expect(image(folder, key, made: []) == ([], true))
      #expect(image(folder, key) == ([], false))
    }
  }

  /// Cut off anywhere, longer, or with any byte another: made again and mended.
  @Test func aFileThatIsNotWholeIsWrittenAgain() throws {
    try withTemporaryFolder { folder in
      _ = image(folder, key)
      let path = "\(folder)/\(names(in: folder)[0])"
      let whole = try read(path)
      var broken = whole.indices.map { Array(whole[..<$0]) } + [whole + [0]]
      for index in whole.indices {
        var other = whole
        other[index] ^= 0x40
        broken.append(other)
      }
      for file in broken {
        try write(file, path)
        #expect(image(folder, key) == ([1, 2, 3], true))
        #expect(try read(path) == whole)
      }
      #expect(names(in: folder).count == 1)
    }
  }

  @Test func anotherKeysFileIsNotTaken() throws {
    try withTemporaryFolder { folder in
      _ = image(folder, key)
      let path = "\(folder)/\(names(in: folder)[0])"
      let other = ImageKey(compiler: "", architecture: "", entry: "", text: "")
      _ = image(folder, other)
      for name in names(in: folder) where "\(folder)/\(name)" != path {
        try write(read("\(folder)/\(name)"), path)
      }
      #expect(image(folder, key).isMade)
    }
  }

  @Test(arguments: [nil, "/dev/null/folder", "/proc/no/such/folder"])
  func withoutAFolderNothingIsKept(folder: String?) {
    for _ in 0..<2 { #expect(image(folder, key) == ([1, 2, 3], true)) }
  }

  @Test func aFolderInTheFilesPlaceKeepsNothing() throws {
    try withTemporaryFolder { folder in
      _ = image(folder, key)
      let path = "\(folder)/\(names(in: folder)[0])"
      unlink(path)
      mkdir(path, 0o700)
      #expect(image(folder, key) == ([1, 2, 3], true))
      #expect(names(in: folder).count == 1)
    }
  }

  private func read(_ path: String) throws -> [UInt8] {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }
}
