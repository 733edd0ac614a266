#include "nvrtc_library.h"

#include "symbols.h"

const char *nvrtc_library_fill(NVRTCLibrary *table, void *library) {
  const symbol symbols[] = {
      {&table->version, "nvrtcVersion"},
      {&table->errorString, "nvrtcGetErrorString"},
      {&table->createProgram, "nvrtcCreateProgram"},
      {&table->destroyProgram, "nvrtcDestroyProgram"},
      {&table->compileProgram, "nvrtcCompileProgram"},
      {&table->logSize, "nvrtcGetProgramLogSize"},
      {&table->log, "nvrtcGetProgramLog"},
      {&table->machineCodeSize, "nvrtcGetCUBINSize"},
      {&table->machineCode, "nvrtcGetCUBIN"},
      {&table->ptxSize, "nvrtcGetPTXSize"},
      {&table->ptx, "nvrtcGetPTX"},
  };
  return find_symbols(library, symbols, sizeof symbols / sizeof *symbols);
}
