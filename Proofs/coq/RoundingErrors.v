(** * Rounding errors of the recurrence

    The standard model of floating point arithmetic: each operation is exact up to a relative error of
    at most the unit roundoff.  Overflow and underflow are left out. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import order ssralg ssrnum zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct Contraction.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Record standard_model (R : realDomainType) := StandardModel {
  unit_roundoff : R;
  fadd : R -> R -> R;
  fsub : R -> R -> R;
  fmul : R -> R -> R;
  unit_ge0 : 0 <= unit_roundoff;
  fadd_model : forall a b, exists2 d, `|d| <= unit_roundoff & fadd a b = (a + b) * (1 + d);
  fsub_model : forall a b, exists2 d, `|d| <= unit_roundoff & fsub a b = (a - b) * (1 + d);
  fmul_model : forall a b, exists2 d, `|d| <= unit_roundoff & fmul a b = a * b * (1 + d)
}.

(** Exact arithmetic is an instance. *)
Lemma exactP (R : realDomainType) (a : R) : exists2 d : R, `|d| <= 0 & a = a * (1 + d).
Proof. by exists 0; rewrite ?normr0 // addr0 mulr1. Qed.
Definition exact_model (R : realDomainType) : standard_model R :=
  StandardModel (lexx 0) (fun a b => exactP (a + b)) (fun a b => exactP (a - b))
                (fun a b => exactP (a * b)).

(** ** Propagation through the operations *)
Section Near.
Variables (R : realDomainType) (fl : standard_model R).
Local Notation u := (unit_roundoff fl).

(** The growth of [n] roundings one after another. *)
Definition growth n : R := (1 + u) ^+ n - 1.

(** [a] is [b], a quantity of magnitude at most [m], after [n] roundings. *)
Definition near n (a b m : R) := `|b| <= m /\ `|a - b| <= growth n * m.

Lemma growthS n : growth n.+1 = growth n + u * (1 + growth n).
Proof. by rewrite /growth exprS mulrDl mul1r [1 + (_ - 1)]addrC subrK addrAC. Qed.

Lemma growth_ge0 n : 0 <= growth n.
Proof. by rewrite /growth subr_ge0 exprn_ege1 // ler_addl unit_ge0. Qed.

Lemma growth_le m n : (m <= n)%N -> growth m <= growth n.
Proof. by move=> le_mn; rewrite ler_add2r ler_weexpn2l // ler_addl unit_ge0. Qed.

Lemma near_ge0 n a b m : near n a b m -> 0 <= m.
Proof. by case=> bm _; apply: le_trans bm. Qed.

Lemma near_exact a : near 0 a a `|a|.
Proof. by split; rewrite // subrr normr0 /growth subrr mul0r. Qed.

Lemma near_le n n' a b m : (n <= n')%N -> near n a b m -> near n' a b m.
Proof.
move=> le_n ab; have m0 := near_ge0 ab; case: ab => bm ab; split=> //.
by apply: le_trans ab _; rewrite ler_wpmul2r ?growth_le.
Qed.

Lemma near_round n a b m d : `|d| <= u -> near n a b m -> near n.+1 (a * (1 + d)) b m.
Proof.
move=> du [bm ab]; split=> //.
have -> : a * (1 + d) - b = (a - b) + a * d by rewrite mulrDr mulr1 addrAC.
apply: le_trans (ler_norm_add _ _) _; rewrite growthS mulrDl ler_add // normrM mulrC -mulrA.
rewrite ler_pmul // -[a](subrK b) [X in `|X|]addrC; apply: le_trans (ler_norm_add _ _) _.
by rewrite mulrDl mul1r ler_add.
Qed.

Lemma near_sum n a a' b b' m m' : near n a b m -> near n a' b' m' ->
  near n (a + a') (b + b') (m + m').
Proof.
case=> bm ab [bm' ab']; split; first by apply: le_trans (ler_norm_add _ _) _; rewrite ler_add.
by rewrite opprD addrACA mulrDr; apply: le_trans (ler_norm_add _ _) _; rewrite ler_add.
Qed.

Lemma near_opp n a b m : near n a b m -> near n (- a) (- b) m.
Proof. by case=> bm ab; split; rewrite ?normrN // -opprD normrN. Qed.

Lemma near_scale n a b m c : near n a b m -> near n (c * a) (c * b) (`|c| * m).
Proof.
case=> bm ab; split; rewrite ?normrM; first by rewrite ler_wpmul2l.
by rewrite -mulrBr normrM mulrCA ler_wpmul2l.
Qed.

Lemma near_fadd n a a' b b' m m' : near n a b m -> near n a' b' m' ->
  near n.+1 (fadd fl a a') (b + b') (m + m').
Proof. by move=> ab ab'; have [d du ->] := fadd_model fl a a'; apply/near_round/near_sum. Qed.

Lemma near_fsub n a a' b b' m m' : near n a b m -> near n a' b' m' ->
  near n.+1 (fsub fl a a') (b - b') (m + m').
Proof.
by move=> ab ab'; have [d du ->] := fsub_model fl a a'; apply/near_round/near_sum/near_opp.
Qed.

Lemma near_fmul n c a b m : near n a b m -> near n.+1 (fmul fl c a) (c * b) (`|c| * m).
Proof. by move=> ab; have [d du ->] := fmul_model fl c a; apply/near_round/near_scale. Qed.

(** An exact first summand is rounded once only. *)
Lemma fadd_error n c a b m : near n a b m ->
  `|fadd fl c a - (c + b)| <= u * `|c| + growth n.+1 * m.
Proof.
case=> bm ab; have [d du ->] := fadd_model fl c a.
have -> : (c + a) * (1 + d) - (c + b) = c * d + (a - b + (a - b + b) * d).
  by rewrite subrK mulrDl !mulrDr !mulr1 opprD [LHS]addrACA [c + _]addrC addrK [_ + _ - b]addrAC.
apply: le_trans (ler_norm_add _ _) (ler_add _ _); first by rewrite normrM mulrC ler_wpmul2r.
apply: le_trans (ler_norm_add _ _) _; rewrite growthS [_ * m]mulrDl ler_add //.
rewrite normrM mulrC -mulrA ler_pmul //; apply: le_trans (ler_norm_add _ _) _.
by rewrite mulrDl mul1r addrC ler_add.
Qed.

(** The usual constant: the growth is at most [n u / (1 - n u)]. *)
Lemma growth_gamma n : growth n * (1 - u *+ n) <= u *+ n.
Proof.
have u0 : 0 <= u := unit_ge0 fl.
rewrite /growth mulrBl mul1r opprB addrA ler_subl_addr addrC ler_add2l.
elim: n => [|n IH]; first by rewrite mul1r subr0.
rewrite exprSr -mulrA; apply: le_trans IH; rewrite ler_wpmul2l ?exprn_ge0 ?addr_ge0 ?ler01 //.
rewrite mulrSr mulrDl mul1r mulrBr mulr1 addrA opprD [1 + _]addrA subrK ler_subl_addr ler_addl.
by rewrite mulr_ge0 // addr_ge0 // mulrn_wge0.
Qed.

(** ** Inner products, summed in the order of [r] *)
Section InnerProduct.
Variable I : Type.
Implicit Types (r : seq I) (x y : I -> R).

Definition fdot r x y : R :=
  if r is i :: r' then
    foldl (fun s j => fadd fl s (fmul fl (x j) (y j))) (fmul fl (x i) (y i)) r'
  else 0.

Lemma near_dot r x y :
  near (size r) (fdot r x y) (\sum_(i <- r) x i * y i) (\sum_(i <- r) `|x i| * `|y i|).
Proof.
have near1 i : near 1 (fmul fl (x i) (y i)) (x i * y i) (`|x i| * `|y i|).
  exact/near_fmul/near_exact.
case: r => [|i r]; first by have := near_exact 0; rewrite normr0 /= !big_nil.
rewrite /fdot; elim/last_ind: r => [|r j IH]; first by rewrite !big_seq1; apply: near1.
rewrite foldl_rcons -rcons_cons size_rcons -cats1 !big_cat !big_seq1.
by apply: near_fadd => //; apply: near_le (near1 j).
Qed.

Theorem dot_error r x y :
  `|fdot r x y - \sum_(i <- r) x i * y i| <=
  ((1 + u) ^+ size r - 1) * \sum_(i <- r) `|x i| * `|y i|.
Proof. by case: (near_dot r x y). Qed.
End InnerProduct.
End Near.

(** ** One step of the recurrence *)
Section Step.
Variables (R : realDomainType) (fl : standard_model R) (dk dv : nat) (x : tokens R dk dv).
Implicit Types S : 'M[R]_(dk, dv).
Local Notation u := (unit_roundoff fl).

Definition fpseudo_value S t j : R :=
  fmul fl (beta x t) (fsub fl (value x t 0 j) (fdot fl (enum 'I_dk) (key x t 0) (S^~ j))).

Definition fstep S t : 'M[R]_(dk, dv) :=
  \matrix_(l, j) fadd fl (S l j) (fmul fl (key x t 0 l) (fpseudo_value S t j)).

Fixpoint fstate S0 t : 'M[R]_(dk, dv) := if t is t'.+1 then fstep (fstate S0 t') t' else S0.

(** The exact step, from a given state. *)
Definition step S t := transition x t *m S + beta x t *: ((key x t)^T *m value x t).

(** What one step may add to the error, entry by entry. *)
Definition local_bound S t : 'M[R]_(dk, dv) := \matrix_(l, j)
  (u * `|S l j| + ((1 + u) ^+ (dk + 4) - 1) *
    (`|key x t 0 l| * (`|beta x t| * (`|value x t 0 j| + \sum_i `|key x t 0 i| * `|S i j|)))).

Theorem step_error S t l j : `|fstep S t l j - step S t l j| <= local_bound S t l j.
Proof.
rewrite /step -stepE !mxE big_ord1 !mxE addn4; apply: fadd_error.
do 2![apply: near_fmul]; apply: near_fsub; first exact: near_le (near_exact _ _).
have := near_dot fl (enum 'I_dk) (key x t 0) (S^~ j).
by rewrite size_enum_ord !big_enum.
Qed.
End Step.

(** ** From one step to the next *)
Section Propagation.
Variables (R : realDomainType) (dk dv : nat) (x : tokens R dk dv).
Variables (S0 : 'M[R]_(dk, dv)) (Sh F : nat -> 'M[R]_(dk, dv)).
Hypothesis Sh0 : Sh 0%N = S0.
Hypothesis ShS : forall t, Sh t.+1 = step x (Sh t) t + F t.

Lemma error_step t : Sh t.+1 - state x S0 t.+1 = transition x t *m (Sh t - state x S0 t) + F t.
Proof.
rewrite ShS state_transition /step mulmxBr [LHS]addrAC; congr (_ + _).
by rewrite opprD addrACA subrr addr0.
Qed.

(** A local error is carried on by the transitions of the later tokens. *)
Theorem error_product t :
  Sh t - state x S0 t = \sum_(0 <= i < t) product x i.+1 t *m F i.
Proof.
elim: t => [|t IH]; first by rewrite Sh0 subrr big_geq.
rewrite error_step IH big_nat_recr //= product0 mul1mx mulmx_sumr; congr (_ + _).
by apply: eq_big_nat => i /andP[_ lt_it]; rewrite productS // mulmxA.
Qed.

(** Steps that contract let the errors no more than add up. *)
Theorem error_propagation (f : nat -> R) t :
  (forall i, (i < t)%N -> [/\ moderate x i, 0 <= f i & normsq (F i) <= f i ^+ 2]) ->
  normsq (Sh t - state x S0 t) <= (\sum_(i < t) f i) ^+ 2.
Proof.
elim: t => [|t IH] Ff; first by rewrite Sh0 subrr /normsq mulmx0 mxtrace0 sqr_ge0.
have [mod_x f0 Ft] := Ff t (ltnSn t).
rewrite error_step big_ord_recr; apply: triangle => //.
  by apply: sumr_ge0 => i _; case: (Ff i (ltnW (ltn_ord i))).
by apply: le_trans (transition_contracts _ mod_x) (IH _) => i /ltnW/Ff.
Qed.
End Propagation.

Section RecurrenceError.
Variables (R : realDomainType) (fl : standard_model R) (dk dv : nat) (x : tokens R dk dv).

Lemma normsq_le m n (A B : 'M[R]_(m, n)) :
  (forall i j, `|A i j| <= B i j) -> normsq A <= normsq B.
Proof.
move=> AB; rewrite !normsqE; do 2![apply: ler_sum => ? _].
rewrite -real_normK ?num_real // ler_sqr ?nnegrE //; exact: le_trans (AB _ _).
Qed.

(** The computed state is no further off than the local errors add up to. *)
Theorem recurrence_error S0 (f : nat -> R) t :
  (forall i, (i < t)%N -> [/\ moderate x i, 0 <= f i
    & normsq (local_bound fl x (fstate fl x S0 i) i) <= f i ^+ 2]) ->
  normsq (fstate fl x S0 t - state x S0 t) <= (\sum_(i < t) f i) ^+ 2.
Proof.
move=> Ff; pose F i := fstate fl x S0 i.+1 - step x (fstate fl x S0 i) i.
apply: (@error_propagation _ _ _ _ _ _ F) => [//|i|i /Ff[mod_x f0 fi]].
  by rewrite addrC subrK.
split=> //; apply: le_trans fi; apply: normsq_le => l j.
rewrite /F [X in `|X|]mxE [X in _ + X]mxE; exact: step_error.
Qed.
End RecurrenceError.
