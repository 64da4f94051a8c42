// The places of words that few documents have, window by window.

import VarveFormat

/// Places that were read at once. One thread at a time.
struct FewPlaces {
  private var windows: Windows
  /// List after list, without those that were left out.
  private(set) var hits: [[Hit]]
  /// Window after window, and where each ends. The first window goes without: it may tell that most
  /// documents need not be looked at.
  private var ordered: [Hit] = []
  private var ends: [Int] = []
  private var isFirst = true

  /// - Parameter windows: in which they are asked for.
  init(_ hits: [[Hit]], _ windows: Windows) {
    self.hits = hits
    self.windows = windows
  }

  /// Goes on with fewer documents, in windows of their own.
  mutating func restrict(to set: DocSet, _ windows: Windows) {
    hits = hits.map { $0.filter { set.contains(Int($0.document)) } }
    self.windows = windows
    ordered = []
    ends = []
    isFirst = true
  }

  /// Calls a closure with each place in the members of a window and the number of its member, those
  /// of a list in order.
  ///
  /// - Parameter window: its number; nil for members out of the order of windows.
  mutating func forEach(
    in window: Int?, _ members: WindowMembers, _ body: (Hit, _ number: Int) -> Void
  ) {
    guard let window, !isFirst else {
      if window != nil { isFirst = false }
      for hits in hits {
        for hit in hits {
          if let number = members.find(hit.document) { body(hit, number) }
        }
      }
      return
    }
    if ends.isEmpty { order() }
    for i in (window == 0 ? 0 : ends[window - 1])..<ends[window] {
      if let number = members.find(ordered[i].document) { body(ordered[i], number) }
    }
  }

  private mutating func order() {
    let range = windows.range
    let own = hits.flatMap { $0.filter { range.contains(Int($0.document)) } }
    hits = [own]
    ends = [Int](repeating: 0, count: windows.ranges.count)
    for hit in own { ends[windows.window(of: Int(hit.document))] += 1 }
    var sum = 0
    for i in ends.indices {
      sum += ends[i]
      ends[i] = sum - ends[i]
    }
    ordered = own
    for hit in own {
      let window = windows.window(of: Int(hit.document))
      ordered[ends[window]] = hit
      ends[window] += 1
    }
  }
}
