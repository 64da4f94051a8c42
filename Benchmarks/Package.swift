// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the rivals never enter the engine's graph.
let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "VarveBenchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "Varve", path: "..")],
  targets: [
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]),
    .target(
      name: "CPhysics", linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("lz4")]),
    .target(
      name: "VarveBenchRivals", dependencies: ["CSQLite"], swiftSettings: settings),
    .executableTarget(
      name: "VarveBench",
      dependencies: [
        "VarveBenchRivals", "CPhysics",
        .product(name: "Varve", package: "Varve"),
        .product(name: "VarveSources", package: "Varve"),
        .product(name: "VarveShipping", package: "Varve"),
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
