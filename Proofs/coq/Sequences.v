(** * Packed sequences *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Packing.
Variables (R : comRingType) (dk dv : nat) (x : tokens R dk dv).

(** Where a sequence starts, its own initial state takes the place of what was there. *)
Variables (start : nat -> option 'M[R]_(dk, dv)).
Definition enter t S : 'M[R]_(dk, dv) := odflt S (start t).

(** The state before token [t] reads it. *)
Fixpoint packed_state S0 t : 'M[R]_(dk, dv) :=
  enter t (if t is t'.+1 then
    let S := packed_state S0 t' in S + (key x t')^T *m pseudo_value x S t' else S0).

(** A sequence that starts at token [a] sees nothing of the others: only its own tokens and its state. *)
Theorem packing S0 S a t : start a = Some S ->
  (forall i, (0 < i <= t)%N -> start (a + i) = None) ->
  packed_state S0 (a + t) = state (shift a x) S t.
Proof.
move=> starts; elim: t => [|t IH] none.
  by rewrite addn0; case: a starts {none} => [|a] /= starts; rewrite /enter starts.
rewrite addnS /= -addnS /enter none ?leqnn // IH // => i /andP[i0 it].
by rewrite none // i0 leqW.
Qed.
End Packing.

Section PaddingInChunks.
Variables (R : comRingType) (L dk : nat) (b : 'rV[R]_L) (K : 'M[R]_(L, dk)).

(** In a chunk, the row and the column of a token with a zero key vanish. *)
Theorem padding_overlaps i : row i K = 0 ->
  row i (overlaps b K) = 0 /\ col i (overlaps b K) = 0.
Proof.
move=> k0; split.
- by apply/rowP => j; rewrite mxE overlapsE k0 mul0mx [X in _ * X]mxE mulr0 mul0rn mxE.
- apply/colP => j; rewrite mxE overlapsE k0 trmx0 mulmx0 [X in _ * X]mxE mulr0 mul0rn.
  by rewrite mxE.
Qed.
End PaddingInChunks.
