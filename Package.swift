// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Properties that return spans; swift-nio relies on the same promise.
  .enableExperimentalFeature("Lifetimes"),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "Varve",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Varve", targets: ["Varve"]),
    .library(name: "VarveSources", targets: ["VarveSources"]),
    .library(name: "VarveShipping", targets: ["VarveShipping"]),
    .executable(name: "varve", targets: ["varve"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
  ],
  targets: [
    // System libraries and shims.
    .systemLibrary(
      name: "CLZ4", pkgConfig: "liblz4",
      providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CVarve"),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CSimdjson",
      cxxSettings: [.headerSearchPath("include")],
      linkerSettings: [.linkedLibrary("simdjson")]),

    // The engine, from the bytes up.
    .target(
      name: "VarveFormat", dependencies: ["CVarve", "CLZ4", "CZlib"], swiftSettings: settings),
    .target(
      name: "VarveStorage", dependencies: ["VarveFormat", "CVarve", crypto],
      swiftSettings: settings),
    .target(
      name: "VarveSearch", dependencies: ["VarveFormat", "CVarve"], swiftSettings: settings),
    .target(
      name: "Varve", dependencies: ["VarveStorage", "VarveSearch", "VarveFormat"],
      swiftSettings: settings),

    // What reads the world, and the command line.
    .target(
      name: "VarveSources", dependencies: ["Varve", "VarveFormat", "CSimdjson"],
      swiftSettings: settings),
    .target(
      name: "VarveShipping",
      dependencies: [
        "Varve", "VarveStorage", "VarveFormat", "CCurl", crypto,
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "varve",
      dependencies: [
        "Varve", "VarveSources", "VarveShipping", "VarveFormat",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // Tests: one target a module, what they share, the rules of the house.
    .target(
      name: "VarveTestSupport", dependencies: ["VarveStorage", "VarveFormat"],
      path: "Tests/VarveTestSupport", swiftSettings: settings),
    .executableTarget(
      name: "varve-crash-sweep",
      dependencies: ["Varve", "VarveStorage", "VarveFormat", "VarveTestSupport"],
      path: "Tests/CrashSweep", swiftSettings: settings),
    .executableTarget(
      name: "varve-conformance", dependencies: ["Varve", "VarveSources", "VarveFormat"],
      path: "Tests/Conformance", swiftSettings: settings),
    .testTarget(
      name: "VarveFormatTests", dependencies: ["VarveFormat", "VarveTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "VarveStorageTests",
      dependencies: ["VarveStorage", "VarveFormat", "VarveTestSupport"], swiftSettings: settings),
    .testTarget(
      name: "VarveSearchTests",
      dependencies: [
        "Varve", "VarveStorage", "VarveSearch", "VarveFormat", "VarveTestSupport",
      ], swiftSettings: settings),
    .testTarget(
      name: "VarveTests",
      dependencies: ["Varve", "VarveStorage", "VarveFormat", "VarveTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "VarveSourcesTests",
      dependencies: ["VarveSources", "Varve", "VarveFormat", "VarveTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "VarveShippingTests",
      dependencies: ["VarveShipping", "Varve", "VarveStorage", "VarveFormat", "VarveTestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "HouseTests", dependencies: ["VarveTestSupport"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
