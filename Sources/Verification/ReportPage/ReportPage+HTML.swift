extension ReportPage {
  private struct Section {
    let id: String
    let heading: String
    let content: HTML
  }

  /// The page, which needs nothing beside itself.
  ///
  /// - Parameter pictures: SVG files by the names in ``plots`` and ``drawings``; without one the page has its
  ///   description alone.
  package func html(_ pictures: [String: [UInt8]]) -> String {
    var sections = [
      Section(id: "laws", heading: "What holds", content: lawSection),
      Section(id: "accuracy", heading: "How accurate it is", content: accuracySection(pictures)),
      Section(
        id: "tokens", heading: "Whether errors grow along a sequence",
        content: tokenSection(pictures)),
      Section(id: "costs", heading: "What it costs", content: costSection(pictures)),
      Section(
        id: "faults", heading: "Whether the laws would notice", content: faultSection(pictures)),
      Section(
        id: "attention", heading: "What the delta rule attends to",
        content: attentionSection(pictures)),
    ]
    if let benchmark {
      sections.append(
        Section(id: "speed", heading: "How fast it is", content: speedSection(benchmark, pictures)))
    }
    sections.append(Section(id: "trust", heading: "How far to trust this", content: trustSection))
    let contents = sections.map { section -> HTML in
      "<li><a href=\"#\(section.id)\">\(section.heading)</a></li>"
    }
    let main = sections.map { section -> HTML in
      """
      <section id="\(section.id)">
      <h2>\(section.heading)</h2>
      \(section.content)
      </section>
      """
    }
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>The delta rule, verified: seed \(verification.seed)</title>
      <style>\(HTML(markup: Self.style))</style>
      </head>
      <body>
      <header>
      <h1>The delta rule, verified</h1>
      \(introduction)
      </header>
      <nav aria-label="Contents">
      <ol>
      \(contents)
      </ol>
      </nav>
      <main>
      \(main)
      </main>
      </body>
      </html>

      """
    return page.text
  }
}
