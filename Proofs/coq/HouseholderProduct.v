(** * The recurrence unrolled: products of transitions *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** First [A], then [B]: the later factor stands on the left. *)
Definition andThen (R : ringType) n (A B : 'M[R]_n) := B *m A.
Section AndThen.
Variables (R : ringType) (n : nat).
Lemma andThenA : associative (@andThen R n).
Proof. by move=> A B C; rewrite /andThen mulmxA. Qed.
Lemma andThen1x : left_id 1%:M (@andThen R n).
Proof. by move=> A; rewrite /andThen mulmx1. Qed.
Lemma andThenx1 : right_id 1%:M (@andThen R n).
Proof. by move=> A; rewrite /andThen mul1mx. Qed.
Canonical andThen_law := Monoid.Law andThenA andThen1x andThenx1.
End AndThen.

Section HouseholderProduct.
Variables (R : comRingType) (dk dv : nat) (x : tokens R dk dv).

(** The transitions of the tokens [i], ..., [j - 1], the latest on the left. *)
Definition product (i j : nat) : 'M[R]_dk := \big[@andThen R dk/1%:M]_(i <= t < j) transition x t.

Lemma product0 i : product i i = 1%:M.
Proof. by rewrite /product big_geq. Qed.

Lemma productS i j : (i <= j)%N -> product i j.+1 = transition x j *m product i j.
Proof. by move=> le_ij; rewrite /product big_nat_recr. Qed.

Theorem product_cat i j l : (i <= j)%N -> (j <= l)%N -> product i l = product j l *m product i j.
Proof. by move=> ij jl; rewrite /product (big_cat_nat _ _ _ ij jl). Qed.

Theorem state_product S0 t :
  state x S0 t = product 0 t *m S0
    + \sum_(0 <= i < t) beta x i *: (product i.+1 t *m (key x i)^T *m value x i).
Proof.
elim: t => [|t IH]; first by rewrite product0 big_geq // mul1mx addr0.
rewrite state_transition IH mulmxDr mulmxA -productS // big_nat_recr //= product0 mul1mx addrA.
congr (_ + _ + _); rewrite mulmx_sumr; apply: eq_big_nat => i /andP[_ lt_it].
by rewrite -scalemxAr productS // !mulmxA.
Qed.

(** The difference of two states sees the product alone. *)
Theorem state_difference S0 S1 t : state x S0 t - state x S1 t = product 0 t *m (S0 - S1).
Proof. by rewrite !state_product mulmxBr opprD addrACA subrr addr0. Qed.

(** The recurrence that the code runs for the summand without the initial state. *)
Theorem state_from_zero S0 t : state x S0 t = product 0 t *m S0 + state x 0 t.
Proof. by rewrite !state_product mulmx0 add0r. Qed.
End HouseholderProduct.
