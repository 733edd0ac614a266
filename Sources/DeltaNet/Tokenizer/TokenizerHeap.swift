extension Tokenizer {
  /// A binary heap: the least element in O(log n).
  struct Heap<Element: Comparable> {
    private var elements: [Element] = []

    mutating func insert(_ element: Element) {
      elements.append(element)
      var child = elements.count - 1
      while child > 0, elements[child] < elements[(child - 1) / 2] {
        elements.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    }

    mutating func removeLeast() -> Element? {
      guard let last = elements.popLast() else { return nil }
      guard let least = elements.first else { return last }
      elements[0] = last
      var parent = 0
      while let child = leastChild(of: parent), elements[child] < elements[parent] {
        elements.swapAt(parent, child)
        parent = child
      }
      return least
    }

    private func leastChild(of parent: Int) -> Int? {
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      guard right < elements.count else { return left < elements.count ? left : nil }
      return elements[right] < elements[left] ? right : left
    }
  }
}
