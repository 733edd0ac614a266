internal import CDeltaNet
internal import DeltaRuleCPU

// The structs of the header, whatever their numbers are.

protocol InputArguments<Number> {
  associatedtype Number: KernelNumber
  var q: UnsafePointer<Number>! { get }
  var k: UnsafePointer<Number>! { get }
  var v: UnsafePointer<Number>! { get }
  var beta: UnsafePointer<Number>! { get }
  var initial_state: UnsafePointer<Number>! { get set }
  var q_strides: deltanet_strides { get }
  var k_strides: deltanet_strides { get }
  var v_strides: deltanet_strides { get }
  var beta_strides: deltanet_strides { get }
}

protocol OutputArguments<Number> {
  associatedtype Number: KernelNumber
  var o: UnsafeMutablePointer<Number>! { get }
  var final_state: UnsafeMutablePointer<Number>! { get }
  var o_strides: deltanet_strides { get }
}

protocol CotangentArguments<Number> {
  associatedtype Number: KernelNumber
  var d_o: UnsafePointer<Number>! { get }
  var dht: UnsafePointer<Number>! { get }
  var d_o_strides: deltanet_strides { get }
}

protocol GradientArguments<Number> {
  associatedtype Number: KernelNumber
  var dq: UnsafeMutablePointer<Number>! { get }
  var dk: UnsafeMutablePointer<Number>! { get }
  var dv: UnsafeMutablePointer<Number>! { get }
  var dbeta: UnsafeMutablePointer<Number>! { get }
  var dh0: UnsafeMutablePointer<Number>! { get }
  var dq_strides: deltanet_strides { get }
  var dk_strides: deltanet_strides { get }
  var dv_strides: deltanet_strides { get }
  var dbeta_strides: deltanet_strides { get }
}

extension deltanet_inputs_f32: InputArguments {}
extension deltanet_inputs_f64: InputArguments {}
extension deltanet_outputs_f32: OutputArguments {}
extension deltanet_outputs_f64: OutputArguments {}
extension deltanet_cotangents_f32: CotangentArguments {}
extension deltanet_cotangents_f64: CotangentArguments {}
extension deltanet_gradients_f32: GradientArguments {}
extension deltanet_gradients_f64: GradientArguments {}

/// What a pointer to a struct leads to.
func given<Argument>(
  _ argument: UnsafePointer<Argument>?, _ name: String
) throws(CallError) -> Argument {
  guard let argument else { throw .missing(name, "give a struct") }
  return argument.pointee
}
