(** * The WY representation: a product of transitions as a sum of outer products *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** Sequences whose terms are made of all earlier ones *)
Section CourseOfValues.
Variables (A : Type) (a0 : A) (F : nat -> (nat -> A) -> A).
Fixpoint cov_table (t : nat) : nat -> A :=
  if t is t'.+1 then fun i => if i == t' then F t' (cov_table t') else cov_table t' i
  else fun=> a0.
Definition cov (t : nat) : A := cov_table t.+1 t.
Hypothesis F_ext : forall t f g, (forall i, (i < t)%N -> f i = g i) -> F t f = F t g.
Lemma cov_tableE t i : (i < t)%N -> cov_table t i = cov i.
Proof.
elim: t => // t IH; rewrite ltnS leq_eqVlt => /orP[/eqP->//|lt_it] /=.
by rewrite ltn_eqF // IH.
Qed.
Lemma covE t : cov t = F t cov.
Proof. by rewrite /cov /= eqxx; apply: F_ext => i /cov_tableE. Qed.
End CourseOfValues.

Section WYRepresentation.
Variables (R : comRingType) (dk dv : nat) (x : tokens R dk dv).
Local Notation k := (key x).
Local Notation b := (beta x).

(** The solution of [y t = b t (f t - sum_{i < t} (k t . k i) y i)]. *)
Definition substituted m (f : nat -> 'rV[R]_m) : nat -> 'rV[R]_m :=
  cov 0 (fun t y => b t *: (f t - \sum_(i < t) (k t *m (k i)^T) *m y i)).

Lemma substitutedE m (f : nat -> 'rV[R]_m) t :
  substituted f t = b t *: (f t - \sum_(i < t) (k t *m (k i)^T) *m substituted f i).
Proof.
rewrite {1}/substituted covE // => {}t y z yz; congr (_ *: (_ - _)).
by apply: eq_bigr => i _; rewrite yz.
Qed.

Definition w := substituted k.
Definition u := substituted (value x).

Theorem wE t : w t = b t *: (k t - \sum_(i < t) (k t *m (k i)^T) *m w i).
Proof. exact: substitutedE. Qed.
Theorem uE t : u t = b t *: (value x t - \sum_(i < t) (k t *m (k i)^T) *m u i).
Proof. exact: substitutedE. Qed.

(** Equation 3 of the paper: the product became a sum. *)
Theorem wy_product t : product x 0 t = 1%:M - \sum_(i < t) (k i)^T *m w i.
Proof.
elim: t => [|t IH]; first by rewrite product0 big_ord0 subr0.
rewrite productS // transition_mul big_ord_recr /= opprD addrA -IH; congr (_ - _ *m _).
rewrite wE IH mulmxBr mulmx1 mulmx_sumr; congr (_ *: (_ - _)).
by apply: eq_bigr => i _; rewrite mulmxA.
Qed.

Theorem w_product t : w t = b t *: (k t *m product x 0 t).
Proof.
rewrite wE wy_product mulmxBr mulmx1 mulmx_sumr; congr (_ *: (_ - _)).
by apply: eq_bigr => i _; rewrite mulmxA.
Qed.

Theorem wy_state S0 t : state x S0 t = product x 0 t *m S0 + \sum_(i < t) (k i)^T *m u i.
Proof.
rewrite state_from_zero; congr (_ + _).
elim: t => [|t IH]; first by rewrite big_ord0.
rewrite stateS big_ord_recr /= -IH /pseudo_value uE; congr (_ + _ *m (_ *: (_ - _))).
by rewrite IH mulmx_sumr; apply: eq_bigr => i _; rewrite mulmxA.
Qed.

(** The pseudo-values, read off the representation. *)
Theorem pseudo_valueE S0 t : pseudo_value x (state x S0 t) t = u t - w t *m S0.
Proof.
rewrite /pseudo_value wy_state w_product uE -scalemxAl -scalerBr; congr (_ *: _).
rewrite mulmxDr opprD [in LHS]addrCA [RHS]addrC mulmxA; congr (_ + (_ - _)).
by rewrite mulmx_sumr; apply: eq_bigr => i _; rewrite mulmxA.
Qed.

Theorem state_sum S0 t : state x S0 t = S0 + \sum_(i < t) (k i)^T *m (u i - w i *m S0).
Proof.
by rewrite state_writes; congr (_ + _); apply: eq_bigr => i _; rewrite pseudo_valueE.
Qed.
End WYRepresentation.
