import CDeltaNet
import DeltaRuleCPU

/// Pointers to all tensors of a call, and their strides.
struct Arguments<Number> {
  var shape = deltanet_shape()
  var options = deltanet_options(scale: 1, use_qk_l2norm: 0, threads: 1)
  var q: UnsafeMutablePointer<Number>?
  var k: UnsafeMutablePointer<Number>?
  var v: UnsafeMutablePointer<Number>?
  var beta: UnsafeMutablePointer<Number>?
  var initialState: UnsafeMutablePointer<Number>?
  var o: UnsafeMutablePointer<Number>?
  var finalState: UnsafeMutablePointer<Number>?
  var dO: UnsafeMutablePointer<Number>?
  var dht: UnsafeMutablePointer<Number>?
  var dq: UnsafeMutablePointer<Number>?
  var dk: UnsafeMutablePointer<Number>?
  var dv: UnsafeMutablePointer<Number>?
  var dbeta: UnsafeMutablePointer<Number>?
  var dh0: UnsafeMutablePointer<Number>?
  var qStrides = deltanet_strides()
  var kStrides = deltanet_strides()
  var vStrides = deltanet_strides()
  var betaStrides = deltanet_strides()
  var oStrides = deltanet_strides()
  var dOStrides = deltanet_strides()
  var dqStrides = deltanet_strides()
  var dkStrides = deltanet_strides()
  var dvStrides = deltanet_strides()
  var dbetaStrides = deltanet_strides()

  typealias Function = (Arguments) -> deltanet_status
}

/// The numbers that the interface has functions for.
protocol CNumber: KernelNumber {
  static var forward: Arguments<Self>.Function { get }
  static var backward: Arguments<Self>.Function { get }
  static var decodeStep: Arguments<Self>.Function { get }
}

extension Float: CNumber {
  static var forward: Arguments<Float>.Function {
    { x in
      var (shape, options, inputs, outputs) = (x.shape, x.options, x.inputs, x.outputs)
      return deltanet_forward_f32(&shape, &options, &inputs, &outputs)
    }
  }

  static var decodeStep: Arguments<Float>.Function {
    { x in
      var (shape, options, inputs, outputs) = (x.shape, x.options, x.inputs, x.outputs)
      return deltanet_decode_step_f32(&shape, &options, &inputs, &outputs)
    }
  }

  static var backward: Arguments<Float>.Function {
    { x in
      var (shape, options, inputs) = (x.shape, x.options, x.inputs)
      var cotangents = deltanet_cotangents_f32(d_o: x.dO, dht: x.dht, d_o_strides: x.dOStrides)
      var gradients = deltanet_gradients_f32(
        dq: x.dq, dk: x.dk, dv: x.dv, dbeta: x.dbeta, dh0: x.dh0, dq_strides: x.dqStrides,
        dk_strides: x.dkStrides, dv_strides: x.dvStrides, dbeta_strides: x.dbetaStrides)
      return deltanet_backward_f32(&shape, &options, &inputs, &cotangents, &gradients)
    }
  }
}

extension Arguments<Float> {
  var inputs: deltanet_inputs_f32 {
    deltanet_inputs_f32(
      q: q, k: k, v: v, beta: beta, initial_state: initialState, q_strides: qStrides,
      k_strides: kStrides, v_strides: vStrides, beta_strides: betaStrides)
  }

  var outputs: deltanet_outputs_f32 {
    deltanet_outputs_f32(o: o, final_state: finalState, o_strides: oStrides)
  }
}

extension Double: CNumber {
  static var forward: Arguments<Double>.Function {
    { x in
      var (shape, options, inputs, outputs) = (x.shape, x.options, x.inputs, x.outputs)
      return deltanet_forward_f64(&shape, &options, &inputs, &outputs)
    }
  }

  static var decodeStep: Arguments<Double>.Function {
    { x in
      var (shape, options, inputs, outputs) = (x.shape, x.options, x.inputs, x.outputs)
      return deltanet_decode_step_f64(&shape, &options, &inputs, &outputs)
    }
  }

  static var backward: Arguments<Double>.Function {
    { x in
      var (shape, options, inputs) = (x.shape, x.options, x.inputs)
      var cotangents = deltanet_cotangents_f64(d_o: x.dO, dht: x.dht, d_o_strides: x.dOStrides)
      var gradients = deltanet_gradients_f64(
        dq: x.dq, dk: x.dk, dv: x.dv, dbeta: x.dbeta, dh0: x.dh0, dq_strides: x.dqStrides,
        dk_strides: x.dkStrides, dv_strides: x.dvStrides, dbeta_strides: x.dbetaStrides)
      return deltanet_backward_f64(&shape, &options, &inputs, &cotangents, &gradients)
    }
  }
}

extension Arguments<Double> {
  var inputs: deltanet_inputs_f64 {
    deltanet_inputs_f64(
      q: q, k: k, v: v, beta: beta, initial_state: initialState, q_strides: qStrides,
      k_strides: kStrides, v_strides: vStrides, beta_strides: betaStrides)
  }

  var outputs: deltanet_outputs_f64 {
    deltanet_outputs_f64(o: o, final_state: finalState, o_strides: oStrides)
  }
}
