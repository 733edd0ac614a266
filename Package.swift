// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// Exact arithmetic is a hundred times slower unoptimised: `swift test` optimises the library
// and leaves the tests themselves in the debug build.
let optimised =
  settings
  + [
    .unsafeFlags(
      ["-O", "-whole-module-optimization", "-disable-batch-mode", "-num-threads", "2"],
      .when(configuration: .debug))
  ]

let optimisedC: [CSetting] = [.unsafeFlags(["-O2"], .when(configuration: .debug))]

let package = Package(
  name: "DeltaNet",
  products: [
    .library(name: "Algebra", targets: ["Algebra"]),
    .library(name: "DeltaNet", type: .dynamic, targets: ["CLibrary"]),
    .library(name: "DeltaNetModels", targets: ["DeltaNet"]),
    .library(name: "DeltaRule", targets: ["DeltaRule"]),
    .library(name: "DeltaRuleCPU", targets: ["DeltaRuleCPU"]),
    .library(name: "DeltaRuleGPU", targets: ["DeltaRuleGPU"]),
    .library(name: "MessagePassing", targets: ["MessagePassing"]),
    .library(name: "PropertyTesting", targets: ["PropertyTesting"]),
    .library(name: "TensorFiles", targets: ["TensorFiles"]),
    .library(name: "Verification", targets: ["Verification"]),
    .executable(name: "deltanet", targets: ["deltanet"]),
    .executable(name: "deltanet-verify", targets: ["deltanet-verify"]),
  ],
  traits: [.trait(name: "MPI", description: "Sequences spread over ranks of MPI, by Open MPI.")],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // Floor 1
    .target(
      name: "Algebra", dependencies: ["BigInt"], swiftSettings: optimised,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(name: "PropertyTesting", swiftSettings: optimised),
    .target(name: "Reporting", swiftSettings: optimised),
    .target(name: "TensorFiles", swiftSettings: optimised),
    // Floor 2
    .target(name: "DeltaRule", dependencies: ["Algebra"], swiftSettings: optimised),
    // Floor 3
    .target(name: "CDeltaKernels", cSettings: optimisedC),
    .target(name: "COpenBLAS", cSettings: optimisedC),
    .target(
      name: "DeltaRuleCPU", dependencies: ["Algebra", "CDeltaKernels", "COpenBLAS", "DeltaRule"],
      swiftSettings: optimised),
    .target(name: "CGPUDrivers", cSettings: optimisedC),
    .target(
      name: "DeltaRuleGPU", dependencies: ["Algebra", "CGPUDrivers", "DeltaRule"],
      resources: [.embedInCode("Kernels")], swiftSettings: optimised),
    .target(
      name: "CKernelEmulator", dependencies: ["CGPUDrivers"], cSettings: optimisedC,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(
      name: "KernelEmulator", dependencies: ["CKernelEmulator", "DeltaRuleGPU"],
      resources: [.embedInCode("Device/device.emulated.h")], swiftSettings: optimised),
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .target(
      name: "MessagePassing",
      dependencies: [
        "Algebra", "DeltaRule", .target(name: "COpenMPI", condition: .when(traits: ["MPI"])),
      ],
      swiftSettings: optimised),
    // Floor 4
    .target(
      name: "Verification",
      dependencies: [
        "Algebra", "BigInt", "DeltaRule", "DeltaRuleCPU", "DeltaRuleGPU", "PropertyTesting",
        "Reporting", "TensorFiles",
      ],
      resources: [.embedInCode("Laws/device_primitives.txt")], swiftSettings: optimised),
    .target(
      name: "DeltaNet",
      dependencies: [
        "Algebra", "DeltaRule", "DeltaRuleCPU", "PropertyTesting", "Reporting", "TensorFiles",
      ],
      swiftSettings: optimised),
    // Floor 5
    .target(name: "CDeltaNet"),
    .target(
      name: "CInterface",
      dependencies: ["CDeltaNet", "DeltaRule", "DeltaRuleCPU", "TensorFiles", "Verification"],
      swiftSettings: optimised),
    // What the shared library alone has: its map of symbols, which would hide those of programs.
    .target(
      name: "CLibrary", dependencies: ["CInterface"], exclude: ["symbols.map"],
      linkerSettings: [
        .unsafeFlags([
          "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/CLibrary/symbols.map",
        ])
      ]),
    .target(
      name: "Terminal",
      dependencies: [
        "Reporting", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "deltanet",
      dependencies: [
        "DeltaNet", "Reporting", "TensorFiles", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "deltanet-verify",
      dependencies: [
        "DeltaNet", "DeltaRuleGPU", "KernelEmulator", "MessagePassing", "Reporting", "Terminal",
        "Verification", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .testTarget(
      name: "AlgebraTests", dependencies: ["Algebra", "BigInt", "PropertyTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "PropertyTestingTests", dependencies: ["PropertyTesting"], swiftSettings: settings),
    .testTarget(name: "TensorFilesTests", dependencies: ["TensorFiles"], swiftSettings: settings),
    .testTarget(
      name: "DeltaRuleTests", dependencies: ["Algebra", "BigInt", "DeltaRule"],
      swiftSettings: settings),
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .testTarget(
      name: "DeltaRuleCPUTests",
      dependencies: ["Algebra", "CAllocationCount", "DeltaRule", "DeltaRuleCPU"],
      swiftSettings: settings),
    .target(name: "CFakeCUDA", dependencies: ["CGPUDrivers"], path: "Tests/CFakeCUDA"),
    .testTarget(
      name: "DeltaRuleGPUTests",
      dependencies: ["Algebra", "CFakeCUDA", "CGPUDrivers", "DeltaRule", "DeltaRuleGPU"],
      swiftSettings: settings),
    .testTarget(
      name: "KernelEmulatorTests",
      dependencies: ["Algebra", "DeltaRule", "DeltaRuleGPU", "KernelEmulator", "PropertyTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "VerificationTests",
      dependencies: [
        "Algebra", "BigInt", "DeltaRule", "DeltaRuleCPU", "DeltaRuleGPU", "KernelEmulator",
        "PropertyTesting", "ProgramRuns", "Reporting", "TensorFiles", "Terminal", "Verification",
        "deltanet-verify",
      ],
      resources: [.copy("Fixtures"), .copy("Regressions.txt"), .copy("WorstCases.txt")],
      swiftSettings: settings),
    .testTarget(
      name: "CInterfaceTests",
      dependencies: [
        "Algebra", "CDeltaNet", "CInterface", "DeltaRule", "DeltaRuleCPU", "PropertyTesting",
        "TensorFiles",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "MessagePassingTests",
      dependencies: ["MessagePassing", "ProgramRuns", "deltanet-verify"],
      swiftSettings: settings),
    .target(name: "ProgramRuns", path: "Tests/ProgramRuns"),
    .testTarget(
      name: "DeltaNetTests",
      dependencies: [
        "DeltaNet", "DeltaRule", "DeltaRuleCPU", "ProgramRuns", "PropertyTesting", "Reporting",
        "TensorFiles", "deltanet", "deltanet-verify",
      ],
      resources: [.copy("Fixtures")], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)
