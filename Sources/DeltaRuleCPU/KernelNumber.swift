public import Algebra
import CDeltaKernels

/// The numbers that kernels are compiled for: `Float` and `Double`.
public protocol KernelNumber: Real, BinaryFloatingPoint {
  /// The kernels for an instruction set, or nil where this processor has it not.
  static func kernels(for set: InstructionSet) -> Kernels<Self>?
}

/// The compiled kernels for one type of numbers and one instruction set.
public struct Kernels<Number: KernelNumber>: Sendable {
  /// Value columns to a panel of the state.
  let panelWidth: Int
  /// How many numbers of workspace ``forward`` takes for so many value columns.
  let workspace: @Sendable (_ keyWidth: Int, _ columns: Int) -> Int
  /// The fused recurrence, for some of a head's value columns.
  let forward:
    @Sendable (Head<Number>, Range<Int>, _ workspace: UnsafeMutablePointer<Number>) -> Void
  /// The same, one token after the other.
  let decode: @Sendable (Head<Number>, Range<Int>) -> Void
}

/// One head of one sequence in memory.
struct Head<Number> {
  let length: Int
  let keyWidth: Int
  let valueWidth: Int
  let q: UnsafePointer<Number>?
  let k: UnsafePointer<Number>?
  let v: UnsafePointer<Number>?
  let beta: UnsafePointer<Number>?
  /// How far the rows of one token lie from those of the next: of q and k, of v and o, of β.
  let keyStride: Int
  let valueStride: Int
  let betaStride: Int
  let hasVectorBeta: Bool
  let scale: Number
  let initialState: UnsafePointer<Number>?
  let o: UnsafeMutablePointer<Number>?
  let finalState: UnsafeMutablePointer<Number>?
}

extension Float: KernelNumber {
  public static func kernels(for set: InstructionSet) -> Kernels<Float>? {
    guard let table = delta_kernels_for_f32(set.code)?.pointee,
      let workspace = table.forward_workspace,
      let forward = table.forward, let decode = table.decode
    else { return nil }
    @Sendable
    func withProblem(_ head: Head<Float>, _ body: (UnsafePointer<delta_problem_f32>) -> Void) {
      var problem = delta_problem_f32()
      problem.length = head.length
      problem.key_width = head.keyWidth
      problem.value_width = head.valueWidth
      (problem.q, problem.k, problem.v, problem.beta) = (head.q, head.k, head.v, head.beta)
      (problem.q_stride, problem.k_stride) = (head.keyStride, head.keyStride)
      (problem.v_stride, problem.o_stride) = (head.valueStride, head.valueStride)
      problem.beta_stride = head.betaStride
      problem.beta_is_vector = head.hasVectorBeta
      problem.scale = head.scale
      problem.initial_state = head.initialState
      (problem.o, problem.final_state) = (head.o, head.finalState)
      body(&problem)
    }
    return Kernels(
      panelWidth: table.panel_width, workspace: { workspace($0, $1) },
      forward: { head, columns, space in
        withProblem(head) { forward($0, columns.lowerBound, columns.upperBound, space) }
      },
      decode: { head, columns in
        withProblem(head) { decode($0, columns.lowerBound, columns.upperBound) }
      })
  }
}

extension Double: KernelNumber {
  public static func kernels(for set: InstructionSet) -> Kernels<Double>? {
    guard let table = delta_kernels_for_f64(set.code)?.pointee,
      let workspace = table.forward_workspace,
      let forward = table.forward, let decode = table.decode
    else { return nil }
    @Sendable
    func withProblem(_ head: Head<Double>, _ body: (UnsafePointer<delta_problem_f64>) -> Void) {
      var problem = delta_problem_f64()
      problem.length = head.length
      problem.key_width = head.keyWidth
      problem.value_width = head.valueWidth
      (problem.q, problem.k, problem.v, problem.beta) = (head.q, head.k, head.v, head.beta)
      (problem.q_stride, problem.k_stride) = (head.keyStride, head.keyStride)
      (problem.v_stride, problem.o_stride) = (head.valueStride, head.valueStride)
      problem.beta_stride = head.betaStride
      problem.beta_is_vector = head.hasVectorBeta
      problem.scale = head.scale
      problem.initial_state = head.initialState
      (problem.o, problem.final_state) = (head.o, head.finalState)
      body(&problem)
    }
    return Kernels(
      panelWidth: table.panel_width, workspace: { workspace($0, $1) },
      forward: { head, columns, space in
        withProblem(head) { forward($0, columns.lowerBound, columns.upperBound, space) }
      },
      decode: { head, columns in
        withProblem(head) { decode($0, columns.lowerBound, columns.upperBound) }
      })
  }
}
