(** * The gradient of normalizing a row

    [y] is [x / l] with [l ^ 2 = <x, x> + eps].  Along a path neither division nor root is needed: [l] is
    any path whose square is right. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp poly matrix.
From DeltaRule Require Import Gradients.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Normalization.
Variables (R : comUnitRingType) (n : nat) (eps : R).
Variables (X Y : 'rV[{poly R}]_n) (l : {poly R}).
Hypotheses (lengthE : l * l = << X, X >> + eps%:P) (normalized : l *: Y = X).
Hypotheses (l_unit : l`_0 \is a GRing.unit) (two_unit : 2%:R \is a @GRing.unit R).

Definition dnormalized (dY : 'rV[R]_n) : 'rV[R]_n :=
  l`_0^-1 *: (dY - << dY, at0 Y >> *: at0 Y).

(** How the length changes: by what the direction has along the normalized row. *)
Lemma length_slope : l`_1 = << at0 Y, at1 X >>.
Proof.
have x_l : at0 X = l`_0 *: at0 Y by rewrite -normalized at0Z.
have pairing_slope : << X, X >>`_1 = 2%:R * << at0 X, at1 X >>.
  rewrite !pairingE !big_ord1 coef_sum mulr_sumr; apply: eq_bigr => j _.
  by rewrite coef1_mul !mxE mulr_natl mulr2n [X in _ + X]mulrC.
have /(congr1 (fun p : {poly R} => p`_1)) := lengthE.
rewrite coefD coefC addr0 pairing_slope coef1_mul [l`_1 * _]mulrC -mulr2n -mulr_natl.
by move/(mulrI two_unit); rewrite x_l pairingZl => /(mulrI l_unit).
Qed.

Theorem normalization (dY : 'rV[R]_n) : << dY, at1 Y >> = << dnormalized dY, at1 X >>.
Proof.
rewrite /dnormalized pairingZl pairingBl [<< _ *: _, _ >>]pairingZl -length_slope.
rewrite -{1}normalized at1Z pairingDr !pairingZr [l`_1 * _]mulrC addrK mulKr //.
Qed.
End Normalization.
