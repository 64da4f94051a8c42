// Where the repository is, so that tests can read chapters, vectors and fixtures.

/// Paths of the checkout that the tests were built from.
public enum Repository {
  /// The top folder, derived from this file's own path.
  public static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()
}
