(** * The gradient of one chunk, and of a sequence chunk by chunk *)
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssrAC ssralg zmodp poly matrix.
From DeltaRule Require Import Recurrence StrictlyLower UTTransform Chunkwise FullyParallel.
From DeltaRule Require Import Gradients RecurrenceBackward.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section ChunkBackward.
Variables (R : comRingType) (L dk dv : nat) (s : R) (c : chunk R L dk dv).
Variables (S : 'M[R]_(dk, dv)) (dO : 'M[R]_(L, dv)) (dnext : 'M[R]_(dk, dv)).

Local Notation Q := (queries c).
Local Notation K := (keys c).
Local Notation V := (values c).
Local Notation B := (diag_mx (betas c)).
Local Notation A := (overlaps (betas c) K).
Local Notation J := (inverse A).
Local Notation T := (ut_transform (betas c) K).
Local Notation X := (pseudo_values c S).

Definition errors : 'M[R]_(L, dv) := V - K *m S.

(** ** By one transposed triangular solve *)
Definition dpseudo : 'M[R]_(L, dv) := s *: ((tril (Q *m K^T))^T *m dO) + K *m dnext.
Definition dsolved : 'M[R]_(L, dv) := J^T *m dpseudo.
Definition dvalues : 'M[R]_(L, dv) := B *m dsolved.
Definition dscores : 'M[R]_L := s *: tril (dO *m X^T).
Definition doverlaps : 'M[R]_L := - stril (dsolved *m X^T).
Definition dqueries : 'M[R]_(L, dk) := s *: (dO *m S^T) + dscores *m K.
Definition dkeys : 'M[R]_(L, dk) :=
  dscores^T *m Q + X *m dnext^T - dvalues *m S^T
  + ((B *m doverlaps) *m K + (B *m doverlaps)^T *m K).
Definition dbetas : 'rV[R]_L :=
  diagonal (dsolved *m errors^T) + diagonal (doverlaps *m (K *m K^T)^T).
Definition dentering : 'M[R]_(dk, dv) := dnext + s *: (Q^T *m dO) - K^T *m dvalues.

(** ** The same through W, U and T *)
Definition dtransform : 'M[R]_L := - (dpseudo *m S^T) *m K^T + dpseudo *m V^T.

Lemma dtransformE : dtransform = dpseudo *m errors^T.
Proof. by rewrite /dtransform /errors linearB /= trmx_mul mulmxBr mulNmx mulmxA addrC. Qed.

Lemma pseudo_errors : X = T *m errors.
Proof. exact: pseudo_values_error. Qed.

Lemma ut_transform_tr : T^T = B *m J^T.
Proof. by rewrite trmx_mul tr_diag_mx. Qed.

Theorem ut_dvalues : T^T *m dpseudo = dvalues.
Proof. by rewrite ut_transform_tr -mulmxA. Qed.
Theorem ut_dentering :
  dnext + s *: (Q^T *m dO) - (T *m K)^T *m dpseudo = dentering.
Proof. by rewrite trmx_mul -mulmxA ut_dvalues. Qed.
Theorem ut_doverlaps : - stril (J^T *m (dtransform *m B) *m J^T) = doverlaps.
Proof.
rewrite /doverlaps dtransformE pseudo_errors trmx_mul ut_transform_tr; congr (- stril _).
by rewrite /dsolved !mulmxA.
Qed.
Theorem ut_dbetas :
  diagonal (J^T *m dtransform) + diagonal (doverlaps *m (K *m K^T)^T) = dbetas.
Proof. by rewrite dtransformE mulmxA. Qed.
Theorem ut_dkeys :
  dscores^T *m Q + X *m dnext^T + T^T *m - (dpseudo *m S^T)
  + ((B *m doverlaps) *m K + (B *m doverlaps)^T *m K) = dkeys.
Proof. by rewrite mulmxN mulmxA ut_dvalues. Qed.

(** ** The same through the attention matrix *)
Local Notation G := (tril (Q *m K^T)).
Local Notation AT := (attention s c).

Theorem parallel_dvalues : AT^T *m dO + T^T *m (K *m dnext) = dvalues.
Proof.
rewrite /attention hadamard_mask linearZ /= trmx_mul -scalemxAl -mulmxA scalemxAr -mulmxDr.
exact: ut_dvalues.
Qed.
Theorem parallel_dtransform :
  s *: (G^T *m (dO *m errors^T)) + (K *m dnext) *m errors^T = dtransform.
Proof. by rewrite dtransformE /dpseudo mulmxDl mulmxA scalemxAl. Qed.
Theorem parallel_dscores : s *: tril ((dO *m errors^T) *m T^T) = dscores.
Proof. by rewrite /dscores pseudo_errors (trmx_mul _ errors) mulmxA. Qed.
End ChunkBackward.

(** ** It is the gradient of the chunk *)
Section Adjoint.
Variables (R : comRingType) (L dk dv : nat) (s : R).
Variables (p : chunk {poly R} L dk dv) (PS : 'M[{poly R}]_(dk, dv)).
Variables (dO : 'M[R]_(L, dv)) (dnext : 'M[R]_(dk, dv)).
Local Notation c := (chunk0 p).
Local Notation S := (at0 PS).
Local Notation Q := (queries c).
Local Notation K := (keys c).
Local Notation B := (diag_mx (betas c)).
Local Notation X := (pseudo_values c S).
Local Notation E := (errors c S).
Local Notation A1 :=
  (stril (diag_mx (at1 (betas p)) *m (K *m K^T)
          + B *m (at1 (keys p) *m K^T + K *m (at1 (keys p))^T))).
Local Notation E1 := (at1 (values p) - (K *m at1 PS + at1 (keys p) *m S)).
Local Notation X1 := (at1 (pseudo_values p PS)).

Lemma at0_overlaps : at0 (overlaps (betas p) (keys p)) = overlaps (betas c) K.
Proof. by rewrite /overlaps at0_stril !at0M at0T at0_diag. Qed.
Lemma at1_overlaps : at1 (overlaps (betas p) (keys p)) = A1.
Proof.
rewrite /overlaps at1_stril at1M at0_diag at1_diag at0M at1M at0T at1T addrC.
by rewrite [K *m _ + _]addrC.
Qed.

Lemma system : (1%:M + overlaps (betas p) (keys p)) *m pseudo_values p PS =
  diag_mx (betas p) *m (values p - keys p *m PS).
Proof. by apply/chunkwise_solve. Qed.

Lemma at0_pseudo : at0 (pseudo_values p PS) = X.
Proof.
apply/chunkwise_solve; move: (pseudo_values p PS) system => Y /(congr1 (@at0 _ _ _)).
by rewrite !at0M (at0D 1%:M) at0_1 at0_overlaps at0_diag (at0B (values p)) at0M.
Qed.
Lemma at1_pseudo :
  X1 = inverse (overlaps (betas c) K) *m (diag_mx (at1 (betas p)) *m E + B *m E1 - A1 *m X).
Proof.
apply/solve; first exact: overlaps_lower.
move: (pseudo_values p PS) system at0_pseudo => Y /(congr1 (@at1 _ _ _)) sys1 Y0.
move: sys1; rewrite (at1M (1%:M + _)) (at1D 1%:M) at1_1 add0r (at0D 1%:M) at0_1 at0_overlaps at1_overlaps Y0.
rewrite at1M at1_diag at0_diag (at1B (values p)) at1M (at0B (values p)) at0M.
by move=> /(canRL (addrK _)) ->; rewrite [X in X - _]addrC.
Qed.

Lemma collect (V : zmodType) (zb v kv sv ab g1 g2 qa so qp kp gs kd : V) :
  zb + (v - (kv + sv)) + (ab + (g1 + g2)) + (qa + so + qp + kp) + gs + kd =
  gs + so - sv + (qa + qp) + (kp + kd - kv + (g1 + g2)) + v + (zb + ab).
Proof. by rewrite !opprD !addrA [LHS](ACl (12*9*4*8*10*11*13*3*6*7*2*1*5)). Qed.

Theorem chunkwise_backward :
  << dO, at1 (chunk_output p s%:P PS) >> + << dnext, at1 (chunk_state p PS) >> =
  << dentering s c dO dnext, at1 PS >> + << dqueries s c S dO, at1 (queries p) >>
  + << dkeys s c S dO dnext, at1 (keys p) >> + << dvalues s c dO dnext, at1 (values p) >>
  + << dbetas s c S dO dnext, at1 (betas p) >>.
Proof.
set Z := dsolved s c dO dnext; set dV := dvalues s c dO dnext.
set dA := doverlaps s c S dO dnext.
have eX : << dpseudo s c dO dnext, X1 >> =
    << Z, diag_mx (at1 (betas p)) *m E >> + << Z, B *m E1 >> - << Z, A1 *m X >>.
  by rewrite at1_pseudo pairing_mull !pairingDr pairingNr.
have eB : << Z, diag_mx (at1 (betas p)) *m E >> = << diagonal (Z *m E^T), at1 (betas p) >>.
  by rewrite pairing_mulr pairing_diag.
have eE : << Z, B *m E1 >> =
    << dV, at1 (values p) >> - (<< dV *m S^T, at1 (keys p) >> + << K^T *m dV, at1 PS >>).
  rewrite pairing_mull tr_diag_mx -/(dvalues s c dO dnext) -/dV pairingBr pairingDr.
  by rewrite pairing_mull pairing_mulr [X in _ - X]addrC.
have eA : - << Z, A1 *m X >> = << diagonal (dA *m (K *m K^T)^T), at1 (betas p) >>
    + (<< (B *m dA) *m K, at1 (keys p) >> + << (B *m dA)^T *m K, at1 (keys p) >>).
  rewrite pairing_mulr pairing_stril -pairingNl -/(doverlaps s c S dO dnext) -/dA.
  rewrite pairingDr pairing_mulr pairing_diag pairing_mull tr_diag_mx; congr (_ + _).
  by rewrite pairingDr pairing_mulr trmxK pairing_mull pairing_tr (trmx_mul K^T) trmxK.
have eO : << dO, at1 (chunk_output p s%:P PS) >> =
    << s *: (dO *m S^T), at1 (queries p) >> + << s *: (Q^T *m dO), at1 PS >>
    + << dscores s c S dO *m K, at1 (queries p) >> + << (dscores s c S dO)^T *m Q, at1 (keys p) >>
    + << s *: ((tril (Q *m K^T))^T *m dO), X1 >>.
  rewrite /chunk_output hadamard_mask at1Z !coefC scale0r addr0 pairingZr.
  rewrite at1D (at1M (queries p)) (at1M (tril _)) at0_pseudo at1_tril at0_tril.
  rewrite (at1M (queries p)) (at0M (queries p)) !at0T !at1T !(pairingDr dO) !mulrDr.
  have -> : s * << dO, Q *m at1 PS >> = << s *: (Q^T *m dO), at1 PS >>.
    by rewrite pairing_mull -pairingZl.
  have -> : s * << dO, at1 (queries p) *m S >> = << s *: (dO *m S^T), at1 (queries p) >>.
    by rewrite pairing_mulr -pairingZl.
  have -> : s * << dO, tril (Q *m K^T) *m X1 >> = << s *: ((tril (Q *m K^T))^T *m dO), X1 >>.
    by rewrite pairing_mull -pairingZl.
  have -> : s * << dO, tril (Q *m (at1 (keys p))^T + at1 (queries p) *m K^T) *m X >> =
      << (dscores s c S dO)^T *m Q, at1 (keys p) >> + << dscores s c S dO *m K, at1 (queries p) >>.
    rewrite pairing_mulr pairing_tril -pairingZl -/(dscores s c S dO) pairingDr.
    by rewrite pairing_mull pairing_tr (trmx_mul Q^T) trmxK pairing_mulr trmxK.
  by rewrite !addrA [LHS](ACl (2*1*5*4*3)).
have eS : << dnext, at1 (chunk_state p PS) >> =
    << dnext, at1 PS >> + << K *m dnext, X1 >> + << X *m dnext^T, at1 (keys p) >>.
  rewrite /chunk_state at1D (at1M (keys p)^T) at0_pseudo at0T at1T !pairingDr addrA.
  by rewrite pairing_mull trmxK pairing_mulr pairing_tr trmx_mul trmxK.
have -> : << dO, at1 (chunk_output p s%:P PS) >> + << dnext, at1 (chunk_state p PS) >> =
    << dpseudo s c dO dnext, X1 >>
    + (<< s *: (dO *m S^T), at1 (queries p) >> + << s *: (Q^T *m dO), at1 PS >>
       + << dscores s c S dO *m K, at1 (queries p) >>
       + << (dscores s c S dO)^T *m Q, at1 (keys p) >>)
    + << dnext, at1 PS >> + << X *m dnext^T, at1 (keys p) >>.
  by rewrite eO eS pairingDl !addrA [LHS](ACl (5*7*1*2*3*4*6*8)).
rewrite eX eB eE eA collect -/dV.
by rewrite /dentering /dqueries /dkeys /dbetas -/dV -/Z -/dA !(pairingNl, pairingBl, pairingDl).
Qed.
End Adjoint.
