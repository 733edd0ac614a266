(** * The delta rule, token by token

    Tokens are rows.  Time is counted from zero: [state x S0 t] is the state before token [t], so that
    the states of the pages and of this development carry the same index, and token [t] of the pages
    is token [t - 1] here.  Everything holds over an arbitrary commutative ring. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp matrix.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** What one head of one sequence is given. *)
Record tokens (R : Type) (dk dv : nat) := Tokens {
  query : nat -> 'rV[R]_dk;
  key : nat -> 'rV[R]_dk;
  value : nat -> 'rV[R]_dv;
  beta : nat -> R
}.

(** The tokens from token [c] on. *)
Definition shift R dk dv (c : nat) (x : tokens R dk dv) : tokens R dk dv :=
  Tokens (fun t => query x (c + t)) (fun t => key x (c + t))
         (fun t => value x (c + t)) (fun t => beta x (c + t)).

Section Recurrence.
Variables (R : comRingType) (dk dv : nat).
Implicit Types (x : tokens R dk dv) (S : 'M[R]_(dk, dv)).

(** The pseudo-value: what token [t] writes into the state [S]. *)
Definition pseudo_value x S t : 'rV[R]_dv := beta x t *: (value x t - key x t *m S).

Fixpoint state x S0 t : 'M[R]_(dk, dv) :=
  if t is t'.+1 then state x S0 t' + (key x t')^T *m pseudo_value x (state x S0 t') t' else S0.

Definition output s x S0 t : 'rV[R]_dv := s *: (query x t *m state x S0 t.+1).

Definition transition x t : 'M[R]_dk := 1%:M - beta x t *: ((key x t)^T *m key x t).

(** The definitions, written out. *)
Theorem recurrenceE s x S0 t :
  [/\ state x S0 0 = S0,
      state x S0 t.+1 = state x S0 t
        + (key x t)^T *m (beta x t *: (value x t - key x t *m state x S0 t)),
      output s x S0 t = s *: (query x t *m state x S0 t.+1)
    & transition x t = 1%:M - beta x t *: ((key x t)^T *m key x t)].
Proof. by []. Qed.

Lemma stateS x S0 t :
  state x S0 t.+1 = state x S0 t + (key x t)^T *m pseudo_value x (state x S0 t) t.
Proof. by []. Qed.

Lemma transition_mul m x t (S : 'M[R]_(dk, m)) :
  transition x t *m S = S - (key x t)^T *m (beta x t *: (key x t *m S)).
Proof. by rewrite /transition mulmxBl mul1mx -scalemxAl -mulmxA -scalemxAr. Qed.

Theorem transition_sym x t : (transition x t)^T = transition x t.
Proof. by rewrite /transition linearB linearZ /= trmx1 trmx_mul trmxK. Qed.

(** A step from any state, with that state collected. *)
Lemma stepE x S t : S + (key x t)^T *m pseudo_value x S t =
  transition x t *m S + beta x t *: ((key x t)^T *m value x t).
Proof.
rewrite transition_mul /pseudo_value scalerBr mulmxBr -addrA; congr (_ + _).
by rewrite addrC -!scalemxAr.
Qed.

Theorem state_transition x S0 t :
  state x S0 t.+1 = transition x t *m state x S0 t + beta x t *: ((key x t)^T *m value x t).
Proof. by rewrite stateS stepE. Qed.

(** The state is the sum of what was written. *)
Lemma state_writes x S0 t :
  state x S0 t = S0 + \sum_(i < t) (key x i)^T *m pseudo_value x (state x S0 i) i.
Proof. by elim: t => [|t IH]; rewrite ?big_ord0 ?addr0 // big_ord_recr addrA -IH. Qed.

(** The read-out without the new state. *)
Theorem decode_step s x S0 t :
  output s x S0 t = s *: (query x t *m state x S0 t
    + query x t *m (key x t)^T *m pseudo_value x (state x S0 t) t).
Proof. by rewrite /output stateS mulmxDr mulmxA. Qed.

(** ** Splitting, causality, padding *)
Lemma eq_state x y S0 t :
  (forall i, (i < t)%N -> [/\ key x i = key y i, value x i = value y i & beta x i = beta y i]) ->
  state x S0 t = state y S0 t.
Proof.
elim: t => // t IH xy; rewrite !stateS /pseudo_value IH; last by move=> i /ltnW/xy.
by have [-> -> ->] := xy t (ltnSn t).
Qed.

Theorem causal s x y S0 t :
  (forall i, (i <= t)%N -> [/\ key x i = key y i, value x i = value y i & beta x i = beta y i]) ->
  query x t = query y t -> output s x S0 t = output s y S0 t.
Proof. by move=> xy qq; rewrite /output qq (@eq_state x y). Qed.

Theorem state_split x S0 c t :
  state x S0 (c + t) = state (shift c x) (state x S0 c) t.
Proof. by elim: t => [|t IH]; rewrite ?addn0 // addnS !stateS IH. Qed.

Theorem output_split s x S0 c t :
  output s x S0 (c + t) = output s (shift c x) (state x S0 c) t.
Proof. by rewrite /output -addnS state_split. Qed.

(** A token with a zero key writes nothing. *)
Theorem padding x S0 t : key x t = 0 -> state x S0 t.+1 = state x S0 t.
Proof. by move=> k0; rewrite stateS k0 trmx0 mul0mx addr0. Qed.

Theorem padding_tail x S0 t n :
  (forall i, (t <= i)%N -> key x i = 0) -> state x S0 (t + n) = state x S0 t.
Proof.
by move=> k0; elim: n => [|n <-]; rewrite ?addn0 // addnS padding // k0 // leq_addr.
Qed.

(** ** Linearity *)
Definition with_values (v : nat -> 'rV[R]_dv) x := Tokens (query x) (key x) v (beta x).

Theorem state_linear c x v S0 S1 t :
  state (with_values (fun t => value x t + c *: v t) x) (S0 + c *: S1) t =
  state x S0 t + c *: state (with_values v x) S1 t.
Proof.
elim: t => // t IH; rewrite !state_transition IH mulmxDr -scalemxAr /=.
rewrite [X in _ + beta x t *: X]mulmxDr -scalemxAr ![in RHS]scalerDr [RHS]addrACA scalerDr.
by rewrite !scalerA mulrC.
Qed.

Theorem output_linear s c x v S0 S1 t :
  output s (with_values (fun t => value x t + c *: v t) x) (S0 + c *: S1) t =
  output s x S0 t + c *: output s (with_values v x) S1 t.
Proof.
by rewrite /output state_linear mulmxDr scalerDr -scalemxAr !scalerA [s * c]mulrC.
Qed.

(** ** Reductions *)
Theorem beta_zero x S0 t : (forall i, beta x i = 0) -> state x S0 t = S0.
Proof. by move=> b0; elim: t => // t IH; rewrite stateS /pseudo_value b0 scale0r mulmx0 addr0. Qed.

Theorem recall x S0 t : beta x t = 1 -> key x t *m (key x t)^T = 1%:M ->
  key x t *m state x S0 t.+1 = value x t.
Proof.
by move=> b1 k1; rewrite stateS mulmxDr mulmxA k1 mul1mx /pseudo_value b1 scale1r addrC subrK.
Qed.

(** ** Change of basis *)
Definition key_basis (B : 'M[R]_dk) x :=
  Tokens (fun t => query x t *m B) (fun t => key x t *m B) (value x) (beta x).

Theorem key_basis_state B x S0 t : B *m B^T = 1%:M ->
  state (key_basis B x) (B^T *m S0) t = B^T *m state x S0 t.
Proof.
move=> BB; elim: t => // t IH; rewrite !stateS IH mulmxDr mulmxA -trmx_mul; congr (_ + _ *m _).
by rewrite /pseudo_value /= !mulmxA -[_ *m B *m _]mulmxA BB mulmx1.
Qed.

Theorem key_basis_output s B x S0 t : B *m B^T = 1%:M ->
  output s (key_basis B x) (B^T *m S0) t = output s x S0 t.
Proof.
by move=> BB; rewrite /output key_basis_state //= mulmxA -[_ *m B *m _]mulmxA BB mulmx1.
Qed.

Theorem value_basis_state (B : 'M[R]_dv) x S0 t :
  state (with_values (fun t => value x t *m B) x) (S0 *m B) t = state x S0 t *m B.
Proof.
by elim: t => // t IH; rewrite !state_transition IH mulmxDl mulmxA -scalemxAl mulmxA.
Qed.

End Recurrence.

(** ** One writing strength for each value column *)
Section VectorBeta.
Variables (R : comRingType) (dk dv : nat).
Variables (k : nat -> 'rV[R]_dk) (v b : nat -> 'rV[R]_dv).

Fixpoint vector_state S0 t : 'M[R]_(dk, dv) :=
  if t is t'.+1 then
    let S := vector_state S0 t' in
    S + (k t')^T *m \row_j (b t' 0 j * (v t' - k t' *m S) 0 j)
  else S0.

(** Value column [j] as a problem of its own. *)
Definition value_column q j : tokens R dk 1 :=
  Tokens q k (fun t => \row_(_ < 1) v t 0 j) (fun t => b t 0 j).

Theorem vector_beta q S0 t j :
  col j (vector_state S0 t) = state (value_column q j) (col j S0) t.
Proof.
elim: t => // t IH; rewrite stateS -IH /=; set S := vector_state S0 t.
rewrite linearD /= [col j (_ *m _)]colE -mulmxA -colE; congr (_ + _ *m _).
apply/matrixP => i l; rewrite !ord1 !mxE; congr (_ * (_ - _)).
by apply: eq_bigr => m _; rewrite !mxE.
Qed.
End VectorBeta.

(** ** Every commutative ring *)
Section Rings.
Variables (R R' : comRingType) (f : {rmorphism R -> R'}) (dk dv : nat).

Definition map_tokens (x : tokens R dk dv) : tokens R' dk dv :=
  Tokens (fun t => map_mx f (query x t)) (fun t => map_mx f (key x t))
         (fun t => map_mx f (value x t)) (fun t => f (beta x t)).

Theorem state_map x S0 t : map_mx f (state x S0 t) = state (map_tokens x) (map_mx f S0) t.
Proof.
elim: t => // t IH.
by rewrite !stateS map_mxD map_mxM map_trmx /pseudo_value map_mxZ map_mxB map_mxM IH.
Qed.

Theorem output_map s x S0 t :
  map_mx f (output s x S0 t) = output (f s) (map_tokens x) (map_mx f S0) t.
Proof. by rewrite /output map_mxZ map_mxM state_map. Qed.
End Rings.
