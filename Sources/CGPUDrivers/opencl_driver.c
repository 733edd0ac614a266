#include "opencl_driver.h"

#include "symbols.h"

const char *opencl_driver_fill(OpenCLDriver *table, void *library) {
  const symbol symbols[] = {
      {&table->platformIDs, "clGetPlatformIDs"},
      {&table->deviceIDs, "clGetDeviceIDs"},
      {&table->deviceInfo, "clGetDeviceInfo"},
      {&table->createContext, "clCreateContext"},
      {&table->releaseContext, "clReleaseContext"},
      {&table->createQueue, "clCreateCommandQueue"},
      {&table->releaseQueue, "clReleaseCommandQueue"},
      {&table->finish, "clFinish"},
      {&table->createProgram, "clCreateProgramWithSource"},
      {&table->releaseProgram, "clReleaseProgram"},
      {&table->buildProgram, "clBuildProgram"},
      {&table->buildInfo, "clGetProgramBuildInfo"},
      {&table->createKernel, "clCreateKernel"},
      {&table->releaseKernel, "clReleaseKernel"},
      {&table->kernelInfo, "clGetKernelWorkGroupInfo"},
      {&table->setArgument, "clSetKernelArg"},
      {&table->createBuffer, "clCreateBuffer"},
      {&table->releaseBuffer, "clReleaseMemObject"},
      {&table->writeBuffer, "clEnqueueWriteBuffer"},
      {&table->readBuffer, "clEnqueueReadBuffer"},
      {&table->copyBuffer, "clEnqueueCopyBuffer"},
      {&table->fillBuffer, "clEnqueueFillBuffer"},
      {&table->launch, "clEnqueueNDRangeKernel"},
      {&table->marker, "clEnqueueMarkerWithWaitList"},
      {&table->waitForEvents, "clWaitForEvents"},
      {&table->eventProfile, "clGetEventProfilingInfo"},
      {&table->releaseEvent, "clReleaseEvent"},
  };
  return find_symbols(library, symbols, sizeof symbols / sizeof *symbols);
}
