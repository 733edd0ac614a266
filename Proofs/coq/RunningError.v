(** * Running error bounds

    A bound that is known after the operation, from the computed value: [f] is what the machine gives for
    an operation on [a'] and [b'], which are [a] and [b] up to [Ea] and [Eb].  [u] is the unit roundoff,
    [eta] the least subnormal number. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import order ssralg ssrnum.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section RunningError.
Variables (R : realDomainType) (u eta : R).
Implicit Types a b f Ea Eb : R.

Lemma running_step c c' f E e : `|c' - c| <= E -> `|f - c'| <= e -> `|f - c| <= E + e.
Proof. by move=> cc fc; rewrite [E + e]addrC; apply: le_trans (ler_dist_add c' _ _) _; rewrite ler_add. Qed.

Theorem running_add a a' b b' f Ea Eb : `|a' - a| <= Ea -> `|b' - b| <= Eb ->
  `|f - (a' + b')| <= u * `|f| -> `|f - (a + b)| <= Ea + Eb + u * `|f|.
Proof.
move=> aE bE; apply: running_step; rewrite opprD addrACA.
by apply: le_trans (ler_norm_add _ _) _; rewrite ler_add.
Qed.

Theorem running_sub a a' b b' f Ea Eb : `|a' - a| <= Ea -> `|b' - b| <= Eb ->
  `|f - (a' - b')| <= u * `|f| -> `|f - (a - b)| <= Ea + Eb + u * `|f|.
Proof. by move=> aE bE; apply: running_add => //; rewrite -opprD normrN. Qed.

Theorem running_mul a a' b b' f Ea Eb : `|a' - a| <= Ea -> `|b' - b| <= Eb ->
  `|f - a' * b'| <= u * `|f| + eta ->
  `|f - a * b| <= `|a'| * Eb + `|b'| * Ea + Ea * Eb + u * `|f| + eta.
Proof.
move=> aE bE; rewrite -[_ + _ + eta]addrA; apply: running_step.
have -> : a' * b' - a * b = a' * (b' - b) + b' * (a' - a) - (a' - a) * (b' - b).
  rewrite mulrBl opprB [X in _ = X + _]addrC [RHS]addrACA subrr addr0 !mulrBr [b' * a']mulrC.
  by rewrite [b' * a]mulrC addrA subrK.
apply: le_trans (ler_norm_sub _ _) _; rewrite ler_add //; last by rewrite normrM ler_pmul.
by apply: le_trans (ler_norm_add _ _) _; rewrite !normrM ler_add // ler_wpmul2l.
Qed.
End RunningError.
