(** * The fully parallel form *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct WYRepresentation StrictlyLower.
From DeltaRule Require Import UTTransform Chunkwise.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Attention.
Variables (R : comRingType) (L dk dv : nat) (s : R).

(** The attention matrix of the delta rule. *)
Definition attention (c : chunk R L dk dv) : 'M[R]_L :=
  s *: (hadamard (queries c *m (keys c)^T) (mask R L) *m ut_transform (betas c) (keys c)).

Lemma chunk_attention (c : chunk R L dk dv) S : chunk_output c s S =
  attention c *m (values c - keys c *m S) + s *: (queries c *m S).
Proof.
by rewrite /chunk_output /attention pseudo_values_error mulmxA scalerDr addrC scalemxAl.
Qed.

Variables (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).

Theorem fully_parallel :
  rows L (output s x S0) = attention (chunk_of L x) *m (rows L (value x) - rows L (key x) *m S0)
    + s *: (rows L (query x) *m S0).
Proof. by rewrite -chunkwise_output chunk_attention. Qed.

(** The entry has its writing strength. *)
Theorem attention_entry (i j : 'I_L) : (j <= i)%N ->
  attention (chunk_of L x) i j =
  s * (beta x j * (query x i *m product x j.+1 i.+1 *m (key x j)^T) 0 0).
Proof.
move=> ji; rewrite mxE hadamard_mask; congr (_ * _); rewrite mxE.
under eq_bigr => m _ do rewrite ut_transformE inverse_path mxE mulrA [strengths _ _ _ _]mxE.
rewrite -mulr_suml mulrC; congr (_ * _).
rewrite -mulmxA -(@path_sum _ _ _ x j i.+1 ji) mulmx_sumr summxE.
rewrite (sum_until i (fun m => (query x i *m ((key x m)^T *m path x j m)) 0 0)).
apply: eq_bigr => m _; rewrite mulmxA [in RHS]mxE big_ord1 mulrnAl; congr (_ * _ *+ _).
by rewrite !mxE; apply: eq_bigr => l _; rewrite !mxE.
Qed.

Theorem attention_causal (i j : 'I_L) : (i < j)%N -> attention (chunk_of L x) i j = 0.
Proof.
move=> ij; rewrite mxE hadamard_mask mxE big1 ?mulr0 // => m _; rewrite mxE.
case: leqP => mi; last by rewrite mulr0n mul0r.
by rewrite ut_transform_lower ?mulr0 // (leq_ltn_trans mi).
Qed.
End Attention.
