internal import Reporting

extension Repeatability {
  /// The comparison as a person reads it.
  public var text: String {
    var table = TextTable([
      ("tensor", .left), ("differing", .right), ("of", .right), ("ULPs at most", .right),
    ])
    for difference in differences {
      table.append([
        difference.tensor, "\(difference.differing)", "\(difference.count)",
        difference.ulps.isFinite ? difference.ulps.fixed(0) : "not finite",
      ])
    }
    return "\(runs.count) runs: "
      + (isBitwise ? "the same bits every time\n" : "they differ\n\(table.text)\n")
  }
}
