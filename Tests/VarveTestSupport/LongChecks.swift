// Whether the big figures are wanted: `tools/test --long` sets VARVE_LONG.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Switch for checks that take minutes.
public enum LongChecks {
  /// Whether VARVE_LONG is set and not empty.
  public static var areOn: Bool {
    guard let value = unsafe getenv("VARVE_LONG") else { return false }
    return unsafe value.pointee != 0
  }
}
