import Foundation
import Testing

@testable import TensorFiles

struct HostileSafetensorsTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let message: String

    init(_ title: String, _ bytes: [UInt8], _ message: String) {
      testDescription = title
      self.bytes = bytes
      self.message = message
    }

    /// A file whose only tensor is described by `entry`.
    init(_ title: String, entry: String, dataCount: Int = 8, _ message: String) {
      self.init(title, safetensors("{\"q\":\(entry)}", dataCount: dataCount), message)
    }
  }

  @Test(arguments: lengthCases + syntaxCases + entryCases + layoutCases)
  func isRejected(hostile: Case) throws {
    try expectError(hostile.message) { () throws(TensorFileError) in
      _ = try TensorFile(safetensors: ByteSlice(hostile.bytes), file: "case.safetensors")
    }
  }

  static let lengthCases = [
    Case("empty", [], "case.safetensors: holds 0 bytes, but its header length alone takes 8"),
    Case("7 bytes", [2, 0, 0, 0, 0, 0, 0], "holds 7 bytes"),
    Case("no header", safetensors(""), "header byte 0: expected '{', found the end of the header"),
    Case("header beyond the file", safetensors("{}", length: 3), "only 2 bytes follow it"),
    Case(
      "header of 100 GB", safetensors("{}", length: 100_000_000_000),
      "header length 100000000000 exceeds 100000000 bytes"),
    Case(
      "greatest header length", safetensors("{}", length: .max),
      "header length 18446744073709551615 exceeds 100000000 bytes"),
    Case(
      "header just above the limit", safetensors("{}", length: 100_000_001),
      "header length 100000001 exceeds"),
  ]

  static let syntaxCases = [
    Case("array for header", safetensors("[]"), "byte 0: expected '{', found '['"),
    Case("leading space", safetensors(" {}"), "byte 0: expected '{', found ' '"),
    Case("text after header", safetensors("{}x"), "byte 2: expected nothing more, found 'x'"),
    Case("zero after header", safetensors("{}\0"), "expected nothing more, found '\\u{0}'"),
    Case("no closing brace", safetensors("{"), "expected a string, found the end"),
    Case("trailing comma", safetensors(#"{"__metadata__":{},}"#), "expected a string, found '}'"),
    Case("bare key", safetensors("{q:1}"), "expected a string, found 'q'"),
    Case("no colon", safetensors(#"{"q" 1}"#), "byte 5: expected ':', found '1'"),
    Case(
      "deep nesting", safetensors(#"{"q":"# + String(repeating: "[", count: 1_000_000)),
      "tensor 'q': header byte 5: expected '{', found '['"),
    Case(
      "deep shape",
      entry: #"{"dtype":"F32","shape":"# + String(repeating: "[", count: 100_000),
      "expected a non-negative integer, found '['"),
    Case(
      "duplicate tensor",
      safetensors(
        #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"#
          + #""\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#),
      "the key 'a' appears twice"),
    Case(
      "names that differ in normalization only",
      safetensors(
        #"{"\u00e9":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"#
          + #""e\u0301":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#),
      "appears twice"),
    Case(
      "duplicate metadata key", safetensors(#"{"__metadata__":{"k":"1","k":"2"}}"#),
      "the key 'k' appears twice"),
    Case(
      "duplicate metadata", safetensors(#"{"__metadata__":{},"__metadata__":{}}"#),
      "the key '__metadata__' appears twice"),
    Case(
      "metadata of numbers", safetensors(#"{"__metadata__":{"k":1}}"#),
      "expected a string, found '1'"),
    Case("metadata null", safetensors(#"{"__metadata__":null}"#), "expected '{', found 'n'"),
    Case("not UTF-8", safetensors([0x7b, 0x22, 0xff, 0x22, 0x7d]), "not valid UTF-8"),
    Case("overlong UTF-8", safetensors([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x7d]), "not valid UTF-8"),
    Case("not UTF-8 outside strings", safetensors([0x7b, 0xff, 0x7d]), "found byte 255"),
    Case("byte order mark", safetensors("\u{feff}{}"), "expected '{', found byte 239"),
    Case("raw control character", safetensors("{\"a\nb\":1}"), "raw control character 10"),
    Case("open string", safetensors(#"{"a"#), "a string has no closing quote"),
    Case("unknown escape", safetensors(#"{"\x41":1}"#), "unknown escape"),
    Case("escape at the end", safetensors(#"{"\"#), "unknown escape"),
    Case("short \\u escape", safetensors(#"{"\u12"#), "four hexadecimal digits"),
    Case("signed \\u escape", safetensors(#"{"\u+123":1}"#), "four hexadecimal digits"),
    Case("lone lead surrogate", safetensors(#"{"\ud83d":1}"#), "half of a surrogate pair"),
    Case("lone trail surrogate", safetensors(#"{"\ude00":1}"#), "half of a surrogate pair"),
    Case("two lead surrogates", safetensors(#"{"\ud83d\ud83d":1}"#), "half of a surrogate pair"),
  ]

  static let entryCases = [
    Case("entry is a number", entry: "1", "tensor 'q': header byte 5: expected '{', found '1'"),
    Case("entry without fields", entry: "{}", "write dtype, shape and data_offsets"),
    Case(
      "no dtype", entry: #"{"shape":[2],"data_offsets":[0,8]}"#, "the entry before it lacks a field"
    ),
    Case(
      "unknown field",
      entry: #"{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}"#,
      "unknown field 'strides'; keep only dtype, shape and data_offsets"),
    Case(
      "duplicate field",
      entry: #"{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}"#,
      "the key 'dtype' appears twice; write each key once"),
    Case(
      "unknown dtype", entry: #"{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}"#,
      "unsupported dtype 'F8_E4M3'; convert it to one of F64, F32, F16, BF16, I64, I32"),
    Case("dtype is a number", entry: #"{"dtype":32}"#, "expected a string, found '3'"),
    Case(
      "negative extent", entry: #"{"dtype":"F32","shape":[-2]}"#,
      "expected a non-negative integer, found '-'"),
    Case("fractional extent", entry: #"{"dtype":"F32","shape":[2.0]}"#, "a fraction or"),
    Case("extent with exponent", entry: #"{"dtype":"F32","shape":[2e0]}"#, "or an exponent"),
    Case("extent with leading zero", entry: #"{"shape":[02]}"#, "'02' starts with a needless zero"),
    Case("extent is a string", entry: #"{"shape":["2"]}"#, "found '\"'"),
    Case(
      "extent beyond Int", entry: #"{"shape":[9223372036854775808]}"#,
      "the integer '9223372036854775808' exceeds 9223372036854775807"),
    Case(
      "extent of many digits", entry: "{\"shape\":[\(String(repeating: "9", count: 1000))]}",
      "…' exceeds 9223372036854775807"),
    Case(
      "overflowing product",
      entry: #"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}"#,
      "shape [4294967296, 4294967296] of F32 takes more than 9223372036854775807 bytes"),
    Case(
      "overflow behind a zero",
      entry: #"{"dtype":"F64","shape":[0,9223372036854775807],"data_offsets":[0,0]}"#,
      "takes more than"),
    Case("shape is a number", entry: #"{"shape":2}"#, "expected '[', found '2'"),
    Case("missing comma", entry: #"{"shape":[2 3]}"#, "expected ']', found '3'"),
    Case("trailing comma in shape", entry: #"{"shape":[2,]}"#, "found ']'"),
    Case(
      "three offsets", entry: #"{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}"#,
      "hold 3 numbers; write two, begin and end"),
    Case(
      "reversed offsets", entry: #"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#,
      "data_offsets [8, 0] end before they begin"),
    Case(
      "wrong size", entry: #"{"dtype":"F32","shape":[2,512],"data_offsets":[0,4097]}"#,
      "case.safetensors: tensor 'q': data_offsets [0, 4097] hold 4097 bytes, "
        + "but shape [2, 512] of F32 takes 4096; write offsets that match the shape"),
    Case(
      "wrong size for the dtype", entry: #"{"dtype":"F64","shape":[2],"data_offsets":[0,8]}"#,
      "hold 8 bytes, but shape [2] of F64 takes 16"),
    Case(
      "shape of many extents",
      entry:
        "{\"dtype\":\"F32\",\"shape\":[\(Array(repeating: "1", count: 99).joined(separator: ","))],"
        + "\"data_offsets\":[0,8]}",
      "shape [1, 1, 1, 1, 1, 1, 1, 1, …] of F32 takes 4"),
    Case(
      "name that would steer the terminal",
      safetensors(#"{"\u001b[2J\n'\u202e\\":1}"#),
      #"tensor '\u{1b}[2J\u{a}\'\u{202e}\\': header"#),
    Case(
      "very long name", safetensors("{\"\(String(repeating: "n", count: 100_000))\":1}"),
      "tensor '\(String(repeating: "n", count: 64))…': header"),
  ]

  static let layoutCases = [
    Case(
      "beyond the data", entry: #"{"dtype":"F32","shape":[3],"data_offsets":[0,12]}"#,
      "data_offsets [0, 12] go beyond the data, which ends at 8"),
    Case(
      "far beyond the data",
      entry:
        #"{"dtype":"I32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}"#,
      "go beyond the data"),
    Case(
      "hole at the start", entry: #"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#,
      "data_offsets [4, 8] leave a hole after byte 0"),
    Case(
      "data behind the tensors", entry: #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#,
      "holds 8 bytes of data, but its tensors end at 4"),
    Case("data without tensors", safetensors("{}", dataCount: 1), "but its tensors end at 0"),
    Case(
      "overlap",
      safetensors(
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
          + #""b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, dataCount: 12),
      "tensor 'b': data_offsets [4, 12] overlap another tensor, which ends at 8"),
    Case(
      "two tensors in one place",
      safetensors(
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
          + #""b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, dataCount: 8),
      "overlap another tensor"),
    Case(
      "hole between",
      safetensors(
        #"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"#
          + #""b":{"dtype":"F16","shape":[2],"data_offsets":[6,10]}}"#, dataCount: 10),
      "tensor 'b': data_offsets [6, 10] leave a hole after byte 4"),
  ]

  @Test func everyTruncationIsRejected() throws {
    let bytes = try TensorFile(metadata: ["k": "v"], tensors: exampleTensors)
      .safetensorsPieces(file: "f").joined
    for count in 0..<bytes.count {
      #expect(throws: TensorFileError.self) {
        try TensorFile(safetensors: ByteSlice(Array(bytes[..<count])), file: "f")
      }
    }
    #expect(throws: TensorFileError.self) {
      try TensorFile(safetensors: ByteSlice(bytes + [0]), file: "f")
    }
  }
}
