(** * Transitions as a monoid, and scans over it *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section AffineMaps.
Variables (R : comRingType) (dk dv : nat).

(** The map [S -> A S + B]. *)
Definition affine := ('M[R]_dk * 'M[R]_(dk, dv))%type.
Definition act (f : affine) (S : 'M[R]_(dk, dv)) := f.1 *m S + f.2.
Definition identity : affine := (1%:M, 0).
(** First [f], then [g]. *)
Definition join (f g : affine) : affine := (g.1 *m f.1, g.1 *m f.2 + g.2).

Theorem joinA : associative join.
Proof. by move=> [A B] [A' B'] [A'' B'']; rewrite /join /= mulmxDr !mulmxA addrA. Qed.
Theorem join1x : left_id identity join.
Proof. by move=> [A B]; rewrite /join /= mulmx1 mulmx0 add0r. Qed.
Theorem joinx1 : right_id identity join.
Proof. by move=> [A B]; rewrite /join /= !mul1mx addr0. Qed.
Canonical join_law := Monoid.Law joinA join1x joinx1.

Theorem act_join f g S : act (join f g) S = act g (act f S).
Proof. by rewrite /act /= mulmxDr mulmxA addrA. Qed.

Variable x : tokens R dk dv.
Definition element t : affine := (transition x t, beta x t *: ((key x t)^T *m value x t)).

(** What the tokens [i], ..., [j - 1] do. *)
Definition run i j : affine := \big[join/identity]_(i <= t < j) element t.

Theorem scan_state S0 t : state x S0 t = act (run 0 t) S0.
Proof.
elim: t => [|t IH]; first by rewrite /run big_geq // /act /= mul1mx addr0.
by rewrite state_transition IH /run big_nat_recr //= act_join.
Qed.

(** Any bracketing: a run is the join of its parts. *)
Theorem run_cat i j l : (i <= j)%N -> (j <= l)%N -> run i l = join (run i j) (run j l).
Proof. by move=> ij jl; rewrite /run (big_cat_nat _ _ _ ij jl). Qed.

(** One level of the scan: the prefixes at even places are the prefixes of the joined neighbours. *)
Definition joined t : affine := join (element t.*2) (element t.*2.+1).
Theorem scan_even n : run 0 n.*2 = \big[join/identity]_(0 <= t < n) joined t.
Proof.
elim: n => [|n IH]; first by rewrite /run !big_geq.
rewrite doubleS big_nat_recr //= -IH /joined Monoid.mulmA /=.
by rewrite /run big_nat_recr //= big_nat_recr.
Qed.
Theorem scan_odd n : run 0 n.*2.+1 = join (run 0 n.*2) (element n.*2).
Proof. by rewrite /run big_nat_recr. Qed.
End AffineMaps.
