(** * The UT transform: the WY representation by matrix products

    From here on matrices hold the tokens of a sequence or a chunk as rows, as the code does. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct WYRepresentation StrictlyLower.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** The transform *)
Section Transform.
Variables (R : comRingType) (L dk : nat) (b : 'rV[R]_L) (K : 'M[R]_(L, dk)).

(** A = tril(B K K^T, -1): how much each key overlaps the earlier ones. *)
Definition overlaps : 'M[R]_L := stril (diag_mx b *m (K *m K^T)).
(** T = (1 + A)^-1 B. *)
Definition ut_transform : 'M[R]_L := inverse overlaps *m diag_mx b.

Lemma overlaps_lower : strictly_lower overlaps.
Proof. exact: stril_strictly_lower. Qed.

Theorem overlapsE i j : overlaps i j = (b 0 i * (row i K *m (row j K)^T) 0 0) *+ (j < i)%N.
Proof.
rewrite mxE mul_diag_mx mxE; congr (_ * _ *+ _).
by rewrite !mxE; apply: eq_bigr => l _; rewrite !mxE.
Qed.

Theorem ut_system : (1%:M + overlaps) *m ut_transform = diag_mx b.
Proof. by rewrite mulmxA (mulmx_inverse overlaps_lower) mul1mx. Qed.

Lemma ut_transformE i j : ut_transform i j = inverse overlaps i j * b 0 j.
Proof. by rewrite /ut_transform mul_mx_diag mxE. Qed.

Lemma ut_transform_lower (i j : 'I_L) : (i < j)%N -> ut_transform i j = 0.
Proof. by move=> ij; rewrite ut_transformE (inverse_upper overlaps_lower) ?mul0r. Qed.
End Transform.

(** ** Rows of a stream *)
Section Rows.
Variables (R : comRingType) (L : nat).

Definition rows m (f : nat -> 'rV[R]_m) : 'M[R]_(L, m) := \matrix_(i < L) f i.
Definition strengths (b : nat -> R) : 'rV[R]_L := \row_(i < L) b i.

Lemma row_rows m (f : nat -> 'rV[R]_m) (i : 'I_L) : row i (rows f) = f i.
Proof. exact: rowK. Qed.

Lemma eq_rows m (f g : nat -> 'rV[R]_m) :
  (forall t, (t < L)%N -> f t = g t) -> rows f = rows g.
Proof. by move=> fg; apply/row_matrixP => i; rewrite !row_rows fg. Qed.

Lemma rowsB m (f g : nat -> 'rV[R]_m) : rows f - rows g = rows (fun t => f t - g t).
Proof. by apply/row_matrixP => i; rewrite linearB /= !row_rows. Qed.

Lemma rowsM m n (f : nat -> 'rV[R]_m) (A : 'M[R]_(m, n)) :
  rows f *m A = rows (fun t => f t *m A).
Proof. by apply/row_matrixP => i; rewrite row_mul !row_rows. Qed.

Lemma sum_outer m n (f : nat -> 'rV[R]_m) (g : nat -> 'rV[R]_n) :
  \sum_(i < L) (f i)^T *m g i = (rows f)^T *m rows g.
Proof.
apply/matrixP => i j; rewrite summxE mxE; apply: eq_bigr => l _.
by rewrite !mxE big_ord1 !mxE.
Qed.

Lemma row_mulE m n (a : 'rV[R]_m) (B : 'M[R]_(m, n)) : a *m B = \sum_i a 0 i *: row i B.
Proof. exact: mulmx_sum_row. Qed.

Lemma scalar_mul n (a : 'M[R]_1) (y : 'rV[R]_n) : a *m y = a 0 0 *: y.
Proof. by rewrite {1}[a]mx11_scalar mul_scalar_mx. Qed.

Lemma sum_before (V : zmodType) (t : 'I_L) (F : nat -> V) :
  \sum_(i < t) F i = \sum_(i < L) F i *+ (i < t)%N.
Proof.
rewrite (big_ord_widen L F (ltnW (ltn_ord t))) big_mkcond /=.
by apply: eq_bigr => i _; case: (i < t)%N.
Qed.
Lemma sum_until (V : zmodType) (t : 'I_L) (F : nat -> V) :
  \sum_(i < t.+1) F i = \sum_(i < L) F i *+ (i <= t)%N.
Proof.
rewrite (big_ord_widen L F (ltn_ord t)) big_mkcond /=.
by apply: eq_bigr => i _; rewrite ltnS; case: (i <= t)%N.
Qed.
End Rows.

(** ** Recurrences as triangular systems *)
Section Systems.
Variables (R : comRingType) (dk dv L : nat) (x : tokens R dk dv).
Local Notation k := (key x).
Local Notation B := (strengths L (beta x)).
Local Notation K := (rows L k).
Local Notation A := (overlaps B K).

Lemma overlaps_rows (t i : 'I_L) : A t i = (beta x t * (k t *m (k i)^T) 0 0) *+ (i < t)%N.
Proof. by rewrite overlapsE !row_rows mxE. Qed.

Lemma stacked_system m (f y : nat -> 'rV[R]_m) :
  (forall t, (t < L)%N -> y t = f t - beta x t *: \sum_(i < t) (k t *m (k i)^T) *m y i) ->
  rows L y = inverse A *m rows L f.
Proof.
move=> yE; apply/solve; first exact: overlaps_lower.
apply/row_matrixP => t; rewrite mulmxDl mul1mx linearD /= row_mul !row_rows row_mulE.
rewrite {1}yE // -addrA -[RHS]addr0; congr (_ + _); apply/eqP; rewrite addrC subr_eq0; apply/eqP.
rewrite (sum_before t (fun i => (k t *m (k i)^T) *m y i)) scaler_sumr.
apply: eq_bigr => i _; rewrite !row_rows mxE overlaps_rows scalar_mul.
by rewrite -scalerMnr scalerA scalerMnl.
Qed.

Lemma strengths_rows m (f : nat -> 'rV[R]_m) :
  diag_mx B *m rows L f = rows L (fun t => beta x t *: f t).
Proof. by apply/matrixP => i j; rewrite mul_diag_mx !mxE. Qed.

Lemma substituted_transform m (f : nat -> 'rV[R]_m) :
  rows L (substituted x f) = ut_transform B K *m rows L f.
Proof.
rewrite /ut_transform -mulmxA strengths_rows; apply: stacked_system => t _.
by rewrite {1}substitutedE scalerBr.
Qed.

Theorem w_transform : rows L (w x) = ut_transform B K *m K.
Proof. exact: substituted_transform. Qed.
Theorem u_transform : rows L (u x) = ut_transform B K *m rows L (value x).
Proof. exact: substituted_transform. Qed.

Theorem product_transform : product x 0 L = 1%:M - K^T *m (ut_transform B K *m K).
Proof. by rewrite wy_product (sum_outer L k (w x)) w_transform. Qed.

(** ** The entries of the inverse, as sums over paths *)
Lemma product_sum i t : (i <= t)%N ->
  product x i t = 1%:M - \sum_(i <= m < t) (k m)^T *m (beta x m *: (k m *m product x i m)).
Proof.
move=> /subnKC <-; elim: (t - i)%N => [|n IH]; first by rewrite addn0 product0 big_geq // subr0.
rewrite addnS productS ?leq_addr // transition_mul big_nat_recr ?leq_addr //= opprD addrA.
by rewrite {1}IH.
Qed.

Definition path j t : 'M[R]_1 :=
  if (t < j)%N then 0 else
  if t == j then 1%:M else - (beta x t *: (k t *m product x j.+1 t *m (k j)^T)).

Lemma path_before j t : (t < j)%N -> path j t = 0.
Proof. by rewrite /path => ->. Qed.
Lemma path_at j : path j j = 1%:M.
Proof. by rewrite /path ltnn eqxx. Qed.
Lemma path_after j t : (j < t)%N ->
  path j t = - (beta x t *: (k t *m product x j.+1 t *m (k j)^T)).
Proof. by move=> jt; rewrite /path ltnNge (ltnW jt) gtn_eqF. Qed.

Lemma path_sum j t : (j < t)%N ->
  \sum_(i < t) (k i)^T *m path j i = product x j.+1 t *m (k j)^T.
Proof.
move=> jt; rewrite -(big_mkord xpredT (fun i => (k i)^T *m path j i)).
rewrite (big_cat_nat _ _ _ (leq0n j) (ltnW jt)) /= big_nat_cond big1 => [|i]; last first.
  by rewrite andbT => /andP[_ ij]; rewrite path_before ?mulmx0.
rewrite add0r big_ltn // path_at mulmx1 (product_sum jt) mulmxBl mul1mx; congr (_ + _).
rewrite mulmx_suml -sumrN; apply: eq_big_nat => i /andP[ji _].
by rewrite path_after // mulmxN -!scalemxAr -!scalemxAl !mulmxA.
Qed.

Lemma pathE j t :
  path j t = (if t == j then 1%:M else 0) - beta x t *: \sum_(i < t) (k t *m (k i)^T) *m path j i.
Proof.
case: (ltnP j t) => [jt|tj]; last rewrite big1 => [|i _]; last first.
- by rewrite path_before ?mulmx0 // (leq_trans (ltn_ord i)).
- by rewrite scaler0 subr0 /path; case: (ltngtP t j) tj.
rewrite gtn_eqF // (path_after jt) sub0r -mulmxA -(path_sum jt) mulmx_sumr; congr (- (_ *: _)).
by apply: eq_bigr => i _; rewrite mulmxA.
Qed.

Lemma inverse_path (i j : 'I_L) : inverse A i j = path j i 0 0.
Proof.
have /matrixP/(_ i 0) := stacked_system (fun t _ => pathE j t); rewrite [LHS]mxE => ->.
rewrite mxE (bigD1 j) //= big1 => [|l /negPf lj]; rewrite !mxE; last first.
  by rewrite (inj_eq val_inj) lj mxE mulr0.
by rewrite eqxx mxE eqxx mulr1 addr0.
Qed.

Theorem inverse_entry (i j : 'I_L) : (j < i)%N ->
  inverse A i j = - (beta x i * (k i *m product x j.+1 i *m (k j)^T) 0 0).
Proof. by move=> ji; rewrite inverse_path path_after // mxE mxE. Qed.
End Systems.
