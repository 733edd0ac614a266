#ifndef C_OPENCL_DRIVER_H
#define C_OPENCL_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "sendable.h"

#pragma clang assume_nonnull begin

/// A platform, device, context, queue, program, kernel, buffer or event.
typedef struct CLopaque *CLhandle;

/// The part of OpenCL 1.2 that running kernels takes. A status is 0 for success.
typedef struct GPU_SENDABLE OpenCLDriver {
  int32_t (*platformIDs)(
      uint32_t room, CLhandle _Nullable *_Nullable platforms, uint32_t *_Nullable count);
  int32_t (*deviceIDs)(
      CLhandle platform, uint64_t type, uint32_t room, CLhandle _Nullable *_Nullable devices,
      uint32_t *_Nullable count);
  int32_t (*deviceInfo)(
      CLhandle device, uint32_t key, size_t size, void *_Nullable value, size_t *_Nullable needed);

  CLhandle _Nullable (*_Nonnull createContext)(
      const void *_Nullable properties, uint32_t count, const CLhandle _Nullable *_Nonnull devices,
      void *_Nullable notify, void *_Nullable user, int32_t *status);
  int32_t (*releaseContext)(CLhandle context);
  CLhandle _Nullable (*_Nonnull createQueue)(
      CLhandle context, CLhandle device, uint64_t properties, int32_t *status);
  int32_t (*releaseQueue)(CLhandle queue);
  int32_t (*finish)(CLhandle queue);

  CLhandle _Nullable (*_Nonnull createProgram)(
      CLhandle context, uint32_t count, const char *_Nullable *_Nonnull texts,
      const size_t *_Nullable lengths, int32_t *status);
  int32_t (*releaseProgram)(CLhandle program);
  int32_t (*buildProgram)(
      CLhandle program, uint32_t count, const CLhandle _Nullable *_Nonnull devices,
      const char *options, void *_Nullable notify, void *_Nullable user);
  int32_t (*buildInfo)(
      CLhandle program, CLhandle device, uint32_t key, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  CLhandle _Nullable (*_Nonnull createKernel)(
      CLhandle program, const char *name, int32_t *status);
  int32_t (*releaseKernel)(CLhandle kernel);
  int32_t (*kernelInfo)(
      CLhandle kernel, CLhandle device, uint32_t key, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  int32_t (*setArgument)(
      CLhandle kernel, uint32_t index, size_t size, const void *_Nullable value);

  CLhandle _Nullable (*_Nonnull createBuffer)(
      CLhandle context, uint64_t flags, size_t bytes, void *_Nullable host, int32_t *status);
  int32_t (*releaseBuffer)(CLhandle buffer);
  int32_t (*writeBuffer)(
      CLhandle queue, CLhandle buffer, uint32_t waits, size_t offset, size_t bytes,
      const void *from, uint32_t waitCount, const void *_Nullable waitList,
      CLhandle _Nullable *_Nullable event);
  int32_t (*readBuffer)(
      CLhandle queue, CLhandle buffer, uint32_t waits, size_t offset, size_t bytes, void *to,
      uint32_t waitCount, const void *_Nullable waitList, CLhandle _Nullable *_Nullable event);
  int32_t (*copyBuffer)(
      CLhandle queue, CLhandle from, CLhandle to, size_t fromOffset, size_t toOffset,
      size_t bytes, uint32_t waitCount, const void *_Nullable waitList,
      CLhandle _Nullable *_Nullable event);
  int32_t (*fillBuffer)(
      CLhandle queue, CLhandle buffer, const void *pattern, size_t patternBytes, size_t offset,
      size_t bytes, uint32_t waitCount, const void *_Nullable waitList,
      CLhandle _Nullable *_Nullable event);

  int32_t (*launch)(
      CLhandle queue, CLhandle kernel, uint32_t dimensions, const size_t *_Nullable offset,
      const size_t *global, const size_t *local, uint32_t waitCount,
      const void *_Nullable waitList, CLhandle _Nullable *_Nullable event);
  int32_t (*marker)(
      CLhandle queue, uint32_t waitCount, const void *_Nullable waitList,
      CLhandle _Nullable *_Nullable event);
  int32_t (*waitForEvents)(uint32_t count, const CLhandle _Nullable *_Nonnull events);
  int32_t (*eventProfile)(
      CLhandle event, uint32_t key, size_t size, void *_Nullable value, size_t *_Nullable needed);
  int32_t (*releaseEvent)(CLhandle event);
} OpenCLDriver;

/// Fills the table from libOpenCL, which dlopen gave.
///
/// @return null, or the name of the first function that the library lacks.
const char *_Nullable opencl_driver_fill(OpenCLDriver *table, void *library);

#pragma clang assume_nonnull end

#endif
