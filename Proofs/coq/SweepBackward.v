(** * The gradient of the block sweep

    What was read from right to left is returned from left to right. *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssrAC ssralg zmodp poly matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform Chunkwise FullyParallel BlockSweep.
From DeltaRule Require Import Gradients RecurrenceBackward ChunkwiseBackward BackwardsAgree.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Transposes.
Variables (R : comRingType) (m n p : nat).
Lemma tr_written (A : 'M[R]_(m, p)) (K : 'M_(n, m)) (X : 'M_(n, p)) :
  (A + K^T *m X)^T = A^T + X^T *m K.
Proof. by rewrite linearD /= trmx_mul trmxK. Qed.
Lemma tr_read (A : 'M[R]_(m, p)) (W : 'M_(m, n)) (K : 'M_(n, p)) : (A - W *m K)^T = A^T - K^T *m W^T.
Proof. by rewrite linearB /= trmx_mul. Qed.
End Transposes.

(** ** One step

    [m] queries read a block of [L] tokens; [mask] is [tril] in their own block, and nothing elsewhere. *)
Section Step.
Variables (R : comRingType) (dk dv L m : nat) (c : chunk R L dk dv) (mask : 'M[R]_(m, L) -> 'M[R]_(m, L)).
Variables (dO : 'M[R]_(m, dv)) (Q dQ : 'M[R]_(m, dk)).
Local Notation K := (keys c).
Local Notation V := (values c).
Local Notation T := (ut_transform (betas c) K).

Definition read_scores : 'M[R]_(m, L) := mask (Q *m K^T).
Definition read_weights : 'M[R]_(m, L) := read_scores *m T.
Definition read_queries : 'M[R]_(m, dk) := Q - read_weights *m K.

(** From the cotangents [dO] of what is read and [dQ] of the queries that are carried on. *)
Definition read_dweights : 'M[R]_(m, L) := dO *m V^T - dQ *m K^T.
Definition read_dscores : 'M[R]_(m, L) := mask (read_dweights *m T^T).
Definition read_dvalues : 'M[R]_(L, dv) := read_weights^T *m dO.
Definition read_dkeys : 'M[R]_(L, dk) := read_dscores^T *m Q - read_weights^T *m dQ.
Definition read_dtransform : 'M[R]_L := read_scores^T *m read_dweights.
Definition read_dqueries : 'M[R]_(m, dk) := dQ + read_dscores *m K.
End Step.

(** ** Through T *)
Section Through.
Variables (R : comRingType) (dk dv L : nat) (c : chunk R L dk dv) (dT : 'M[R]_L).
Local Notation K := (keys c).
Local Notation B := (diag_mx (betas c)).
Local Notation J := (inverse (overlaps (betas c) K)).

Definition through_doverlaps : 'M[R]_L := - stril (J^T *m (dT *m B) *m J^T).
Definition through_dkeys : 'M[R]_(L, dk) :=
  (B *m through_doverlaps) *m K + (B *m through_doverlaps)^T *m K.
Definition through_dbetas : 'rV[R]_L :=
  diagonal (J^T *m dT) + diagonal (through_doverlaps *m (K *m K^T)^T).
End Through.

(** ** They are adjoint to the step, along any path *)
Section Adjoint.
Variables (R : comRingType) (dk dv L m : nat).
Variables (p : chunk {poly R} L dk dv) (PO : 'M[{poly R}]_(m, dv)) (PQ : 'M[{poly R}]_(m, dk)).
Variables (dO : 'M[R]_(m, dv)) (dQ : 'M[R]_(m, dk)).
Local Notation c := (chunk0 p).
Local Notation Q := (at0 PQ).
Local Notation K := (keys c).
Local Notation T := (ut_transform (betas c) K).
Local Notation PT := (ut_transform (betas p) (keys p)).

Lemma at0_transform : at0 PT = T.
Proof.
rewrite /ut_transform; apply/solve; first exact: overlaps_lower.
have := ut_system (betas p) (keys p); rewrite -/(ut_transform (betas p) (keys p)).
move: PT => Y /(congr1 (@at0 _ _ _)).
by rewrite !at0M (at0D 1%:M) at0_1 at0_overlaps at0_diag.
Qed.

Theorem through_backward (dT : 'M[R]_L) :
  << dT, at1 PT >> = << through_dkeys c dT, at1 (keys p) >> + << through_dbetas c dT, at1 (betas p) >>.
Proof.
have T1 : at1 PT = inverse (overlaps (betas c) K) *m
    (diag_mx (at1 (betas p)) - at1 (overlaps (betas p) (keys p)) *m T).
  apply/solve; first exact: overlaps_lower.
  have := ut_system (betas p) (keys p); have := at0_transform.
  move: PT => Y Y0 /(congr1 (@at1 _ _ _)).
  rewrite (at1M (1%:M + _)) (at1D 1%:M) at1_1 add0r (at0D 1%:M) at0_1 at0_overlaps at1_diag Y0.
  by move=> /(canRL (addrK _)) ->.
set J := inverse (overlaps (betas c) K) in T1; set dA := through_doverlaps c dT.
have dAE : - stril (J^T *m dT *m T^T) = dA.
  by rewrite /dA /through_doverlaps /ut_transform trmx_mul tr_diag_mx -/J !mulmxA.
rewrite T1 at1_overlaps pairing_mull pairingBr pairing_diag pairing_mulr pairing_stril -pairingNl dAE.
rewrite pairingDr pairing_mulr pairing_diag pairing_mull tr_diag_mx pairingDr pairing_mulr trmxK.
rewrite pairing_mull pairing_tr (trmx_mul K^T) trmxK -pairingDl addrA -pairingDl.
by rewrite [RHS]addrC.
Qed.

(** The mask, and that it is its own adjoint. *)
Variables (pmask : 'M[{poly R}]_(m, L) -> 'M[{poly R}]_(m, L)) (mask : 'M[R]_(m, L) -> 'M[R]_(m, L)).
Hypothesis mask0 : forall A, at0 (pmask A) = mask (at0 A).
Hypothesis mask1 : forall A, at1 (pmask A) = mask (at1 A).
Hypothesis mask_adjoint : forall A B, << A, mask B >> = << mask A, B >>.
Local Notation W := (read_weights p pmask PQ).
Local Notation dW := (read_dweights c dO dQ).
Local Notation dG := (read_dscores c mask dO dQ).

Lemma weights_backward : << dW, at1 W >> =
  << read_dtransform c mask dO Q dQ, at1 PT >> + << dG *m K, at1 PQ >> + << dG^T *m Q, at1 (keys p) >>.
Proof.
rewrite /read_weights; move: at0_transform; move: PT => Y Y0.
rewrite at1M Y0 pairingDr [<< _, at1 _ *m _ >>]pairing_mulr /read_scores mask0 mask1 at0M at0T.
rewrite pairing_mull -addrA mask_adjoint -/(read_dscores c mask dO dQ); congr (_ + _).
by rewrite at1M at0T at1T pairingDr addrC pairing_mulr trmxK pairing_mull pairing_tr trmx_mul trmxK.
Qed.

Theorem step_backward :
  << dO, at1 (PO + W *m values p) >> + << dQ, at1 (read_queries p pmask PQ) >> =
  << dO, at1 PO >> + << read_dqueries c mask dO dQ, at1 PQ >>
  + << read_dkeys c mask dO Q dQ, at1 (keys p) >> + << read_dvalues c mask dO Q, at1 (values p) >>
  + << read_dtransform c mask dO Q dQ, at1 PT >>.
Proof.
have W0 : at0 W = read_weights c mask Q.
  rewrite /read_weights /read_scores; move: at0_transform; move: PT => Y Y0.
  by rewrite at0M Y0 mask0 at0M at0T.
have := weights_backward; rewrite /read_queries; move: W0; move: W => Z Z0 dZ.
rewrite at1D at1B !(at1M Z) Z0 pairingDr pairingBr !pairingDr /read_dkeys /read_dqueries pairingBl pairingDl.
have wE : << dO, at1 Z *m at0 (values p) >> - << dQ, at1 Z *m at0 (keys p) >> = << dW, at1 Z >>.
  by rewrite /read_dweights pairingBl !pairing_mulr.
have vE : << dO, read_weights c mask Q *m at1 (values p) >> = << read_dvalues c mask dO Q, at1 (values p) >>.
  by rewrite pairing_mull.
have kE : << dQ, read_weights c mask Q *m at1 (keys p) >> =
    << (read_weights c mask Q)^T *m dQ, at1 (keys p) >> by rewrite pairing_mull.
rewrite vE kE opprD; move: wE; rewrite dZ => /(canRL (subrK _)) ->.
set a := << read_dtransform _ _ _ _ _, _ >>; set b := << dG *m K, _ >>; set d := << dG^T *m Q, _ >>.
by rewrite !addrA [LHS](ACl (1*7*4*5*8*2*3*6*9)) /= addrK.
Qed.
End Adjoint.

(** A block that is passed, and the queries' own block: the steps of [BlockSweep]. *)
Section Steps.
Variables (R : comRingType) (dk dv L m : nat) (p : chunk {poly R} L dk dv).
Local Notation c := (chunk0 p).

Theorem passing_backward (PO : 'M[{poly R}]_(m, dv)) (PQ : 'M[{poly R}]_(m, dk)) dO dQ :
  let after := read p (passing_weights p PQ) (PO, PQ) in
  let dT := read_dtransform c id dO (at0 PQ) dQ in
  << dO, at1 after.1 >> + << dQ, at1 after.2 >> =
  << dO, at1 PO >> + << read_dqueries c id dO dQ, at1 PQ >>
  + << read_dkeys c id dO (at0 PQ) dQ + through_dkeys c dT, at1 (keys p) >>
  + << read_dvalues c id dO (at0 PQ), at1 (values p) >> + << through_dbetas c dT, at1 (betas p) >>.
Proof.
move=> after dT; rewrite (step_backward p PO PQ dO dQ (pmask := id) (mask := id)) //.
by rewrite through_backward -/dT pairingDl !addrA [RHS](ACl (1*2*3*5*4*6)).
Qed.

Theorem own_backward (PO : 'M[{poly R}]_(L, dv)) (PQ : 'M[{poly R}]_(L, dk)) dO dQ :
  let weights := hadamard (PQ *m (keys p)^T) (mask _ L) *m ut_transform (betas p) (keys p) in
  let after := read p weights (PO, PQ) in
  let dT := read_dtransform c (@tril R L) dO (at0 PQ) dQ in
  << dO, at1 after.1 >> + << dQ, at1 after.2 >> =
  << dO, at1 PO >> + << read_dqueries c (@tril R L) dO dQ, at1 PQ >>
  + << read_dkeys c (@tril R L) dO (at0 PQ) dQ + through_dkeys c dT, at1 (keys p) >>
  + << read_dvalues c (@tril R L) dO (at0 PQ), at1 (values p) >>
  + << through_dbetas c dT, at1 (betas p) >>.
Proof.
move=> weights after dT; rewrite /after /weights hadamard_mask.
rewrite (step_backward p PO PQ dO dQ (@at0_tril R L) (@at1_tril R L) (@pairing_tril R L)).
by rewrite through_backward -/dT pairingDl !addrA [RHS](ACl (1*2*3*5*4*6)).
Qed.
End Steps.

(** ** All queries that read one block

    [S] enters the block.  A step hands on [dO S^T] for the state [S] before the block, so that each
    quantity is what the chunk's own backward pass has. *)
Section Block.
Variables (R : comRingType) (dk dv L : nat) (s : R) (c : chunk R L dk dv) (S : 'M[R]_(dk, dv)).
Local Notation Q := (queries c).
Local Notation K := (keys c).
Local Notation V := (values c).
Local Notation T := (ut_transform (betas c) K).
Local Notation X := (pseudo_values c S).
Local Notation E := (errors c S).

Section OneReader.
Variables (m : nat) (mask : 'M[R]_(m, L) -> 'M[R]_(m, L)) (dO : 'M[R]_(m, dv)).

Lemma read_dweightsE : read_dweights c dO (dO *m S^T) = dO *m E^T.
Proof. by rewrite /read_dweights /errors tr_read mulmxBr mulmxA. Qed.
Lemma read_dscoresE : read_dscores c mask dO (dO *m S^T) = mask (dO *m X^T).
Proof. by rewrite /read_dscores read_dweightsE pseudo_errors -mulmxA -trmx_mul. Qed.
End OneReader.

Section Passing.
Variables (m : nat) (P : 'M[R]_(m, dk)) (dO : 'M[R]_(m, dv)).

Theorem passing_dqueries :
  read_dqueries c id dO (dO *m S^T) = dO *m (chunk_state c S)^T.
Proof.
by rewrite /read_dqueries read_dscoresE /chunk_state tr_written mulmxDr mulmxA.
Qed.
Lemma passing_weights_tr : (read_weights c id P)^T *m dO = T^T *m (K *m (P^T *m dO)).
Proof. by rewrite /read_weights /read_scores !trmx_mul trmxK !mulmxA. Qed.
Lemma passing_dvalues : read_dvalues c id dO P = T^T *m (K *m (P^T *m dO)).
Proof. exact: passing_weights_tr. Qed.
Lemma passing_dkeys : read_dkeys c id dO P (dO *m S^T) =
  X *m (P^T *m dO)^T - T^T *m (K *m (P^T *m dO)) *m S^T.
Proof.
rewrite /read_dkeys read_dscoresE [_^T *m (dO *m _)]mulmxA passing_weights_tr.
by congr (_ - _); rewrite (trmx_mul dO) (trmx_mul P^T) !trmxK mulmxA.
Qed.
Lemma passing_dtransform : read_dtransform c id dO P (dO *m S^T) = K *m (P^T *m dO) *m E^T.
Proof. by rewrite /read_dtransform read_dweightsE /read_scores trmx_mul trmxK !mulmxA. Qed.
Lemma passing_carried :
  (read_queries c id P)^T *m dO = P^T *m dO - (T *m K)^T *m (K *m (P^T *m dO)).
Proof.
rewrite /read_queries tr_read mulmxBl; congr (_ - _).
by rewrite -mulmxA passing_weights_tr trmx_mul !mulmxA.
Qed.
End Passing.

Section Own.
Variable dO : 'M[R]_(L, dv).
Local Notation mask := (@tril R L).
Local Notation G := (tril (Q *m K^T)).

Theorem own_dqueries : read_dqueries c mask (s *: dO) ((s *: dO) *m S^T) = dqueries s c S dO.
Proof.
rewrite /read_dqueries read_dscoresE -!scalemxAl; congr (_ + _ *m _).
by apply/matrixP => i j; rewrite !mxE mulrnAr.
Qed.
Lemma own_weights_tr : (read_weights c mask Q)^T *m (s *: dO) = T^T *m (s *: (G^T *m dO)).
Proof. by rewrite /read_weights /read_scores trmx_mul -!scalemxAr mulmxA. Qed.
Lemma own_dvalues : read_dvalues c mask (s *: dO) Q = T^T *m (s *: (G^T *m dO)).
Proof. exact: own_weights_tr. Qed.
Lemma own_dkeys : read_dkeys c mask (s *: dO) Q ((s *: dO) *m S^T) =
  (dscores s c S dO)^T *m Q - T^T *m (s *: (G^T *m dO)) *m S^T.
Proof.
rewrite /read_dkeys read_dscoresE [(read_weights _ _ _)^T *m _]mulmxA own_weights_tr.
congr (_^T *m _ - _); rewrite -scalemxAl.
by apply/matrixP => i j; rewrite !mxE mulrnAr.
Qed.
Lemma own_dtransform : read_dtransform c mask (s *: dO) Q ((s *: dO) *m S^T) =
  s *: (G^T *m dO) *m E^T.
Proof. by rewrite /read_dtransform read_dweightsE /read_scores -!scalemxAl -scalemxAr mulmxA. Qed.
Lemma own_carried :
  (read_queries c mask Q)^T *m (s *: dO) = s *: (Q^T *m dO) - (T *m K)^T *m (s *: (G^T *m dO)).
Proof.
rewrite /read_queries tr_read mulmxBl -scalemxAr; congr (_ - _).
by rewrite -mulmxA own_weights_tr trmx_mul !mulmxA.
Qed.
End Own.
End Block.

(** ** The whole sweep *)
Section Sweep.
Variables (R : comRingType) (dk dv : nat) (s : R).
Implicit Types (x : tokens R dk dv) (lengths : seq nat) (dO : nat -> 'rV[R]_dv) (S : 'M[R]_(dk, dv)).

(** Queries that were carried to the beginning of a block, and the cotangent of what they read. *)
Record reader := Reader {
  count : nat;
  carried : 'M[R]_(count, dk);
  dread : 'M[R]_(count, dv)
}.

Definition pass L (c : chunk R L dk dv) (r : reader) :=
  Reader (read_queries c id (carried r)) (dread r).

(** All queries, carried to the beginning of the blocks: each block's own, and for the final state the
    rows of the unit matrix. *)
Fixpoint readers x lengths dO (dht : 'M[R]_(dk, dv)) : seq reader :=
  if lengths is L :: rest then
    let c := chunk_of L x in
    Reader (read_queries c (@tril R L) (queries c)) (s *: rows L dO)
      :: map (pass c) (readers (shift L x) rest (shift_rows L dO) dht)
  else [:: Reader 1%:M dht].

(** The cotangent of queries that were carried past the blocks, from the left. *)
Fixpoint dcarried m x lengths (D : 'M[R]_(m, dv)) (dQ : 'M[R]_(m, dk)) : 'M[R]_(m, dk) :=
  if lengths is L :: rest then
    dcarried (shift L x) rest D (read_dqueries (chunk_of L x) id D dQ)
  else dQ.

Theorem dcarriedE m x lengths (D : 'M[R]_(m, dv)) S :
  dcarried x lengths D (D *m S^T) = D *m (state x S (sumn lengths))^T.
Proof.
elim: lengths x S => //= L rest IH x S.
by rewrite passing_dqueries chunkwise_state IH -state_split.
Qed.

Definition sweep_dinitial (rs : seq reader) : 'M[R]_(dk, dv) :=
  \sum_(r <- rs) (carried r)^T *m dread r.

Theorem sweep_dinitialE x lengths dO dht :
  sweep_dinitial (readers x lengths dO dht) = dstate s x (sumn lengths) dO dht 0.
Proof.
rewrite -chunked_dstateE; elim: lengths x dO => [|L rest IH] x dO /=.
  by rewrite /sweep_dinitial big_seq1 trmx1 mul1mx.
rewrite /sweep_dinitial big_cons big_map /= own_carried -IH -ut_dentering.
rewrite (eq_bigr _ (fun r _ => passing_carried (chunk_of L x) (carried r) (dread r))).
rewrite sumrB -mulmx_sumr -mulmx_sumr -/(sweep_dinitial _) /dpseudo.
by rewrite mulmxDr opprD addrACA [X in X + _]addrC.
Qed.

(** The gradient with respect to one block: from its own queries, and from all that pass it. *)
Section OneBlock.
Variables (L : nat) (c : chunk R L dk dv) (dOs : 'M[R]_(L, dv)).
Variables (dQ_of : forall m, 'M[R]_(m, dv) -> 'M[R]_(m, dk)) (rs : seq reader).
Local Notation own := (@tril R L).
Local Notation D := (s *: dOs).

Definition sweep_dqueries : 'M[R]_(L, dk) := read_dqueries c own D (dQ_of D).
Definition sweep_dvalues : 'M[R]_(L, dv) :=
  read_dvalues c own D (queries c) + \sum_(r <- rs) read_dvalues c id (dread r) (carried r).
Definition sweep_dtransform : 'M[R]_L :=
  read_dtransform c own D (queries c) (dQ_of D)
  + \sum_(r <- rs) read_dtransform c id (dread r) (carried r) (dQ_of (dread r)).
Definition sweep_dkeys : 'M[R]_(L, dk) :=
  read_dkeys c own D (queries c) (dQ_of D)
  + \sum_(r <- rs) read_dkeys c id (dread r) (carried r) (dQ_of (dread r))
  + through_dkeys c sweep_dtransform.
Definition sweep_dbetas : 'rV[R]_L := through_dbetas c sweep_dtransform.

(** It is the gradient of the chunk, which is given the cotangent of the state that it hands on. *)
Variable S : 'M[R]_(dk, dv).
Hypothesis dQ_ofE : forall m (D : 'M[R]_(m, dv)), dQ_of D = D *m S^T.
Local Notation dnext := (sweep_dinitial rs).
Local Notation T := (ut_transform (betas c) (keys c)).

Lemma dpseudo_sum : dpseudo s c dOs dnext =
  s *: ((tril (queries c *m (keys c)^T))^T *m dOs) + keys c *m dnext.
Proof. by []. Qed.

Theorem sweep_dqueriesE : sweep_dqueries = dqueries s c S dOs.
Proof. by rewrite /sweep_dqueries dQ_ofE own_dqueries. Qed.

Theorem sweep_dvaluesE : sweep_dvalues = dvalues s c dOs dnext.
Proof.
rewrite -ut_dvalues /sweep_dvalues own_dvalues.
rewrite (eq_bigr _ (fun r _ => passing_dvalues c (carried r) (dread r))).
by rewrite -mulmx_sumr -mulmx_sumr -mulmxDr.
Qed.

Theorem sweep_dtransformE : sweep_dtransform = dtransform s c S dOs dnext.
Proof.
rewrite dtransformE /sweep_dtransform dQ_ofE own_dtransform.
under eq_bigr => r _ do rewrite dQ_ofE passing_dtransform.
by rewrite -mulmx_suml -mulmx_sumr -mulmxDl.
Qed.

Lemma through_doverlapsE :
  through_doverlaps c (dtransform s c S dOs dnext) = doverlaps s c S dOs dnext.
Proof. exact: ut_doverlaps. Qed.

Theorem sweep_dbetasE : sweep_dbetas = dbetas s c S dOs dnext.
Proof. by rewrite /sweep_dbetas sweep_dtransformE /through_dbetas through_doverlapsE ut_dbetas. Qed.

Theorem sweep_dkeysE : sweep_dkeys = dkeys s c S dOs dnext.
Proof.
rewrite /sweep_dkeys sweep_dtransformE /through_dkeys through_doverlapsE dQ_ofE own_dkeys.
under eq_bigr => r _ do rewrite dQ_ofE passing_dkeys.
rewrite sumrB -mulmx_sumr -mulmx_suml -mulmx_sumr -mulmx_sumr.
have <- : (\sum_(r <- rs) (carried r)^T *m dread r)^T =
    \sum_(r <- rs) ((carried r)^T *m dread r)^T by rewrite linear_sum.
rewrite -/(sweep_dinitial rs) /dkeys -ut_dvalues dpseudo_sum; congr (_ + _).
by rewrite mulmxDr mulmxDl opprD addrACA.
Qed.
End OneBlock.

(** The explicit corollary: for every block of a sequence, with the blocks before it and those after
    it of any lengths, the sweep computes the recurrence's gradient. *)
Theorem sweep_backward x S0 dO dht before C after :
  let lengths := before ++ C :: after in
  let L := sumn lengths in
  let a := sumn before in
  let c := chunk_of C (shift a x) in
  let dOs := rows C (shift_rows a dO) in
  let dQ_of m (D : 'M[R]_(m, dv)) := dcarried x before D (D *m S0^T) in
  let rs := readers (shift (a + C) x) after (shift_rows (a + C) dO) dht in
  [/\ sweep_dqueries c dOs dQ_of = rows C (fun t => dq s x S0 dO (a + t)),
      sweep_dkeys c dOs dQ_of rs = rows C (fun t => dkey s x S0 L dO dht (a + t)),
      sweep_dvalues c dOs rs = rows C (fun t => dvalue s x L dO dht (a + t)),
      sweep_dbetas c dOs dQ_of rs = strengths C (fun t => dbeta s x S0 L dO dht (a + t))
    & sweep_dinitial (readers x lengths dO dht) = dstate s x L dO dht 0].
Proof.
move=> lengths L a c dOs dQ_of rs.
have LE : L = (a + C + sumn after)%N by rewrite /L sumn_cat addnA.
have dQE m (D : 'M[R]_(m, dv)) : dQ_of m D = D *m (state x S0 a)^T by exact: dcarriedE.
have le_L : (a + C <= L)%N by rewrite LE leq_addr.
have next : sweep_dinitial rs = dstate s x L dO dht (a + C).
  have le : (a + C + sumn after <= L)%N by rewrite -LE.
  have := dstate_split s x dO dht le (leq0n (sumn after)); rewrite addn0 -LE dstate_end => ->.
  exact: sweep_dinitialE.
have [-> -> -> -> _] := chunk_of_sequence s x S0 dO dht le_L.
rewrite (sweep_dqueriesE _ _ dQE) (sweep_dkeysE _ _ _ dQE) (sweep_dbetasE _ _ _ dQE) sweep_dvaluesE next.
by split=> //; exact: sweep_dinitialE.
Qed.
End Sweep.
