(** * The gradient by decoding steps run backwards

    The read-out is [q S + (q . k) x], so that the state after the token is never read. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence Gradients RecurrenceBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** The product of two rows does not mind their order. *)
Lemma dotC (R : comRingType) n (a b : 'rV[R]_n) : a *m b^T = b *m a^T.
Proof.
apply/matrixP => i j; rewrite !ord1 !mxE.
by apply: eq_bigr => l _; rewrite !mxE mulrC.
Qed.

Section DecodeStepBackward.
Variables (R : comRingType) (dk dv : nat).
Variables (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Variables (L : nat) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).

Local Notation q := (query x).
Local Notation k := (key x).
Local Notation S := (state x S0).
Local Notation X t := (pseudo_value x (S t) t).
Local Notation g t := (q t *m (k t)^T).

(** ** Backwards: one step, from the cotangent [dS] of the state after token [t] *)
Definition step_dx (dS : 'M[R]_(dk, dv)) t : 'rV[R]_dv := k t *m dS + s *: (g t *m dO t).
Definition step_dvalue dS t : 'rV[R]_dv := beta x t *: step_dx dS t.
Definition step_dbeta dS t : R := (step_dx dS t *m (surprise x S0 t)^T) 0 0.
Definition step_dstate dS t : 'M[R]_(dk, dv) :=
  dS + (s *: ((q t)^T *m dO t) - (k t)^T *m step_dvalue dS t).

(** ** Forwards: the states once more *)
Definition step_dg t : 'M[R]_1 := s *: (dO t *m (X t)^T).
Definition step_dquery t : 'rV[R]_dk := s *: (dO t *m (S t)^T) + step_dg t *m k t.
Definition step_dkey dS t : 'rV[R]_dk :=
  X t *m dS^T + (step_dg t *m q t - step_dvalue dS t *m (S t)^T).

(** ** All steps, the last one first *)
Fixpoint decoding_from_end n : 'M[R]_(dk, dv) :=
  if n is n'.+1 then step_dstate (decoding_from_end n') (L - n) else dht.
Definition decoding_dstate t := decoding_from_end (L - t).

Local Notation dS := (dstate s x L dO dht).

Theorem step_dxE t : step_dx (dS t.+1) t = dx s x L dO dht t.
Proof. by rewrite /step_dx /dx /dwritten mulmxDr -scalemxAr mulmxA (dotC (q t)). Qed.
Theorem step_dvalueE t : step_dvalue (dS t.+1) t = dvalue s x L dO dht t.
Proof. by rewrite /step_dvalue step_dxE. Qed.
Theorem step_dbetaE t : step_dbeta (dS t.+1) t = dbeta s x S0 L dO dht t.
Proof. by rewrite /step_dbeta step_dxE. Qed.
Theorem step_dstateE t : (t < L)%N -> step_dstate (dS t.+1) t = dS t.
Proof. by move=> ltL; rewrite [RHS]dstateE // /step_dstate step_dvalueE addrA. Qed.

Theorem step_dqueryE t : step_dquery t = dq s x S0 dO t.
Proof.
rewrite /dq stateS linearD /= trmx_mul trmxK mulmxDr scalerDr mulmxA; congr (_ + _).
by rewrite /step_dg -scalemxAl.
Qed.

Theorem step_dkeyE t : step_dkey (dS t.+1) t = dkey s x S0 L dO dht t.
Proof.
rewrite /step_dkey step_dvalueE /dkey /dwritten [(dstate _ _ _ _ _ _ + _)^T]linearD mulmxDr addrA.
by rewrite /= linearZ /= trmx_mul trmxK -scalemxAr mulmxA /step_dg (dotC (dO t)) -scalemxAl.
Qed.

Theorem decoding_dstateE t : decoding_dstate t = dS t.
Proof.
rewrite /decoding_dstate /dstate; case: (leqP t L) => [le|/ltnW]; last by rewrite -subn_eq0 => /eqP->.
move: (L - t)%N (leq_subr t L) => n; elim: n => // n IH ltL.
rewrite /= IH ?(ltnW ltL) //; have lt' : (L - n.+1 < L)%N by rewrite subnSK ?leq_subr.
have := step_dstateE lt'; rewrite subnSK // /dstate (subKn (ltnW ltL)) => ->.
by rewrite (subKn ltL).
Qed.

(** The explicit corollary: decoding, backwards and forwards again, computes the recurrence's gradient. *)
Theorem decoding_backward t :
  [/\ step_dquery t = dq s x S0 dO t,
      step_dkey (decoding_dstate t.+1) t = dkey s x S0 L dO dht t,
      step_dvalue (decoding_dstate t.+1) t = dvalue s x L dO dht t,
      step_dbeta (decoding_dstate t.+1) t = dbeta s x S0 L dO dht t
    & decoding_dstate 0 = dstate s x L dO dht 0].
Proof.
rewrite !decoding_dstateE.
by split; [exact: step_dqueryE | exact: step_dkeyE | exact: step_dvalueE | exact: step_dbetaE |].
Qed.
End DecodeStepBackward.
