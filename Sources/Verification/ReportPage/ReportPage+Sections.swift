import DeltaRule
import DeltaRuleCPU
import FoundationEssentials

/// What the page says, section by section.
extension ReportPage {
  typealias Pictures = [String: [UInt8]]

  private func image(_ name: String, _ description: String, _ pictures: Pictures) -> HTML {
    let data = HTML(markup: Data(pictures[name] ?? []).base64EncodedString())
    return "<img src=\"data:image/svg+xml;base64,\(data)\" alt=\"\(description)\" />"
  }

  var introduction: HTML {
    let verdict = HTML(markup: holds ? "holds" : "fails")
    return """
      <p>The delta rule is a layer for sequence models that keeps a memory <i>S</i>, a matrix of \
      fixed size. Each token has a query <i>q</i>, a key <i>k</i>, a value <i>v</i> and a strength \
      <i>β</i>, and the memory does three things with them:</p>
      <dl class="formulas">
      <dt><i>x<sub>t</sub></i> = <i>β<sub>t</sub></i> (<i>v<sub>t</sub></i> − \
      <i>k<sub>t</sub></i> <i>S</i><sub><i>t</i>−1</sub>)</dt>
      <dd>compare the value with what is stored under the key</dd>
      <dt><i>S<sub>t</sub></i> = <i>S</i><sub><i>t</i>−1</sub> + \
      <i>k<sub>t</sub></i><sup>⊤</sup> <i>x<sub>t</sub></i></dt>
      <dd>write the difference</dd>
      <dt><i>o<sub>t</sub></i> = scale · <i>q<sub>t</sub></i> <i>S<sub>t</sub></i></dt>
      <dd>read what is stored under the query</dd>
      </dl>
      <p>There are many ways to compute it: token by token, in chunks, as one large product. \
      \(Formulations.primeField.count) of them, forwards and backwards, were held against these \
      three lines. “Verified” means here: compared in arithmetic that does not round, so that two \
      results are equal or different, with no tolerance; and, where numbers do round, held within \
      bounds that are proved. Every case follows from one seed.</p>
      <p class="verdict \(verdict)">\(verification.summary). \
      \(faults.rows.count { !$0.kills.isEmpty }) of \(faults.rows.count) planted faults are \
      caught\(faults.isComplete ? "" : "; the others get past every case that was tried").</p>
      <p class="note">Computed on \(machine.processor ?? "an unnamed processor") \
      (\(machine.instructionSet.rawValue)). The rule and its chunked form: Yang, Wang, Zhang, Shen \
      and Kim, <cite>Parallelizing Linear Transformers with the Delta Rule over Sequence \
      Length</cite>, 2024, arXiv:2406.06484.</p>
      """
  }

  var lawSection: HTML {
    let table = HTML.table(
      verification.lawTable,
      caption: "Every law, with the numbers it was checked in and the cases of which it held")
    let failures: HTML =
      verification.failures.isEmpty
      ? "" : "<pre class=\"fails\">\(verification.failures)</pre>"
    let leftOut: HTML =
      verification.leftOut.map { "<p class=\"note\">Not checked here: \($0).</p>" } ?? ""
    let statements = verification.laws.map { law, _ -> HTML in
      """
      <dt><b>\(law.id)</b> \(law.title)</dt>
      <dd>\(law.statement)<br /><span class="formula">\(law.formula)</span><br />\
      <span class="note">\(law.theorem)</span></dd>
      """
    }
    let formulations = verification.formulationTable.map {
      HTML.table($0, caption: "Every formulation, with the checks it passed")
    }
    return """
      <p>A law is a statement about every formulation, such as “the length of a chunk changes \
      nothing”. Most are checked in the field of 2⁶¹ − 1 elements, where nothing is rounded and \
      where a false equation survives a single random case with a probability below 10⁻¹⁵. Cases \
      marked “(all)” are not a sample but every one there is.</p>
      \(table)
      \(failures)
      \(leftOut)
      \(.details(
        "What each law says, as a sentence, as a formula, and where it is proved",
        "<dl class=\"laws\">\(statements)</dl>"))
      <p>The same run, formulation by formulation. “error/bound” is the largest rounding error \
      over its proved bound, which must not exceed 1; “bits of 24” is how much of a float32 number \
      was right, in half of the cases at least.</p>
      \(formulations ?? "")
      """
  }

  func accuracySection(_ pictures: Pictures) -> HTML {
    let parts = accuracy.parts.map { part -> HTML in
      let plotted = part.grids.compactMap { grid in
        grid.picture.map {
          image(
            $0, "\(grid.title): bits that are right, as lines. The text says what to see.", pictures
          )
        }
      }
      let figure: HTML = .figure(
        plotted,
        "L = 256, C = 64, β = 1 and independent keys where a picture does not say otherwise.")
      return """
        <h3>\(part.heading)</h3>
        <p>\(part.text)</p>
        \(plotted.isEmpty ? part.grids.map(\.table) : [figure])
        """
    }
    return """
      <p>Numbers round, and formulations that are equal in exact arithmetic are not equally good \
      in floating point. “Bits that are right” is −log₂ of the root mean square of the errors over \
      that of the exact outputs: each bit halves the error. Exact is the recurrence in 106 bits, \
      on the very same inputs; heads have \(AccuracySetting.features) features, keys of length 1, \
      and a zero initial state.</p>
      \(parts)
      """
  }

  func tokenSection(_ pictures: Pictures) -> HTML {
    let picture = image(
      "error-over-tokens", "Errors of five precisions along a long sequence: level lines.",
      pictures)
    let caption: HTML = """
      Chunk kernels of five precisions, C = \(ErrorOverTokens.setting.chunkLength); each point is \
      the error of \(ErrorOverTokens.window) tokens.
      """
    return """
      <p>A recurrence could add up its rounding errors without end. The delta rule does not: with \
      β|k|² between 0 and 2 no step makes an old error larger. Here are \
      \(ErrorOverTokens.setting.length) tokens with β between 0 and 2; a line that stays level \
      means that the last token is as good as the first.</p>
      \(.figure([picture], caption))
      """
  }

  func costSection(_ pictures: Pictures) -> HTML {
    let plotted = costs.plots.map {
      image($0.name, "\($0.plot.title): formulas as lines, counts as marks on them.", pictures)
    }
    let shape = MeasuredCosts.shape(MeasuredCosts.lengths.max() ?? 0)
    return """
      <p>Each formulation states its multiplications and its critical path, how many operations \
      must follow one another, as polynomials. Scalars that count what is done to them measure \
      both: the numbers are equal, not just alike. The recurrence does the least work and is as \
      deep as the sequence is long; chunks trade work for depth, which is what makes them fast on \
      parallel hardware.</p>
      \(.figure(
        plotted, "One head, dk = dv = C = 16. Lines are the formulas, marks what was counted."))
      \(.table(costs.table, caption: "Counted and documented costs: \(shape); N = L/C, lg = log₂"))
      """
  }

  func faultSection(_ pictures: Pictures) -> HTML {
    let count = faults.rows.count
    let picture = image(
      "kill-matrix",
      "Matrix of \(count) faults by the laws that catch them; the table below lists every fault.",
      pictures)
    return """
      <p>Laws that never fail prove nothing. So \(count) mistakes, many of them from kernels that \
      shipped, were planted in a chunk kernel, one at a time, and every law that speaks about \
      kernels was held against each. A column is a mistake, a row a law; a dark cell means that \
      few random cases were enough, a grey one that the law does not see it. No column may stay \
      grey.</p>
      <figure>
      \(.scrolling("Faults by the laws that catch them", "<div class=\"wide\">\(picture)</div>"))
      <figcaption>\(faults.summary). The number at the end of a row is how many faults its law \
      catches.</figcaption>
      </figure>
      \(.details(
        "All \(count) faults, with the law that catches each soonest",
        .table(faults.table, caption: "Every fault, where it was seen, and what catches it")))
      """
  }

  func attentionSection(_ pictures: Pictures) -> HTML {
    let drawn = attention.drawings.map {
      image($0.name, "\($0.title), as a heat map. The text says what to see.", pictures)
    }
    return """
      <p>The outputs are a matrix times the values, o = 𝒜 v, as in attention. Here \
      \(AttentionPicture.length) tokens write, those under a triangle to one and the same key, and \
      every query asks for that key. By the delta rule a new value takes the place of the old one: \
      where β = 1 a column ends where the next begins. After the dashed line β is ½, and each \
      write halves what the earlier ones had.</p>
      <p>Linear attention only adds: every value ever written to the key stays, and the answer is \
      their sum. Pale cells are other keys, which are not quite at right angles to it.</p>
      \(.figure(
        drawn, "Row i holds what output i takes from every value; blue is negative, orange positive."
      ))
      """
  }

  func speedSection(_ benchmark: RecordedBenchmark, _ pictures: Pictures) -> HTML {
    let plotted = benchmark.plots.map {
      image(
        $0.name, "\($0.plot.title): nanoseconds a token and head over L; the table has them all.",
        pictures)
    }
    let figure: HTML = .figure(plotted, "A level line means that time grows as the sequence does.")
    return """
      <p>Times of the kernels on \(benchmark.machine), as <code>deltanet-verify bench</code> \
      recorded them: nanoseconds for one token of one head, the best of all rounds and the median. \
      They are the one thing on this page that does not follow from the seed.</p>
      \(plotted.isEmpty ? "" : figure)
      \(.details(
        "All \(benchmark.times.count) times",
        .table(benchmark.table, caption: "Nanoseconds for a token and head")))
      """
  }

  var trustSection: HTML {
    """
    <ul>
    <li><b>Exact checks</b> compare polynomials with integer coefficients at random points of a \
    large field. That all formulations agree by chance where one is wrong is out of the question; \
    that every formulation <em>and</em> the three lines above are wrong in the same way is not, \
    which is why the recurrence is short enough to be read.</li>
    <li><b>Small shapes</b> are covered as a whole: every small case, and equations between \
    polynomials with a variable for every input. Larger shapes are sampled, with lengths just \
    below, at and above the length of a chunk on purpose. The same statements are proved for all \
    shapes in the project’s folder <code>Proofs</code>.</li>
    <li><b>Bounds in floating point</b> are proved, and checked on random and on ill-conditioned \
    inputs; the accuracies above are measurements, on heads of one size, and say what is usual, \
    not what is possible.</li>
    <li><b>The laws were tested</b> by faults. A kind of mistake that nobody thought of may still \
    get past them.</li>
    <li><b>Your kernel</b> is not covered by this page: <code>deltanet-verify export</code> writes \
    cases for it, and <code>deltanet-verify check</code> judges what it makes of them.</li>
    </ul>
    <p>To see all of this again: <code>deltanet-verify report --seed \(verification.seed) --out \
    page</code>. The same seed gives the same page, however many threads compute it.</p>
    """
  }
}
