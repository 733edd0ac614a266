import DeltaNet
import DeltaRuleCPU
import Testing

/// A prompt at once and then a token at a time, against all of it at once.
struct DecodingTests {
  @Test(arguments: FLAModelTests.folders, [0, 1, 5, 17])
  func goesOnWhereThePromptEnds(folder: String, prompt: Int) throws {
    let fixture = try FLAModel(folder: folder)
    let model = fixture.model
    let length = fixture.tokens.count / fixture.sequences
    let prompt = min(prompt, length)
    let evaluation = try Evaluation<Double>(fixture.checkpoint.weights(), threads: 1)
    func tokens(_ range: Range<Int>) -> [Int] {
      (0..<fixture.sequences).flatMap { n in
        fixture.tokens[range.lowerBound + n * length..<range.upperBound + n * length]
      }
    }
    var state = ModelState<Double>(of: model, sequences: fixture.sequences)
    let whole = try model.logits(fixture.tokens, evaluation, &state)
    let largest = whole.elements.map(abs).max() ?? 0

    state = ModelState(of: model, sequences: fixture.sequences)
    if prompt > 0 { _ = try model.logits(tokens(0..<prompt), evaluation, &state, at: [prompt - 1]) }
    for t in prompt..<length {
      let step = try model.logits(tokens(t..<t + 1), evaluation, &state)
      for n in 0..<fixture.sequences {
        let error = zip(row(n, of: step), row(n * length + t, of: whole)).map { abs($0 - $1) }.max()
        #expect(try #require(error) <= 1e-11 * largest, "token \(t) of sequence \(n)")
      }
    }
  }

  private func row(_ index: Int, of x: Activations<Double>) -> ArraySlice<Double> {
    x.elements[index * x.columns..<(index + 1) * x.columns]
  }
}
