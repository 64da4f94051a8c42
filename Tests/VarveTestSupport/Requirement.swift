// Names the requirement of the specification that a test is evidence for.

public import Testing

/// `.requirement("SEG-3")`: HouseTests collects these and compares them with the chapters.
public struct RequirementTrait: TestTrait, SuiteTrait {
  /// Numbers of requirements, as the chapters write them.
  public let numbers: [String]
}

extension Trait where Self == RequirementTrait {
  /// Marks a test as evidence for requirements.
  public static func requirement(_ numbers: String...) -> Self { Self(numbers: numbers) }
}
