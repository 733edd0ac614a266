import Algebra
import DeltaRule
import TensorFiles

extension CaseExport {
  /// The case that `seed` gives, before a kernel has filled it.
  func unfilled(seed: UInt64) throws -> CaseFile {
    try CaseFile(name: name, file: inputs(seed: seed), isFilled: false)
  }
}

extension CaseFile {
  /// This case with results of a kernel, as it would store them.
  func filled(with computed: Results) -> CaseFile {
    var file = self
    file.results = (Self.forwardResults + Self.gradients).compactMap { name in
      computed[name].map { values in
        let storage = Self.states.contains(name) && precision != .f64 ? Precision.f32 : precision
        return Result(
          name: name, values: values.map { storage.format.rounded($0) }, storage: storage)
      }
    }
    return file
  }

  /// This case, filled by a kernel with a mistake that computes in `Float`, or `Double` where it claims so.
  func filled(by fault: Fault?, chunkLength: Int) throws -> CaseFile {
    func results<Scalar: Real>(_ convert: (Double) -> Scalar) throws -> Results {
      let kernel = FaultyKernel<Scalar>(fault, chunkLength: chunkLength)
      let outputs = try self.results(of: kernel, gradient: false, convert: convert)
      return cotangent == nil
        ? outputs
        : outputs.merging(try self.results(of: kernel, gradient: true, convert: convert)) { $1 }
    }
    return filled(with: precision == .f64 ? try results { $0 } : try results { Float($0) })
  }
}
