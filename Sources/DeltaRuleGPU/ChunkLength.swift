/// How many tokens a kernel takes together.
public enum ChunkLength: Int, CaseIterable, Sendable {
  case sixteen = 16
  case thirtyTwo = 32
  case sixtyFour = 64
}
