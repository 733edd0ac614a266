(** * All backward passes give the same gradient

    There is one gradient at most, so that the recurrence's and the chunk's agree; the others are equal
    to one of these two formula by formula. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg zmodp poly matrix.
From DeltaRule Require Import Recurrence HouseholderProduct StrictlyLower UTTransform Chunkwise.
From DeltaRule Require Import Gradients RecurrenceBackward ChunkwiseBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** A stream that begins with the rows of a matrix. *)
Definition stream (R : comRingType) L m (X : 'M[R]_(L, m)) (t : nat) : 'rV[R]_m :=
  if insub t is Some i then row i X else 0.
Lemma rows_stream (R : comRingType) L m (X : 'M[R]_(L, m)) : rows L (stream X) = X.
Proof. by apply/row_matrixP => i; rewrite row_rows /stream valK. Qed.

(** Tokens that are the same one by one have the same gradient. *)
Section Same.
Variables (R : comRingType) (dk dv L : nat) (s : R) (x y : tokens R dk dv).
Variables (S0 : 'M[R]_(dk, dv)) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).
Hypotheses (qE : query x =1 query y) (kE : key x =1 key y).
Hypotheses (vE : value x =1 value y) (bE : beta x =1 beta y).

Lemma same_state t : state x S0 t = state y S0 t.
Proof. by apply: eq_state => i _; rewrite kE vE bE. Qed.
Lemma same_dstate t : dstate s x L dO dht t = dstate s y L dO dht t.
Proof. by rewrite /dstate; elim: (L - t)%N => //= n ->; rewrite qE kE bE. Qed.
Lemma same_dwritten t : dwritten s x L dO dht t = dwritten s y L dO dht t.
Proof. by rewrite /dwritten same_dstate qE. Qed.
Lemma same_surprise t : surprise x S0 t = surprise y S0 t.
Proof. by rewrite /surprise same_state vE kE. Qed.
Lemma same_dq t : dq s x S0 dO t = dq s y S0 dO t.
Proof. by rewrite /dq same_state. Qed.
Lemma same_dvalue t : dvalue s x L dO dht t = dvalue s y L dO dht t.
Proof. by rewrite /dvalue /dx same_dwritten kE bE. Qed.
Lemma same_dbeta t : dbeta s x S0 L dO dht t = dbeta s y S0 L dO dht t.
Proof. by rewrite /dbeta /dx same_dwritten same_surprise kE. Qed.
Lemma same_dkey t : dkey s x S0 L dO dht t = dkey s y S0 L dO dht t.
Proof. by rewrite /dkey /pseudo_value same_dwritten same_dvalue same_state vE kE bE. Qed.
End Same.

Section RecurrenceAndChunk.
Variables (R : comRingType) (dk dv L : nat) (s : R) (x : tokens R dk dv).
Variables (S0 : 'M[R]_(dk, dv)) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).
Local Notation c := (chunk_of L x).
Local Notation dOs := (rows L dO).

Lemma pairing0r m n (A : 'M[R]_(m, n)) : << A, 0 >> = 0.
Proof. by rewrite /pairing mulmx0 mxtrace0. Qed.

Lemma eq_strengths (b b' : nat -> R) : b =1 b' -> strengths L b = strengths L b'.
Proof. by move=> bb; apply/rowP => i; rewrite !mxE bb. Qed.

Lemma chunk_of_line (y : tokens R dk dv) : chunk0 (chunk_of L (tokens_line x y)) = c.
Proof.
rewrite chunk0_of /chunk_of; congr Chunk; last by apply: eq_strengths => t /=; rewrite coefD coefC coefXM addr0.
all: by apply: eq_rows => t _; rewrite /= at0_line.
Qed.

Lemma agree_along (y : tokens R dk dv) U :
  << dentering s c dOs dht, U >> + << dqueries s c S0 dOs, rows L (query y) >>
    + << dkeys s c S0 dOs dht, rows L (key y) >> + << dvalues s c dOs dht, rows L (value y) >>
    + << dbetas s c S0 dOs dht, strengths L (beta y) >> =
  << dstate s x L dO dht 0, U >> + << rows L (dq s x S0 dO), rows L (query y) >>
    + << rows L (dkey s x S0 L dO dht), rows L (key y) >>
    + << rows L (dvalue s x L dO dht), rows L (value y) >>
    + << strengths L (dbeta s x S0 L dO dht), strengths L (beta y) >>.
Proof.
set p := tokens_line x y; set P := line S0 U.
have P0 : at0 P = S0 by rewrite at0_line.
have := recurrence_backward s L dO dht p P; rewrite P0 at1_line.
have := chunkwise_backward s (chunk_of L p) P dOs dht; rewrite P0 chunk_of_line at1_line.
have at1R m (f g : nat -> 'rV[R]_m) : at1 (rows L (fun t => line (f t) (g t))) = rows L g.
  by rewrite at1_rows; apply: eq_rows => t _; rewrite at1_line.
have at1b : at1 (betas (chunk_of L p)) = strengths L (beta y).
  by apply/rowP => i; rewrite !mxE /= /coefp coefD coefC coefXM coefC add0r.
rewrite chunkwise_output chunkwise_state at1_rows pairing_rows at1b !at1R => <-.
rewrite big_mkord => ->.
have [qE kE vE] : [/\ query (tokens0 p) =1 query x, key (tokens0 p) =1 key x
                   & value (tokens0 p) =1 value x] by split=> t; rewrite /= at0_line.
have bE : beta (tokens0 p) =1 beta x by move=> t; rewrite /= coefD coefC coefXM addr0.
rewrite (same_dstate L s dO dht qE kE bE) -!addrA; congr (_ + _).
rewrite !pairing_rows [<< strengths _ _, _ >>]pairingE big_ord1 -!big_split big_mkord /=.
apply: eq_bigr => t _; rewrite (same_dq s S0 dO kE vE bE).
rewrite (same_dkey L s S0 dO dht qE kE vE bE) (same_dvalue L s dO dht qE kE bE).
rewrite (same_dbeta L s S0 dO dht qE kE vE bE) !at1_line !mxE -!addrA.
by rewrite coefD coefC coefXM coefC add0r.
Qed.

Let zero : tokens R dk dv := Tokens (fun=> 0) (fun=> 0) (fun=> 0) (fun=> 0).

Lemma rows0 m : rows L (fun=> 0 : 'rV[R]_m) = 0.
Proof. by apply/row_matrixP => i; rewrite row_rows linear0. Qed.
Lemma strengths0 : strengths L (fun=> 0 : R) = 0.
Proof. by apply/rowP => i; rewrite !mxE. Qed.

(** The explicit corollary: what the kernels' backward passes compute are the gradients of the
    recurrence. *)
Theorem backwards_agree :
  [/\ rows L (dq s x S0 dO) = dqueries s c S0 dOs,
      rows L (dkey s x S0 L dO dht) = dkeys s c S0 dOs dht,
      rows L (dvalue s x L dO dht) = dvalues s c dOs dht,
      strengths L (dbeta s x S0 L dO dht) = dbetas s c S0 dOs dht
    & dstate s x L dO dht 0 = dentering s c dOs dht].
Proof.
split; apply: pairing_inj => X.
- have := agree_along (Tokens (stream X) (fun=> 0) (fun=> 0) (fun=> 0)) 0.
  by rewrite /= rows_stream !rows0 strengths0 !pairing0r !addr0 !add0r.
- have := agree_along (Tokens (fun=> 0) (stream X) (fun=> 0) (fun=> 0)) 0.
  by rewrite /= rows_stream !rows0 strengths0 !pairing0r !addr0 !add0r.
- have := agree_along (Tokens (fun=> 0) (fun=> 0) (stream X) (fun=> 0)) 0.
  by rewrite /= rows_stream !rows0 strengths0 !pairing0r !addr0 !add0r.
- have := agree_along (Tokens (fun=> 0) (fun=> 0) (fun=> 0) (fun t => stream X^T t 0 0)) 0.
  rewrite /= !rows0 !pairing0r !add0r; suff -> : strengths L (fun t => stream X^T t 0 0) = X by [].
  by apply/rowP => i; rewrite mxE /stream valK !mxE.
- have := agree_along zero X.
  by rewrite /= !rows0 strengths0 !pairing0r !addr0.
Qed.
End RecurrenceAndChunk.

(** ** A sequence, chunk by chunk *)
Section Chained.
Variables (R : comRingType) (dk dv : nat) (s : R).
Implicit Types (x : tokens R dk dv) (dO : nat -> 'rV[R]_dv).

Definition shift_rows (a : nat) dO := fun t => dO (a + t)%N.

(** The cotangent of the states within the tokens [a], ..., [a + C - 1] of a longer sequence is that
    of these tokens alone, if they are given the cotangent of the state that they hand on. *)
Theorem dstate_split x L dO dht a C t : (a + C <= L)%N -> (t <= C)%N ->
  dstate s x L dO dht (a + t) =
  dstate s (shift a x) C (shift_rows a dO) (dstate s x L dO dht (a + C)) t.
Proof.
move=> le_L /subKn <-; move: (C - t)%N (leq_subr t C) => n.
set d := dstate s x L dO dht (a + C); elim: n => [|n IH] le_n; first by rewrite subn0 dstate_end.
have lt_C : (C - n.+1 < C)%N by rewrite subnSK ?leq_subr.
rewrite !dstateE ?(leq_trans _ le_L) ?ltn_add2l // /dvalue /dx /dwritten -addnS subnSK //.
by rewrite IH // ltnW.
Qed.

Lemma dwritten_split x L dO dht a C t : (a + C <= L)%N -> (t < C)%N ->
  dwritten s x L dO dht (a + t) =
  dwritten s (shift a x) C (shift_rows a dO) (dstate s x L dO dht (a + C)) t.
Proof. by move=> le_L lt_C; rewrite /dwritten -addnS (dstate_split _ _ _ le_L lt_C). Qed.

(** The gradient with respect to the tokens of one chunk of a sequence. *)
Theorem chunk_of_sequence x S0 L dO dht a C : (a + C <= L)%N ->
  let c := chunk_of C (shift a x) in
  let S := state x S0 a in
  let dOs := rows C (shift_rows a dO) in
  let dnext := dstate s x L dO dht (a + C) in
  [/\ rows C (fun t => dq s x S0 dO (a + t)) = dqueries s c S dOs,
      rows C (fun t => dkey s x S0 L dO dht (a + t)) = dkeys s c S dOs dnext,
      rows C (fun t => dvalue s x L dO dht (a + t)) = dvalues s c dOs dnext,
      strengths C (fun t => dbeta s x S0 L dO dht (a + t)) = dbetas s c S dOs dnext
    & dstate s x L dO dht a = dentering s c dOs dnext].
Proof.
move=> le_L /=; set dnext := dstate s x L dO dht (a + C).
have [<- <- <- <- <-] := backwards_agree C s (shift a x) (state x S0 a) (shift_rows a dO) dnext.
have W t : (t < C)%N -> dwritten s x L dO dht (a + t) =
    dwritten s (shift a x) C (shift_rows a dO) dnext t by apply: dwritten_split.
have V t : (t < C)%N -> dvalue s x L dO dht (a + t) =
    dvalue s (shift a x) C (shift_rows a dO) dnext t by move=> tC; rewrite /dvalue /dx W.
split; last by rewrite -(dstate_split x dO dht le_L (leq0n C)) addn0.
- by apply: eq_rows => t _; rewrite /dq -addnS state_split.
- by apply: eq_rows => t tC; rewrite /dkey /pseudo_value W // V // state_split.
- exact: eq_rows.
- by apply/rowP => t; rewrite !mxE /dbeta /dx W // /surprise state_split.
Qed.

(** From the last chunk to the first. *)
Fixpoint chunked_dstate x lengths dO dht : 'M[R]_(dk, dv) :=
  if lengths is L :: rest then
    dentering s (chunk_of L x) (rows L dO)
      (chunked_dstate (shift L x) rest (shift_rows L dO) dht)
  else dht.

Theorem chunked_dstateE x lengths dO dht :
  chunked_dstate x lengths dO dht = dstate s x (sumn lengths) dO dht 0.
Proof.
elim: lengths x dO => [|L rest IH] x dO /=; first by rewrite dstate_end.
have [_ _ _ _ ->] := chunk_of_sequence x 0 dO dht (leq_addr (sumn rest) L : (0 + L <= _)%N).
congr dentering; rewrite IH add0n.
have := dstate_split x dO dht (leqnn (L + sumn rest)) (leq0n (sumn rest)); rewrite addn0 => ->.
by rewrite dstate_end.
Qed.
End Chained.
