// Where blocks went when their segments were written anew: what indexes must learn that are
// otherwise still right.

import VarveFormat

/// The new places of blocks.
package struct BlockMoves: Sendable {
  private struct Move: Sendable {
    let from: UInt64
    let to: LogPosition
  }

  private struct FactPlace: Hashable {
    let segment: UInt64
    let offset: UInt64
    let item: UInt32
  }

  /// By segment; ascending offsets.
  private var moves: [UInt64: [Move]] = [:]
  private var forgotten: Set<FactPlace> = []

  package init() {}

  /// Notes that a segment was written anew.
  mutating func begin(_ segment: UInt64) { moves[segment] = [] }

  /// Notes the new place of a block; those of a segment in order.
  mutating func add(_ segment: UInt64, _ offset: UInt64, to place: LogPosition) {
    moves[segment, default: []].append(Move(from: offset, to: place))
  }

  /// Notes that a fact is gone.
  mutating func forget(_ segment: UInt64, _ offset: UInt64, item: Int) {
    forgotten.insert(FactPlace(segment: segment, offset: offset, item: UInt32(item)))
  }

  /// Where a block is now.
  package func place(
    _ segment: UInt32, _ offset: UInt64
  ) throws(StorageError) -> (segment: UInt32, offset: UInt64) {
    guard let list = moves[UInt64(segment)] else { return (segment, offset) }
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle].from < offset { low = middle + 1 } else { high = middle }
    }
    guard low < list.count, list[low].from == offset else {
      throw StorageError(
        .corrupt, path: "", offset: offset,
        doing: "an index names a block of segment \(segment) that is not there")
    }
    return (UInt32(list[low].to.segment), list[low].to.offset)
  }

  /// The entry of a facts tree as it is now; nil if the fact is gone.
  func fact(_ value: TreeValue) throws(StorageError) -> TreeValue? {
    let old = FactPlace(segment: UInt64(value.first), offset: value.offset, item: value.item)
    if forgotten.contains(old) { return nil }
    let place = try place(value.first, value.offset)
    return TreeValue(place.segment, offset: place.offset, item: value.item)
  }

  /// The new places of the blocks that lost a fact.
  func blocksWithoutFacts() throws(StorageError) -> [(segment: UInt32, offset: UInt64)] {
    var found: [(segment: UInt32, offset: UInt64)] = []
    for fact in forgotten { found.append(try place(UInt32(fact.segment), fact.offset)) }
    return found
  }

  func block(_ location: BlockLocation) throws(StorageError) -> BlockLocation {
    var moved = location
    (moved.segment, moved.offset) = try place(location.segment, location.offset)
    return moved
  }
}
