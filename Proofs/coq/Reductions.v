(** * Where the delta rule is something simpler *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform Chunkwise.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** Linear attention: orthonormal keys at full strength *)
Lemma inverse0 (R : comRingType) n : inverse (0 : 'M[R]_n) = 1%:M.
Proof.
have l0 : strictly_lower (0 : 'M[R]_n) by move=> i j _; rewrite mxE.
by rewrite -[LHS]mulmx1; symmetry; apply/solve; rewrite // addr0 mulmx1.
Qed.

Section LinearAttention.
Variables (R : comRingType) (L dk dv : nat) (c : chunk R L dk dv) (s : R).
Hypotheses (orthonormal : keys c *m (keys c)^T = 1%:M) (full : betas c = const_mx 1).
Implicit Type S : 'M[R]_(dk, dv).

(** No key overlaps another. *)
Theorem orthonormal_overlaps : overlaps (betas c) (keys c) = 0.
Proof.
apply/matrixP => i j; rewrite /overlaps orthonormal mulmx1 !mxE.
by case: (eqVneq i j) => [->|_]; rewrite ?ltnn // mulr0n mul0rn.
Qed.

Theorem orthonormal_transform : ut_transform (betas c) (keys c) = 1%:M.
Proof.
by rewrite /ut_transform orthonormal_overlaps inverse0 mul1mx full diag_const_mx.
Qed.

Theorem orthonormal_output S : chunk_output c s S =
  s *: (queries c *m S + tril (queries c *m (keys c)^T) *m (values c - keys c *m S)).
Proof. by rewrite /chunk_output hadamard_mask pseudo_values_error orthonormal_transform mul1mx. Qed.

Theorem linear_attention :
  chunk_output c s 0 = s *: (tril (queries c *m (keys c)^T) *m values c).
Proof. by rewrite orthonormal_output !mulmx0 add0r subr0. Qed.

Theorem linear_attention_state : chunk_state c 0 = (keys c)^T *m values c.
Proof. by rewrite /chunk_state pseudo_values_error orthonormal_transform mul1mx mulmx0 subr0 add0r. Qed.
End LinearAttention.

(** ** Writing a token again *)
Section Again.
Variables (R : comRingType) (dk dv : nat) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)) (t : nat).

(** What the key reads back is written already, so that nothing is left to write, at any strength. *)
Theorem recalled : key x t *m state x S0 t = value x t -> state x S0 t.+1 = state x S0 t.
Proof. by move=> kv; rewrite stateS /pseudo_value kv subrr scaler0 mulmx0 addr0. Qed.

Theorem write_again : beta x t = 1 -> key x t *m (key x t)^T = 1%:M ->
  key x t.+1 = key x t -> value x t.+1 = value x t -> state x S0 t.+2 = state x S0 t.+1.
Proof.
move=> b1 k1 kk vv; rewrite [LHS]stateS /pseudo_value kk vv recall //.
by rewrite subrr scaler0 mulmx0 addr0.
Qed.
End Again.
