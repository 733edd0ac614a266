(** * Rounding errors of the forward substitution

    The system is one plus the entries of [A] below the diagonal.  The computed solution solves a
    neighbouring system exactly, row [i] of which is off by [i] roundings. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import order ssralg ssrnum.
From DeltaRule Require Import WYRepresentation RoundingErrors.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Substitution.
Variables (R : realFieldType) (fl : standard_model R) (A : nat -> nat -> R) (b : nat -> R).
Local Notation u := (unit_roundoff fl).

(** The rounded right hand side of row [i], once [y] is known further up. *)
Definition frow (y : nat -> R) i r := foldl (fun s j => fsub fl s (fmul fl (A i j) (y j))) (b i) r.
Definition fsubstituted : nat -> R := cov 0 (fun i y => frow y i (iota 0 i)).
Local Notation y := fsubstituted.

Lemma eq_frow y z i r : {in r, y =1 z} -> frow y i r = frow z i r.
Proof.
rewrite /frow; elim/last_ind: r => // r j IH yz; rewrite !foldl_rcons yz ?mem_rcons ?mem_head //.
by rewrite IH // => l r_l; rewrite yz // mem_rcons inE r_l orbT.
Qed.

Lemma fsubstitutedE i : y i = frow y i (iota 0 i).
Proof. by rewrite /y covE // => {}i f g fg; apply: eq_frow => j; rewrite mem_iota => /fg. Qed.

Hypothesis u1 : u < 1.
Local Notation h := ((1 - u)^-1).

Lemma inverse_growth : [/\ h - 1 = u * h, 1 <= h & u <= h - 1].
Proof.
have h0 : 0 < 1 - u by rewrite subr_gt0.
have hE : h - 1 = u * h.
  by rewrite -[X in h - X](divff (lt0r_neq0 h0)) -[X in X - _](mul1r h) -mulrBl opprB addrC subrK.
have h1 : 1 <= h by rewrite -subr_ge0 hE mulr_ge0 ?invr_ge0 ?unit_ge0 // ltW.
by split; rewrite // hE ler_pemulr ?unit_ge0.
Qed.

(** The usual constant: [h ^+ n - 1] is at most [n u / (1 - n u)]. *)
Lemma inverse_growth_gamma n : (h ^+ n - 1) * (1 - u *+ n) <= u *+ n.
Proof.
have [_ h1 _] := inverse_growth; have u0 := unit_ge0 fl.
rewrite mulrBl mul1r opprB addrA ler_subl_addr addrC ler_add2l.
elim: n => [|n IH]; first by rewrite mul1r subr0.
rewrite exprSr -mulrA; apply: le_trans IH; rewrite ler_wpmul2l ?exprn_ge0 ?(le_trans ler01) //.
rewrite ler_pdivr_mull ?subr_gt0 // mulrBl mul1r mulrBr mulr1 mulrSr opprD addrA opprB.
by rewrite addrA ler_add2r ler_addl mulr_ge0 // mulrn_wge0.
Qed.

(** A rounding, measured by its result. *)
Lemma backward_round a d : `|d| <= u -> `|a * (1 + d) - a| <= (h - 1) * `|a * (1 + d)|.
Proof.
move=> du; have [-> _ _] := inverse_growth.
have -> : a * (1 + d) - a = a * d by rewrite mulrDr mulr1 addrC addKr.
rewrite !normrM mulrCA ler_wpmul2l // (le_trans du) // -mulrA ler_pemulr ?unit_ge0 // mulrC.
rewrite ler_pdivl_mulr ?subr_gt0 // mul1r ler_subl_addr; apply: le_trans (ler_add (lexx _) du).
by have := ler_norm_add (1 + d) (- d); rewrite addrK normr1 normrN.
Qed.

Lemma frow_backward (z : nat -> R) i r :
  `|b i - \sum_(j <- r) A i j * z j - frow z i r| <=
  (h ^+ size r - 1) * (`|frow z i r| + \sum_(j <- r) `|A i j| * `|z j|).
Proof.
elim/last_ind: r => [|r j]; first by rewrite !big_nil subr0 subrr normr0 subrr mul0r.
rewrite /frow foldl_rcons -cats1 !big_cat !big_seq1 size_cat addn1 /= -/(frow z i r) -normrM.
set s := frow z i r; set e := A i j * z j; set p := fmul _ _ _; set s' := fsub _ _ _.
set E := \sum_(l <- r) _; set W := \sum_(l <- r) _; set k := h - 1 => IH.
have [_ h1 uk] := inverse_growth.
have pe : `|p - e| <= k * `|e|.
  rewrite /p; have [d du ->] := fmul_model fl (A i j) (z j).
  rewrite -/e mulrDr mulr1 [e + _]addrC addrK normrM mulrC ler_wpmul2r //; exact: le_trans uk.
have sp : `|s - p - s'| <= k * `|s'|.
  by rewrite /s'; have [d du ->] := fsub_model fl s p; rewrite distrC backward_round.
have rounded : `|(p - e) + (s - p - s')| <= k * (`|s'| + `|e|).
  by rewrite mulrDr addrC; apply: le_trans (ler_norm_add _ _) (ler_add sp pe).
have tele : (p - e) + (s - p - s') = s - (s' + e).
  by rewrite addrACA [p + _]addrCA subrr addr0 opprD [- s' - e]addrC.
have s_le : `|s| <= h * (`|s'| + `|e|).
  rewrite -[s in X in X <= _](subrK (s' + e)) -tele -[h](subrK 1) mulrDl mul1r.
  by apply: le_trans (ler_norm_add _ _) (ler_add rounded (ler_norm_add _ _)).
have -> : b i - (E + e) - s' = (b i - E - s) + ((p - e) + (s - p - s')).
  by rewrite tele addrA subrK !opprD !addrA addrAC.
apply: le_trans (ler_norm_add _ _) _; apply: le_trans (ler_add IH rounded) _.
have -> : h ^+ (size r).+1 - 1 = (h ^+ size r - 1) * h + k.
  by rewrite mulrBl mul1r -exprSr addrA subrK.
have : 0 <= h ^+ size r - 1 by rewrite subr_ge0 exprn_ege1.
set g := _ - 1 => g0; rewrite [`|s'| + (W + _)]addrCA; set M := `|s'| + `|e| in s_le *.
rewrite [g * _]mulrDr [g * _ + _]addrC -addrA [_ * (W + _)]mulrDr ler_add //.
  rewrite ler_wpmul2r ?sumr_ge0 // => [l _|]; first by rewrite mulr_ge0.
  by rewrite -[X in X <= _]addr0 ler_add ?ler_pemulr // subr_ge0.
by rewrite [X in _ <= X]mulrDl ler_add2r -mulrA ler_wpmul2l.
Qed.

(** Row [i] of the neighbouring system: the residual, shared out. *)
Definition unit_lower i j : R := if (j < i)%N then A i j else (i == j)%:R.
Definition row_weight i := \sum_(j < i.+1) `|unit_lower i j| * `|y j|.
Definition residual i := b i - \sum_(j < i.+1) unit_lower i j * y j.
Definition perturbation i j : R := residual i / row_weight i * `|unit_lower i j| * Num.sg (y j).

Lemma unit_lower_sum (f : R -> R) i :
  \sum_(j < i.+1) f (unit_lower i j) * f (y j) = \sum_(j < i) f (A i j) * f (y j) + f 1 * f (y i).
Proof.
rewrite big_ord_recr /= /unit_lower ltnn eqxx; congr (_ + _).
by apply: eq_bigr => j _; rewrite ltn_ord.
Qed.

Theorem residual_bound i : `|residual i| <= (h ^+ i - 1) * row_weight i.
Proof.
have := frow_backward y i (iota 0 i); rewrite -fsubstitutedE size_iota.
have -> : iota 0 i = index_iota 0 i by rewrite /index_iota subn0.
rewrite !big_mkord /residual /row_weight (unit_lower_sum id) (unit_lower_sum Num.norm) /= normr1.
by rewrite !mul1r opprD addrA [`|y i| + _]addrC.
Qed.

(** The backward error of the substitution. *)
Theorem substitution_backward_error i :
  (forall j, `|perturbation i j| <= (h ^+ i - 1) * `|unit_lower i j|) /\
  \sum_(j < i.+1) (unit_lower i j + perturbation i j) * y j = b i.
Proof.
have W0 : 0 <= row_weight i by apply: sumr_ge0 => j _; rewrite mulr_ge0.
have [_ h1 _] := inverse_growth; have bound := residual_bound i.
have g0 : 0 <= h ^+ i - 1 by rewrite subr_ge0 exprn_ege1.
split=> [j|].
  rewrite /perturbation !normrM normr_id normr_sg -[X in _ <= X]mulr1.
  rewrite ler_pmul ?mulr_ge0 ?lern1 ?leq_b1 // ler_wpmul2r // normfV (ger0_norm W0).
  have [->|W_neq0] := eqVneq (row_weight i) 0; first by rewrite invr0 mulr0.
  by rewrite ler_pdivr_mulr // lt0r W_neq0.
under eq_bigr do rewrite mulrDl; rewrite big_split /=.
have -> : \sum_(j < i.+1) perturbation i j * y j = residual i.
  transitivity (residual i / row_weight i * row_weight i).
    by rewrite mulr_sumr; apply: eq_bigr => j _; rewrite /perturbation -!mulrA -normrEsg.
  have [W_eq0|W_neq0] := eqVneq (row_weight i) 0; last by rewrite divfK.
  by move: bound; rewrite W_eq0 !mulr0 normr_le0 => /eqP.
by rewrite addrC subrK.
Qed.
End Substitution.
