(** * Sequence parallelism: a sequence spread over ranks *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssrAC ssralg zmodp matrix.
From DeltaRule Require Import Recurrence HouseholderProduct AssociativeScan StrictlyLower.
From DeltaRule Require Import UTTransform Chunkwise Sequences RecurrenceBackward.
From DeltaRule Require Import ChunkwiseBackward BackwardsAgree.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** A segment as one transition, chunk after chunk *)
Section SegmentTransition.
Variables (R : comRingType) (dk dv : nat).
Implicit Types (x : tokens R dk dv) (lengths : seq nat) (f : affine R dk dv).

(** First [f], then the chunk. *)
Definition chunk_after L (c : chunk R L dk dv) f : affine R dk dv :=
  let T := ut_transform (betas c) (keys c) in
  let W := T *m keys c in
  let U := T *m values c in
  (f.1 - (keys c)^T *m (W *m f.1), f.2 + (keys c)^T *m (U - W *m f.2)).

Fixpoint chunks_after x lengths f : affine R dk dv :=
  if lengths is L :: rest then chunks_after (shift L x) rest (chunk_after (chunk_of L x) f) else f.
Definition segment_transition x lengths := chunks_after x lengths (identity R dk dv).

Lemma element_shift a x t : element (shift a x) t = element x (a + t).
Proof. by []. Qed.

Lemma run_shift a x n : run (shift a x) 0 n = run x a (a + n).
Proof.
rewrite /run -[in RHS](add0n a) big_addn add0n addKn.
by apply: eq_bigr => t _; rewrite element_shift addnC.
Qed.

Lemma run_product x n : (run x 0 n).1 = product x 0 n.
Proof.
elim: n => [|n IH]; first by rewrite /run product0 big_geq.
by rewrite productS // /run big_nat_recr //= -/(run x 0 n) IH.
Qed.

Lemma chunk_afterE L x f : chunk_after (chunk_of L x) f = join f (run x 0 L).
Proof.
have -> : run x 0 L =
    (1%:M - (rows L (key x))^T *m
       (ut_transform (strengths L (beta x)) (rows L (key x)) *m rows L (key x)),
     (rows L (key x))^T *m
       (ut_transform (strengths L (beta x)) (rows L (key x)) *m rows L (value x))).
  rewrite [run x 0 L]surjective_pairing run_product product_transform; congr pair.
  have <- : act (run x 0 L) 0 = (run x 0 L).2 by rewrite /act mulmx0 add0r.
  by rewrite -scan_state -chunkwise_state chunk_transition mulmx0 add0r.
rewrite /chunk_after /join /=; congr pair; first by rewrite mulmxBl mul1mx !mulmxA.
by rewrite mulmxBl mul1mx mulmxBr !mulmxA -[RHS]addrA [- _ + _]addrC.
Qed.

Lemma chunks_afterE x lengths f : chunks_after x lengths f = join f (run x 0 (sumn lengths)).
Proof.
elim: lengths x f => [|L rest IH] x f /=; first by rewrite /run big_geq // joinx1.
by rewrite IH chunk_afterE -joinA run_shift -run_cat ?leq_addr.
Qed.

(** One more chunk. *)
Theorem segment_transition_step x lengths L :
  let f := segment_transition x lengths in
  let c := chunk_of L (shift (sumn lengths) x) in
  let T := ut_transform (betas c) (keys c) in
  let W := T *m keys c in
  let U := T *m values c in
  segment_transition x [::] = (1%:M, 0) /\
  segment_transition x (rcons lengths L) =
    (f.1 - (keys c)^T *m (W *m f.1), f.2 + (keys c)^T *m (U - W *m f.2)).
Proof.
split=> //; rewrite -/(chunk_after _ _) /segment_transition.
elim: lengths x (identity R dk dv) => [|l rest IH] x f //=.
by rewrite IH; congr chunk_after; congr Chunk; apply/matrixP => i j; rewrite !mxE /= addnA.
Qed.

(** Whatever the chunks: it is the composition of the tokens. *)
Theorem segment_transition_run x lengths : segment_transition x lengths = run x 0 (sumn lengths).
Proof. by rewrite /segment_transition chunks_afterE join1x. Qed.

Theorem segment_transition_state x lengths S0 :
  act (segment_transition x lengths) S0 = state x S0 (sumn lengths).
Proof. by rewrite segment_transition_run scan_state. Qed.

(** A walk of [dk + dv] columns, the first [dk] of which start from the identity and have no values. *)
Definition widened x : tokens R dk (dk + dv) :=
  Tokens (query x) (key x) (fun t => row_mx 0 (value x t)) (beta x).

Lemma rows_widened L x : rows L (value (widened x)) = row_mx 0 (rows L (value x)).
Proof.
by apply/row_matrixP => i; rewrite row_row_mx !row_rows linear0.
Qed.

Theorem segment_transition_columns x lengths :
  chunked_state (widened x) lengths (row_mx 1%:M 0) =
  row_mx (segment_transition x lengths).1 (segment_transition x lengths).2.
Proof.
rewrite /segment_transition -[1%:M]/((identity R dk dv).1) -[X in row_mx _ X]/((identity R dk dv).2).
elim: lengths x (identity R dk dv) => //= L rest IH x f; rewrite -IH; congr chunked_state.
rewrite /chunk_state /pseudo_values /= rows_widened !mul_mx_row mulmx0 opp_row_mx add_row_mx.
by rewrite mul_mx_row add_row_mx sub0r mulmxN.
Qed.
End SegmentTransition.

(** ** A segment as one map of cotangents, from the last chunk to the first *)
Section SegmentAdjoint.
Variables (R : comRingType) (dk dv : nat) (s : R).
Implicit Types (x : tokens R dk dv) (lengths : seq nat) (f : affine R dk dv).
Implicit Types (dO : nat -> 'rV[R]_dv) (dht dS : 'M[R]_(dk, dv)).

(** First [f], then what the chunk does to the cotangent that comes back to it. *)
Definition chunk_before L (c : chunk R L dk dv) (dO : 'M[R]_(L, dv)) f : affine R dk dv :=
  let W := ut_transform (betas c) (keys c) *m keys c in
  (f.1 - W^T *m (keys c *m f.1),
   f.2 + s *: ((queries c)^T *m dO)
   - W^T *m (s *: ((tril (queries c *m (keys c)^T))^T *m dO) + keys c *m f.2)).

(** It starts with the cotangent [dht] of the state that leaves the segment, beside what comes back. *)
Fixpoint segment_adjoint x lengths dO dht : affine R dk dv :=
  if lengths is L :: rest then
    chunk_before (chunk_of L x) (rows L dO) (segment_adjoint (shift L x) rest (shift_rows L dO) dht)
  else (1%:M, dht).

Theorem segment_adjoint_step x lengths L dO dht :
  let f := segment_adjoint (shift L x) lengths (shift_rows L dO) dht in
  let c := chunk_of L x in
  let W := ut_transform (betas c) (keys c) *m keys c in
  let scores := tril (queries c *m (keys c)^T) in
  segment_adjoint x [::] dO dht = (1%:M, dht) /\
  segment_adjoint x (L :: lengths) dO dht =
    (f.1 - W^T *m (keys c *m f.1),
     f.2 + s *: ((queries c)^T *m rows L dO)
     - W^T *m (s *: (scores^T *m rows L dO) + keys c *m f.2)).
Proof. by []. Qed.

Lemma act_chunk_before L (c : chunk R L dk dv) (dO : 'M[R]_(L, dv)) f dS :
  act (chunk_before c dO f) dS = dentering s c dO (act f dS).
Proof.
rewrite -ut_dentering /dpseudo /act /=; set W := ut_transform _ _ *m _.
rewrite mulmxBl !mulmxDr -!mulmxA !opprD !addrA.
by rewrite [LHS](ACl (1*3*4*5*2*6)).
Qed.

(** The cotangent of the state that enters, from that of the state that leaves. *)
Theorem segment_adjoint_dstate x lengths dO dht dS :
  act (segment_adjoint x lengths dO dht) dS = dstate s x (sumn lengths) dO (dht + dS) 0.
Proof.
rewrite -chunked_dstateE; elim: lengths x dO => [|L rest IH] x dO /=.
  by rewrite /act mul1mx addrC.
by rewrite act_chunk_before IH.
Qed.

(** The tokens [a], ..., [a + sumn lengths - 1] of a longer sequence. *)
Theorem segment_adjoint_of_sequence x L lengths dO dht a : (a + sumn lengths <= L)%N ->
  act (segment_adjoint (shift a x) lengths (shift_rows a dO) 0)
    (dstate s x L dO dht (a + sumn lengths)) = dstate s x L dO dht a.
Proof.
by move=> le_L; rewrite segment_adjoint_dstate add0r -(dstate_split _ _ _ _ le_L (leq0n _)) addn0.
Qed.

(** Its matrix is that of the segment, transposed. *)
Theorem segment_adjoint_transposed x lengths dO dht :
  (segment_adjoint x lengths dO dht).1 = (segment_transition x lengths).1^T.
Proof.
elim: lengths x dO => [|L rest IH] x dO /=; first by rewrite trmx1.
rewrite IH !segment_transition_run [sumn (_ :: _)]/=.
rewrite (run_cat x (leq0n L) (leq_addr (sumn rest) L)) -run_shift [RHS]trmx_mul (run_product x L).
rewrite product_transform linearB /= trmx1 (trmx_mul (rows L (key x))^T) trmxK [RHS]mulmxBl mul1mx.
by rewrite !mulmxA.
Qed.
End SegmentAdjoint.

(** ** Constants, scans and bracketings *)
Section Scans.
Variables (R : comRingType) (dk dv : nat).
Implicit Types (f g : affine R dk dv) (S : 'M[R]_(dk, dv)).

(** The state [S], whatever enters. *)
Definition always S : affine R dk dv := (0, S).

(** Constants are the left zeros of the monoid: what came before them does not matter. *)
Theorem join_always f S : join f (always S) = always S.
Proof. by rewrite /join /= !mul0mx add0r. Qed.

Theorem always_join S f : join (always S) f = always (act f S).
Proof. by rewrite /join /= mulmx0. Qed.

(** Where nothing but numbers enters, keeping a constant as it is changes nothing. *)
Theorem join_keeping f g S :
  (if g.1 == 0 then g else join f g) = join f g /\ (if g.1 == 0 then g.2 else act g S) = act g S.
Proof.
case: eqP => // g0; rewrite [g]surjective_pairing g0 -/(always g.2) join_always; split=> //.
by rewrite /act /= mul0mx add0r.
Qed.

(** What is before [r] of the elements of a family, joined in order. *)
Definition exclusive_scan (h : nat -> affine R dk dv) r : affine R dk dv :=
  \big[@join R dk dv/identity R dk dv]_(0 <= i < r) h i.

Lemma exclusive_scan0 h : exclusive_scan h 0 = identity R dk dv.
Proof. by rewrite /exclusive_scan big_geq. Qed.
Lemma exclusive_scanS h r : exclusive_scan h r.+1 = join (exclusive_scan h r) (h r).
Proof. by rewrite /exclusive_scan big_nat_recr. Qed.

(** A way of bracketing, and what comes of it. *)
Inductive bracketing := Alone of affine R dk dv | Both of bracketing & bracketing.
Fixpoint bracketed b : seq (affine R dk dv) :=
  match b with Alone f => [:: f] | Both b b' => bracketed b ++ bracketed b' end.
Fixpoint joined_by b : affine R dk dv :=
  match b with Alone f => f | Both b b' => join (joined_by b) (joined_by b') end.

Theorem any_bracketing b (h : nat -> affine R dk dv) r :
  bracketed b = [seq h i | i <- iota 0 r] -> joined_by b = exclusive_scan h r.
Proof.
rewrite /exclusive_scan -(big_map h xpredT id) /index_iota subn0 => <-.
elim: b => /= [g|b -> b' ->]; by rewrite ?big_seq1 // big_cat.
Qed.
End Scans.

(** ** One sequence on many ranks *)
Section Ranks.
Variables (R : comRingType) (dk dv : nat) (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
(** Rank [r] holds the next [sumn (cuts r)] tokens, in chunks of the lengths [cuts r]: none, if it likes. *)
Variable cuts : nat -> seq nat.

Fixpoint first_token r : nat := if r is r'.+1 then first_token r' + sumn (cuts r') else 0.
Definition rank_tokens r := shift (first_token r) x.
Definition rank_transition r := segment_transition (rank_tokens r) (cuts r).

Lemma rank_step r S : act (rank_transition r) S = state (rank_tokens r) S (sumn (cuts r)).
Proof. exact: segment_transition_state. Qed.

Lemma state_rank r : state x S0 (first_token r.+1) =
  state (rank_tokens r) (state x S0 (first_token r)) (sumn (cuts r)).
Proof. exact: state_split. Qed.

(** The state that enters a rank is what the ranks before it do to [S0]. *)
Theorem sequence_parallel_prefix r :
  act (exclusive_scan rank_transition r) S0 = state x S0 (first_token r).
Proof.
elim: r => [|r IH]; first by rewrite exclusive_scan0 /act /= mul1mx addr0.
by rewrite exclusive_scanS act_join IH rank_step state_rank.
Qed.

(** Rank 0 sends a constant; then every prefix is one. *)
Definition sent r := if r is 0 then always (act (rank_transition 0) S0) else rank_transition r.

Theorem sequence_parallel_scan r :
  exclusive_scan sent r.+1 = always (state x S0 (first_token r.+1)).
Proof.
elim: r => [|r IH]; rewrite exclusive_scanS state_rank; last by rewrite IH always_join rank_step.
by rewrite exclusive_scan0 join1x /sent rank_step.
Qed.

Theorem sequence_parallel_bracketing b r :
  bracketed b = [seq sent i | i <- iota 0 r.+1] ->
  joined_by b = always (state x S0 (first_token r.+1)).
Proof. by move/any_bracketing ->; rewrite sequence_parallel_scan. Qed.

(** The state that enters as each rank knows it. *)
Definition entered r := if r is 0 then S0 else (exclusive_scan sent r).2.

Lemma enteredE r : entered r = state x S0 (first_token r).
Proof. by case: r => // r; rewrite /entered sequence_parallel_scan. Qed.

(** What the first [N] ranks have, one below the other. *)
Fixpoint stacked m (part : forall r, 'M[R]_(sumn (cuts r), m)) N : 'M[R]_(first_token N, m) :=
  if N is N'.+1 then col_mx (stacked part N') (part N') else 0.

Lemma rows_stacked m (f : nat -> 'rV[R]_m) N :
  rows (first_token N) f =
  stacked (fun r => rows (sumn (cuts r)) (fun t => f (first_token r + t)%N)) N.
Proof. by elim: N => [|N IH] /=; [apply/matrixP; case | rewrite -IH rows_cat]. Qed.

Theorem sequence_parallel N :
  stacked (fun r => chunked_output s (rank_tokens r) (cuts r) (entered r)) N =
    rows (first_token N) (output s x S0) /\
  forall r, chunked_state (rank_tokens r) (cuts r) (entered r) = state x S0 (first_token r.+1).
Proof.
split=> [|r]; last by rewrite chunked_stateE enteredE state_rank.
rewrite rows_stacked; elim: N => //= N ->; congr col_mx.
by rewrite chunked_outputE enteredE; apply: eq_rows => t _; rewrite output_split.
Qed.
End Ranks.

(** ** Its gradient, by a scan from the last of [N] ranks *)
Section RanksBackward.
Variables (R : comRingType) (dk dv : nat) (s : R) (x : tokens R dk dv) (S0 : 'M[R]_(dk, dv)).
Variables (cuts : nat -> seq nat) (N : nat) (dO : nat -> 'rV[R]_dv) (dht : 'M[R]_(dk, dv)).
Local Notation first r := (first_token cuts r).
Local Notation L := (first_token cuts N).
Local Notation held r := (sumn (cuts r)).

(** What a rank itself adds to the cotangent of the state that leaves it. *)
Definition rank_dht r : 'M[R]_(dk, dv) := if r.+1 == N then dht else 0.
Definition rank_dO r := shift_rows (first r) dO.
Definition rank_adjoint r :=
  segment_adjoint s (rank_tokens x cuts r) (cuts r) (rank_dO r) (rank_dht r).

(** Rank [N - 1] comes first. *)
Definition returned r := (exclusive_scan (fun m => rank_adjoint (N - m.+1)) (N - r.+1)).2.
Definition leaving r := rank_dht r + returned r.

Lemma first_token_le r r' : (r <= r')%N -> (first r <= first r')%N.
Proof.
by move/subnKC <-; elim: (r' - r)%N => [|n IH]; rewrite ?addn0 // addnS (leq_trans IH) ?leq_addr.
Qed.

(** The cotangent of the state that leaves a rank is its own and what comes back. *)
Theorem sequence_parallel_backward_scan r : (r < N)%N ->
  leaving r = dstate s x L dO dht (first r.+1).
Proof.
move=> ltN; rewrite /leaving /returned; move: (subnKC ltN); move: (N - r.+1)%N => m.
elim: m r {ltN} => [|m IH] r rN.
  by rewrite exclusive_scan0 addr0 /rank_dht -rN addn0 eqxx dstate_end.
have -> : rank_dht r = 0 by rewrite /rank_dht -rN addnS -[X in X == _]addn0 -addnS eqn_add2l.
have le_N : (r.+2 <= N)%N by rewrite -rN !addnS !ltnS leq_addr.
have -> : exclusive_scan (fun m => rank_adjoint (N - m.+1)) m.+1 =
    join (exclusive_scan (fun m => rank_adjoint (N - m.+1)) m) (rank_adjoint r.+1).
  by rewrite exclusive_scanS; congr (join _ (rank_adjoint _)); rewrite -rN addnK.
rewrite add0r -[LHS]/(act _ _) segment_adjoint_dstate (IH r.+1 _); last by rewrite addSnnS.
by rewrite -(dstate_split _ _ _ _ (first_token_le le_N) (leq0n _)) addn0.
Qed.

Theorem sequence_parallel_backward_bracketing b r : (r < N)%N ->
  bracketed b = [seq rank_adjoint (N - m.+1) | m <- iota 0 (N - r.+1)] ->
  rank_dht r + (joined_by b).2 = dstate s x L dO dht (first r.+1).
Proof. by move=> ltN /any_bracketing ->; apply: sequence_parallel_backward_scan. Qed.

(** Each rank has the gradient of its tokens from the state that entered and the cotangent that came back. *)
Theorem sequence_parallel_backward r : (r < N)%N ->
  let y := rank_tokens x cuts r in
  let S := entered x S0 cuts r in
  let L := first_token cuts N in
  let a := first_token cuts r in
  let n := sumn (cuts r) in
  let dOr := rank_dO r in
  let dS := leaving r in
  dstate s x L dO dht a = dstate s y n dOr dS 0 /\
  forall t, (t < n)%N ->
  [/\ dq s x S0 dO (a + t) = dq s y S dOr t,
      dkey s x S0 L dO dht (a + t) = dkey s y S n dOr dS t,
      dvalue s x L dO dht (a + t) = dvalue s y n dOr dS t
    & dbeta s x S0 L dO dht (a + t) = dbeta s y S n dOr dS t].
Proof.
move=> ltN y S l a n dOr dS; have le_L := first_token_le ltN.
rewrite {}/dS (sequence_parallel_backward_scan ltN) {}/l {}/a {}/n {}/dOr.
split=> [|t lt_t]; first by rewrite -(dstate_split _ _ _ _ le_L (leq0n _)) addn0.
have W : dwritten s x L dO dht (first r + t) =
    dwritten s y (held r) (rank_dO r) (dstate s x L dO dht (first r.+1)) t.
  exact: dwritten_split.
have V : dvalue s x L dO dht (first r + t) =
    dvalue s y (held r) (rank_dO r) (dstate s x L dO dht (first r.+1)) t.
  by rewrite /dvalue /dx W.
have St i : state x S0 (first r + i) = state y S i by rewrite /S enteredE state_split.
split.
- by rewrite /dq -addnS St.
- by rewrite /dkey /pseudo_value W V St.
- exact: V.
- by rewrite /dbeta /dx W /surprise St.
Qed.
End RanksBackward.

(** ** Packed sequences on many ranks *)
Section PackedSegments.
Variables (R : comRingType) (dk dv : nat).
Implicit Types (x : tokens R dk dv) (start : nat -> option 'M[R]_(dk, dv)) (S : 'M[R]_(dk, dv)).

(** The state that the tokens before [t] leave, whether or not a sequence starts at [t]. *)
Definition left_state x start S0 t : 'M[R]_(dk, dv) :=
  if t is t'.+1 then
    let S := packed_state x start S0 t' in S + (key x t')^T *m pseudo_value x S t'
  else S0.
Definition packed_output s x start S0 t : 'rV[R]_dv := s *: (query x t *m left_state x start S0 t.+1).
Definition later T (a : nat) (start : nat -> T) t := start (a + t)%N.

Lemma packed_stateE x start S0 t : packed_state x start S0 t = enter start t (left_state x start S0 t).
Proof. by case: t. Qed.

Lemma left_split x start S0 a t : left_state x start S0 (a + t) =
  left_state (shift a x) (later a start) (left_state x start S0 a) t.
Proof.
elim: t => [|t IH]; first by rewrite addn0.
by rewrite addnS [LHS]/= [RHS]/= !packed_stateE IH.
Qed.

(** The last sequence that starts among the first [n] tokens. *)
Fixpoint last_start start n : option (nat * 'M[R]_(dk, dv)) :=
  if n is n'.+1 then if start n' is Some S1 then Some (n', S1) else last_start start n' else None.

Lemma last_start_lt start n a S : last_start start n = Some (a, S) -> (a < n)%N.
Proof.
elim: n => //= n IH; case: (start n) => [S'|]; first by case=> <-.
by move/IH/ltnW.
Qed.

(** What [n] tokens do to the state that enters: a sequence that starts there resets it. *)
Definition packed_transition x start n : affine R dk dv :=
  if last_start start n is Some (a, S1) then always (act (run (shift a x) 0 (n - a)) S1)
  else run x 0 n.

Theorem packed_transition_state x start n S :
  act (packed_transition x start n) S = left_state x start S n.
Proof.
rewrite /packed_transition; elim: n => [|n IH]; first by rewrite -scan_state.
rewrite [last_start _ _]/= [RHS]/= packed_stateE -IH /enter.
case: (start n) => [S'|] /=.
  by rewrite subSnn /always {1}/act /= mul0mx add0r -scan_state stateS /pseudo_value /= addn0.
case E: (last_start start n) => [[a S']|]; last by rewrite -!scan_state.
have le_n := ltnW (last_start_lt E).
rewrite subSn // /act /= !mul0mx !add0r -!/(act _ _) -!scan_state stateS /pseudo_value /=.
by rewrite subnKC.
Qed.

(** What leaves does not depend on what enters, if the last sequence there started there. *)
Theorem packed_resets x start S0 S a t :
  start a = Some S -> (forall i, (0 < i <= t)%N -> start (a + i)%N = None) ->
  left_state x start S0 (a + t.+1) = state (shift a x) S t.+1.
Proof. by move=> starts none; rewrite addnS [LHS]/= (packing _ _ starts none). Qed.

(** ** All ranks *)
Variables (s : R) (x : tokens R dk dv) (start : nat -> option 'M[R]_(dk, dv)) (cuts : nat -> seq nat).
Local Notation first r := (first_token cuts r).

Definition rank_start r := later (first r) start.
Definition packed_sent r :=
  packed_transition (rank_tokens x cuts r) (rank_start r) (sumn (cuts r)).

Theorem packed_scan r S0 :
  act (exclusive_scan packed_sent r) S0 = left_state x start S0 (first r).
Proof.
elim: r => [|r IH]; first by rewrite exclusive_scan0 /act /= mul1mx addr0.
by rewrite exclusive_scanS act_join IH packed_transition_state -left_split.
Qed.

(** Each rank has the states and the outputs of its tokens from what the scan hands it, which nobody
    reads where a sequence starts. *)
Theorem packed_parallel S S0 r t : start 0%N = Some S ->
  let entering := (exclusive_scan packed_sent r).2 in
  packed_state x start S0 (first r + t) =
    packed_state (rank_tokens x cuts r) (rank_start r) entering t /\
  packed_output s x start S0 (first r + t) =
    packed_output s (rank_tokens x cuts r) (rank_start r) entering t.
Proof.
move=> starts entering.
have enterE : entering = left_state x start 0 (first r) by rewrite -packed_scan /act mulmx0 add0r.
have same i : packed_state x start S0 i = packed_state x start 0 i.
  by elim: i => [|i IH] /=; rewrite ?IH // /enter starts.
have St i : packed_state x start S0 (first r + i) =
    packed_state (rank_tokens x cuts r) (rank_start r) entering i.
  by rewrite same !packed_stateE left_split enterE.
by split; rewrite ?/packed_output ?/left_state St.
Qed.
End PackedSegments.

(** ** Their gradient *)
Section PackedBackward.
Variables (R : comRingType) (dk dv : nat) (s : R).
Implicit Types (x : tokens R dk dv) (start : nat -> option 'M[R]_(dk, dv)).
Implicit Types (dO : nat -> 'rV[R]_dv) (dht : nat -> 'M[R]_(dk, dv)).

(** [dht t] is the cotangent of the last state of the sequence that ends before token [t], if one does. *)
Definition ended start L dht t : 'M[R]_(dk, dv) := if (t == L) || isSome (start t) then dht t else 0.

(** What goes back from token [L - n] and those after it to the tokens before: nothing where a
    sequence starts. *)
Fixpoint back_from_end x start L dO dht n : 'M[R]_(dk, dv) :=
  if n is n'.+1 then
    let t := (L - n)%N in
    let dS := ended start L dht t.+1 + back_from_end x start L dO dht n' + s *: ((query x t)^T *m dO t) in
    if start t is Some _ then 0 else dS - (key x t)^T *m (beta x t *: (key x t *m dS))
  else 0.
Definition back x start L dO dht t := back_from_end x start L dO dht (L - t).

(** The cotangent of the state after token [t], its read-out included. *)
Definition packed_dwritten x start L dO dht t : 'M[R]_(dk, dv) :=
  ended start L dht t.+1 + back x start L dO dht t.+1 + s *: ((query x t)^T *m dO t).

Lemma back_end x start L dO dht : back x start L dO dht L = 0.
Proof. by rewrite /back subnn. Qed.

Lemma backE x start L dO dht t : (t < L)%N -> back x start L dO dht t =
  if start t is Some _ then 0 else
  let dS := packed_dwritten x start L dO dht t in
  dS - (key x t)^T *m (beta x t *: (key x t *m dS)).
Proof.
by move=> ltL; rewrite {1}/back -(subnSK ltL) [LHS]/= (subnSK ltL) (subKn (ltnW ltL)).
Qed.

(** Tokens among which no sequence starts, but perhaps at the first. *)
Lemma packed_dwritten_run x start L dO dht a C t : (a + C <= L)%N -> (t < C)%N ->
  (forall i, (0 < i < C)%N -> start (a + i)%N = None) ->
  packed_dwritten x start L dO dht (a + t)%N =
  dwritten s (shift a x) C (shift_rows a dO)
    (ended start L dht (a + C)%N + back x start L dO dht (a + C)%N) t.
Proof.
move=> le_L lt_C none; rewrite /packed_dwritten /dwritten -addnS; congr (_ + _).
move: lt_C => /subnKC; move: (C - t.+1)%N => n; elim: n t => [|n IH] t tC.
  by rewrite -tC addn0 dstate_end.
have lt_C : (t.+1 < C)%N by rewrite -tC addnS ltnS leq_addr.
have lt_L : (a + t.+1 < L)%N by rewrite (leq_trans _ le_L) // ltn_add2l.
rewrite backE // none // /ended none // (ltn_eqF lt_L) add0r dstateE //.
by rewrite /packed_dwritten /dvalue /dx /dwritten -addnS IH // -tC addSnnS.
Qed.

(** A packed sequence has the gradient of its tokens alone, with its own [dht]. *)
Theorem packing_backward x start L dO dht a C t :
  (a + C <= L)%N -> (t < C)%N -> ((a + C)%N = L \/ start (a + C)%N <> None) ->
  (forall i, (0 < i < C)%N -> start (a + i)%N = None) ->
  packed_dwritten x start L dO dht (a + t)%N =
  dwritten s (shift a x) C (shift_rows a dO) (dht (a + C)%N) t.
Proof.
move=> le_L lt_C ends none; rewrite (packed_dwritten_run _ _ _ le_L lt_C none); congr dwritten.
rewrite /ended; case: ends => [->|]; first by rewrite eqxx back_end addr0.
case E: (start (a + C)%N) => [S|] // _; rewrite orbT.
move: le_L; rewrite leq_eqVlt => /orP[/eqP->|ltL]; first by rewrite back_end addr0.
by rewrite backE // E addr0.
Qed.

(** The place of the first sequence that starts among the first [n] tokens; [n] where there is none. *)
Definition first_start start n := find (fun t => isSome (start t)) (iota 0 n).

Lemma first_start_le start n : (first_start start n <= n)%N.
Proof. by rewrite -[X in (_ <= X)%N](size_iota 0) find_size. Qed.
Lemma first_start_none start n i : (i < first_start start n)%N -> start i = None.
Proof.
move=> lt_i; have := before_find 0%N lt_i; rewrite nth_iota ?(leq_trans lt_i) ?first_start_le //.
by rewrite add0n; case: (start i).
Qed.
Lemma first_start_some start n : (first_start start n < n)%N -> start (first_start start n) <> None.
Proof.
move=> lt_n; have := lt_n; rewrite -[X in (_ < X)%N](size_iota 0) -has_find => /(nth_find 0%N).
rewrite nth_iota // add0n -/(first_start start n); by case: (start _).
Qed.

(** What [n] tokens do to the cotangent that comes back to their end: their adjoint where no sequence
    starts, that of the tokens before the first that does, with its own [dht], and nothing where that
    is the first token. *)
Definition packed_adjoint x start n dO dht : affine R dk dv :=
  let b := first_start start n in
  if n == 0%N then identity R dk dv
  else if b == n then segment_adjoint s x [:: n] dO (dht n)
  else if b == 0%N then always 0
  else always (segment_adjoint s x [:: b] dO (dht b)).2.

Lemma packed_adjoint_back x start L dO dht a n : (a + n <= L)%N ->
  act (packed_adjoint (shift a x) (later a start) n (shift_rows a dO)
         (later a (ended start L dht))) (back x start L dO dht (a + n)%N) =
  back x start L dO dht a.
Proof.
move=> le_L; rewrite /packed_adjoint; set b := first_start _ _.
case: eqP => [->|/eqP]; first by rewrite addn0 /act mul1mx addr0.
rewrite -lt0n => n0; have le_b : (b <= n)%N := first_start_le _ _.
have none i : (i < b)%N -> start (a + i)%N = None by apply: first_start_none.
have run C : (0 < C <= b)%N -> back x start L dO dht a =
    dstate s (shift a x) C (shift_rows a dO)
      (ended start L dht (a + C)%N + back x start L dO dht (a + C)%N) 0.
  case/andP=> C0 Cb; have le_C : (a + C <= L)%N.
    by rewrite (leq_trans _ le_L) // leq_add2l (leq_trans Cb).
  rewrite backE; last by rewrite (leq_trans _ le_C) // -[X in (X < _)%N]addn0 ltn_add2l.
  have := none 0%N; rewrite addn0 => -> //; last by rewrite (leq_trans C0).
  have := @packed_dwritten_run x start L dO dht a C 0 le_C C0; rewrite addn0 => ->.
    by rewrite dstateE // /dvalue /dx /= addn0.
  by move=> i /andP[_ lt_i]; apply/none/(leq_trans lt_i).
case: eqP => [bn|/eqP bn].
  by rewrite segment_adjoint_dstate /= addn0 (run n) ?bn ?leqnn ?n0.
have lt_b : (b < n)%N by rewrite ltn_neqAle bn.
have lt_L : (a + b < L)%N by rewrite (leq_trans _ le_L) // ltn_add2l.
have := first_start_some lt_b; rewrite -/b {1}/later => some.
case: eqP => [b0|/eqP]; last rewrite -lt0n => b0.
  move: some lt_L; rewrite b0 addn0 => some /(backE x start dO dht) ->.
  by case: (start a) some => // S _; rewrite /act /= mul0mx addr0.
rewrite (run b) ?b0 ?leqnn // (backE x start dO dht lt_L); case: (start _) some => // S _.
rewrite {1}/act /= mul0mx add0r addr0.
have := segment_adjoint_dstate s (shift a x) [:: b] (shift_rows a dO) (ended start L dht (a + b)%N) 0.
by rewrite /act mulmx0 add0r /= addn0 addr0.
Qed.

(** ** All ranks *)
Variables (x : tokens R dk dv) (start : nat -> option 'M[R]_(dk, dv)).
Variables (cuts : nat -> seq nat) (N : nat).
Variables (dO : nat -> 'rV[R]_dv) (dht : nat -> 'M[R]_(dk, dv)).
Local Notation first r := (first_token cuts r).
Local Notation L := (first_token cuts N).
Local Notation held r := (sumn (cuts r)).

Definition packed_returning r :=
  packed_adjoint (rank_tokens x cuts r) (rank_start start cuts r) (held r) (rank_dO cuts dO r)
    (later (first r) (ended start L dht)).

(** What goes back across the border at which the last [n] ranks begin. *)
Theorem packed_scan_back n : (n <= N)%N ->
  (exclusive_scan (fun m => packed_returning (N - m.+1)) n).2 =
  back x start L dO dht (first (N - n)).
Proof.
elim: n => [|n IH] lt_N; first by rewrite exclusive_scan0 subn0 back_end.
rewrite exclusive_scanS -[LHS]/(act _ _) IH ?(ltnW lt_N) // -(subnSK lt_N).
by apply: packed_adjoint_back; apply: (@first_token_le cuts (N - n.+1).+1); rewrite subnSK // leq_subr.
Qed.

(** What comes back to a rank is all that it must know of the ranks after it. *)
Theorem packed_parallel_backward r : (r < N)%N ->
  let L := first_token cuts N in
  let returned := (exclusive_scan (fun m => packed_returning (N - m.+1)) (N - r.+1)).2 in
  let dhts (t : nat) :=
    if t == held r then ended start L dht (first r.+1) + returned else dht (first r + t)%N in
  forall t, (t < held r)%N ->
  packed_dwritten x start L dO dht (first r + t) =
  packed_dwritten (rank_tokens x cuts r) (rank_start start cuts r) (held r) (rank_dO cuts dO r) dhts t.
Proof.
move=> lt_N l returned dhts t lt_t.
have rE : returned = back x start L dO dht (first r.+1).
  by rewrite /returned packed_scan_back ?leq_subr // subKn.
rewrite /packed_dwritten -addnS; congr (_ + _).
move: (subnKC lt_t); move: (held r - t.+1)%N => n; elim: n t {lt_t} => [|n IH] t tC.
  by move: tC; rewrite addn0 => ->; rewrite back_end addr0 [in RHS]/ended eqxx /dhts eqxx rE.
have lt_C : (t.+1 < held r)%N by rewrite -tC addnS ltnS leq_addr.
have lt_L : (first r + t.+1 < L)%N.
  by apply: leq_trans (first_token_le cuts lt_N); rewrite [first r.+1]/= ltn_add2l.
rewrite (backE _ _ _ _ lt_L) (backE _ _ _ _ lt_C) /ended (ltn_eqF lt_L) (ltn_eqF lt_C).
rewrite /dhts (ltn_eqF lt_C) /rank_start /later.
congr (_ + _); case: (start _) => //; rewrite (_ : packed_dwritten x _ _ _ _ _ =
  packed_dwritten (rank_tokens x cuts r) (rank_start start cuts r) (held r) (rank_dO cuts dO r) dhts
    t.+1) //.
by rewrite /packed_dwritten -addnS IH // -tC addSnnS.
Qed.
End PackedBackward.
