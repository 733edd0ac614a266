(** * Exact numbers: the program over the fractions of Coq's library

    The fractions of Coq's library compute inside Coq and once extracted; those of MathComp are the
    field that the theorems speak of.  [rat_of_Q] leads from the former to the latter. *)
From Coq Require Import ZArith QArith Qreduction Lia.
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg ssrnum ssrint rat zmodp matrix.
From DeltaRule Require Import Recurrence RecurrenceBackward Executable.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory.

(** Reduced after each operation. *)
Definition Q_scalars : scalars Q :=
  Scalars (0 # 1)%Q (fun a b => Qred (Qplus a b)) (fun a b => Qred (Qminus a b))
          (fun a b => Qred (Qmult a b)).

Local Open Scope ring_scope.

Definition int_of_Z (z : Z) : int :=
  match z with
  | Z0 => 0
  | Zpos n => (Pos.to_nat n)%:Z
  | Zneg n => - (Pos.to_nat n)%:Z
  end.

Lemma int_of_Z_nat n : int_of_Z (Z.of_nat n) = n%:Z.
Proof. by case: n => //= n; rewrite SuccNat2Pos.id_succ. Qed.

Lemma int_of_Z_opp a : int_of_Z (- a) = - int_of_Z a.
Proof. by case: a => //= n; rewrite ?oppr0 ?opprK. Qed.

Lemma int_of_Z_mul a b : int_of_Z (a * b) = int_of_Z a * int_of_Z b.
Proof.
by case: a b => [|m|m] [|n|n] /=; rewrite ?mul0r ?mulr0 ?mulrN ?mulNr ?opprK // Pos2Nat.inj_mul PoszM.
Qed.

(** Every integer is a difference of two natural numbers. *)
Lemma int_of_Z_sub_nat m n : int_of_Z (Z.of_nat m - Z.of_nat n) = m%:Z - n%:Z.
Proof.
case: (leqP n m) => [nm|/ltnW mn].
  by rewrite -Nat2Z.inj_sub ?int_of_Z_nat ?subzn //; apply/leP.
have -> : Z.sub (Z.of_nat m) (Z.of_nat n) = Z.opp (Z.of_nat (n - m)).
  by move/leP: mn; rewrite -minusE; lia.
by rewrite int_of_Z_opp int_of_Z_nat -subzn // opprB.
Qed.

Lemma Z_sub_nat a : exists m n, a = Z.sub (Z.of_nat m) (Z.of_nat n).
Proof. by exists (Z.to_nat a), (Z.to_nat (- a)); lia. Qed.

Lemma int_of_Z_add a b : int_of_Z (a + b) = int_of_Z a + int_of_Z b.
Proof.
have [[m [n ->]] [m' [n' ->]]] := (Z_sub_nat a, Z_sub_nat b).
transitivity (int_of_Z (Z.of_nat (m + m') - Z.of_nat (n + n'))).
  by congr int_of_Z; rewrite -!plusE; lia.
by rewrite !int_of_Z_sub_nat !PoszD opprD addrACA.
Qed.

(** ** From fractions to rational numbers *)
Definition rat_of_Q (a : Q) : rat := (int_of_Z (Qnum a))%:~R / (int_of_Z (Zpos (Qden a)))%:~R.

Lemma denominator_neq0 (n : positive) : (int_of_Z (Zpos n))%:~R != 0 :> rat.
Proof. by rewrite intr_eq0 /= eqz_nat -lt0n; apply/ltP/Pos2Nat.is_pos. Qed.

Lemma rat_of_Q_eq a b : Qeq a b -> rat_of_Q a = rat_of_Q b.
Proof.
rewrite /Qeq => ab; apply/eqP; rewrite eqr_div ?denominator_neq0 //.
by rewrite -!intrM -!int_of_Z_mul ab.
Qed.

Lemma rat_of_Q_red a : rat_of_Q (Qred a) = rat_of_Q a.
Proof. exact/rat_of_Q_eq/Qred_correct. Qed.

Lemma rat_of_Q0 : rat_of_Q (zero Q_scalars) = 0.
Proof. by rewrite /rat_of_Q mul0r. Qed.

Lemma rat_of_Q_add a b : rat_of_Q (add Q_scalars a b) = rat_of_Q a + rat_of_Q b.
Proof.
rewrite [LHS]rat_of_Q_red /rat_of_Q addf_div ?denominator_neq0 // -!intrM -!int_of_Z_mul.
by rewrite -intrD -int_of_Z_add.
Qed.

Lemma rat_of_Q_mul a b : rat_of_Q (mul Q_scalars a b) = rat_of_Q a * rat_of_Q b.
Proof. by rewrite [LHS]rat_of_Q_red /rat_of_Q mulf_div -!intrM -!int_of_Z_mul. Qed.

Lemma rat_of_Q_opp a : rat_of_Q (Qopp a) = - rat_of_Q a.
Proof. by rewrite /rat_of_Q int_of_Z_opp rmorphN mulNr. Qed.

Lemma rat_of_Q_sub a b : rat_of_Q (sub Q_scalars a b) = rat_of_Q a - rat_of_Q b.
Proof. by rewrite -rat_of_Q_opp -rat_of_Q_add. Qed.

(** ** The exact numbers are those of the recurrence *)
Section Exact.
Variables (L dk dv : nat) (p : problem Q L dk dv) (c : answer Q L dk dv).
Local Notation rational := (map_array rat_of_Q).
Local Notation x := (tokens_of (map_problem rat_of_Q p)).
Local Notation s := (rat_of_Q (scale p)).
Local Notation S0 := (mat (rational (initial_state p))).
Local Notation dO := (fun t => mat (row_at (rational (outputs c)) t)).
Local Notation dht := (mat (rational (final_state c))).
Let F := ring_scalars rat_comRing.

Theorem exact_run : let a := run Q_scalars p in
  (forall t : 'I_L, row t (mat (rational (outputs a))) = output s x S0 t) /\
  mat (rational (final_state a)) = state x S0 L.
Proof.
have := run_correct (map_problem rat_of_Q p).
by rewrite -(map_run (F' := F) rat_of_Q0 rat_of_Q_add rat_of_Q_sub rat_of_Q_mul).
Qed.

Theorem exact_run_chunkwise C : (0 < C)%N -> let a := run_chunkwise Q_scalars p C in
  (forall t : 'I_L, row t (mat (rational (outputs a))) = output s x S0 t) /\
  mat (rational (final_state a)) = state x S0 L.
Proof.
move=> C0; have := run_chunkwise_correct (map_problem rat_of_Q p) C0.
by rewrite -(map_run_chunkwise (F' := F) rat_of_Q0 rat_of_Q_add rat_of_Q_sub rat_of_Q_mul).
Qed.

Theorem exact_run_back : let g := run_back Q_scalars p c in
  [/\ forall t : 'I_L, row t (mat (rational (dqueries g))) = dq s x S0 dO t,
      forall t : 'I_L, row t (mat (rational (dkeys g))) = dkey s x S0 L dO dht t,
      forall t : 'I_L, row t (mat (rational (dvalues g))) = dvalue s x L dO dht t,
      forall t : 'I_L, mat (rational (dbetas g)) 0 t = dbeta s x S0 L dO dht t &
      mat (rational (dinitial_state g)) = dstate s x L dO dht 0].
Proof.
have := run_back_correct (map_problem rat_of_Q p) (map_answer rat_of_Q c).
by rewrite -(map_run_back (F' := F) rat_of_Q0 rat_of_Q_add rat_of_Q_sub rat_of_Q_mul).
Qed.
End Exact.
