(** * What the formulas cost

    Scalar operations count themselves; the matrix operations are written with them as the plain
    algorithms do it, and the forms of the delta rule with these.  The counts are those of the sources. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From Coq Require Import ArithRing.
From mathcomp Require Import binomial ssralg zmodp matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform Chunkwise.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.

(** ** Counting *)
Record cost := Cost { multiplications : nat; additions : nat }.
Definition free := Cost 0 0.
Definition both (c d : cost) :=
  Cost (multiplications c + multiplications d) (additions c + additions d).

(** A result, and what it took. *)
Definition counted A := (A * cost)%type.
Definition ret A (a : A) : counted A := (a, free).
Definition bind A B (m : counted A) (f : A -> counted B) : counted B :=
  ((f m.1).1, both m.2 (f m.1).2).
Notation "'let*' a := m 'in' n" := (bind m (fun a => n))
  (at level 200, a name, m at level 100, n at level 200,
   format "'[v' 'let*'  a  :=  m  'in' '/' n ']'").

Local Open Scope ring_scope.

(** ** Scalars *)
Section Scalars.
Variable R : ringType.

Definition mul (a b : R) : counted R := (a * b, Cost 1 0).
Definition add (a b : R) : counted R := (a + b, Cost 0 1).
Definition sub (a b : R) : counted R := (a - b, Cost 0 1).

(** [a] plus the products over [r], one after another. *)
Definition add_products I (r : seq I) (x y : I -> R) (a : R) : counted R :=
  foldl (fun s i => let* s := s in let* p := mul (x i) (y i) in add s p) (ret a) r.

(** An inner product begins with its first product. *)
Definition inner I (r : seq I) (x y : I -> R) : counted R :=
  if r is i :: r' then let* a := mul (x i) (y i) in add_products r' x y a else ret 0.

Lemma add_productsE I (r : seq I) x y a :
  add_products r x y a = (a + \sum_(i <- r) x i * y i, Cost (size r) (size r)).
Proof.
rewrite /add_products; elim/last_ind: r => [|r i IH]; first by rewrite big_nil addr0.
rewrite foldl_rcons IH size_rcons -cats1 big_cat big_seq1 addrA.
by rewrite /bind /both /= !addn0 !addn1.
Qed.

Lemma innerE I (r : seq I) x y :
  inner r x y = (\sum_(i <- r) x i * y i, Cost (size r) (size r).-1).
Proof.
by case: r => [|i r]; rewrite /= ?big_nil // big_cons /bind add_productsE /both /= add1n.
Qed.
End Scalars.

(** ** Matrices *)
Section Matrices.
Variable R : ringType.

(** Every entry counts. *)
Definition entries m n (F : 'I_m -> 'I_n -> counted R) : counted 'M[R]_(m, n) :=
  (\matrix_(i, j) (F i j).1, Cost (\sum_i \sum_j multiplications (F i j).2)%N
                                  (\sum_i \sum_j additions (F i j).2)%N).

Lemma entries_same m n (F : 'I_m -> 'I_n -> R) c d :
  entries (fun i j => (F i j, Cost c d)) = (\matrix_(i, j) F i j, Cost (m * n * c) (m * n * d)).
Proof.
by congr (_, Cost _ _); rewrite /= sum_nat_const card_ord sum_nat_const card_ord mulnA.
Qed.

Lemma eq_entries m n (F G : 'I_m -> 'I_n -> counted R) : F =2 G -> entries F = entries G.
Proof.
move=> FG; congr (_, Cost _ _); first by apply/matrixP => i j; rewrite !mxE FG.
all: by do 2![apply: eq_bigr => ? _]; rewrite FG.
Qed.

Definition product m n p (A : 'M[R]_(m, n)) (B : 'M[R]_(n, p)) :=
  entries (fun i j => inner (enum 'I_n) (A i) (B^~ j)).
Definition sum m n (A B : 'M[R]_(m, n)) := entries (fun i j => add (A i j) (B i j)).
Definition difference m n (A B : 'M[R]_(m, n)) := entries (fun i j => sub (A i j) (B i j)).
Definition scaled m n a (A : 'M[R]_(m, n)) := entries (fun i j => mul a (A i j)).
Definition rows_scaled m n (b : 'rV[R]_m) (A : 'M[R]_(m, n)) :=
  entries (fun i j => mul (b 0 i) (A i j)).
(** Of a lower triangle. *)
Definition columns_scaled n (A : 'M[R]_n) (b : 'rV[R]_n) :=
  entries (fun i j => if (j <= i)%N then mul (A i j) (b 0 j) else ret 0).

Theorem product_cost m n p (A : 'M[R]_(m, n)) (B : 'M[R]_(n, p)) :
  product A B = (A *m B, Cost (m * n * p) (m * n.-1 * p)).
Proof.
rewrite /product (eq_entries (fun i j => innerE _ _ _)) size_enum_ord entries_same.
rewrite ![(_ * p * _)%N]mulnAC; congr (_, _).
by apply/matrixP => i j; rewrite !mxE big_enum.
Qed.

Theorem sum_cost m n (A B : 'M[R]_(m, n)) : sum A B = (A + B, Cost 0 (m * n)).
Proof.
rewrite /sum /add entries_same muln0 muln1; congr (_, _).
by apply/matrixP => i j; rewrite !mxE.
Qed.

Theorem difference_cost m n (A B : 'M[R]_(m, n)) : difference A B = (A - B, Cost 0 (m * n)).
Proof.
rewrite /difference /sub entries_same muln0 muln1; congr (_, _).
by apply/matrixP => i j; rewrite !mxE.
Qed.

Theorem scaled_cost m n a (A : 'M[R]_(m, n)) : scaled a A = (a *: A, Cost (m * n) 0).
Proof.
rewrite /scaled /mul entries_same muln0 muln1; congr (_, _).
by apply/matrixP => i j; rewrite !mxE.
Qed.

Theorem rows_scaled_cost m n (b : 'rV[R]_m) (A : 'M[R]_(m, n)) :
  rows_scaled b A = (diag_mx b *m A, Cost (m * n) 0).
Proof.
rewrite /rows_scaled /mul entries_same muln0 muln1; congr (_, _).
by apply/matrixP => i j; rewrite mul_diag_mx !mxE.
Qed.

(** Sums over a triangle. *)
Lemma sum_below n (i : 'I_n) (F : nat -> nat) :
  (\sum_(j < n) (if j < i then F j else 0) = \sum_(j < i) F j)%N.
Proof. by rewrite (big_ord_widen n F (ltnW (ltn_ord i))) [RHS]big_mkcond. Qed.
Lemma sum_upto n (i : 'I_n) (F : nat -> nat) :
  (\sum_(j < n) (if j <= i then F j else 0) = \sum_(j < i.+1) F j)%N.
Proof. by rewrite (big_ord_widen n F (ltn_ord i)) [RHS]big_mkcond. Qed.

Theorem columns_scaled_cost n (A : 'M[R]_n) (b : 'rV[R]_n) :
  (forall i j : 'I_n, (i < j)%N -> A i j = 0) ->
  columns_scaled A b = (A *m diag_mx b, Cost 'C(n.+1, 2) 0).
Proof.
move=> lA; congr (_, Cost _ _).
- apply/matrixP => i j; rewrite mul_mx_diag !mxE.
  by case: leqP => //= /lA->; rewrite mul0r.
- transitivity (\sum_(i < n) i.+1)%N; last first.
    by rewrite -triangular_sum big_mkord big_ord_recl.
  apply: eq_bigr => i _; under eq_bigr => j _ do rewrite (fun_if (fun c => multiplications c.2)) /=.
  by rewrite (sum_upto i (fun=> 1)%N) sum_nat_const card_ord muln1.
by rewrite big1 // => i _; rewrite big1 // => j _; case: ifP.
Qed.
End Matrices.

Lemma bind_cost A B (m : counted A) f a c (b : B) d :
  m = (a, c) -> f a = (b, d) -> bind m f = (b, both c d).
Proof. by move=> -> fa; rewrite /bind fa. Qed.

(** Operation by operation, adds up what they cost. *)
Ltac count :=
  repeat (eapply bind_cost;
    [solve [exact: product_cost | exact: sum_cost | exact: difference_cost | exact: scaled_cost
           | exact: rows_scaled_cost] | ]).

(** ** Forward substitution *)
Section Substitution.
Variables (R : comRingType) (n : nat).

(** The entry [(i, j)] below the diagonal is a sum over the rows between [j] and [i]
    ([forward_substitution]). *)
Definition substitution_cost := (\sum_(i < n) \sum_(j < i) (i - j).-1)%N.
Definition counted_inverse (A : 'M[R]_n) : counted 'M[R]_n :=
  (inverse A, Cost substitution_cost substitution_cost).

Theorem substitution_costE : substitution_cost = 'C(n, 3).
Proof.
have row i : (\sum_(j < i) (i - j).-1 = 'C(i, 2))%N.
  rewrite -triangular_sum big_mkord (reindex_inj rev_ord_inj) /=.
  by apply: eq_bigr => j _; rewrite subKn.
rewrite /substitution_cost; under eq_bigr => i _ do rewrite row.
elim: n => [|m IH]; first by rewrite big_ord0.
by rewrite big_ord_recr /= IH binS.
Qed.
End Substitution.

(** ** The recurrence *)
Section Recurrence.
Variables (R : comRingType) (dk dv : nat) (s : R) (x : tokens R dk dv).

Definition counted_token S t : counted ('M[R]_(dk, dv) * 'rV[R]_dv) :=
  let* old := product (key x t) S in
  let* error := difference (value x t) old in
  let* new := scaled (beta x t) error in
  let* write := product (key x t)^T new in
  let* S' := sum S write in
  let* reading := product (query x t) S' in
  let* o := scaled s reading in
  ret (S', o).

Theorem token_cost S0 t :
  counted_token (state x S0 t) t = ((state x S0 t.+1, output s x S0 t),
    Cost (3 * (dk * dv) + 2 * dv) (2 * (dk.-1 * dv) + dv + dk * dv)).
Proof.
rewrite /counted_token; eapply etrans; first by count.
rewrite /both /=; congr (_, Cost _ _).
  by rewrite !mul1n !muln1 !addn0 -!plusE -!multE; ring.
by rewrite !mul1n !muln0 !addn0 !mul0n -!plusE -!multE; ring.
Qed.

Fixpoint counted_run S0 L : counted 'M[R]_(dk, dv) :=
  if L is t.+1 then let* S := counted_run S0 t in let* So := counted_token S t in ret So.1
  else ret S0.

Lemma counted_runS S0 t : counted_run S0 t.+1 =
  let* S := counted_run S0 t in let* So := counted_token S t in ret So.1.
Proof. by []. Qed.

Theorem recurrence_cost S0 L :
  counted_run S0 L = (state x S0 L,
    Cost (L * (3 * (dk * dv) + 2 * dv)) (L * (2 * (dk.-1 * dv) + dv + dk * dv))).
Proof.
elim: L => // L IH; rewrite counted_runS IH /bind token_cost /both /= !addn0.
by congr (_, Cost _ _); rewrite mulSn addnC.
Qed.
End Recurrence.

(** ** A chunk *)
Section Chunk.
Variables (R : comRingType) (n dk dv : nat) (s : R) (c : chunk R n dk dv).

Definition counted_chunk S : counted ('M[R]_(dk, dv) * 'M[R]_(n, dv)) :=
  let* gram := product (keys c) (keys c)^T in
  let* weighted := rows_scaled (betas c) gram in
  let* J := counted_inverse (stril weighted) in
  let* T := columns_scaled J (betas c) in
  let* W := product T (keys c) in
  let* U := product T (values c) in
  let* WS := product W S in
  let* X := difference U WS in
  let* scores := product (queries c) (keys c)^T in
  let* QS := product (queries c) S in
  let* GX := product (tril scores) X in
  let* reading := sum QS GX in
  let* O := scaled s reading in
  let* write := product (keys c)^T X in
  let* S' := sum S write in
  ret (S', O).

Theorem chunk_cost S : (0 < n)%N -> (0 < dk)%N ->
  counted_chunk S = ((chunk_state c S, chunk_output c s S),
    Cost (n * n * (3 * dk + 2 * dv + 1) + 'C(n, 3) + 'C(n.+1, 2) + n * (3 * (dk * dv) + dv))
         (2 * (n * n * dk.-1) + n * n.-1 * (dk + 2 * dv) + 'C(n, 3) + 3 * (n * (dk * dv)))).
Proof.
move=> n0 dk0; rewrite /counted_chunk; eapply etrans.
  count.
  eapply bind_cost; first by rewrite /counted_inverse substitution_costE.
  eapply bind_cost.
    by apply: columns_scaled_cost => i j; apply: inverse_upper; exact: overlaps_lower.
  by count.
rewrite /both /=; congr (_, Cost _ _).
- by rewrite /chunk_output hadamard_mask.
- by rewrite !addn0 !add0n; move: 'C(n, 3) 'C(n.+1, 2) => a b; rewrite -!plusE -!multE; ring.
- move: 'C(n, 3) => a; case: n n0 => // n' _; case: dk dk0 => // d _.
  by rewrite !addn0 !add0n /= -!plusE -!multE; ring.
Qed.
End Chunk.
