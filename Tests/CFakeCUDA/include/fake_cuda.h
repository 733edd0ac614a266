#ifndef C_FAKE_CUDA_H
#define C_FAKE_CUDA_H

#include "cuda_driver.h"

#pragma clang assume_nonnull begin

/// A CUDA driver of one device of capability 9.0, whose memory is the processor's. It has one kernel, whatever is loaded:
///
///   scale(float *x, long long count, float factor, int offset, const float *bias)
///
/// which makes every x[i] x[i] * factor + offset, and + bias[i] where there is a bias. One thread at a time may use it.
CUDADriver fake_cuda(void);

typedef struct {
  uint32_t groups[3], threads[3], shared_bytes;
} fake_cuda_launch;

/// What it was asked for since fake_cuda_reset.
typedef struct {
  /// Calls that can be made to fail: those that release nothing.
  int calls;
  /// The one that did fail.
  const char *_Nullable failed;
  /// Buffers, modules, streams, events and contexts that are not released.
  int live;
  /// Calls in a thread without the context, and releases of what is not there.
  int mistakes;
  int launches;
  fake_cuda_launch last;
  /// Of dynamic shared memory that the function was allowed.
  int allowed_bytes;
} fake_cuda_record;

fake_cuda_record fake_cuda_recorded(void);

/// Forgets the record. The call of that number fails from now on, counted from 0; none where it is negative.
void fake_cuda_reset(int failing_call);

#pragma clang assume_nonnull end

#endif
