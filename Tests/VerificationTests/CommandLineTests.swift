import DeltaRuleGPU
import Foundation
import ProgramRuns
import Testing

/// The built `deltanet-verify`, run as its users run it.
private func deltanetVerify(
  _ arguments: String..., environment: [String: String] = [:]
) throws -> ProgramRun {
  try ProgramRun("deltanet-verify", arguments, environment: environment)
}

@Suite("deltanet-verify", .serialized)
struct CommandLineTests {
  private func fixture(_ name: String) throws -> String {
    try #require(
      Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")
    ).path(percentEncoded: false)
  }

  /// A fresh folder, removed afterwards.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path(percentEncoded: false))
  }

  @Test
  func lawsHold() throws {
    try withFolder { folder in
      let run = try deltanetVerify(
        "--seed", "7", "--cases", "20", "--only", "chunkwise", "--json", "\(folder)/run.json")
      #expect(run.status == 0)
      #expect(run.output.contains("everything holds"))
      #expect(run.errors.isEmpty, "progress belongs on a terminal")
      let json = try String(contentsOfFile: "\(folder)/run.json", encoding: .utf8)
      #expect(json.contains("\"holds\" : true"))
    }
  }

  @Test
  func replays() throws {
    #expect(try deltanetVerify("--replay", "EQ/chunkwise:2.3").output == "EQ/chunkwise holds\n")
    #expect(try deltanetVerify("--replay", "EQ/nothing:2.3").status == 64)
    #expect(try deltanetVerify("--replay", "nonsense").status == 64)
  }

  /// What an array of jobs does.
  @Test
  func shardsMergeToTheSameBytes() throws {
    try withFolder { folder in
      let run = ["--seed", "7", "--cases", "20", "--only", "UT"]
      let whole = try ProgramRun("deltanet-verify", run + ["--json", "\(folder)/whole.json"])
      var shards: [String] = []
      for number in 1...3 {
        let file = "\(folder)/\(number).json"
        let shard = try ProgramRun(
          "deltanet-verify", run + ["--shard", "\(number)/3", "--json", file])
        #expect(shard.status == 0)
        #expect(shard.output.contains("seed 7, shard \(number)/3: "))
        shards.insert(file, at: 0)
      }
      let merged = try ProgramRun(
        "deltanet-verify", ["merge"] + shards + ["--json", "\(folder)/merged.json"])
      #expect(merged.status == 0)
      #expect(merged.output == whole.output)
      #expect(
        FileManager.default.contentsEqual(
          atPath: "\(folder)/merged.json", andPath: "\(folder)/whole.json"))
      let missing = try deltanetVerify("merge", shards[0], shards[1])
      #expect(missing.status == 2)
      #expect(missing.output.isEmpty)
      #expect(missing.errors.contains("shard 1 is missing"))
      #expect(try deltanetVerify("merge", "\(folder)/whole.json").status == 2)
    }
    #expect(try deltanetVerify("--shard", "1/3").status == 64)
    #expect(try deltanetVerify("--shard", "4/3", "--json", "/dev/null").status == 64)
    #expect(try deltanetVerify("merge").status == 64)
    let started = try deltanetVerify("--only", "UT", environment: ["PMI_SIZE": "4"])
    #expect(started.status == 2)
    #expect(started.errors.contains("4 processes were started together"))
  }

  @Test
  func verdicts() throws {
    let right = try fixture("chunk_fp16_T63")
    let wrong = try fixture("broken_chunk_bf16")
    #expect(try deltanetVerify("check", right).status == 0)
    let both = try deltanetVerify("check", right, wrong)
    #expect(both.status == 1)
    #expect(both.output.contains("\(right): right"))
    #expect(both.output.contains("\(wrong): WRONG"))
  }

  @Test
  func repeatedRuns() throws {
    let (one, other) = (try fixture("chunk_fp16_T63"), try fixture("recurrent_fp32_T48"))
    let same = try deltanetVerify("check", "--repeat", one, one)
    #expect(same.status == 0)
    #expect(same.output.hasSuffix("2 runs: the same bits every time\n"))
    let different = try deltanetVerify("check", "--repeat", one, other)
    #expect(different.status == 2)
    #expect(different.errors.contains("its inputs are not those of"))
    #expect(try deltanetVerify("check", "--repeat", one).status == 64)
  }

  @Test
  func attacks() throws {
    try withFolder { folder in
      let run = try deltanetVerify(
        "attack", "--only", "chunkwise", "--regime", "keys identical", "--evaluations", "50",
        "--json", "\(folder)/worst.json")
      #expect(run.status == 0)
      #expect(run.output.hasPrefix("NE.growth/chunkwise:"))
      #expect(run.output.split(separator: "\n").count == 1)
      let json = try String(contentsOfFile: "\(folder)/worst.json", encoding: .utf8)
      #expect(json.contains("\"replay\" : \"NE.growth/chunkwise:"))
    }
    #expect(try deltanetVerify("attack", "--regime", "unheard-of").status == 64)
    #expect(try deltanetVerify("attack", "--evaluations", "0").status == 64)
  }

  /// That it measures and tells; how fast does not matter.
  @Test
  func benchMeasures() throws {
    try withFolder { folder in
      let run = try deltanetVerify(
        "bench", "--lengths", "8", "--heads", "1", "--widths", "4x6", "--numbers", "f32",
        "--rounds", "1", "--json", "\(folder)/bench.json")
      #expect(run.status == 0)
      #expect(run.output.contains("fused-recurrence"))
      let json = try String(contentsOfFile: "\(folder)/bench.json", encoding: .utf8)
      #expect(json.contains("\"value_width\" : 6"))
    }
    let explanation = try deltanetVerify("bench", "--lengths", "2,2048", "--explain")
    #expect(explanation.status == 0)
    #expect(explanation.output.contains("fewer than 4 tokens a sequence"))
  }

  /// What is no library, and found first, hides the one that there is.
  @Test
  func saysWhatIsLeftOutWithoutOpenBLAS() throws {
    try withFolder { folder in
      try Data().write(to: URL(filePath: "\(folder)/libopenblas.so.0"))
      let hidden = ["LD_LIBRARY_PATH": folder]
      let missing = "libopenblas.so.0 is missing; install it ('apt-get install libopenblas0')"
      let left = "left out of KN: chunkwise@OpenBLAS, fully-parallel@OpenBLAS; \(missing)\n"

      let laws = try deltanetVerify(
        "--only", "KN", "--json", "\(folder)/run.json", environment: hidden)
      #expect(laws.status == 0)
      #expect(laws.output.contains("\n\(left)"))
      let json = try String(contentsOfFile: "\(folder)/run.json", encoding: .utf8)
      #expect(json.contains("\"leftOut\" : \"left out of KN"))
      #expect(try !deltanetVerify("--only", "UT", environment: hidden).output.contains("left out"))
      #expect(try !deltanetVerify("--only", "KN").output.contains("left out"))
      let kernel = try deltanetVerify("--only", "chunkwise@OpenBLAS", environment: hidden)
      #expect(kernel.status == 64)
      #expect(kernel.errors.contains(missing))

      let asked = try deltanetVerify("bench", "--forms", "chunkwise-24", environment: hidden)
      #expect(asked.status == 2)
      #expect(asked.output.isEmpty)
      #expect(asked.errors == "deltanet-verify: \(missing)\n")
      let standard = try deltanetVerify(
        "bench", "--lengths", "8", "--heads", "1", "--widths", "4", "--rounds", "1",
        environment: hidden)
      #expect(standard.status == 0)
      #expect(standard.output.contains("\nleft out: everything through OpenBLAS; \(missing)\n"))
      #expect(!standard.output.contains("chunkwise"))
    }
  }

  /// Options that a device has no use for, whether it is there or not.
  @Test(arguments: [
    ["--threads=1", "--threads: a device has its own"],
    ["--instruction-set=baseline", "--instruction-set: a device has its own"],
    ["--plot=x.svg", "--plot draws what the processor takes"],
    ["--forms=chunkwise-64", "--forms: 'chunkwise-64' is none of recurrence, walk-16,"],
    ["--numbers=f64", "--numbers: 'f64' is none of f32, f16, bf16"],
    ["--products=f64", "'f64' is none of f32, tf32, bf16"],
  ])
  func badUsageOfADevice(argument: [String]) throws {
    let run = try deltanetVerify("bench", "--device", "opencl:0", argument[0])
    #expect(run.status == 64)
    #expect(run.errors.contains(argument[1]))
  }

  @Test
  func benchSaysWhichDeviceIsMissing() throws {
    let run = try deltanetVerify("bench", "--device", "opencl:1000", "--lengths", "8")
    #expect(run.status == 2)
    #expect(run.errors.split(separator: "\n").count == 1)
    #expect(try deltanetVerify("bench", "--device", "emulated").status == 64)
  }

  @Test(
    .enabled(
      if: (try? Device.open(.openCL(0))) != nil,
      "there is no OpenCL device: install pocl-opencl-icd and ocl-icd-libopencl1"))
  func benchMeasuresADevice() throws {
    try withFolder { folder in
      let run = try deltanetVerify(
        "bench", "--device", "opencl:0", "--lengths", "8", "--heads", "1", "--batch", "1",
        "--widths", "16", "--numbers", "f32", "--forms", "automatic", "--rounds", "1", "--json",
        "\(folder)/bench.json")
      #expect(run.status == 0)
      #expect(run.output.contains("recurrence"))
      #expect(run.errors.isEmpty)
      let json = try String(contentsOfFile: "\(folder)/bench.json", encoding: .utf8)
      #expect(json.contains("\"device\" : \"opencl:0\""))
    }
    let tf32 = try deltanetVerify("bench", "--device", "opencl:0", "--products", "tf32")
    #expect(tf32.status == 2)
    #expect(tf32.errors.contains("leave tf32 and bfloat16 to CUDA devices"))
    let explanation = try deltanetVerify(
      "bench", "--device", "opencl:0", "--lengths", "8", "--explain")
    #expect(explanation.status == 0)
    #expect(explanation.output.contains("recurrence"))
  }

  @Test
  func badInput() throws {
    try withFolder { folder in
      try Data("nonsense".utf8).write(to: URL(filePath: "\(folder)/bad.safetensors"))
      for path in ["\(folder)/bad.safetensors", "\(folder)/absent.safetensors", folder] {
        let run = try deltanetVerify("check", path)
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(run.errors.contains(path))
      }
      let run = try deltanetVerify(
        "--only", "MO", "--cases", "1", "--json", "\(folder)/no/such/folder.json")
      #expect(run.status == 2)
    }
  }

  @Test
  func missingDevicesAreBadInput() throws {
    let run = try deltanetVerify("selftest", "--device", "cuda:99")
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    ["--seed", "x"], ["--cases", "0"], ["--jobs", "0"], ["--only", "nothing"], ["check"],
    ["unheard-of"], ["export"], ["export", "--profile=none", "--out=x"],
    ["check", "x", "--seed=1"], ["bench", "--forms=nothing"], ["bench", "--widths=0"],
    ["bench", "--lengths=8,,9"], ["bench", "--threads=0"], ["bench", "--rounds=0"],
    ["bench", "--plot=x.pdf"], ["bench", "--instruction-set=mmx"], ["bench", "--device=none"],
    ["bench", "--products=tf32"], ["bench", "--forms=walk-64"], ["bench", "--numbers=bf16"],
    ["selftest", "--device=cpu"], ["selftest", "--jobs=0"],
  ])
  func badUsage(arguments: [String]) throws {
    let run = try ProgramRun("deltanet-verify", arguments)
    #expect(run.status == 64)
    #expect(!run.errors.isEmpty)
  }

  @Test
  func exportAndList() throws {
    try withFolder { folder in
      let cases = "\(folder)/cases"
      let run = try deltanetVerify("export", "--profile", "quick", "--seed", "3", "--out", cases)
      #expect(run.status == 0)
      let path = try #require(run.output.split(separator: "\n").first)
      let check = try deltanetVerify("check", String(path))
      #expect(check.status == 2)
      #expect(check.errors.contains("run the kernel and add its results"))
      let scorecard = try deltanetVerify("check", cases, "--junit", "\(folder)/junit.xml")
      #expect(scorecard.status == 1)
      #expect(scorecard.output.contains("0 of 8 cases right, 8 incomplete"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/junit.xml"))
      #expect(try deltanetVerify("check", cases, "--seed", "4").status == 2)
      #expect(try deltanetVerify("export", "--profile", "quick", "--out", cases).status == 2)
      #expect(try deltanetVerify("check", folder).status == 2)
    }
    let list = try deltanetVerify("list")
    #expect(list.status == 0)
    #expect(list.output.contains("block-sweep (in chunks)"))
  }
}
