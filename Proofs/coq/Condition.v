(** * Identical keys: the system, its inverse and its condition

    When all [C] keys of a chunk are one unit key and all strengths are [beta], the matrix to be
    inverted is one plus [beta] below the diagonal.  The inverses are written down, at strength one and
    at strength two, and the sums of the magnitudes of each row of all four matrices. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import order ssralg ssrnum zmodp matrix.
From DeltaRule Require Import StrictlyLower UTTransform.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Inverse.
Variables (R : comRingType) (C : nat).

Definition below (b : R) : 'M[R]_C := \matrix_(i, j) (b *+ (j < i)).
Definition identical b : 'M[R]_C := 1%:M + below b.

Definition inverse_one : 'M[R]_C := \matrix_(i, j) ((i == j)%:R - (i == j.+1 :> nat)%:R).
Definition inverse_two : 'M[R]_C :=
  \matrix_(i, j) ((i == j)%:R + 2%:R * (-1) ^+ (i - j) *+ (j < i)).

(** What the UT transform of such keys inverts. *)
Theorem identical_keys dk (K : 'M[R]_(C, dk)) b : (forall i j, row i K *m (row j K)^T = 1%:M) ->
  1%:M + overlaps (const_mx b) K = identical b.
Proof.
by move=> one; congr (_ + _); apply/matrixP => i j; rewrite overlapsE one !mxE mulr1.
Qed.

(** The powers of [c] on and below the diagonal invert one minus [c] just below it. *)
Definition step_below : 'M[R]_C := \matrix_(i, j) (i == j.+1 :> nat)%:R.
Definition powers c : 'M[R]_C := \matrix_(i, j) (c ^+ (i - j) *+ (j <= i)).

Lemma powersE c : powers c *m (1%:M - c *: step_below) = 1%:M.
Proof.
rewrite mulmxBr mulmx1 -scalemxAr; apply/matrixP => i j; rewrite !mxE.
have -> : \sum_l powers c i l * step_below l j = c ^+ (i - j.+1) *+ (j < i).
  have [lt_ji|le_ij] := ltnP j i.
    rewrite (bigD1 (Ordinal (leq_ltn_trans lt_ji (ltn_ord i)))) //= big1 => [|l ne_l].
      by rewrite !mxE eqxx mulr1 lt_ji addr0.
    by rewrite !mxE [_ == j.+1](negbTE ne_l) mulr0.
  rewrite big1 // => l _; rewrite !mxE; case: eqP => [->|_]; last by rewrite mulr0.
  by rewrite ltnNge le_ij mul0r.
rewrite mulrnAr -exprS leq_eqVlt eq_sym -val_eqE /=.
case: ltngtP => [lt_ji||->]; rewrite ?subr0 ?subnn //=.
by rewrite subnSK // subrr.
Qed.

Theorem identical_one : identical 1 *m inverse_one = 1%:M.
Proof.
have <- : powers 1 = identical 1.
  by apply/matrixP => i j; rewrite !mxE expr1n -val_eqE eq_sym; case: ltngtP; rewrite ?addr0 ?add0r.
have -> : inverse_one = 1%:M - 1 *: step_below by apply/matrixP => i j; rewrite !mxE mul1r.
exact: powersE.
Qed.

Theorem identical_two : identical 2%:R *m inverse_two = 1%:M.
Proof.
have L : identical 2%:R = 2%:R *: powers 1 - 1%:M.
  apply/matrixP => i j; rewrite !mxE expr1n -val_eqE eq_sym.
  by case: ltngtP; rewrite ?mulr0 ?mulr1 ?subr0 ?add0r // addr0 mulr2n addrK.
have J : inverse_two = 2%:R *: powers (-1) - 1%:M.
  apply/matrixP => i j; rewrite !mxE -val_eqE eq_sym.
  case: ltngtP => [||->]; rewrite ?mulr0 ?subr0 ?add0r //.
  by rewrite subnn mulr1 addr0 mulr2n addrK.
have P1 := powersE 1; have P2 := mulmx1C (powersE (-1)).
have sum_mul : 2%:R *: (powers 1 *m powers (-1)) = powers 1 + powers (-1).
  rewrite -[X in _ = _ + X]mul1mx -P1 -[X in _ = X + _]mulmx1 -[X in _ *m X + _]P2.
  rewrite -mulmxA -mulmxDr -mulmxDl.
  rewrite scaleN1r scale1r opprK addrACA addrN addr0.
  by rewrite -mulr2n -scaler_nat -scalemxAl mul1mx scalemxAr.
rewrite L J mulmxBl mul1mx mulmxBr mulmx1 -scalemxAl -scalemxAr sum_mul scalerDr.
by rewrite [in X in X - _ - _]addrC addrK opprB addrC subrK.
Qed.

Theorem one_identical : inverse_one *m identical 1 = 1%:M.
Proof. exact: mulmx1C identical_one. Qed.
Theorem two_identical : inverse_two *m identical 2%:R = 1%:M.
Proof. exact: mulmx1C identical_two. Qed.
End Inverse.

(** ** The sums of the magnitudes of the rows *)
Section RowSums.
Variable R : numDomainType.

Definition row_sum m n (M : 'M[R]_(m, n)) i : R := \sum_j `|M i j|.

(** The norm of [M] that is induced by the greatest magnitude of an entry is [c]. *)
Definition max_row_sum m n (M : 'M[R]_(m, n)) (c : R) :=
  (forall i, row_sum M i <= c) /\ (exists i, row_sum M i = c).

Lemma diagonal_sum n (i : 'I_n) : \sum_(j < n) (i == j)%:R = 1 :> R.
Proof. by rewrite (bigD1 i) //= eqxx big1 ?addr0 // => j; rewrite eq_sym => /negbTE->. Qed.

Lemma below_sum n (c : R) (i : 'I_n) : \sum_(j < n) c *+ (j < i) = c *+ i.
Proof.
have sumE m : (\sum_(j < m) (j < i) = minn m i)%N.
  elim: m => [|m IH]; rewrite ?big_ord0 ?min0n // big_ord_recr /= IH.
  have [lt_mi|le_im] := ltnP m i; first by rewrite (minn_idPl lt_mi) addn1.
  by rewrite (minn_idPr (leqW le_im)) addn0.
by rewrite sumrMnr sumE (minn_idPr (ltnW (ltn_ord i))).
Qed.

Lemma triangular_row n (M : 'M[R]_n) c i :
  (forall j, `|M i j| = (i == j)%:R + c *+ (j < i)) -> row_sum M i = 1 + c *+ i.
Proof.
by move=> Mi; rewrite /row_sum (eq_bigr _ (fun j _ => Mi j)) big_split /= diagonal_sum below_sum.
Qed.

Lemma identical_row n b (i : 'I_n) : row_sum (@identical R n b) i = 1 + `|b| *+ i.
Proof.
apply: triangular_row => j; rewrite !mxE -val_eqE; case: ltngtP => _ /=;
  by rewrite ?mulr0n ?addr0 ?add0r ?normr0 ?normr1.
Qed.

Lemma inverse_two_row n (i : 'I_n) : row_sum (inverse_two R n) i = 1 + 2%:R *+ i.
Proof.
apply: triangular_row => j; rewrite !mxE -val_eqE; case: ltngtP => _ /=;
  by rewrite ?mulr0n ?addr0 ?add0r ?normr0 ?normr1 // normrM normrX normrN1 expr1n mulr1 normr_nat.
Qed.

Lemma inverse_one_row n (i : 'I_n) : row_sum (inverse_one R n) i = 1 + (0 < i)%:R.
Proof.
rewrite -[X in X + _](diagonal_sum i).
have -> : (0 < i)%:R = \sum_(j < n) (i == j.+1 :> nat)%:R :> R.
  case: i => [[|i] lt_in] /=; first by rewrite big1.
  rewrite (bigD1 (Ordinal (ltnW lt_in))) //= eqxx big1 ?addr0 // => j ne_j.
  by rewrite eqSS eq_sym -val_eqE /= in ne_j *; rewrite (negbTE ne_j).
rewrite -big_split; apply: eq_bigr => j _; rewrite mxE -val_eqE.
case: eqP => [->|_] /=; first by rewrite ltn_eqF // subr0 addr0 normr1.
by rewrite sub0r add0r normrN normr_nat.
Qed.

(** Strength one: [n + 1] and two.  Strength two: [2 n + 1] both times. *)
Lemma last_row n (M : 'M[R]_n.+1) c : 0 <= c -> (forall i, row_sum M i = 1 + c *+ i) ->
  max_row_sum M (1 + c *+ n).
Proof.
move=> c0 Mi; split=> [i|]; last by exists ord_max; rewrite Mi.
by rewrite Mi ler_add2l ler_wpmuln2l // -ltnS.
Qed.

Theorem identical_norm n b : max_row_sum (@identical R n.+1 b) (1 + `|b| *+ n).
Proof. by apply: last_row => // i; rewrite identical_row. Qed.

Lemma identical_one_norm n : max_row_sum (@identical R n.+1 1) n.+1%:R.
Proof. by have := identical_norm n 1; rewrite normr1 -mulrS. Qed.

Lemma identical_two_norm n : max_row_sum (@identical R n.+1 2%:R) n.*2.+1%:R.
Proof. by have := identical_norm n 2%:R; rewrite normr_nat -mulrnA mul2n -mulrS. Qed.

Theorem inverse_two_norm n : max_row_sum (inverse_two R n.+1) n.*2.+1%:R.
Proof. by rewrite mulrS -mul2n mulrnA; apply: last_row => [|i]; rewrite ?ler0n ?inverse_two_row. Qed.

Theorem inverse_one_norm n : max_row_sum (inverse_one R n.+2) 2%:R.
Proof.
split=> [i|]; last by exists ord_max; rewrite inverse_one_row.
by rewrite inverse_one_row -(natrD _ 1) ler_nat; case: (0 < i)%N.
Qed.
End RowSums.
