(** * Exact reference results

    Small problems drawn from seeds, their exact answers and gradients, and a text of them all.  By
    [exact_run] and [exact_run_back] the numbers are those of the recurrence and of its backward
    pass. *)
From Coq Require Import ZArith QArith Ascii String DecimalString.
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq.
From DeltaRule Require Import Executable RationalNumbers.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

(** ** Problems from seeds *)

(** Knuth's linear congruential generator with 64 bits. *)
Definition next (seed : N) : N :=
  N.modulo (seed * 6364136223846793005 + 1442695040888963407) 18446744073709551616.

(** A multiple of one quarter with numerator from [low] to [high], by the upper bits. *)
Definition quarter (low high : Z) (seed : N) : Q :=
  Qred (Qmake (low + Z.modulo (Z.of_N (N.shiftr seed 33)) (high - low + 1)) 4).

Fixpoint draw_list low high n seed : seq Q * N :=
  if n is n'.+1 then
    let seed := next seed in
    let: (numbers, last) := draw_list low high n' seed in
    (quarter low high seed :: numbers, last)
  else ([::], seed).

Definition draw low high m n seed : array Q m n * N :=
  let: (numbers, seed) := draw_list low high (m * n) seed in
  (Rows (reshape (nseq m n) numbers), seed).

(** A problem with the cotangents of its answer.  Keys are short and writing strengths lie between
    zero and one, so that states stay small. *)
Definition draw_problem L dk dv scale seed : problem Q L dk dv * answer Q L dk dv :=
  let: (q, seed) := draw (-4) 4 L dk seed in
  let: (k, seed) := draw (-4) 4 L dk seed in
  let: (v, seed) := draw (-8) 8 L dv seed in
  let: (b, seed) := draw 1 4 1 L seed in
  let: (S0, seed) := draw (-8) 8 dk dv seed in
  let: (dO, seed) := draw (-8) 8 L dv seed in
  let: (dht, _) := draw (-8) 8 dk dv seed in
  (Problem scale q k v b S0, Answer dO dht).

(** ** Text *)
Local Open Scope string_scope.

Definition newline := String "010" EmptyString.
Definition quoted text := """" ++ text ++ """".
Definition text_of_Z (z : Z) := NilZero.string_of_int (Z.to_int z).
Definition text_of_nat (n : nat) := text_of_Z (Z.of_nat n).

Definition text_of_Q (a : Q) := quoted
  (text_of_Z (Qnum a) ++ if Qden a is xH then "" else "/" ++ text_of_Z (Zpos (Qden a))).

Definition text_of_list (texts : seq string) := "[" ++ concat ", " texts ++ "]".
Definition text_of_row (row : seq Q) := text_of_list (map text_of_Q row).
Definition text_of_array m n (A : array Q m n) := text_of_list (map text_of_row (lists A)).
Definition text_of_betas n (A : array Q 1 n) := text_of_row (head [::] (lists A)).

Definition text_of_object (fields : seq (string * string)) :=
  "{" ++ newline ++ concat ("," ++ newline) [seq quoted f.1 ++ ": " ++ f.2 | f <- fields]
  ++ newline ++ "}".

Definition example name L dk dv scale seed :=
  let: (p, c) := draw_problem L dk dv scale seed in
  let a := run Q_scalars p in
  let g := run_back Q_scalars p c in
  text_of_object [::
    ("name", quoted name);
    ("length", text_of_nat L);
    ("key_dimension", text_of_nat dk);
    ("value_dimension", text_of_nat dv);
    ("scale", text_of_Q (Executable.scale p));
    ("q", text_of_array (queries p));
    ("k", text_of_array (keys p));
    ("v", text_of_array (values p));
    ("beta", text_of_betas (betas p));
    ("initial_state", text_of_array (initial_state p));
    ("do", text_of_array (outputs c));
    ("dht", text_of_array (final_state c));
    ("o", text_of_array (outputs a));
    ("final_state", text_of_array (final_state a));
    ("dq", text_of_array (dqueries g));
    ("dk", text_of_array (dkeys g));
    ("dv", text_of_array (dvalues g));
    ("dbeta", text_of_betas (dbetas g));
    ("dh0", text_of_array (dinitial_state g))].

Definition golden := "[" ++ newline ++ concat ("," ++ newline) [::
  example "one token" 1 1 1 1 1;
  example "two tokens" 2 3 2 (1 # 2) 2;
  example "wide values" 5 2 3 (3 # 4) 3;
  example "square" 8 4 4 (1 # 2) 4;
  example "long" 12 3 5 (1 # 2) 5;
  example "wide keys" 7 4 2 (1 # 2) 6;
  example "no tokens" 0 2 2 1 7;
  example "one key dimension" 6 1 4 1 8] ++ newline ++ "]" ++ newline.
