#if MPI
  internal import FoundationEssentials

  /// A network interface of this machine, or of the network namespace that this process is in.
  public struct NetworkInterface: Sendable {
    private let path: String

    /// - Parameter name: such as `eth0`.
    public init(name: String) { path = "/sys/class/net/\(name)/statistics/tx_bytes" }

    /// The bytes that have left through it, with the headers of the network.
    ///
    /// - Throws: ``UnknownInterface`` where there is none of this name.
    func bytesSent() throws -> Int {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8),
        let count = Int(text.prefix(while: \.isNumber))
      else { throw UnknownInterface(path: path) }
      return count
    }
  }

  /// An interface that is not there.
  public struct UnknownInterface: Error, CustomStringConvertible {
    let path: String

    public var description: String {
      "\(path): cannot be read; name an interface that `ls /sys/class/net` shows on every rank"
    }
  }
#endif
