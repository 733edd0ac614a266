(** * The gradient by the WY representation's cumulative sum run backwards *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct WYRepresentation Gradients.
From DeltaRule Require Import RecurrenceBackward DecodeStepBackward HouseholderBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Lemma tr_difference (R : comRingType) m n p (a : 'M[R]_(m, p)) (b : 'M_(m, n)) (A : 'M_(n, p)) :
  (a - b *m A)^T = a^T - A^T *m b^T.
Proof. by rewrite linearB /= trmx_mul. Qed.

(** ** The substitution run backwards *)
Section Leaving.
Variables (R : comRingType) (dk dv : nat) (x : tokens R dk dv).
Local Notation k := (key x).

(** From row [n - 1] down to row 0: what row [n] was given goes on to the rows before it. *)
Fixpoint leave m n (f : nat -> 'rV[R]_m) : nat -> 'rV[R]_m :=
  if n is n'.+1 then
    leave n' (fun i => if (i < n')%N then f i - (k n' *m (k i)^T) *m (beta x n' *: f n') else f i)
  else f.

Lemma leave_late m n (f : nat -> 'rV[R]_m) t : (n <= t)%N -> leave n f t = f t.
Proof. by elim: n f => //= n IH f lt; rewrite IH ?(ltnW lt) // ltnNge (ltnW lt). Qed.

(** When a row is left, all later rows have added to it. *)
Lemma leaveE m n (f : nat -> 'rV[R]_m) t : (t < n)%N ->
  leave n f t = f t - \sum_(t.+1 <= i < n) (k i *m (k t)^T) *m (beta x i *: leave n f i).
Proof.
elim: n f => // n IH f; rewrite ltnS leq_eqVlt => /orP[/eqP->|lt_tn] /=.
  by rewrite big_geq // subr0 leave_late // ltnn.
rewrite {1}IH // lt_tn big_nat_recr //= leave_late // ltnn opprD !addrA.
by rewrite addrAC.
Qed.

Lemma leave_unique m L (f y : nat -> 'rV[R]_m) :
  (forall t, (t < L)%N ->
    y t = f t - \sum_(t.+1 <= i < L) (k i *m (k t)^T) *m (beta x i *: y i)) ->
  forall t, (t < L)%N -> leave L f t = y t.
Proof.
move=> yE t; have [n] := ubnP (L - t); elim: n t => // n IH t; rewrite ltnS => le_n ltL.
rewrite leaveE // yE //; congr (_ - _); apply: eq_big_nat => i /andP[lt_ti lt_iL].
by rewrite IH //; apply: leq_trans le_n; exact: ltn_sub2l.
Qed.
End Leaving.

Section WYBackward.
Variables (R : comRingType) (dk dv : nat).
Variables (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Variables (L : nat) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).

Local Notation q := (query x).
Local Notation k := (key x).
Local Notation w := (w x).
Local Notation u := (u x).
Local Notation S := (state x S0).
Local Notation pv t := (pseudo_value x (S t) t).

(** P and H before token [t]. *)
Definition wy_P t : 'M[R]_dk := 1%:M - \sum_(i < t) (k i)^T *m w i.
Definition wy_H t : 'M[R]_(dk, dv) := \sum_(i < t) (k i)^T *m u i.

(** ** Through the sums *)
Definition sum_dH t : 'M[R]_(dk, dv) := dht + \sum_(t <= i < L) dread s x dO i.
Definition sum_dP t : 'M[R]_dk := sum_dH t *m S0^T.
Definition sum_dquery t : 'rV[R]_dk := s *: (dO t *m (wy_P t.+1 *m S0 + wy_H t.+1)^T).
Definition sum_dinitial : 'M[R]_(dk, dv) :=
  (wy_P L)^T *m dht + \sum_(0 <= t < L) (wy_P t.+1)^T *m dread s x dO t.

(** ** Through w and u, all later rows having added to theirs *)
Definition wy_dw : nat -> 'rV[R]_dk := leave x L (fun t => - (k t *m sum_dP t)).
Definition wy_du : nat -> 'rV[R]_dv := leave x L (fun t => k t *m sum_dH t).
Definition w_hat t : 'rV[R]_dk := k t - \sum_(i < t) (k t *m (k i)^T) *m w i.
Definition u_hat t : 'rV[R]_dv := value x t - \sum_(i < t) (k t *m (k i)^T) *m u i.
Definition dw_hat t : 'rV[R]_dk := beta x t *: wy_dw t.
Definition du_hat t : 'rV[R]_dv := beta x t *: wy_du t.
(** Of [g = k t . k i]. *)
Definition doverlap t i : 'M[R]_1 := - (dw_hat t *m (w i)^T + du_hat t *m (u i)^T).

Definition wy_dkey t : 'rV[R]_dk :=
  (u t *m (sum_dH t)^T - w t *m (sum_dP t)^T)
  + (dw_hat t + \sum_(i < t) doverlap t i *m k i + \sum_(t.+1 <= i < L) doverlap i t *m k i).
Definition wy_dbeta t : R := (wy_dw t *m (w_hat t)^T + wy_du t *m (u_hat t)^T) 0 0.

Local Notation D := (dwritten s x L dO dht).
Local Notation dV := (dvalue s x L dO dht).

(** ** The recurrence's cotangents *)
Lemma wy_PE t : wy_P t = cumulative_P x t.
Proof. by rewrite /cumulative_P wy_product. Qed.
Lemma wy_HE t : wy_H t = cumulative_H x t.
Proof. by rewrite /cumulative_H wy_state mulmx0 add0r. Qed.

Lemma dstate_sum t : (t <= L)%N ->
  dstate s x L dO dht t = sum_dH t - \sum_(t <= i < L) (k i)^T *m dV i.
Proof.
move=> le_tL; rewrite /sum_dH -addrA -sumrB.
have step i : (t <= i < L)%N -> dread s x dO i - (k i)^T *m dV i =
    - (dstate s x L dO dht i.+1 - dstate s x L dO dht i).
  by move=> /andP[_ ltL]; rewrite opprB [in RHS]dstateE // /dwritten addrAC [X in X - _]addrC addrK.
by rewrite (eq_big_nat _ _ step) sumrN telescope_sumr // opprB dstate_end addrC subrK.
Qed.

Lemma dwritten_sum t : (t < L)%N ->
  D t = sum_dH t - \sum_(t.+1 <= i < L) (k i)^T *m dV i.
Proof.
move=> ltL; rewrite /dwritten dstate_sum // /sum_dH (big_ltn ltL) addrAC; congr (_ - _).
by rewrite -addrA [X in _ + X]addrC.
Qed.

Lemma dx_sum t : (t < L)%N -> dx s x L dO dht t =
  k t *m sum_dH t - \sum_(t.+1 <= i < L) (k i *m (k t)^T) *m dV i.
Proof.
move=> ltL; rewrite /dx dwritten_sum // mulmxBr mulmx_sumr; congr (_ - _).
by apply: eq_bigr => i _; rewrite mulmxA (dotC (k t)).
Qed.

Theorem wy_duE t : (t < L)%N -> wy_du t = dx s x L dO dht t.
Proof. by move: t; apply: leave_unique; exact: dx_sum. Qed.

Theorem wy_dwE t : (t < L)%N -> wy_dw t = - (dx s x L dO dht t *m S0^T).
Proof.
move: t; apply: leave_unique => t ltL; rewrite dx_sum // mulmxBl opprB -mulmxA addrC; congr (_ + _).
rewrite mulmx_suml -sumrN; apply: eq_bigr => i _.
by rewrite scalerN mulmxN opprK /dvalue scalemxAl mulmxA.
Qed.

Lemma surprise_hat t : surprise x S0 t = u_hat t - w_hat t *m S0.
Proof.
rewrite /surprise state_sum mulmxDr mulmx_sumr /u_hat /w_hat mulmxBl opprD opprB -!addrA.
congr (_ + _); rewrite [LHS]addrC [RHS]addrA; congr (_ - _).
rewrite mulmx_suml addrC -sumrB -sumrN.
by apply: eq_bigr => i _; rewrite mulmxA mulmxBr opprB mulmxA.
Qed.

Theorem wy_dbetaE t : (t < L)%N -> wy_dbeta t = dbeta s x S0 L dO dht t.
Proof.
move=> ltL; rewrite /wy_dbeta wy_dwE // wy_duE // /dbeta surprise_hat tr_difference mulmxBr.
by rewrite mulNmx mulmxA addrC.
Qed.

Lemma du_hatE t : (t < L)%N -> du_hat t = dV t.
Proof. by move=> ltL; rewrite /du_hat wy_duE. Qed.
Lemma dw_hatE t : (t < L)%N -> dw_hat t = - (dV t *m S0^T).
Proof. by move=> ltL; rewrite /dw_hat wy_dwE // scalerN scalemxAl. Qed.
Lemma doverlapE t i : (t < L)%N -> doverlap t i = - (dV t *m (pv i)^T).
Proof.
move=> ltL; rewrite /doverlap du_hatE // dw_hatE // pseudo_valueE tr_difference mulmxBr.
by rewrite mulNmx mulmxA addrC.
Qed.

Theorem wy_dkeyE t : (t < L)%N -> wy_dkey t = dkey s x S0 L dO dht t.
Proof.
move=> ltL; have first : u t *m (sum_dH t)^T - w t *m (sum_dP t)^T = pv t *m (sum_dH t)^T.
  by rewrite pseudo_valueE mulmxBl trmx_mul trmxK mulmxA.
have earlier : dw_hat t + \sum_(i < t) doverlap t i *m k i = - (dV t *m (S t)^T).
  rewrite dw_hatE // state_sum linearD /= mulmxDr opprD; congr (_ + _).
  rewrite linear_sum mulmx_sumr -sumrN; apply: eq_bigr => i _.
  by rewrite doverlapE // pseudo_valueE /= trmx_mul trmxK mulNmx mulmxA.
have later : \sum_(t.+1 <= i < L) doverlap i t *m k i =
    - (pv t *m (\sum_(t.+1 <= i < L) (k i)^T *m dV i)^T).
  rewrite linear_sum mulmx_sumr -sumrN; apply: eq_big_nat => i /andP[_ lt_iL].
  by rewrite doverlapE // /= trmx_mul trmxK mulNmx mulmxA (dotC (dV i)).
rewrite /wy_dkey first earlier later /dkey dwritten_sum // [(_ - _)^T]linearB mulmxBr /=.
by rewrite [X in _ + X]addrC addrA.
Qed.

(** The explicit corollary. *)
Theorem wy_backward t : (t < L)%N ->
  [/\ sum_dquery t = dq s x S0 dO t,
      wy_dkey t = dkey s x S0 L dO dht t,
      du_hat t = dvalue s x L dO dht t,
      wy_dbeta t = dbeta s x S0 L dO dht t
    & sum_dinitial = dstate s x L dO dht 0].
Proof.
move=> ltL; split; [| exact: wy_dkeyE | exact: du_hatE | exact: wy_dbetaE |].
  by rewrite /sum_dquery wy_PE wy_HE; exact: product_dqueryE.
rewrite -product_dinitialE /sum_dinitial wy_PE; congr (_ + _).
by apply: eq_bigr => i _; rewrite wy_PE.
Qed.
End WYBackward.
