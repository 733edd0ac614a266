(** * The gradient by a scan backwards in time *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence AssociativeScan Gradients RecurrenceBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** Through the element of a token: A = 1 - k^T (beta k), B = k^T (beta v) *)
Section Element.
Variables (R : comRingType) (dk dv : nat) (x : tokens R dk dv).
Variables (t : nat) (dA : 'M[R]_dk) (dB : 'M[R]_(dk, dv)).
Local Notation k := (key x t).
Local Notation v := (value x t).

Definition element_dw : 'rV[R]_dk := - (k *m dA).
Definition element_du : 'rV[R]_dv := k *m dB.
Definition element_dkey : 'rV[R]_dk := beta x t *: (element_dw - k *m dA^T + v *m dB^T).
Definition element_dvalue : 'rV[R]_dv := beta x t *: element_du.
Definition element_dbeta : R := (element_dw *m k^T + element_du *m v^T) 0 0.
End Element.

Section ScanBackward.
Variables (R : comRingType) (dk dv : nat).
Variables (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Variables (L : nat) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).

Local Notation q := (query x).
Local Notation k := (key x).
Local Notation S := (state x S0).
Local Notation A t := (transition x t).
Local Notation D := (dwritten s x L dO dht).

(** ** The adjoint states obey a recurrence of the same kind *)
Theorem dstate_transition t : (t < L)%N -> dstate s x L dO dht t = (A t)^T *m D t.
Proof. by move=> ltL; rewrite dstateE // transition_sym transition_mul. Qed.

Theorem dwritten_transition t : (t.+1 < L)%N ->
  D t = (A t.+1)^T *m D t.+1 + s *: ((q t)^T *m dO t).
Proof. by move=> ltL; rewrite {1}/dwritten dstate_transition. Qed.

Theorem dwritten_last t : t.+1 = L -> D t = dht + s *: ((q t)^T *m dO t).
Proof. by move=> tL; rewrite /dwritten tL dstate_end. Qed.

(** What takes the cotangent of the state after token [t] to that of the state before it. *)
Definition adjoint t : affine R dk dv := ((A t)^T, (A t)^T *m (s *: ((q t)^T *m dO t))).

(** The last [n] of the [L] tokens, the last one first. *)
Definition adjoint_run n : affine R dk dv :=
  \big[@join R dk dv/identity R dk dv]_(0 <= m < n) adjoint (L - m.+1).

Lemma act_adjoint t : (t < L)%N ->
  act (adjoint t) (dstate s x L dO dht t.+1) = dstate s x L dO dht t.
Proof. by move=> ltL; rewrite [RHS]dstate_transition // /dwritten mulmxDr. Qed.

(** The same scan finds them. *)
Theorem scan_dstate n : (n <= L)%N -> act (adjoint_run n) dht = dstate s x L dO dht (L - n).
Proof.
elim: n => [|n IH] ltL; first by rewrite /adjoint_run big_geq // /act /= mul1mx addr0 subn0 dstate_end.
rewrite /adjoint_run big_nat_recr //= act_join -/(adjoint_run n) IH ?(ltnW ltL) //.
by rewrite -(subnSK ltL) act_adjoint // subnSK ?leq_subr.
Qed.

(** ** The cotangents of the elements *)
Definition scan_dwritten t : 'M[R]_(dk, dv) :=
  act (adjoint_run (L - t.+1)) dht + s *: ((q t)^T *m dO t).
Definition scan_dA t : 'M[R]_dk := scan_dwritten t *m (S t)^T.
Definition scan_dB t : 'M[R]_(dk, dv) := scan_dwritten t.

Lemma scan_dwrittenE t : (t < L)%N -> scan_dwritten t = D t.
Proof. by move=> ltL; rewrite /scan_dwritten scan_dstate ?leq_subr // subKn. Qed.

(** Through the element the gradient of the recurrence is reached. *)
Theorem element_backward t : let dA := D t *m (S t)^T in
  [/\ element_dkey x t dA (D t) = dkey s x S0 L dO dht t,
      element_dvalue x t (D t) = dvalue s x L dO dht t
    & element_dbeta x t dA (D t) = dbeta s x S0 L dO dht t].
Proof.
split=> //.
- rewrite /element_dkey /element_dw /dkey /dvalue /dx /pseudo_value trmx_mul trmxK !mulmxA.
  rewrite -!scalemxAl -scalerBr mulmxBl; congr (_ *: _).
  by rewrite addrC [X in _ + X]addrC addrA.
- rewrite /element_dbeta /element_dw /element_du /dbeta /dx /surprise linearB /= trmx_mul.
  by rewrite mulmxBr mulNmx !mulmxA addrC.
Qed.

(** The explicit corollary. *)
Theorem scan_backward t : (t < L)%N ->
  [/\ element_dkey x t (scan_dA t) (scan_dB t) = dkey s x S0 L dO dht t,
      element_dvalue x t (scan_dB t) = dvalue s x L dO dht t,
      element_dbeta x t (scan_dA t) (scan_dB t) = dbeta s x S0 L dO dht t
    & act (adjoint_run L) dht = dstate s x L dO dht 0].
Proof.
move=> ltL; rewrite /scan_dA /scan_dB scan_dwrittenE // scan_dstate // subnn.
by have [-> -> ->] := element_backward t.
Qed.
End ScanBackward.
