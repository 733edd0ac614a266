(** * The block sweep: queries carried from right to left past blocks of tokens *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform Chunkwise FullyParallel.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Read.
Variables (R : comRingType) (dk dv : nat).

(** Reads a block with [weights], and carries the queries to its beginning. *)
Definition read L m (c : chunk R L dk dv) (weights : 'M[R]_(m, L))
    (OQ : 'M[R]_(m, dv) * 'M[R]_(m, dk)) :=
  (OQ.1 + weights *m values c, OQ.2 - weights *m keys c).

Definition passing_weights L m (c : chunk R L dk dv) (Q : 'M[R]_(m, dk)) : 'M[R]_(m, L) :=
  Q *m (keys c)^T *m ut_transform (betas c) (keys c).

(** What is read and what is carried on, together, is what the queries read from the state [S]. *)
Definition answer m (OQ : 'M[R]_(m, dv) * 'M[R]_(m, dk)) (S : 'M[R]_(dk, dv)) :=
  OQ.1 + OQ.2 *m S.

Lemma answer_read L m (c : chunk R L dk dv) (weights : 'M[R]_(m, L)) OQ S :
  answer (read c weights OQ) S = answer OQ S + weights *m (values c - keys c *m S).
Proof.
rewrite /answer /= mulmxBl mulmxBr mulmxA [RHS]addrACA; congr (_ + _).
Qed.

Theorem sweep_step L m (c : chunk R L dk dv) (OQ : 'M[R]_(m, dv) * 'M[R]_(m, dk)) S :
  answer (read c (passing_weights c OQ.2) OQ) S = answer OQ (chunk_state c S).
Proof.
rewrite answer_read /answer /chunk_state (mulmxDr OQ.2) addrA pseudo_values_error; congr (_ + _).
by rewrite /passing_weights !mulmxA.
Qed.

Theorem own_block L s (c : chunk R L dk dv) S :
  s *: answer (read c (hadamard (queries c *m (keys c)^T) (mask R L)
                       *m ut_transform (betas c) (keys c)) (0, queries c)) S = chunk_output c s S.
Proof.
by rewrite answer_read /answer /= add0r chunk_attention scalerDr addrC /attention -scalemxAl.
Qed.

(** All blocks, the last one first. *)
Fixpoint sweep m (x : tokens R dk dv) lengths (OQ : 'M[R]_(m, dv) * 'M[R]_(m, dk)) :=
  if lengths is L :: rest then
    let carried := sweep (shift L x) rest OQ in
    read (chunk_of L x) (passing_weights (chunk_of L x) carried.2) carried
  else OQ.

Theorem sweepE m x lengths (OQ : 'M[R]_(m, dv) * 'M[R]_(m, dk)) S0 :
  answer (sweep x lengths OQ) S0 = answer OQ (state x S0 (sumn lengths)).
Proof.
elim: lengths x S0 => //= L rest IH x S0.
by rewrite sweep_step chunkwise_state IH -state_split.
Qed.

(** The outputs of the [L] tokens behind the blocks, and the final state as what the rows of the
    unit matrix read. *)
Theorem block_sweep L s x lengths S0 :
  let c := chunk_of L (shift (sumn lengths) x) in
  let weights := hadamard (queries c *m (keys c)^T) (mask R L)
                 *m ut_transform (betas c) (keys c) in
  s *: answer (sweep x lengths (read c weights (0, queries c))) S0 =
  rows L (fun t => output s x S0 (sumn lengths + t)).
Proof.
rewrite /= sweepE own_block chunkwise_output; apply: eq_rows => t _.
by rewrite output_split.
Qed.

Theorem swept_state x lengths S0 :
  answer (sweep x lengths (0, 1%:M)) S0 = state x S0 (sumn lengths).
Proof. by rewrite sweepE /answer add0r mul1mx. Qed.
End Read.
