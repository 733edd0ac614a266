#ifndef C_CUDA_DRIVER_H
#define C_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "sendable.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma clang assume_nonnull begin

/// A context, module, function, stream or event.
typedef struct CUopaque *CUhandle;

/// An address in the memory of a device.
typedef uint64_t CUaddress;

/// The part of CUDA's driver interface that running kernels takes: filled from libcuda, or with functions that stand in for it.
/// Every function returns 0 for success, and otherwise a number that errorName and errorString explain. Where a
/// stream is asked for, null is the default stream.
typedef struct GPU_SENDABLE CUDADriver {
  int32_t (*init)(uint32_t flags);
  int32_t (*errorName)(int32_t status, const char *_Nullable *_Nonnull name);
  int32_t (*errorString)(int32_t status, const char *_Nullable *_Nonnull text);

  int32_t (*deviceCount)(int32_t *count);
  int32_t (*deviceGet)(int32_t *device, int32_t ordinal);
  int32_t (*deviceName)(char *name, int32_t size, int32_t device);
  int32_t (*deviceAttribute)(int32_t *value, int32_t attribute, int32_t device);
  /// Null in a stand-in whose memory is the host's.
  int32_t (*_Nullable deviceMemory)(size_t *bytes, int32_t device);

  int32_t (*primaryContextRetain)(CUhandle _Nullable *_Nonnull context, int32_t device);
  int32_t (*primaryContextRelease)(int32_t device);
  int32_t (*contextSetCurrent)(CUhandle _Nullable context);
  int32_t (*contextSynchronize)(void);

  int32_t (*moduleLoad)(CUhandle _Nullable *_Nonnull module, const void *image);
  int32_t (*moduleUnload)(CUhandle module);
  int32_t (*moduleFunction)(
      CUhandle _Nullable *_Nonnull function, CUhandle module, const char *name);
  int32_t (*functionAttribute)(int32_t *value, int32_t attribute, CUhandle function);
  int32_t (*functionSetAttribute)(CUhandle function, int32_t attribute, int32_t value);

  int32_t (*memoryAllocate)(CUaddress *address, size_t bytes);
  int32_t (*memoryFree)(CUaddress address);
  int32_t (*copyToDevice)(
      CUaddress to, const void *from, size_t bytes, CUhandle _Nullable stream);
  int32_t (*copyToHost)(void *to, CUaddress from, size_t bytes, CUhandle _Nullable stream);
  int32_t (*copyOnDevice)(CUaddress to, CUaddress from, size_t bytes, CUhandle _Nullable stream);
  int32_t (*fill)(CUaddress address, uint8_t value, size_t bytes, CUhandle _Nullable stream);

  int32_t (*streamCreate)(CUhandle _Nullable *_Nonnull stream, uint32_t flags);
  int32_t (*streamDestroy)(CUhandle stream);
  int32_t (*streamSynchronize)(CUhandle _Nullable stream);

  int32_t (*eventCreate)(CUhandle _Nullable *_Nonnull event, uint32_t flags);
  int32_t (*eventDestroy)(CUhandle event);
  int32_t (*eventRecord)(CUhandle event, CUhandle _Nullable stream);
  int32_t (*eventSynchronize)(CUhandle event);
  int32_t (*eventElapsed)(float *milliseconds, CUhandle from, CUhandle to);

  int32_t (*launch)(
      CUhandle function, uint32_t groupsX, uint32_t groupsY, uint32_t groupsZ, uint32_t threadsX,
      uint32_t threadsY, uint32_t threadsZ, uint32_t sharedBytes, CUhandle _Nullable stream,
      void *_Nullable *_Nullable parameters, void *_Nullable *_Nullable extra);
} CUDADriver;

/// Fills the table from libcuda, which dlopen gave.
///
/// @return null, or the name of the first function that the library lacks.
const char *_Nullable cuda_driver_fill(CUDADriver *table, void *library);

#pragma clang assume_nonnull end
#ifdef __cplusplus
}
#endif

#endif
