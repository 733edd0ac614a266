(** * The chunkwise form *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct WYRepresentation StrictlyLower.
From DeltaRule Require Import UTTransform.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** The algorithm: matrices alone *)
Record chunk (R : Type) (L dk dv : nat) := Chunk {
  queries : 'M[R]_(L, dk);
  keys : 'M[R]_(L, dk);
  values : 'M[R]_(L, dv);
  betas : 'rV[R]_L
}.

Section Algorithm.
Variables (R : comRingType) (L dk dv : nat) (c : chunk R L dk dv).
Implicit Type S : 'M[R]_(dk, dv).
Local Notation Q := (queries c).
Local Notation K := (keys c).
Local Notation V := (values c).
Local Notation A := (overlaps (betas c) K).
Local Notation T := (ut_transform (betas c) K).

(** X = U - W S. *)
Definition pseudo_values S : 'M[R]_(L, dv) := T *m V - T *m K *m S.
Definition chunk_state S := S + K^T *m pseudo_values S.
Definition chunk_output s S :=
  s *: (Q *m S + hadamard (Q *m K^T) (mask R L) *m pseudo_values S).

(** The definitions, written out. *)
Theorem chunkE s S :
  [/\ pseudo_values S = T *m V - T *m K *m S,
      chunk_state S = S + K^T *m pseudo_values S
    & chunk_output s S = s *: (Q *m S + tril (Q *m K^T) *m pseudo_values S)].
Proof. by rewrite -hadamard_mask. Qed.

Lemma pseudo_values_error S : pseudo_values S = T *m (V - K *m S).
Proof. by rewrite /pseudo_values -(mulmxA T) -mulmxBr. Qed.

(** The pseudo-values by one triangular solve. *)
Theorem chunkwise_solve S X :
  (1%:M + A) *m X = diag_mx (betas c) *m (V - K *m S) <-> X = pseudo_values S.
Proof.
by rewrite (solve _ _ (overlaps_lower _ _)) pseudo_values_error /ut_transform -mulmxA.
Qed.

(** The chunk as one affine map of the state. *)
Theorem chunk_transition S :
  chunk_state S = (1%:M - K^T *m (T *m K)) *m S + K^T *m (T *m V).
Proof. by rewrite /chunk_state /pseudo_values mulmxBr mulmxBl mul1mx !mulmxA addrCA addrC. Qed.
End Algorithm.

(** The first [L] of a stream of tokens. *)
Definition chunk_of (R : comRingType) dk dv L (x : tokens R dk dv) : chunk R L dk dv :=
  Chunk (rows L (query x)) (rows L (key x)) (rows L (value x)) (strengths L (beta x)).

(** ** One chunk is [L] steps of the recurrence *)
Section OneChunk.
Variables (R : comRingType) (dk dv L : nat) (s : R) (x : tokens R dk dv).
Variable S0 : 'M[R]_(dk, dv).

Theorem pseudo_values_rows :
  pseudo_values (chunk_of L x) S0 = rows L (fun t => pseudo_value x (state x S0 t) t).
Proof.
rewrite /pseudo_values -u_transform -w_transform rowsM rowsB.
by apply: eq_rows => t _; rewrite pseudo_valueE.
Qed.

Theorem chunkwise_state : chunk_state (chunk_of L x) S0 = state x S0 L.
Proof.
rewrite state_sum (sum_outer L (key x) (fun t => u x t - w x t *m S0)) /chunk_state.
by rewrite pseudo_values_rows; congr (_ + _ *m _); apply: eq_rows => t _; rewrite pseudo_valueE.
Qed.

Theorem chunkwise_output : chunk_output (chunk_of L x) s S0 = rows L (output s x S0).
Proof.
rewrite /chunk_output hadamard_mask pseudo_values_rows; apply/row_matrixP => i.
rewrite row_rows linearZ linearD /= !row_mul !row_rows /output state_sum mulmxDr; congr (_ *: (_ + _)).
rewrite row_mulE mulmx_sumr (sum_until i (fun j => query x i *m ((key x j)^T *m (u x j - w x j *m S0)))).
apply: eq_bigr => j _; rewrite row_rows pseudo_valueE mulmxA scalar_mul scalerMnl !mxE; congr (_ *+ _ *: _).
by apply: eq_bigr => l _; rewrite !mxE.
Qed.
End OneChunk.

(** ** The whole sequence, by chunks of any lengths *)
Section ManyChunks.
Variables (R : comRingType) (dk dv : nat) (s : R).
Implicit Types (x : tokens R dk dv) (lengths : seq nat).

Fixpoint chunked_state x lengths S : 'M[R]_(dk, dv) :=
  if lengths is L :: rest then
    chunked_state (shift L x) rest (chunk_state (chunk_of L x) S)
  else S.

Fixpoint chunked_output x lengths S : 'M[R]_(sumn lengths, dv) :=
  if lengths is L :: rest then
    col_mx (chunk_output (chunk_of L x) s S)
           (chunked_output (shift L x) rest (chunk_state (chunk_of L x) S))
  else 0.

Lemma rows_cat m n (f : nat -> 'rV[R]_dv) :
  rows (m + n) f = col_mx (rows m f) (rows n (fun t => f (m + t)%N)).
Proof.
by apply/row_matrixP => i; case: (split_ordP i) => j ->; rewrite ?rowKu ?rowKd !row_rows.
Qed.

Theorem chunked_stateE x lengths S0 :
  chunked_state x lengths S0 = state x S0 (sumn lengths).
Proof.
elim: lengths x S0 => //= L rest IH x S0.
by rewrite IH chunkwise_state -state_split.
Qed.

Theorem chunked_outputE x lengths S0 :
  chunked_output x lengths S0 = rows (sumn lengths) (output s x S0).
Proof.
elim: lengths x S0 => [|L rest IH] x S0 /=; first by apply/matrixP; case.
rewrite rows_cat chunkwise_output IH chunkwise_state; congr col_mx.
by apply: eq_rows => t _; rewrite output_split.
Qed.
End ManyChunks.
