#ifndef C_NVRTC_LIBRARY_H
#define C_NVRTC_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "sendable.h"

#pragma clang assume_nonnull begin

typedef struct NVRTCprogram *NVRTChandle;

/// The part of NVIDIA's run-time compiler that turns a text into machine code. A status is 0 for success, and otherwise
/// a number that errorString explains.
typedef struct GPU_SENDABLE NVRTCLibrary {
  int32_t (*version)(int32_t *major, int32_t *minor);
  const char *_Nonnull (*_Nonnull errorString)(int32_t status);
  int32_t (*createProgram)(
      NVRTChandle _Nullable *_Nonnull program, const char *text, const char *name,
      int32_t headerCount, const void *_Nullable headers, const void *_Nullable includeNames);
  int32_t (*destroyProgram)(NVRTChandle _Nullable *_Nonnull program);
  int32_t (*compileProgram)(
      NVRTChandle program, int32_t optionCount, const char *_Nullable *_Nonnull options);
  int32_t (*logSize)(NVRTChandle program, size_t *bytes);
  int32_t (*log)(NVRTChandle program, char *log);
  int32_t (*machineCodeSize)(NVRTChandle program, size_t *bytes);
  int32_t (*machineCode)(NVRTChandle program, char *code);
  int32_t (*ptxSize)(NVRTChandle program, size_t *bytes);
  int32_t (*ptx)(NVRTChandle program, char *text);
} NVRTCLibrary;

/// Fills the table from libnvrtc, which dlopen gave.
///
/// @return null, or the name of the first function that the library lacks.
const char *_Nullable nvrtc_library_fill(NVRTCLibrary *table, void *library);

#pragma clang assume_nonnull end

#endif
