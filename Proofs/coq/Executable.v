(** * The delta rule as a program on lists

    Generic in the scalars, so that one program runs over the rational numbers and is proved over every
    commutative ring.  An array is a list of rows; its dimensions stand in its type, every operation
    fills a table of the dimensions it promises, and what a list lacks reads as zero: so no list is
    malformed and no theorem asks for a shape. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop div.
From mathcomp Require Import ssralg zmodp matrix.
From DeltaRule Require Import Recurrence RecurrenceBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.

Record scalars (T : Type) := Scalars {
  zero : T;
  add : T -> T -> T;
  sub : T -> T -> T;
  mul : T -> T -> T
}.

Record array (T : Type) (m n : nat) := Rows { lists : seq (seq T) }.
Arguments Rows {T m n} _.

(** ** Operations *)
Declare Scope array_scope.
Delimit Scope array_scope with A.
Bind Scope array_scope with array.

Section Operations.
Variables (T : Type) (F : scalars T).

Definition entry m n (A : array T m n) i j : T := nth (zero F) (nth [::] (lists A) i) j.

Definition table m n (f : nat -> nat -> T) : array T m n :=
  Rows [seq [seq f i j | j <- iota 0 n] | i <- iota 0 m].

Definition row_at m n (A : array T m n) t : array T 1 n := Rows [:: nth [::] (lists A) t].

(** The array with the rows [f 0], [f 1] and so on. *)
Definition stack m n (f : nat -> array T 1 n) : array T m n :=
  Rows [seq nth [::] (lists (f t)) 0 | t <- iota 0 m].

Definition plus m n (A B : array T m n) := table m n (fun i j => add F (entry A i j) (entry B i j)).
Definition minus m n (A B : array T m n) := table m n (fun i j => sub F (entry A i j) (entry B i j)).
Definition scaled m n a (A : array T m n) := table m n (fun i j => mul F a (entry A i j)).
Definition transposed m n (A : array T m n) := table n m (fun i j => entry A j i).
Definition times m n l (A : array T m n) (B : array T n l) := table m l (fun i j =>
  foldr (fun h => add F (mul F (entry A i h) (entry B h j))) (zero F) (iota 0 n)).

(** [f 0 + ... + f (l - 1)]. *)
Definition total m n l (f : nat -> array T m n) :=
  foldr (fun h => plus (f h)) (table m n (fun _ _ => zero F)) (iota 0 l).
End Operations.
Arguments table {T m n} f.
Arguments stack {T m n} f.

(** ** Problems and answers *)
Section Problems.
Variables (T : Type) (L dk dv : nat).

(** Tokens as rows, the writing strengths in one row. *)
Record problem := Problem {
  scale : T;
  queries : array T L dk;
  keys : array T L dk;
  values : array T L dv;
  betas : array T 1 L;
  initial_state : array T dk dv
}.

Record answer := Answer {
  outputs : array T L dv;
  final_state : array T dk dv
}.

Record gradient := Gradient {
  dqueries : array T L dk;
  dkeys : array T L dk;
  dvalues : array T L dv;
  dbetas : array T 1 L;
  dinitial_state : array T dk dv
}.
End Problems.

(** ** The program *)
Section Program.
Variables (T : Type) (F : scalars T) (L dk dv : nat) (p : problem T L dk dv).

Local Notation "A + B" := (plus F A B) : array_scope.
Local Notation "A - B" := (minus F A B) : array_scope.
Local Notation "A *m B" := (times F A B) : array_scope.
Local Notation "a *: A" := (scaled F a A) : array_scope.
Local Notation "A ^T" := (transposed F A) : array_scope.
Local Open Scope array_scope.

Local Notation s := (scale p).
Local Notation q := (row_at (queries p)).
Local Notation k := (row_at (keys p)).
Local Notation v := (row_at (values p)).
Local Notation b := (entry F (betas p) 0).
Implicit Types (S dS : array T dk dv) (Ss dSs : seq (array T dk dv)).

(** *** Forwards *)
Definition written S t : array T 1 dv := b t *: (v t - k t *m S).
Definition step S t : array T dk dv := S + (k t)^T *m written S t.
Definition read S t : array T 1 dv := s *: (q t *m S).

(** The states before tokens [0] to [L]. *)
Definition states := initial_state p :: scanl step (initial_state p) (iota 0 L).
Definition state_at Ss t := nth (initial_state p) Ss t.

Definition answer_of Ss : answer T L dk dv :=
  Answer (stack (fun t => read (state_at Ss t.+1) t)) (state_at Ss L).
Definition run := answer_of states.

(** *** Backwards, from the cotangents of an answer *)
Variable c : answer T L dk dv.
Local Notation dO := (row_at (outputs c)).
Local Notation dht := (final_state c).

Definition dread dS t : array T dk dv := dS + s *: ((q t)^T *m dO t).
Definition dstep t dS : array T dk dv :=
  let dW := dread dS t in dW - (k t)^T *m (b t *: (k t *m dW)).

(** The cotangents of the states before tokens [0] to [L]. *)
Definition dstates := foldr (fun t dSs => dstep t (head dht dSs) :: dSs) [:: dht] (iota 0 L).
Definition dread_at dSs t := dread (nth dht dSs t.+1) t.

Definition gradient_of Ss dSs : gradient T L dk dv :=
  let dx t := k t *m dread_at dSs t in
  Gradient
    (stack (fun t => s *: (dO t *m (state_at Ss t.+1)^T)))
    (stack (fun t => written (state_at Ss t) t *m (dread_at dSs t)^T
                     - (b t *: dx t) *m (state_at Ss t)^T))
    (stack (fun t => b t *: dx t))
    (table (fun _ t => entry F (dx t *m (v t - k t *m state_at Ss t)^T) 0 0))
    (head dht dSs).
Definition run_back := gradient_of states dstates.

(** *** Chunks of [C] tokens *)
Section Chunk.
Variables (S : array T dk dv) (a : nat).

(** Forward substitution: what token [a + i] writes, from what the tokens of its chunk before it
    wrote. *)
Definition substitute (X : seq (array T 1 dv)) i : seq (array T 1 dv) :=
  rcons X (b (a + i) *: (v (a + i) - k (a + i) *m S
    - total F i (fun j => k (a + i) *m (k (a + j))^T *m nth (v 0) X j))).
Definition chunk_written n := foldl substitute [::] (iota 0 n).

Definition chunk_read (X : seq (array T 1 dv)) i : array T 1 dv :=
  s *: (q (a + i) *m S + total F i.+1 (fun j => q (a + i) *m (k (a + j))^T *m nth (v 0) X j)).
Definition chunk_state (X : seq (array T 1 dv)) n : array T dk dv :=
  S + total F n (fun j => (k (a + j))^T *m nth (v 0) X j).
End Chunk.

Definition chunk C (done : seq (array T 1 dv) * array T dk dv) a :=
  let n := minn C (L - a) in
  let X := chunk_written done.2 a n in
  (done.1 ++ [seq chunk_read done.2 a X i | i <- iota 0 n], chunk_state done.2 a X n).

Definition chunk_answer (done : seq (array T 1 dv) * array T dk dv) : answer T L dk dv :=
  Answer (stack (fun t => nth (v 0) done.1 t)) done.2.
Definition run_chunkwise C :=
  chunk_answer (foldl (chunk C) ([::], initial_state p) [seq i * C | i <- iota 0 (L %/ C).+1]).
End Program.

(** ** The program is the recurrence *)
Local Open Scope ring_scope.

Definition ring_scalars (R : comRingType) : scalars R := Scalars 0 +%R (fun a b => a - b) *%R.

Section Matrices.
Variable R : comRingType.
Local Notation F := (ring_scalars R).

Definition mat m n (A : array R m n) : 'M[R]_(m, n) := \matrix_(i, j) entry F A i j.

Lemma entry_table m n (f : nat -> nat -> R) i j :
  (i < m)%N -> (j < n)%N -> entry F (table f : array R m n) i j = f i j.
Proof. by move=> im jn; rewrite /entry !(nth_map 0%N) ?size_iota // !nth_iota. Qed.

Lemma mat_table m n (f : nat -> nat -> R) : mat (table f) = \matrix_(i < m, j < n) f i j.
Proof. by apply/matrixP => i j; rewrite !mxE entry_table. Qed.

Lemma row_mat m n (A : array R m n) (t : 'I_m) : row t (mat A) = mat (row_at A t).
Proof. by apply/rowP => j; rewrite !mxE. Qed.

Lemma row_stack m n (f : nat -> array R 1 n) (t : 'I_m) : row t (mat (stack f)) = mat (f t).
Proof. by apply/rowP => j; rewrite !mxE /entry (nth_map 0%N) ?size_iota // nth_iota. Qed.

Lemma mat_plus m n (A B : array R m n) : mat (plus F A B) = mat A + mat B.
Proof. by rewrite mat_table; apply/matrixP => i j; rewrite !mxE. Qed.

Lemma mat_minus m n (A B : array R m n) : mat (minus F A B) = mat A - mat B.
Proof. by rewrite mat_table; apply/matrixP => i j; rewrite !mxE. Qed.

Lemma mat_scaled m n a (A : array R m n) : mat (scaled F a A) = a *: mat A.
Proof. by rewrite mat_table; apply/matrixP => i j; rewrite !mxE. Qed.

Lemma mat_transposed m n (A : array R m n) : mat (transposed F A) = (mat A)^T.
Proof. by rewrite mat_table; apply/matrixP => i j; rewrite !mxE. Qed.

Lemma foldr_sum (V : zmodType) (f : nat -> V) n :
  foldr (fun i => +%R (f i)) 0 (iota 0 n) = \sum_(i < n) f i.
Proof.
rewrite -(big_mkord xpredT f) /index_iota subn0.
by elim: (iota 0 n) => [|i r IH]; rewrite ?big_nil // big_cons -IH.
Qed.

Lemma mat_times m n l (A : array R m n) (B : array R n l) : mat (times F A B) = mat A *m mat B.
Proof.
rewrite mat_table; apply/matrixP => i j; rewrite !mxE /= foldr_sum.
by apply: eq_bigr => h _; rewrite !mxE.
Qed.

Lemma mat_total m n l (f : nat -> array R m n) : mat (total F l f) = \sum_(h < l) mat (f h).
Proof.
rewrite -(foldr_sum (fun h => mat (f h))) /total.
elim: (iota 0 l) => [|h r /= <-]; last by rewrite mat_plus.
by rewrite mat_table; apply/matrixP => i j; rewrite !mxE.
Qed.

Definition matE := (mat_plus, mat_minus, mat_scaled, mat_transposed, mat_times, mat_total).
End Matrices.

Section Correct.
Variables (R : comRingType) (L dk dv : nat) (p : problem R L dk dv).
Local Notation F := (ring_scalars R).

Definition tokens_of : tokens R dk dv :=
  Tokens (fun t => mat (row_at (queries p) t)) (fun t => mat (row_at (keys p) t))
         (fun t => mat (row_at (values p) t)) (entry F (betas p) 0).

Local Notation x := tokens_of.
Local Notation S0 := (mat (initial_state p)).

Lemma mat_written S t : mat (written F p S t) = pseudo_value x (mat S) t.
Proof. by rewrite !matE. Qed.

Lemma mat_state_at t : (t <= L)%N -> mat (state_at p (states F p) t) = state x S0 t.
Proof.
move=> tL; rewrite /state_at /states nth_cons_scanl ?size_iota // take_iota (minn_idPl tL).
elim: t {tL} => // t IH; rewrite -addn1 iotaD add0n foldl_cat /= [mat (step _ _ _ _)]mat_plus.
by rewrite mat_times mat_transposed mat_written IH addn1.
Qed.

Theorem run_correct :
  (forall t : 'I_L, row t (mat (outputs (run F p))) = output (scale p) x S0 t) /\
  mat (final_state (run F p)) = state x S0 L.
Proof.
split=> [t|]; last exact: mat_state_at.
by rewrite row_stack /read !matE mat_state_at.
Qed.

Variable c : answer R L dk dv.
Local Notation dO := (fun t => mat (row_at (outputs c) t)).
Local Notation dht := (mat (final_state c)).
Local Notation dstate := (dstate (scale p) x L dO dht).

(** What has been stored once the tokens from [L - n] on are done. *)
Lemma mat_dstates_from n i : (n <= L)%N -> (i <= n)%N ->
  mat (nth (final_state c) (foldr (fun t dSs => dstep F p c t (head (final_state c) dSs) :: dSs)
    [:: final_state c] (iota (L - n) n)) i) = dstate (L - n + i)%N.
Proof.
rewrite /RecurrenceBackward.dstate subnDA => nL; rewrite subKn //.
elim: n i nL => [|n IH] [|i] // nL in_n; rewrite /= subnSK //; last by rewrite IH ?subSS // ltnW.
rewrite -nth0 [LHS]mat_minus mat_times mat_transposed mat_scaled mat_times mat_plus mat_scaled.
by rewrite mat_times mat_transposed IH ?subn0 // ltnW.
Qed.

Lemma mat_dstates t : (t <= L)%N -> mat (nth (final_state c) (dstates F p c) t) = dstate t.
Proof. by move=> tL; have := mat_dstates_from (leqnn L) tL; rewrite subnn add0n. Qed.

Theorem run_back_correct : let g := run_back F p c in
  [/\ forall t : 'I_L, row t (mat (dqueries g)) = dq (scale p) x S0 dO t,
      forall t : 'I_L, row t (mat (dkeys g)) = dkey (scale p) x S0 L dO dht t,
      forall t : 'I_L, row t (mat (dvalues g)) = dvalue (scale p) x L dO dht t,
      forall t : 'I_L, mat (dbetas g) 0 t = dbeta (scale p) x S0 L dO dht t &
      mat (dinitial_state g) = dstate 0].
Proof.
split=> [t|t|t|t|]; last by rewrite -mat_dstates // nth0.
- by rewrite row_stack !matE mat_state_at.
- by rewrite row_stack !matE mat_dstates ?mat_state_at // ltnW.
- by rewrite row_stack !matE mat_dstates.
rewrite mat_table mxE; set A := times F _ _; have -> : entry F A 0 0 = mat A 0 0 by rewrite mxE.
by rewrite !matE mat_dstates ?mat_state_at // ltnW.
Qed.
End Correct.

(** ** The chunk form is the recurrence *)
Section Chunkwise.
Variables (R : comRingType) (L dk dv : nat) (p : problem R L dk dv).
Local Notation F := (ring_scalars R).
Local Notation x := (tokens_of p).

Section Chunk.
Variables (S : array R dk dv) (a : nat).
Local Notation state_in := (state (shift a x) (mat S)).
Local Notation written_in := (fun j => pseudo_value (shift a x) (state_in j) j).

(** Forward substitution solves for what the tokens of the chunk write. *)
Lemma mat_chunk_written n : let X := chunk_written F p S a n in
  size X = n /\ forall j, (j < n)%N -> mat (nth (row_at (values p) 0) X j) = written_in j.
Proof.
elim: n => // n [sX IH]; rewrite /chunk_written -[in iota _ _]addn1 iotaD foldl_cat /=.
rewrite -/(chunk_written F p S a n) size_rcons sX; split=> // j; rewrite ltnS nth_rcons sX.
case: ltngtP => // [/IH //|->] _; rewrite mat_scaled !mat_minus mat_times mat_total.
rewrite /pseudo_value state_writes mulmxDr opprD addrA mulmx_sumr; congr (_ *: (_ - _)).
by apply: eq_bigr => j' _; rewrite !mat_times mat_transposed IH // mulmxA.
Qed.

Lemma mat_chunk_read n i : (i < n)%N ->
  mat (chunk_read F p S a (chunk_written F p S a n) i) = output (scale p) (shift a x) (mat S) i.
Proof.
have [_ X] := mat_chunk_written n => in_n.
rewrite mat_scaled mat_plus mat_times mat_total /output state_writes mulmxDr mulmx_sumr.
congr (_ *: (_ + _)); apply: eq_bigr => j _; rewrite !mat_times mat_transposed X ?mulmxA //.
exact: leq_trans (ltn_ord j) in_n.
Qed.

Lemma mat_chunk_state n :
  mat (chunk_state F p S a (chunk_written F p S a n) n) = state_in n.
Proof.
have [_ X] := mat_chunk_written n; rewrite mat_plus mat_total state_writes; congr (_ + _).
by apply: eq_bigr => j _; rewrite mat_times mat_transposed X.
Qed.
End Chunk.

(** Tokens [0] to [t - 1] are done. *)
Local Notation S0 := (mat (initial_state p)).
Definition answered (done : seq (array R 1 dv) * array R dk dv) t :=
  [/\ size done.1 = t, mat done.2 = state x S0 t &
      forall i, (i < t)%N ->
        mat (nth (row_at (values p) 0) done.1 i) = output (scale p) x S0 i].

Lemma chunk_answered C done a :
  answered done (minn a L) -> answered (chunk F p C done a) (minn (a + C) L).
Proof.
case: (leqP a L) => [aL|/ltnW La]; last first.
  rewrite (minn_idPr _) ?(leq_trans La) ?leq_addr // => -[so Sd od].
  rewrite /chunk (eqP La) minn0 /= cats0; split=> //; rewrite -Sd; exact: (mat_chunk_state _ _ 0).
move=> -[so Sd od]; rewrite -{2}(subnKC aL) -addn_minr /chunk; set n := minn C _.
split=> [||i]; first by rewrite size_cat size_map size_iota so.
  by rewrite mat_chunk_state Sd state_split.
rewrite nth_cat so => i_n; case: ltnP => [/od //|ai].
have in_n : (i - a < n)%N by rewrite ltn_subLR.
rewrite (nth_map 0%N) ?size_iota // nth_iota // mat_chunk_read // Sd -output_split subnKC //.
Qed.

Theorem run_chunkwise_correct C : (0 < C)%N ->
  (forall t : 'I_L, row t (mat (outputs (run_chunkwise F p C))) = output (scale p) x S0 t) /\
  mat (final_state (run_chunkwise F p C)) = state x S0 L.
Proof.
move=> C0; rewrite /run_chunkwise; set done := foldl _ _ _.
suff [_ Sd od] : answered done L by split=> // t; rewrite row_stack od.
have -> : L = minn ((L %/ C).+1 * C) L by apply/esym/minn_idPr/ltnW/ltn_ceil.
rewrite {}/done; elim: (L %/ C).+1 => [|m IH]; first by rewrite min0n.
by rewrite -[in iota _ _]addn1 iotaD map_cat foldl_cat mulSnr; apply: chunk_answered.
Qed.
End Chunkwise.

(** ** The program commutes with maps of the scalars *)
Section Maps.
Variables (T T' : Type) (F : scalars T) (F' : scalars T') (f : T -> T').
Hypothesis f0 : f (zero F) = zero F'.
Hypothesis fD : forall a b, f (add F a b) = add F' (f a) (f b).
Hypothesis fB : forall a b, f (sub F a b) = sub F' (f a) (f b).
Hypothesis fM : forall a b, f (mul F a b) = mul F' (f a) (f b).

Definition map_array m n (A : array T m n) : array T' m n := Rows (map (map f) (lists A)).

Lemma entry_map m n (A : array T m n) i j : entry F' (map_array A) i j = f (entry F A i j).
Proof.
rewrite /entry /=; have -> : nth [::] (map (map f) (lists A)) i = map f (nth [::] (lists A) i).
  by elim: (lists A) i => [|r A' IH] [|i] /=.
by elim: (nth _ _ i) j => [|r A' IH] [|j] /=.
Qed.

Lemma map_table m n (g : nat -> nat -> T) :
  map_array (table g) = table (fun i j => f (g i j)) :> array T' m n.
Proof. by rewrite /map_array /table -map_comp; congr Rows; apply: eq_map => i /=; rewrite -map_comp. Qed.

Lemma eq_table m n (g h : nat -> nat -> T') :
  (forall i j, g i j = h i j) -> table g = table h :> array T' m n.
Proof. by move=> gh; congr Rows; apply: eq_map => i; apply: eq_map. Qed.

Lemma map_row_at m n (A : array T m n) t : map_array (row_at A t) = row_at (map_array A) t.
Proof.
by rewrite /map_array /row_at /=; congr (Rows [:: _]); elim: (lists A) t => [|r A' IH] [|i] /=.
Qed.

Lemma map_stack m n (g : nat -> array T 1 n) :
  map_array (stack g) = stack (fun t => map_array (g t)) :> array T' m n.
Proof.
rewrite /map_array /stack -map_comp; congr Rows; apply: eq_map => t /=.
by case: (lists (g t)).
Qed.

Lemma eq_stack m n (g h : nat -> array T' 1 n) :
  (forall t, g t = h t) -> stack g = stack h :> array T' m n.
Proof. by move=> gh; congr Rows; apply: eq_map => t; rewrite gh. Qed.

Lemma map_plus m n (A B : array T m n) :
  map_array (plus F A B) = plus F' (map_array A) (map_array B).
Proof. by rewrite map_table; apply: eq_table => i j; rewrite !entry_map. Qed.

Lemma map_minus m n (A B : array T m n) :
  map_array (minus F A B) = minus F' (map_array A) (map_array B).
Proof. by rewrite map_table; apply: eq_table => i j; rewrite !entry_map. Qed.

Lemma map_scaled m n a (A : array T m n) :
  map_array (scaled F a A) = scaled F' (f a) (map_array A).
Proof. by rewrite map_table; apply: eq_table => i j; rewrite entry_map. Qed.

Lemma map_transposed m n (A : array T m n) :
  map_array (transposed F A) = transposed F' (map_array A).
Proof. by rewrite map_table; apply: eq_table => i j; rewrite entry_map. Qed.

Lemma map_times m n l (A : array T m n) (B : array T n l) :
  map_array (times F A B) = times F' (map_array A) (map_array B).
Proof.
rewrite map_table; apply: eq_table => i j.
by elim: (iota 0 n) => //= h r <-; rewrite fD fM !entry_map.
Qed.

Lemma map_total m n l (g : nat -> array T m n) :
  map_array (total F l g) = total F' l (fun h => map_array (g h)).
Proof.
rewrite /total; elim: (iota 0 l) => [|h r /= <-]; last by rewrite map_plus.
by rewrite [LHS]map_table; apply: eq_table.
Qed.

Lemma eq_total m n l (g h : nat -> array T' m n) :
  (forall i, g i = h i) -> total F' l g = total F' l h.
Proof. by move=> gh; rewrite /total; elim: (iota 0 l) => //= i r ->; rewrite gh. Qed.

Definition mapE := (map_total, map_plus, map_minus, map_scaled, map_transposed, map_times,
  map_row_at, entry_map).

Variables (L dk dv : nat).

Definition map_problem (p : problem T L dk dv) : problem T' L dk dv :=
  Problem (f (scale p)) (map_array (queries p)) (map_array (keys p)) (map_array (values p))
          (map_array (betas p)) (map_array (initial_state p)).

Definition map_answer (a : answer T L dk dv) : answer T' L dk dv :=
  Answer (map_array (outputs a)) (map_array (final_state a)).

Definition map_gradient (g : gradient T L dk dv) : gradient T' L dk dv :=
  Gradient (map_array (dqueries g)) (map_array (dkeys g)) (map_array (dvalues g))
           (map_array (dbetas g)) (map_array (dinitial_state g)).

Variables (p : problem T L dk dv) (c : answer T L dk dv).
Local Notation p' := (map_problem p).
Local Notation c' := (map_answer c).

Lemma map_written S t : map_array (written F p S t) = written F' p' (map_array S) t.
Proof. by rewrite /written !mapE. Qed.

Lemma map_states : map (@map_array dk dv) (states F p) = states F' p'.
Proof.
congr cons; rewrite -[initial_state p']/(map_array (initial_state p)).
elim: (iota 0 L) (initial_state p) => //= t r IH S.
by rewrite IH {1 3}/step map_plus map_times map_transposed map_row_at map_written.
Qed.

Lemma map_nth_array m n (A : array T m n) As i :
  map_array (nth A As i) = nth (map_array A) (map (@map_array m n) As) i.
Proof. by elim: As i => [|B As IH] [|i] /=. Qed.

Lemma map_state_at t : map_array (state_at p (states F p) t) = state_at p' (states F' p') t.
Proof. by rewrite /state_at map_nth_array map_states. Qed.

Theorem map_run : map_answer (run F p) = run F' p'.
Proof.
congr Answer; last exact: map_state_at.
by rewrite [LHS]map_stack; apply: eq_stack => t; rewrite -map_state_at !mapE.
Qed.

Lemma map_dread dS t : map_array (dread F p c dS t) = dread F' p' c' (map_array dS) t.
Proof. by rewrite /dread !mapE. Qed.

Lemma map_dstep t dS : map_array (dstep F p c t dS) = dstep F' p' c' t (map_array dS).
Proof. by rewrite /dstep /dread !mapE. Qed.

Lemma map_dstates : map (@map_array dk dv) (dstates F p c) = dstates F' p' c'.
Proof.
rewrite /dstates; elim: (iota 0 L) => //= t r <-.
by rewrite -!nth0 -map_nth_array -map_dstep.
Qed.

Lemma map_dread_at t :
  map_array (dread_at F p c (dstates F p c) t) = dread_at F' p' c' (dstates F' p' c') t.
Proof. by rewrite /dread_at map_dread map_nth_array map_dstates. Qed.

Theorem map_run_back : map_gradient (run_back F p c) = run_back F' p' c'.
Proof.
congr Gradient; last by rewrite /= -!nth0 map_nth_array map_dstates.
- by rewrite [LHS]map_stack; apply: eq_stack => t; rewrite -map_state_at !mapE.
- rewrite [LHS]map_stack; apply: eq_stack => t.
  by rewrite -map_state_at -map_dread_at -map_written !mapE.
- by rewrite [LHS]map_stack; apply: eq_stack => t; rewrite -map_dread_at !mapE.
rewrite [LHS]map_table; apply: eq_table => i t.
rewrite -entry_map map_times map_times map_transposed map_minus map_times !map_row_at.
by rewrite map_dread_at map_state_at.
Qed.

Lemma map_chunk_written S a n :
  map (@map_array 1 dv) (chunk_written F p S a n) = chunk_written F' p' (map_array S) a n.
Proof.
elim: n => // n; rewrite /chunk_written -[in iota _ n.+1]addn1 iotaD !foldl_cat => <- /=.
rewrite map_rcons !mapE; congr (rcons _ (scaled _ _ (minus _ _ _))).
  by rewrite entry_map.
by apply: eq_total => j; rewrite !mapE map_nth_array map_row_at.
Qed.

Lemma map_chunk_read S a X i : map_array (chunk_read F p S a X i) =
  chunk_read F' p' (map_array S) a (map (@map_array 1 dv) X) i.
Proof.
rewrite /chunk_read !mapE; congr (scaled _ _ (plus _ _ _)).
by apply: eq_total => j; rewrite !mapE map_nth_array map_row_at.
Qed.

Lemma map_chunk_state S a X n : map_array (chunk_state F p S a X n) =
  chunk_state F' p' (map_array S) a (map (@map_array 1 dv) X) n.
Proof.
rewrite /chunk_state !mapE; congr plus.
by apply: eq_total => j; rewrite !mapE map_nth_array map_row_at.
Qed.

Let map_done (done : seq (array T 1 dv) * array T dk dv) :=
  (map (@map_array 1 dv) done.1, map_array done.2).

Lemma map_chunk C done a : map_done (chunk F p C done a) = chunk F' p' C (map_done done) a.
Proof.
rewrite /map_done /chunk /= map_cat -map_comp map_chunk_state map_chunk_written.
by congr (_ ++ _, _); apply: eq_map => i /=; rewrite map_chunk_read map_chunk_written.
Qed.

Theorem map_run_chunkwise C : map_answer (run_chunkwise F p C) = run_chunkwise F' p' C.
Proof.
rewrite /run_chunkwise; set starts := map _ _.
rewrite -[([::], initial_state p')]/(map_done ([::], initial_state p)).
have -> done : foldl (chunk F' p' C) (map_done done) starts =
    map_done (foldl (chunk F p C) done starts).
  by elim: starts done => //= a r IH done; rewrite -map_chunk IH.
congr Answer; rewrite [LHS]map_stack; apply: eq_stack => t.
by rewrite map_nth_array map_row_at.
Qed.
End Maps.
