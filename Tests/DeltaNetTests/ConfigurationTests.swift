import DeltaNet
import Testing

struct ConfigurationTests {
  @Test(arguments: [
    (Configuration.model340M, 374_362_112), (.model1_3B, 1_365_677_056),
    (.model2_7B, 2_704_185_856),
  ])
  func modelsOfThePaperHaveTheirSizes(configuration: Configuration, count: Int) throws {
    #expect(try configuration.parameterCount() == count)
    #expect(configuration.stateSize == 128 * configuration.hiddenSize)
  }

  @Test func hybridsAttendWhereThePaperSays() {
    var configuration = Configuration.model340M
    configuration.layerCount = 12
    let windows = configuration.withSlidingWindows(of: 2048)
    #expect(windows.attention.map(\.layers) == [[1, 3, 5, 7, 9, 11]])
    #expect(windows.attention(ofLayer: 3)?.windowSize == 2048)
    #expect(windows.attention(ofLayer: 4) == nil)
    let global = configuration.withGlobalAttention()
    #expect(global.attention.map(\.layers) == [[1, 6]])
    #expect(global.attention(ofLayer: 6)?.windowSize == nil)
  }

  @Test func whatNoModelCanHaveIsSaid() {
    var configuration = Configuration()
    configuration.headCount = 7
    let error = #expect(throws: ConfigurationError.self) { try LanguageModel(configuration) }
    #expect(
      error?.description
        == "num_heads is 7; it must be a divisor of hidden_size · expand_k = 2048")
  }

  /// 1,365,677,056 numbers, but of one layer.
  @Test func innerSizesAreRoundedUp() {
    var configuration = Configuration.model1_3B
    #expect(configuration.innerSize == 5632)
    configuration.hiddenSize = 1000
    #expect(configuration.innerSize == 2816)
    configuration.intermediateSize = 77
    #expect(configuration.innerSize == 77)
  }
}
