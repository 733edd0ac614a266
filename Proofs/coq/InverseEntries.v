(** * The entries of the inverse are bounded by the keys

    Squared, so that no root is taken. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import order ssralg ssrnum zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct StrictlyLower UTTransform Contraction.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section InverseEntries.
Variables (R : realDomainType) (dk dv L : nat) (x : tokens R dk dv) (i j : 'I_L).
Local Notation B := (strengths L (beta x)).
Local Notation K := (rows L (key x)).
Local Notation normsq_key t := (dotr (key x t) (key x t)).
Hypotheses (lt_ji : (j < i)%N) (mod_x : forall t, (j < t < i)%N -> moderate x t).

Theorem inverse_entry_bound :
  inverse (overlaps B K) i j ^+ 2 <= beta x i ^+ 2 * (normsq_key i * normsq_key j).
Proof.
by rewrite inverse_entry // sqrrN exprMn ler_wpmul2l ?sqr_ge0 // entry_bound.
Qed.

Theorem ut_transform_bound :
  ut_transform B K i j ^+ 2 <= beta x i ^+ 2 * beta x j ^+ 2 * (normsq_key i * normsq_key j).
Proof.
rewrite ut_transformE exprMn [strengths _ _ _ _]mxE [X in _ <= X]mulrAC.
by rewrite ler_wpmul2r ?sqr_ge0 // inverse_entry_bound.
Qed.
End InverseEntries.
