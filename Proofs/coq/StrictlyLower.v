(** * Strictly lower triangular matrices and the inverse of a unit triangle

    No division: everything holds over any commutative ring. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Triangles.
Variables (R : ringType) (n : nat).
Implicit Types A : 'M[R]_n.

(** The diagonal and what lies below it; what lies below it. *)
Definition tril A : 'M[R]_n := \matrix_(i, j) (A i j *+ (j <= i)%N).
Definition stril A : 'M[R]_n := \matrix_(i, j) (A i j *+ (j < i)%N).

(** The causal mask of the paper, which keeps the diagonal, and the product entry by entry. *)
Definition mask : 'M[R]_n := \matrix_(i, j) ((j <= i)%N)%:R.
Definition hadamard A B : 'M[R]_n := \matrix_(i, j) (A i j * B i j).

Lemma hadamard_mask A : hadamard A mask = tril A.
Proof. by apply/matrixP => i j; rewrite !mxE; case: (_ <= _)%N; rewrite ?(mulr1, mulr0). Qed.

Definition strictly_lower A := forall i j : 'I_n, (i <= j)%N -> A i j = 0.

Lemma stril_strictly_lower A : strictly_lower (stril A).
Proof. by move=> i j le_ij; rewrite mxE ltnNge le_ij. Qed.
Lemma strictly_lowerN A : strictly_lower A -> strictly_lower (- A).
Proof. by move=> lA i j /lA; rewrite mxE => ->; rewrite oppr0. Qed.
End Triangles.

Section Inverse.
Variables (R : comRingType) (n : nat).
Implicit Types A : 'M[R]_n.

Definition power A e : 'M[R]_n := iter e (mulmx A) 1%:M.
(** The inverse of [1 + A] for a strictly lower triangular [A], as a finite sum of powers. *)
Definition inverse A : 'M[R]_n := \sum_(e < n) power (- A) e.

Lemma powerS A e : power A e.+1 = A *m power A e. Proof. by []. Qed.
Lemma powerD A d e : power A (d + e) = power A d *m power A e.
Proof. by elim: d => [|d IH]; rewrite ?mul1mx // addSn !powerS IH mulmxA. Qed.

Lemma power_entry A e (i j : 'I_n) : strictly_lower A -> (i < j + e)%N -> power A e i j = 0.
Proof.
move=> lA; elim: e i => [|e IH] i lt_ije.
  rewrite /power /= mxE; case: eqP lt_ije => // ->; by rewrite addn0 ltnn.
rewrite powerS mxE big1 // => l _; case: (leqP i l) => [/lA->|lt_li]; first by rewrite mul0r.
by rewrite IH ?mulr0 // -ltnS (leq_ltn_trans lt_li) // -addnS.
Qed.

Theorem nilpotent A : strictly_lower A -> power A n = 0.
Proof.
move=> lA; apply/matrixP => i j; rewrite power_entry ?mxE //.
by rewrite (leq_trans (ltn_ord i)) // leq_addl.
Qed.

Lemma geometric A e : (1%:M - A) *m (\sum_(d < e) power A d) = 1%:M - power A e.
Proof.
elim: e => [|e IH]; first by rewrite big_ord0 mulmx0 subrr.
by rewrite big_ord_recr /= mulmxDr IH mulmxBl mul1mx addrA subrK.
Qed.

Theorem mulmx_inverse A : strictly_lower A -> (1%:M + A) *m inverse A = 1%:M.
Proof.
move=> lA; have := geometric (- A) n.
by rewrite opprK nilpotent ?subr0 //; apply: strictly_lowerN.
Qed.
Theorem inverse_mulmx A : strictly_lower A -> inverse A *m (1%:M + A) = 1%:M.
Proof. by move=> lA; apply: mulmx1C; apply: mulmx_inverse. Qed.

(** The interface that everything else uses. *)
Theorem solve A m (X Y : 'M[R]_(n, m)) :
  strictly_lower A -> (1%:M + A) *m X = Y <-> X = inverse A *m Y.
Proof.
move=> lA; split=> [<-|->]; first by rewrite mulmxA inverse_mulmx // mul1mx.
by rewrite mulmxA mulmx_inverse // mul1mx.
Qed.

(** Forward substitution: row by row, each from those above it. *)
Theorem forward_substitution A (i j : 'I_n) : strictly_lower A ->
  inverse A i j = (i == j)%:R - \sum_(m < n | (m < i)%N) A i m * inverse A m j.
Proof.
move=> lA; have /matrixP/(_ i j) := mulmx_inverse lA.
rewrite mulmxDl mul1mx [LHS]mxE [RHS]mxE => /(canRL (addrK _)) ->; congr (_ - _).
rewrite mxE [RHS]big_mkcond /=; apply: eq_bigr => m _.
by case: ltnP => // /lA->; rewrite mul0r.
Qed.

Lemma inverse_upper A (i j : 'I_n) : strictly_lower A -> (i < j)%N -> inverse A i j = 0.
Proof.
move=> lA lt_ij; rewrite /inverse summxE big1 // => e _.
by apply: power_entry; [exact: strictly_lowerN | rewrite ltn_addr].
Qed.
Lemma inverse_diagonal A (i : 'I_n) : strictly_lower A -> inverse A i i = 1.
Proof.
move=> lA; rewrite forward_substitution // eqxx big1 ?subr0 // => m lt_mi.
by rewrite inverse_upper ?mulr0.
Qed.

(** Repeated squaring gives the same matrix; it is the rounding errors that differ. *)
Lemma geometric_squaring A m :
  \big[mulmx/1%:M]_(0 <= j < m) (1%:M + power A (2 ^ j)) = \sum_(e < 2 ^ m) power A e.
Proof.
elim: m => [|m IH]; first by rewrite big_geq // expn0 big_ord_recl big_ord0 addr0.
rewrite (big_nat_recr (idx := 1%:M) (op := Monoid.Law (@mulmxA R n n n n) (@mul1mx R n n) (@mulmx1 R n n))) //=.
rewrite IH mulmxDr mulmx1 expnS mul2n -addnn big_split_ord /=; congr (_ + _).
by rewrite mulmx_suml; apply: eq_bigr => e _; rewrite -powerD addnC.
Qed.

Theorem repeated_squaring A m : strictly_lower A -> (n <= 2 ^ m)%N ->
  \big[mulmx/1%:M]_(0 <= j < m) (1%:M + power (- A) (2 ^ j)) = inverse A.
Proof.
move=> lA le_n; rewrite geometric_squaring /inverse -(subnKC le_n) big_split_ord /=.
rewrite [X in _ + X]big1 ?addr0 // => e _.
by rewrite powerD nilpotent ?mul0mx //; apply: strictly_lowerN.
Qed.
End Inverse.

(** ** Determinant, and the inverse of a unit ring *)
Section Unit.
Variables (R : comUnitRingType) (n : nat) (A : 'M[R]_n).
Hypothesis lA : strictly_lower A.
Theorem unit_triangle_det : \det (1%:M + A) = 1.
Proof.
rewrite det_trig ?big1 // => [i _|].
  by rewrite !mxE eqxx lA // addr0.
apply/is_trig_mxP => i j lt_ij; rewrite !mxE lA 1?ltnW // addr0.
by case: eqP lt_ij => // ->; rewrite ltnn.
Qed.
Theorem inverseE : inverse A = invmx (1%:M + A).
Proof.
have uA : 1%:M + A \in unitmx by rewrite unitmxE unit_triangle_det unitr1.
by rewrite -[LHS](mulKmx uA) mulmx_inverse // mulmx1.
Qed.
End Unit.

(** ** Two blocks *)
Section Blocks.
Variables (R : comRingType) (m n : nat).
Lemma strictly_lower_block (A : 'M[R]_m) (C : 'M[R]_(n, m)) (D : 'M[R]_n) :
  strictly_lower A -> strictly_lower D -> strictly_lower (block_mx A 0 C D).
Proof.
move=> lA lD i j; case: (split_ordP i) => i' ->; case: (split_ordP j) => j' -> /=.
- by rewrite block_mxEul; apply: lA.
- by rewrite block_mxEur mxE.
- by rewrite leqNgt (leq_trans (ltn_ord j')) // leq_addr.
- by rewrite block_mxEdr leq_add2l; apply: lD.
Qed.
Theorem block_inverse (A : 'M[R]_m) (C : 'M[R]_(n, m)) (D : 'M[R]_n) :
  strictly_lower A -> strictly_lower D ->
  inverse (block_mx A 0 C D) =
  block_mx (inverse A) 0 (- (inverse D *m C *m inverse A)) (inverse D).
Proof.
move=> lA lD; rewrite -[LHS]mulmx1; symmetry; apply/solve; first exact: strictly_lower_block.
rewrite (scalar_mx_block m n 1) add_block_mx !addr0 mulmx_block !mul0mx !mulmx0 !addr0 !add0r.
rewrite !mulmx_inverse // mulmxN !mulmxA mulmx_inverse // mul1mx.
by rewrite ?add0r subrr.
Qed.
End Blocks.
