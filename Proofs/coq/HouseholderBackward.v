(** * The gradient by the cumulative product run backwards *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct Gradients RecurrenceBackward.
From DeltaRule Require Import ScanBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section HouseholderBackward.
Variables (R : comRingType) (dk dv : nat).
Variables (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Variables (L : nat) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).

(** P and H before token [t], as the forward pass stores them. *)
Definition cumulative_P t : 'M[R]_dk := product x 0 t.
Definition cumulative_H t : 'M[R]_(dk, dv) := state x 0 t.

Local Notation q := (query x).
Local Notation M := (transition x).
Local Notation P := cumulative_P.
Local Notation H := cumulative_H.
Local Notation S := (state x S0).

(** What token [t] reads is R = P S0 + H after it. *)
Definition dread t : 'M[R]_(dk, dv) := s *: ((q t)^T *m dO t).

(** The cotangents of P and H before token [L - n], of all that comes later. *)
Fixpoint dP_from_end n : 'M[R]_dk :=
  if n is n'.+1 then
    let t := (L - n)%N in (M t)^T *m (dP_from_end n' + dread t *m S0^T)
  else dht *m S0^T.
Fixpoint dH_from_end n : 'M[R]_(dk, dv) :=
  if n is n'.+1 then
    let t := (L - n)%N in (M t)^T *m (dH_from_end n' + dread t)
  else dht.

(** After token [t], its read-out included. *)
Definition dP t : 'M[R]_dk := dP_from_end (L - t.+1) + dread t *m S0^T.
Definition dH t : 'M[R]_(dk, dv) := dH_from_end (L - t.+1) + dread t.
Definition dM t : 'M[R]_dk := dP t *m (P t)^T + dH t *m (H t)^T.

Definition product_dquery t : 'rV[R]_dk := s *: (dO t *m (P t.+1 *m S0 + H t.+1)^T).
Definition product_dinitial : 'M[R]_(dk, dv) :=
  (P L)^T *m dht + \sum_(0 <= t < L) (P t.+1)^T *m dread t.

(** ** The recurrence's cotangents *)
Lemma dH_from_endE n : (n <= L)%N -> dH_from_end n = dstate s x L dO dht (L - n).
Proof.
elim: n => [|n IH] ltL; first by rewrite subn0 dstate_end.
have lt' : (L - n.+1 < L)%N by rewrite subnSK ?leq_subr.
by rewrite /= IH ?(ltnW ltL) // [RHS]dstate_transition // /dwritten subnSK.
Qed.

Theorem dHE t : (t < L)%N -> dH t = dwritten s x L dO dht t.
Proof. by move=> ltL; rewrite /dH dH_from_endE ?leq_subr // subKn. Qed.

Lemma dP_from_endE n : dP_from_end n = dH_from_end n *m S0^T.
Proof. by elim: n => //= n ->; rewrite -mulmxDl mulmxA. Qed.

Theorem dPE t : dP t = dH t *m S0^T.
Proof. by rewrite /dP dP_from_endE -mulmxDl. Qed.

(** The transition receives what it receives from the scan. *)
Theorem dME t : (t < L)%N -> dM t = dwritten s x L dO dht t *m (S t)^T.
Proof.
by move=> ltL; rewrite /dM dPE dHE // -mulmxA -trmx_mul -mulmxDr -linearD /= -state_from_zero.
Qed.

Theorem product_dqueryE t : product_dquery t = dq s x S0 dO t.
Proof. by rewrite /product_dquery -state_from_zero. Qed.

Lemma cumulative_PS t : P t.+1 = M t *m P t.
Proof. by rewrite /cumulative_P productS. Qed.

Theorem product_dinitialE : product_dinitial = dstate s x L dO dht 0.
Proof.
have step t : (t < L)%N -> (P t.+1)^T *m dread t =
    (P t)^T *m dstate s x L dO dht t - (P t.+1)^T *m dstate s x L dO dht t.+1.
  move=> ltL; rewrite dstate_transition // mulmxA -trmx_mul -cumulative_PS.
  by rewrite -mulmxBr /dwritten addrC addKr.
rewrite /product_dinitial (eq_big_nat _ _ (fun t lt => step t (proj2 (andP lt)))).
rewrite -[X in _ + X]opprK -sumrN; under eq_bigr => t _ do rewrite opprB.
rewrite (telescope_sumr (fun t => (P t)^T *m dstate s x L dO dht t)) // opprB dstate_end.
by rewrite addrC subrK /cumulative_P product0 trmx1 mul1mx.
Qed.

(** The explicit corollary. *)
Theorem householder_backward t : (t < L)%N ->
  [/\ product_dquery t = dq s x S0 dO t,
      element_dkey x t (dM t) (dH t) = dkey s x S0 L dO dht t,
      element_dvalue x t (dH t) = dvalue s x L dO dht t,
      element_dbeta x t (dM t) (dH t) = dbeta s x S0 L dO dht t
    & product_dinitial = dstate s x L dO dht 0].
Proof.
move=> ltL; rewrite dME // dHE // product_dqueryE product_dinitialE.
by have [-> -> ->] := element_backward s x S0 L dO dht t.
Qed.
End HouseholderBackward.
