(** * One step contracts: projections, reflections and norms

    The norm of a matrix is the Frobenius norm and stays squared, so that no root is taken and every
    ordered integral domain will do. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import order ssralg ssrnum zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** The square of a transition *)
Section Square.
Variables (R : comRingType) (dk dv : nat).
Implicit Types (x : tokens R dk dv) (k y : 'rV[R]_dk).

Definition dotr k y : R := (k *m y^T) 0 0.
Definition normsq m n (A : 'M[R]_(m, n)) : R := \tr (A^T *m A).

Lemma dotrE k y : dotr k y = \sum_i k 0 i * y 0 i.
Proof. by rewrite /dotr mxE; apply: eq_bigr => i _; rewrite mxE. Qed.

(** The squared norm is the sum of the squared entries. *)
Lemma normsqE m n (A : 'M[R]_(m, n)) : normsq A = \sum_i \sum_j A i j ^+ 2.
Proof.
rewrite /normsq /mxtrace exchange_big; apply: eq_bigr => j _.
by rewrite mxE; apply: eq_bigr => i _; rewrite mxE expr2.
Qed.

Lemma normsq_row k : normsq k = dotr k k.
Proof. by rewrite /normsq mxtrace_mulC /mxtrace big_ord1. Qed.

Lemma normsq_tr m n (A : 'M[R]_(m, n)) : normsq A^T = normsq A.
Proof. by rewrite /normsq trmxK mxtrace_mulC. Qed.

Lemma outer_mul k m (A : 'rV[R]_m) : k^T *m k *m (k^T *m A) = dotr k k *: (k^T *m A).
Proof.
by rewrite mulmxA -[k^T *m k *m _]mulmxA [k *m _]mx11_scalar mul_mx_scalar -scalemxAl.
Qed.

(** The square is a transition again, of another strength. *)
Theorem transition_sq x t :
  (transition x t)^T *m transition x t =
  1%:M - (beta x t * (2%:R - beta x t * dotr (key x t) (key x t))) *: ((key x t)^T *m key x t).
Proof.
rewrite transition_sym /transition; set k := key x t; set b := beta x t.
rewrite mulmxBl mul1mx -scalemxAl mulmxBr mulmx1 -scalemxAr outer_mul.
rewrite -[LHS]addrA -opprD -scalerDr -[in RHS]scalerA; congr (_ - _ *: _).
by rewrite scalerBl scalerA addrA -mulr2n scaler_nat.
Qed.

(** A unit key at full strength is forgotten: a projection. *)
Theorem transition_projection x t : dotr (key x t) (key x t) = 1 -> beta x t = 1 ->
  transition x t *m transition x t = transition x t.
Proof.
move=> k1 b1; rewrite -{1}transition_sym transition_sq k1 b1 !mul1r [in 2%:R]mulr2n addrK.
by rewrite /transition b1.
Qed.

(** At twice the strength it is turned round: a reflection. *)
Theorem transition_reflection x t : dotr (key x t) (key x t) = 1 -> beta x t = 2%:R ->
  (transition x t)^T *m transition x t = 1%:M.
Proof. by move=> k1 b2; rewrite transition_sq k1 b2 mulr1 subrr mulr0 scale0r subr0. Qed.

(** The eigenvalue along the key, and one across it. *)
Theorem transition_key x t :
  transition x t *m (key x t)^T = (1 - beta x t * dotr (key x t) (key x t)) *: (key x t)^T.
Proof.
rewrite transition_mul scalerBl scale1r [key x t *m _]mx11_scalar -/(dotr _ _).
by rewrite -scalemxAr mul_mx_scalar scalerA.
Qed.

Theorem transition_orthogonal x t y : dotr (key x t) y = 0 -> transition x t *m y^T = y^T.
Proof.
rewrite /dotr => ky; rewrite transition_mul [key x t *m _]mx11_scalar ky.
by rewrite raddf0 scaler0 mulmx0 subr0.
Qed.

(** Reflections lose nothing. *)
Theorem reflection_keeps x S0 S1 t :
  (forall i, (i < t)%N -> dotr (key x i) (key x i) = 1 /\ beta x i = 2%:R) ->
  (state x S0 t - state x S1 t)^T *m (state x S0 t - state x S1 t) = (S0 - S1)^T *m (S0 - S1).
Proof.
rewrite !state_difference; move: (S0 - S1) => D.
elim: t => [|t IH] kb; first by rewrite product0 mul1mx.
have [k1 b2] := kb t (ltnSn t).
rewrite productS // -mulmxA trmx_mul mulmxA -[_ *m _ *m transition x t]mulmxA.
by rewrite transition_reflection // mulmx1 IH // => i /ltnW/kb.
Qed.
End Square.

(** ** Inequalities of sums *)
Section Sums.
Variables (R : realDomainType) (I : finType).
Implicit Types f g : I -> R.

Lemma cauchy_sum f g : (\sum_i f i * g i) ^+ 2 <= (\sum_i f i ^+ 2) * (\sum_i g i ^+ 2).
Proof.
have: 0 <= \sum_i \sum_j (f i * g j - f j * g i) ^+ 2.
  by apply: sumr_ge0 => i _; apply: sumr_ge0 => j _; apply: sqr_ge0.
have -> : \sum_i \sum_j (f i * g j - f j * g i) ^+ 2 =
    ((\sum_i f i ^+ 2) * (\sum_i g i ^+ 2) - (\sum_i f i * g i) ^+ 2) *+ 2.
  transitivity (\sum_i \sum_j (f i ^+ 2 * g j ^+ 2 + f j ^+ 2 * g i ^+ 2
                               - (f i * g i) * (f j * g j) *+ 2)).
    apply: eq_bigr => i _; apply: eq_bigr => j _.
    rewrite sqrrB !exprMn addrAC [f i * g j * _]mulrACA [g j * g i]mulrC.
    by rewrite [f i * f j * _]mulrACA.
  rewrite mulrnBl mulr2n expr2 !big_distrlr /= -sumrMnl [X in _ + X - _]exchange_big /=.
  rewrite -big_split -sumrB; apply: eq_bigr => i _.
  by rewrite -sumrMnl -big_split -sumrB.
by rewrite pmulrn_lge0 // subr_ge0.
Qed.

Lemma triangle_sum f g (a b : R) : 0 <= a -> 0 <= b ->
  \sum_i f i ^+ 2 <= a ^+ 2 -> \sum_i g i ^+ 2 <= b ^+ 2 ->
  \sum_i (f i + g i) ^+ 2 <= (a + b) ^+ 2.
Proof.
move=> a0 b0 fa gb.
have -> : \sum_i (f i + g i) ^+ 2 =
    \sum_i f i ^+ 2 + (\sum_i f i * g i) *+ 2 + \sum_i g i ^+ 2.
  by rewrite -sumrMnl -!big_split; apply: eq_bigr => i _; rewrite sqrrD.
rewrite sqrrD ler_add // ler_add // ler_muln2r /=.
apply: le_trans (ler_norm _) _; rewrite -ler_sqr ?nnegrE ?mulr_ge0 // real_normK ?num_real //.
apply: le_trans (cauchy_sum f g) _; rewrite exprMn ler_pmul //;
  by apply: sumr_ge0 => i _; apply: sqr_ge0.
Qed.
End Sums.

(** ** Contraction *)
Section Contraction.
Variables (R : realDomainType) (dk dv : nat).
Implicit Types (x : tokens R dk dv) (y z : 'rV[R]_dk).

Lemma normsq_ge0 m n (A : 'M[R]_(m, n)) : 0 <= normsq A.
Proof. by rewrite normsqE; do 2![apply: sumr_ge0 => ? _]; apply: sqr_ge0. Qed.

Theorem cauchy_schwarz y z : dotr y z ^+ 2 <= dotr y y * dotr z z.
Proof. by rewrite !dotrE cauchy_sum. Qed.

Theorem triangle m n (A B : 'M[R]_(m, n)) a b : 0 <= a -> 0 <= b ->
  normsq A <= a ^+ 2 -> normsq B <= b ^+ 2 -> normsq (A + B) <= (a + b) ^+ 2.
Proof.
rewrite !normsqE !pair_bigA /= => a0 b0 Aa Bb.
rewrite (eq_bigr (fun p => (A p.1 p.2 + B p.1 p.2) ^+ 2)); last by move=> p _; rewrite mxE.
exact: triangle_sum.
Qed.

(** What one step takes from the norm. *)
Lemma transition_norm x t m (A : 'M[R]_(dk, m)) :
  normsq (transition x t *m A) = normsq A
    - beta x t * (2%:R - beta x t * dotr (key x t) (key x t)) * normsq (key x t *m A).
Proof.
rewrite /normsq trmx_mul mulmxA -[A^T *m _ *m _]mulmxA transition_sq.
set c := _ * (_ - _); rewrite mulmxBr mulmx1 mulmxBl linearB /=; congr (_ - _).
by rewrite -scalemxAr -scalemxAl linearZ /= trmx_mul !mulmxA.
Qed.

(** A strength that does not overshoot. *)
Definition moderate x t := 0 <= beta x t /\ beta x t * dotr (key x t) (key x t) <= 2%:R.

Theorem transition_contracts x t m (A : 'M[R]_(dk, m)) : moderate x t ->
  normsq (transition x t *m A) <= normsq A.
Proof.
case=> b0 b2; rewrite transition_norm ler_subl_addr ler_addl.
by rewrite mulr_ge0 ?normsq_ge0 // mulr_ge0 ?subr_ge0.
Qed.

Theorem product_contracts x i j m (A : 'M[R]_(dk, m)) : (i <= j)%N ->
  (forall t, (i <= t < j)%N -> moderate x t) -> normsq (product x i j *m A) <= normsq A.
Proof.
move/subnKC <-; elim: (j - i)%N => [|n IH] mod_x; first by rewrite addn0 product0 mul1mx.
rewrite addnS productS ?leq_addr // -mulmxA.
apply: le_trans (transition_contracts _ _) (IH _); first by apply: mod_x; rewrite leq_addr addnS /=.
by move=> t /andP[le_it lt_t]; apply: mod_x; rewrite le_it addnS ltnW.
Qed.

Theorem state_nonexpansive x S0 S1 t : (forall i, (i < t)%N -> moderate x i) ->
  normsq (state x S0 t - state x S1 t) <= normsq (S0 - S1).
Proof. by move=> mod_x; rewrite state_difference product_contracts // => i /andP[_ /mod_x]. Qed.

(** Without values nothing is written, and the state only shrinks. *)
Theorem state_decays x S0 t : (forall i, (i < t)%N -> moderate x i) ->
  (forall i, (i < t)%N -> value x i = 0) -> normsq (state x S0 t) <= normsq S0.
Proof.
move=> mod_x v0; rewrite state_product big1_seq ?addr0.
  by rewrite product_contracts // => i /andP[_ /mod_x].
by move=> i /=; rewrite mem_index_iota => /andP[_ /v0->]; rewrite mulmx0 scaler0.
Qed.

(** What token [j] leaves for token [i] to see is bounded by their keys. *)
Theorem entry_bound x i j : (j < i)%N -> (forall t, (j < t < i)%N -> moderate x t) ->
  ((key x i *m product x j.+1 i *m (key x j)^T) 0 0) ^+ 2 <=
  dotr (key x i) (key x i) * dotr (key x j) (key x j).
Proof.
move=> lt_ji mod_x; rewrite -mulmxA -[product _ _ _ *m _]trmxK -/(dotr _ _).
apply: le_trans (cauchy_schwarz _ _) _; rewrite ler_wpmul2l -?normsq_row ?normsq_ge0 //.
by rewrite normsq_tr (le_trans (product_contracts _ _ _)) // normsq_tr.
Qed.
End Contraction.
