(** * The gradient by the recurrence run backwards

    [dO t] is the cotangent of the output of token [t], [dht] that of the state after the last of [L]
    tokens. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssrAC ssralg zmodp poly matrix.
From DeltaRule Require Import Recurrence Gradients.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section RecurrenceBackward.
Variables (R : comRingType) (dk dv : nat).
Variables (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Variables (L : nat) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).

Local Notation q := (query x).
Local Notation k := (key x).
Local Notation S := (state x S0).

(** What the memory got wrong before token [t] was written. *)
Definition surprise t : 'rV[R]_dv := value x t - k t *m S t.

(** The cotangent of the state before token [L - n], of all that comes later. *)
Fixpoint dstate_from_end n : 'M[R]_(dk, dv) :=
  if n is n'.+1 then
    let t := (L - n)%N in
    let dS := dstate_from_end n' + s *: ((q t)^T *m dO t) in
    dS - (k t)^T *m (beta x t *: (k t *m dS))
  else dht.
Definition dstate t := dstate_from_end (L - t).

(** The cotangent of the state after token [t], its read-out included. *)
Definition dwritten t := dstate t.+1 + s *: ((q t)^T *m dO t).

Definition dx t : 'rV[R]_dv := k t *m dwritten t.
Definition dq t : 'rV[R]_dk := s *: (dO t *m (S t.+1)^T).
Definition dvalue t : 'rV[R]_dv := beta x t *: dx t.
Definition dbeta t : R := (dx t *m (surprise t)^T) 0 0.
Definition dkey t : 'rV[R]_dk :=
  pseudo_value x (S t) t *m (dwritten t)^T - dvalue t *m (S t)^T.

Lemma dstate_end : dstate L = dht.
Proof. by rewrite /dstate subnn. Qed.

Lemma dstateE t : (t < L)%N -> dstate t = dwritten t - (k t)^T *m dvalue t.
Proof. by move=> ltL; rewrite /dvalue /dx /dwritten /dstate -(subnSK ltL) /= subnSK // subKn // ltnW. Qed.
End RecurrenceBackward.

(** ** It is the gradient *)
Section Adjoint.
Variables (R : comRingType) (dk dv : nat) (s : R) (L : nat).
Variables (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).
Variables (p : tokens {poly R} dk dv) (P0 : 'M[{poly R}]_(dk, dv)).
Local Notation x := (tokens0 p).
Local Notation S0 := (at0 P0).
Local Notation S := (state p P0).

Lemma collect (V : zmodType) (g v vs vk b xk : V) :
  g + (v - (vs + vk) + b + xk) - (g - vs) = xk - vk + v + b.
Proof.
by rewrite !opprD opprK !addrA [LHS](ACl ((1*7)*(3*8)*6*4*2*5)) /= subrr addNr !add0r.
Qed.

Lemma at1_output t :
  at1 (output s%:P p P0 t) =
  s *: (at0 (query p t) *m at1 (S t.+1) + at1 (query p t) *m state x S0 t.+1).
Proof. by rewrite /output at1Z !coefC scale0r addr0 at1M state0. Qed.

Lemma at1_state t :
  at1 (S t.+1) = at1 (S t) + ((key x t)^T *m
    (beta x t *: (at1 (value p t) - (key x t *m at1 (S t) + at1 (key p t) *m state x S0 t))
     + (beta p t)`_1 *: surprise x S0 t)
    + (at1 (key p t))^T *m pseudo_value x (state x S0 t) t).
Proof.
by rewrite stateS at1D at1M !at1T at0T /pseudo_value at1Z at0Z at1B at0B at1M at0M state0.
Qed.

Lemma backward_step t : (t < L)%N ->
  << dO t, at1 (output s%:P p P0 t) >> + << dstate s x L dO dht t.+1, at1 (S t.+1) >>
    - << dstate s x L dO dht t, at1 (S t) >> =
  << dq s x S0 dO t, at1 (query p t) >> + << dkey s x S0 L dO dht t, at1 (key p t) >>
    + << dvalue s x L dO dht t, at1 (value p t) >> + dbeta s x S0 L dO dht t * (beta p t)`_1.
Proof.
move=> ltL; rewrite at1_output pairingZr pairingDr mulrDr.
have -> : s * << dO t, at0 (query p t) *m at1 (S t.+1) >> =
          << s *: ((query x t)^T *m dO t), at1 (S t.+1) >> by rewrite pairing_mull pairingZl.
have -> : s * << dO t, at1 (query p t) *m state x S0 t.+1 >> =
          << dq s x S0 dO t, at1 (query p t) >> by rewrite pairing_mulr pairingZl.
rewrite [X in X + _ - _]addrC -[X in X - _]addrA -pairingDl [_ + dstate _ _ _ _ _ _]addrC.
rewrite -/(dwritten s x L dO dht t) -[RHS]addrA -[RHS]addrA -[LHS]addrA; congr (_ + _).
rewrite addrA dstateE // at1_state.
have vE : << dx s x L dO dht t, beta x t *: (at1 (value p t) - (key x t *m at1 (S t)
      + at1 (key p t) *m state x S0 t)) >> =
    << dvalue s x L dO dht t, at1 (value p t) >>
    - (<< (key x t)^T *m dvalue s x L dO dht t, at1 (S t) >>
       + << dvalue s x L dO dht t *m (state x S0 t)^T, at1 (key p t) >>).
  by rewrite pairingZr -pairingZl -/(dvalue s x L dO dht t) pairingBr pairingDr pairing_mull pairing_mulr.
have bE : << dx s x L dO dht t, (beta p t)`_1 *: surprise x S0 t >> =
    dbeta s x S0 L dO dht t * (beta p t)`_1 by rewrite pairingZr pairing_row mulrC.
rewrite pairingBl !pairingDr pairing_mull trmxK -/(dx s x L dO dht t) pairingDr vE bE.
have -> : << dwritten s x L dO dht t, (at1 (key p t))^T *m pseudo_value x (state x S0 t) t >> =
    << pseudo_value x (state x S0 t) t *m (dwritten s x L dO dht t)^T, at1 (key p t) >>.
  by rewrite pairing_mulr pairing_tr trmx_mul trmxK.
by rewrite collect /dkey pairingBl.
Qed.

(** The gradient of what the cotangents see of the outputs and of the final state. *)
Theorem recurrence_backward :
  \sum_(0 <= t < L) << dO t, at1 (output s%:P p P0 t) >> + << dht, at1 (S L) >> =
  << dstate s x L dO dht 0, at1 P0 >>
  + \sum_(0 <= t < L) (<< dq s x S0 dO t, at1 (query p t) >>
      + << dkey s x S0 L dO dht t, at1 (key p t) >>
      + << dvalue s x L dO dht t, at1 (value p t) >> + dbeta s x S0 L dO dht t * (beta p t)`_1).
Proof.
rewrite -(eq_big_nat _ _ (fun t lt => backward_step (proj2 (andP lt)))).
under [in RHS]eq_bigr => t _ do rewrite -addrA.
rewrite big_split /= telescope_sumr // addrCA; congr (_ + _).
by rewrite [RHS]addrC subrK dstate_end.
Qed.
End Adjoint.
