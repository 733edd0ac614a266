internal import Reporting

/// A piece of a page. What a literal puts into it is escaped, unless it is a piece itself.
struct HTML: ExpressibleByStringInterpolation, Equatable {
  let text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Markup that is well-formed already.
  init(markup text: String) { self.text = text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ piece: HTML) { text += piece.text }

    mutating func appendInterpolation(_ pieces: [HTML]) {
      text += pieces.map(\.text).joined(separator: "\n")
    }

    mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += value.description.xmlEscaped
    }
  }
}

extension HTML {
  /// A table that scrolls sideways by itself; the first cell of a row is its heading.
  static func table(_ table: TextTable, caption: String) -> HTML {
    func cells(_ row: [String], _ cell: (String, HTML) -> HTML) -> [HTML] {
      zip(table.columns, row).map { column, text in
        cell(text[...].trimmed, column.alignment == .right ? " class=\"number\"" : "")
      }
    }
    return scrolling(
      caption,
      """
      <table>
      <caption><span>\(caption)</span></caption>
      <thead><tr>\(cells(table.columns.map(\.title)) {
        $0.isEmpty ? "<td></td>" : "<th scope=\"col\"\($1)>\($0)</th>"
      })</tr></thead>
      <tbody>
      \(table.rows.map { row -> HTML in
        let cells = cells(row) { "<td\($1)>\($0)</td>" }
        return "<tr><th scope=\"row\">\(row[0])</th>\(Array(cells.dropFirst()))</tr>"
      })
      </tbody>
      </table>
      """)
  }

  /// Something wide, that scrolls in a container of its own and can be reached with the keyboard.
  static func scrolling(_ label: String, _ content: HTML) -> HTML {
    """
    <div class="scrolling" role="region" aria-label="\(label)" tabindex="0">
    \(content)
    </div>
    """
  }

  /// Pictures beside one another with what they show underneath.
  static func figure(_ pictures: [HTML], _ caption: HTML) -> HTML {
    """
    <figure>
    <div class="pictures">
    \(pictures)
    </div>
    <figcaption>\(caption)</figcaption>
    </figure>
    """
  }

  /// What opens when asked to.
  static func details(_ summary: String, _ content: HTML) -> HTML {
    """
    <details>
    <summary>\(summary)</summary>
    \(content)
    </details>
    """
  }
}
