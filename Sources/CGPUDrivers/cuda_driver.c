#include "cuda_driver.h"

#include "symbols.h"

const char *cuda_driver_fill(CUDADriver *table, void *library) {
  const symbol symbols[] = {
      {&table->init, "cuInit"},
      {&table->errorName, "cuGetErrorName"},
      {&table->errorString, "cuGetErrorString"},
      {&table->deviceCount, "cuDeviceGetCount"},
      {&table->deviceGet, "cuDeviceGet"},
      {&table->deviceName, "cuDeviceGetName"},
      {&table->deviceAttribute, "cuDeviceGetAttribute"},
      {&table->deviceMemory, "cuDeviceTotalMem_v2"},
      {&table->primaryContextRetain, "cuDevicePrimaryCtxRetain"},
      {&table->primaryContextRelease, "cuDevicePrimaryCtxRelease_v2"},
      {&table->contextSetCurrent, "cuCtxSetCurrent"},
      {&table->contextSynchronize, "cuCtxSynchronize"},
      {&table->moduleLoad, "cuModuleLoadData"},
      {&table->moduleUnload, "cuModuleUnload"},
      {&table->moduleFunction, "cuModuleGetFunction"},
      {&table->functionAttribute, "cuFuncGetAttribute"},
      {&table->functionSetAttribute, "cuFuncSetAttribute"},
      {&table->memoryAllocate, "cuMemAlloc_v2"},
      {&table->memoryFree, "cuMemFree_v2"},
      {&table->copyToDevice, "cuMemcpyHtoDAsync_v2"},
      {&table->copyToHost, "cuMemcpyDtoHAsync_v2"},
      {&table->copyOnDevice, "cuMemcpyDtoDAsync_v2"},
      {&table->fill, "cuMemsetD8Async"},
      {&table->streamCreate, "cuStreamCreate"},
      {&table->streamDestroy, "cuStreamDestroy_v2"},
      {&table->streamSynchronize, "cuStreamSynchronize"},
      {&table->eventCreate, "cuEventCreate"},
      {&table->eventDestroy, "cuEventDestroy_v2"},
      {&table->eventRecord, "cuEventRecord"},
      {&table->eventSynchronize, "cuEventSynchronize"},
      {&table->eventElapsed, "cuEventElapsedTime"},
      {&table->launch, "cuLaunchKernel"},
  };
  return find_symbols(library, symbols, sizeof symbols / sizeof *symbols);
}
