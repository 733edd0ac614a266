(** * Pairings, derivatives along polynomial paths, and what a gradient is

    A path is an input whose entries are polynomials in one variable: its value at zero is the constant
    coefficient, its direction there the coefficient of ['X].  Multiplication of polynomials is the
    product rule, so that no limits are needed and the ring may be any commutative one. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp poly matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform Chunkwise.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** The pairing of matrices of one shape *)
Section Pairing.
Variable R : comRingType.

Definition pairing m n (A B : 'M[R]_(m, n)) : R := \tr (A^T *m B).
Local Notation "<< A , B >>" := (pairing A B).

Theorem pairingE m n (A B : 'M[R]_(m, n)) : << A, B >> = \sum_i \sum_j A i j * B i j.
Proof.
rewrite exchange_big /pairing /mxtrace; apply: eq_bigr => j _; rewrite mxE.
by apply: eq_bigr => i _; rewrite mxE.
Qed.

Lemma pairingDr m n (A B C : 'M[R]_(m, n)) : << A, B + C >> = << A, B >> + << A, C >>.
Proof. by rewrite /pairing mulmxDr mxtraceD. Qed.
Lemma pairingDl m n (A B C : 'M[R]_(m, n)) : << A + B, C >> = << A, C >> + << B, C >>.
Proof. by rewrite /pairing linearD mulmxDl mxtraceD. Qed.
Lemma pairingNr m n (A B : 'M[R]_(m, n)) : << A, - B >> = - << A, B >>.
Proof. by rewrite /pairing mulmxN linearN. Qed.
Lemma pairingNl m n (A B : 'M[R]_(m, n)) : << - A, B >> = - << A, B >>.
Proof. by rewrite /pairing linearN mulNmx linearN. Qed.
Lemma pairingBr m n (A B C : 'M[R]_(m, n)) : << A, B - C >> = << A, B >> - << A, C >>.
Proof. by rewrite pairingDr pairingNr. Qed.
Lemma pairingBl m n (A B C : 'M[R]_(m, n)) : << A - B, C >> = << A, C >> - << B, C >>.
Proof. by rewrite pairingDl pairingNl. Qed.
Lemma pairingZr m n a (A B : 'M[R]_(m, n)) : << A, a *: B >> = a * << A, B >>.
Proof. by rewrite /pairing -scalemxAr mxtraceZ. Qed.
Lemma pairingZl m n a (A B : 'M[R]_(m, n)) : << a *: A, B >> = a * << A, B >>.
Proof. by rewrite /pairing linearZ -scalemxAl mxtraceZ. Qed.

(** A factor goes to the other side transposed. *)
Lemma pairing_mull m n p (A : 'M[R]_(m, n)) (X : 'M_(m, p)) B :
  << A, X *m B >> = << X^T *m A, B >>.
Proof. by rewrite /pairing trmx_mul trmxK mulmxA. Qed.
Lemma pairing_mulr m n p (A : 'M[R]_(m, n)) (B : 'M_(m, p)) (X : 'M_(p, n)) :
  << A, B *m X >> = << A *m X^T, B >>.
Proof. by rewrite /pairing mulmxA mxtrace_mulC trmx_mul trmxK mulmxA. Qed.
Lemma pairing_tr m n (A : 'M[R]_(m, n)) (B : 'M_(n, m)) : << A, B^T >> = << A^T, B >>.
Proof. by rewrite /pairing trmxK -trmx_mul mxtrace_tr mxtrace_mulC. Qed.
Lemma pairing_tril n (A B : 'M[R]_n) : << A, tril B >> = << tril A, B >>.
Proof.
rewrite !pairingE; do 2!apply: eq_bigr => ? _.
by rewrite !mxE mulrnAl mulrnAr.
Qed.
Lemma pairing_stril n (A B : 'M[R]_n) : << A, stril B >> = << stril A, B >>.
Proof.
rewrite !pairingE; do 2!apply: eq_bigr => ? _.
by rewrite !mxE mulrnAl mulrnAr.
Qed.
Definition diagonal n (A : 'M[R]_n) : 'rV[R]_n := \row_i A i i.
Lemma pairing_diag n (A : 'M[R]_n) (d : 'rV[R]_n) : << A, diag_mx d >> = << diagonal A, d >>.
Proof.
rewrite !pairingE big_ord1; apply: eq_bigr => i _.
rewrite (bigD1 i) //= big1 => [|j ji]; rewrite !mxE ?eqxx ?mulr1n ?addr0 //.
by rewrite eq_sym (negPf ji) mulr0n mulr0.
Qed.
Lemma diagonalB n (A B : 'M[R]_n) : diagonal (A - B) = diagonal A - diagonal B.
Proof. by apply/rowP => i; rewrite !mxE. Qed.

Lemma pairing_row m (a b : 'rV[R]_m) : << a, b >> = (a *m b^T) 0 0.
Proof. by rewrite pairingE big_ord1 mxE; apply: eq_bigr => i _; rewrite mxE. Qed.

Lemma pairing_rows m L (f g : nat -> 'rV[R]_m) :
  << rows L f, rows L g >> = \sum_(t < L) << f t, g t >>.
Proof.
rewrite pairingE; apply: eq_bigr => t _; rewrite pairingE big_ord1.
by apply: eq_bigr => j _; rewrite !mxE.
Qed.

(** A matrix is known from its pairings: there is one gradient at most. *)
Theorem pairing_inj m n (A B : 'M[R]_(m, n)) : (forall X, << A, X >> = << B, X >>) -> A = B.
Proof.
move=> AB; apply/matrixP => i j; have := AB (delta_mx i j).
have E C : << C, delta_mx i j >> = C i j.
  rewrite pairingE (bigD1 i) //= (bigD1 j) //= mxE !eqxx mulr1.
  rewrite big1 => [|l /negPf lj]; last by rewrite mxE lj andbF mulr0.
  rewrite addr0 big1 ?addr0 // => l /negPf li; apply: big1 => p _.
  by rewrite mxE li mulr0.
by rewrite !E.
Qed.
End Pairing.
Notation "<< A , B >>" := (pairing A B) : ring_scope.

(** ** Values and directions of paths *)
Section Paths.
Variable R : comRingType.
Implicit Type p : {poly R}.

Definition at0 m n (A : 'M[{poly R}]_(m, n)) : 'M[R]_(m, n) := map_mx (coefp 0) A.
Definition at1 m n (A : 'M[{poly R}]_(m, n)) : 'M[R]_(m, n) := map_mx (coefp 1) A.

Lemma at0D m n (A B : 'M[{poly R}]_(m, n)) : at0 (A + B) = at0 A + at0 B.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefD. Qed.
Lemma at1D m n (A B : 'M[{poly R}]_(m, n)) : at1 (A + B) = at1 A + at1 B.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefD. Qed.
Lemma at0B m n (A B : 'M[{poly R}]_(m, n)) : at0 (A - B) = at0 A - at0 B.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefB. Qed.
Lemma at1B m n (A B : 'M[{poly R}]_(m, n)) : at1 (A - B) = at1 A - at1 B.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefB. Qed.
Lemma at0T m n (A : 'M[{poly R}]_(m, n)) : at0 A^T = (at0 A)^T.
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma at1T m n (A : 'M[{poly R}]_(m, n)) : at1 A^T = (at1 A)^T.
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.

Lemma coef0_mul p p' : (p * p')`_0 = p`_0 * p'`_0.
Proof. by rewrite coefM big_ord1. Qed.
Lemma coef1_mul p p' : (p * p')`_1 = p`_0 * p'`_1 + p`_1 * p'`_0.
Proof. by rewrite coefM !big_ord_recl big_ord0 addr0. Qed.

Lemma at0M m n l (A : 'M[{poly R}]_(m, n)) (B : 'M_(n, l)) : at0 (A *m B) = at0 A *m at0 B.
Proof.
apply/matrixP => i j; rewrite !mxE /coefp coef_sum.
by apply: eq_bigr => h _; rewrite coef0_mul !mxE.
Qed.
(** The product rule. *)
Lemma at1M m n l (A : 'M[{poly R}]_(m, n)) (B : 'M_(n, l)) :
  at1 (A *m B) = at0 A *m at1 B + at1 A *m at0 B.
Proof.
apply/matrixP => i j; rewrite !mxE /coefp coef_sum -big_split /=.
by apply: eq_bigr => h _; rewrite coef1_mul !mxE.
Qed.
Lemma at0Z m n a (A : 'M[{poly R}]_(m, n)) : at0 (a *: A) = a`_0 *: at0 A.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coef0_mul. Qed.
Lemma at1Z m n a (A : 'M[{poly R}]_(m, n)) : at1 (a *: A) = a`_0 *: at1 A + a`_1 *: at0 A.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coef1_mul. Qed.
Lemma at0_1 n : at0 (1%:M : 'M[{poly R}]_n) = 1%:M.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn coef1. Qed.
Lemma at1_1 n : at1 (1%:M : 'M[{poly R}]_n) = 0.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn coef1 /= mul0rn. Qed.
Lemma at0_diag n (d : 'rV[{poly R}]_n) : at0 (diag_mx d) = diag_mx (at0 d).
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn. Qed.
Lemma at1_diag n (d : 'rV[{poly R}]_n) : at1 (diag_mx d) = diag_mx (at1 d).
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn. Qed.
Lemma at0_tril n (A : 'M[{poly R}]_n) : at0 (tril A) = tril (at0 A).
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn. Qed.
Lemma at1_tril n (A : 'M[{poly R}]_n) : at1 (tril A) = tril (at1 A).
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn. Qed.
Lemma at0_stril n (A : 'M[{poly R}]_n) : at0 (stril A) = stril (at0 A).
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn. Qed.
Lemma at1_stril n (A : 'M[{poly R}]_n) : at1 (stril A) = stril (at1 A).
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefMn. Qed.
Lemma at0_rows m L (f : nat -> 'rV[{poly R}]_m) : at0 (rows L f) = rows L (fun t => at0 (f t)).
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma at1_rows m L (f : nat -> 'rV[{poly R}]_m) : at1 (rows L f) = rows L (fun t => at1 (f t)).
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.

(** A constant, and the straight line through a matrix in a direction. *)
Definition constant m n (A : 'M[R]_(m, n)) : 'M[{poly R}]_(m, n) := map_mx polyC A.
Definition line m n (A U : 'M[R]_(m, n)) : 'M[{poly R}]_(m, n) := constant A + 'X *: constant U.

Lemma at0_constant m n (A : 'M[R]_(m, n)) : at0 (constant A) = A.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefC. Qed.
Lemma at1_constant m n (A : 'M[R]_(m, n)) : at1 (constant A) = 0.
Proof. by apply/matrixP => i j; rewrite !mxE /coefp coefC. Qed.
Lemma at0_line m n (A U : 'M[R]_(m, n)) : at0 (line A U) = A.
Proof. by rewrite /line at0D at0Z coefX scale0r addr0 at0_constant. Qed.
Lemma at1_line m n (A U : 'M[R]_(m, n)) : at1 (line A U) = U.
Proof.
by rewrite /line at1D at1Z !coefX at1_constant at0_constant add0r scale0r add0r scale1r.
Qed.

(** The derivative of what a constant cotangent sees. *)
Lemma pairing_path m n (C : 'M[R]_(m, n)) (A : 'M[{poly R}]_(m, n)) :
  << constant C, A >>`_1 = << C, at1 A >>.
Proof.
rewrite !pairingE coef_sum; apply: eq_bigr => i _; rewrite coef_sum; apply: eq_bigr => j _.
by rewrite !mxE coefCM.
Qed.

Variables (dk dv : nat).
Definition tokens0 (x : tokens {poly R} dk dv) : tokens R dk dv :=
  Tokens (fun t => at0 (query x t)) (fun t => at0 (key x t)) (fun t => at0 (value x t))
         (fun t => (beta x t)`_0).
Definition tokens1 (x : tokens {poly R} dk dv) : tokens R dk dv :=
  Tokens (fun t => at1 (query x t)) (fun t => at1 (key x t)) (fun t => at1 (value x t))
         (fun t => (beta x t)`_1).
Definition tokens_line (x y : tokens R dk dv) : tokens {poly R} dk dv :=
  Tokens (fun t => line (query x t) (query y t)) (fun t => line (key x t) (key y t))
         (fun t => line (value x t) (value y t)) (fun t => (beta x t)%:P + 'X * (beta y t)%:P).

Definition chunk0 L (c : chunk {poly R} L dk dv) : chunk R L dk dv :=
  Chunk (at0 (queries c)) (at0 (keys c)) (at0 (values c)) (at0 (betas c)).

Lemma chunk0_of L x : chunk0 (chunk_of L x) = chunk_of L (tokens0 x).
Proof.
by rewrite /chunk0 /chunk_of /= !at0_rows; congr Chunk; apply/rowP => i; rewrite !mxE.
Qed.

Lemma state0 (x : tokens {poly R} dk dv) S0 t : at0 (state x S0 t) = state (tokens0 x) (at0 S0) t.
Proof.
elim: t => // t IH.
by rewrite !stateS at0D at0M at0T /pseudo_value at0Z at0B at0M IH.
Qed.
End Paths.
