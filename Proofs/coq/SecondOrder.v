(** * Second derivatives

    The gradient is a polynomial in the inputs as well, and what it does along a path is found by running
    the backward pass over the ring of polynomials. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp poly polyXY matrix.
From DeltaRule Require Import Recurrence Gradients RecurrenceBackward ChunkwiseBackward BackwardsAgree.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** What the cotangents see, and its gradient *)
Section Seen.
Variables (R : comRingType) (dk dv L : nat).
Implicit Types (x y : tokens R dk dv) (S U : 'M[R]_(dk, dv)).

(** The pairing of two inputs: tokens and initial states. *)
Definition inputs_pairing x S y U : R :=
  << S, U >> + \sum_(0 <= t < L) (<< query x t, query y t >> + << key x t, key y t >>
    + << value x t, value y t >> + beta x t * beta y t).

Variable s : R.

Definition seen (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)) x S0 : R :=
  \sum_(0 <= t < L) << dO t, output s x S0 t >> + << dht, state x S0 L >>.

Variables (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).

Definition gradient x S0 : tokens R dk dv :=
  Tokens (dq s x S0 dO) (dkey s x S0 L dO dht) (dvalue s x L dO dht) (dbeta s x S0 L dO dht).
Definition gradient_state x : 'M[R]_(dk, dv) := dstate s x L dO dht 0.

Section Same.
Variables (x y : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Hypotheses (qE : query x =1 query y) (kE : key x =1 key y).
Hypotheses (vE : value x =1 value y) (bE : beta x =1 beta y).

Lemma same_seen dO' : dO =1 dO' -> seen dO dht x S0 = seen dO' dht y S0.
Proof.
move=> dE; have stateE t : state x S0 t = state y S0 t := same_state S0 kE vE bE t.
rewrite /seen (stateE L); apply: (congr1 (fun a => a + _)); apply: eq_bigr => t _.
by rewrite /output (stateE t.+1) (qE t) dE.
Qed.

Lemma same_inputs_pairing S z U : inputs_pairing z U x S = inputs_pairing z U y S.
Proof. by congr (_ + _); apply: eq_bigr => t _; rewrite qE kE vE bE. Qed.

Lemma same_gradient z S U :
  inputs_pairing (gradient x S0) S z U = inputs_pairing (gradient y S0) S z U.
Proof.
congr (_ + _); apply: eq_bigr => t _; rewrite /= (same_dq s S0 dO kE vE bE).
rewrite (same_dkey L s S0 dO dht qE kE vE bE) (same_dvalue L s dO dht qE kE bE).
by rewrite (same_dbeta L s S0 dO dht qE kE vE bE).
Qed.
End Same.
End Seen.

(** A change of rings. *)
Section Map.
Variables (R R' : comRingType) (f : {rmorphism R -> R'}) (dk dv L : nat).

Lemma pairing_map m n (A B : 'M[R]_(m, n)) : f << A, B >> = << map_mx f A, map_mx f B >>.
Proof. by rewrite /pairing -trace_map_mx map_mxM map_trmx. Qed.

Lemma seen_map s dO dht (x : tokens R dk dv) S0 :
  f (seen L s dO dht x S0) =
  seen L (f s) (fun t => map_mx f (dO t)) (map_mx f dht) (map_tokens f x) (map_mx f S0).
Proof.
rewrite /seen rmorphD rmorph_sum pairing_map state_map; congr (_ + _).
by apply: eq_bigr => t _; rewrite pairing_map output_map.
Qed.
End Map.

(** ** The Hessian *)
Definition constant_tokens (R : comRingType) dk dv (x : tokens R dk dv) : tokens {poly R} dk dv :=
  Tokens (fun t => constant (query x t)) (fun t => constant (key x t))
         (fun t => constant (value x t)) (fun t => (beta x t)%:P).

Section Gradient.
Variables (R : comRingType) (dk dv L : nat).
Variables (s : R) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).
Local Notation cdO := (fun t => constant (dO t)).

(** The first derivative along any path. *)
Theorem gradient_path (p : tokens {poly R} dk dv) P0 :
  (seen L s%:P cdO (constant dht) p P0)`_1 =
  inputs_pairing L (gradient L s dO dht (tokens0 p) (at0 P0)) (gradient_state L s dO dht (tokens0 p))
    (tokens1 p) (at1 P0).
Proof.
rewrite /seen coefD coef_sum pairing_path.
under eq_bigr => t _ do rewrite pairing_path.
exact: recurrence_backward.
Qed.

(** The derivative of a pairing with a constant. *)
Lemma inputs_pairing_path (p : tokens {poly R} dk dv) P (u : tokens R dk dv) U :
  (inputs_pairing L p P (constant_tokens u) (constant U))`_1 =
  inputs_pairing L (tokens1 p) (at1 P) u U.
Proof.
have path m n (A : 'M[{poly R}]_(m, n)) B : << A, constant B >>`_1 = << at1 A, B >>.
  rewrite !pairingE coef_sum; apply: eq_bigr => i _; rewrite coef_sum; apply: eq_bigr => j _.
  by rewrite !mxE coefMC.
rewrite /inputs_pairing coefD path coef_sum; congr (_ + _); apply: eq_bigr => t _.
by rewrite !coefD !path coefMC.
Qed.
End Gradient.

Section Hessian.
Variables (R : comRingType) (dk dv L : nat).
Variables (s : R) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).
Variables (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Implicit Types (w u : tokens R dk dv) (W U : 'M[R]_(dk, dv)).
Local Notation cdO := (fun t => constant (dO t)).
Local Notation ccdO := (fun t => constant (constant (dO t))).

(** The Hessian times a direction: the backward pass along the line in that direction. *)
Definition hessian w W : tokens R dk dv :=
  tokens1 (gradient L s%:P cdO (constant dht) (tokens_line x w) (line S0 W)).
Definition hessian_state w : 'M[R]_(dk, dv) :=
  at1 (gradient_state L s%:P cdO (constant dht) (tokens_line x w)).

(** [x + X w + Y u], in two variables. *)
Definition plane w u : tokens {poly {poly R}} dk dv :=
  tokens_line (tokens_line x w) (constant_tokens u).
Definition plane_state W U : 'M[{poly {poly R}}]_(dk, dv) := line (line S0 W) (constant U).
Definition seen_plane w W u U : {poly {poly R}} :=
  seen L s%:P%:P ccdO (constant (constant dht)) (plane w u) (plane_state W U).

(** The Hessian between two directions is the coefficient of [X Y]. *)
Theorem second_order w W u U :
  inputs_pairing L (hessian w W) (hessian_state w) u U = (seen_plane w W u U)`_1`_1.
Proof.
rewrite /seen_plane gradient_path at0_line at1_line -inputs_pairing_path.
set p := tokens_line x w; set c := constant_tokens u.
have [qE kE vE] : [/\ query (tokens0 (plane w u)) =1 query p, key (tokens0 (plane w u)) =1 key p
                   & value (tokens0 (plane w u)) =1 value p] by split=> t; rewrite /= at0_line.
have bE : beta (tokens0 (plane w u)) =1 beta p by move=> t; rewrite /= coefD coefC coefXM addr0.
rewrite (same_gradient _ _ _ _ _ qE kE vE bE) /gradient_state (same_dstate L _ _ _ qE kE bE).
apply: (congr1 (fun a : {poly R} => a`_1)); symmetry.
apply: same_inputs_pairing => t; rewrite /= ?at1_line //.
by rewrite coefD coefC coefXM coefC add0r.
Qed.

(** The two variables exchanged. *)
Lemma swap_entry (a b c : R) :
  swapXY ((a%:P + 'X * b%:P)%:P + 'X * c%:P%:P) = (a%:P + 'X * c%:P)%:P + 'X * b%:P%:P.
Proof.
rewrite rmorphD rmorphM /= swapXY_X !swapXY_polyC rmorphD rmorphM /= map_polyX !map_polyC.
by rewrite !polyCD !polyCM addrAC.
Qed.
Lemma swap_constant m n (A : 'M[R]_(m, n)) :
  map_mx (@swapXY R) (constant (constant A)) = constant (constant A).
Proof. by apply/matrixP => i j; rewrite !mxE swapXY_polyC map_polyC. Qed.
Lemma swap_line m n (A B C : 'M[R]_(m, n)) :
  map_mx (@swapXY R) (line (line A B) (constant C)) = line (line A C) (constant B).
Proof. by apply/matrixP => i j; rewrite !mxE swap_entry. Qed.

Lemma seen_swap w W u U : swapXY (seen_plane w W u U) = seen_plane u U w W.
Proof.
pose f := [rmorphism of @swapXY R]; rewrite -[LHS]/(f _) /seen_plane.
rewrite (seen_map f) swap_constant swap_line.
have -> : f s%:P%:P = s%:P%:P by rewrite /= swapXY_polyC map_polyC.
by apply: same_seen => t; rewrite /= ?swap_line ?swap_entry // swap_constant.
Qed.

(** The Hessian is symmetric. *)
Theorem hessian_symmetric w W u U :
  inputs_pairing L (hessian w W) (hessian_state w) u U =
  inputs_pairing L (hessian u U) (hessian_state u) w W.
Proof. by rewrite (second_order w W u U) (second_order u U w W) -coef_swapXY seen_swap. Qed.
End Hessian.
