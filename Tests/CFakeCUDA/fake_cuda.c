#include "fake_cuda.h"

#include <stdlib.h>
#include <string.h>

enum { success = 0, invalid_value = 1, out_of_memory = 2, not_found = 500, refused = 999 };

static fake_cuda_record record;
static int failing_call = -1;
static _Thread_local CUhandle current;
static const CUhandle context = (CUhandle)16, function = (CUhandle)32;

static int enter_anywhere(const char *name) {
  if (record.calls++ != failing_call) return success;
  record.failed = name;
  return refused;
}

static int enter(const char *name) {
  if (current != context) record.mistakes++;
  return enter_anywhere(name);
}

static int make(const char *name, CUhandle *handle) {
  int status = enter(name);
  if (status != success) return status;
  *handle = malloc(1);
  record.live++;
  return success;
}

static int unmake(CUhandle handle) {
  if (current != context || !handle) record.mistakes++;
  free(handle);
  record.live--;
  return success;
}

static int init(uint32_t flags) { return flags ? invalid_value : enter_anywhere("cuInit"); }

static int error_name(int status, const char **name) {
  *name = status == out_of_memory ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_UNKNOWN";
  return success;
}

static int error_string(int status, const char **text) {
  *text = status == out_of_memory ? "out of memory" : "unknown error";
  return success;
}

static int device_count(int *count) {
  *count = 1;
  return enter_anywhere("cuDeviceGetCount");
}

static int device_get(int *device, int ordinal) {
  *device = ordinal + 7;
  return enter_anywhere("cuDeviceGet");
}

static int device_name(char *name, int size, int device) {
  if (device != 7 || size < 10) return invalid_value;
  strcpy(name, "Fake GPU");
  return enter_anywhere("cuDeviceGetName");
}

static int device_attribute(int *value, int attribute, int device) {
  if (device != 7) return invalid_value;
  switch (attribute) {
    case 1: *value = 1024; break;
    case 16: *value = 3; break;
    case 75: *value = 9; break;
    case 76: *value = 0; break;
    case 97: *value = 232448; break;
    default: return invalid_value;
  }
  return enter_anywhere("cuDeviceGetAttribute");
}

static int device_memory(size_t *bytes, int device) {
  if (device != 7) return invalid_value;
  *bytes = (size_t)5 << 30;
  return enter_anywhere("cuDeviceTotalMem_v2");
}

static int context_retain(CUhandle *made, int device) {
  if (device != 7) return invalid_value;
  int status = enter_anywhere("cuDevicePrimaryCtxRetain");
  if (status != success) return status;
  *made = context;
  record.live++;
  return success;
}

static int context_release(int device) {
  if (device != 7) return invalid_value;
  record.live--;
  return success;
}

static int context_set(CUhandle wanted) {
  int status = enter_anywhere("cuCtxSetCurrent");
  if (status == success) current = wanted;
  return status;
}

static int context_synchronize(void) { return success; }

static int module_load(CUhandle *module, const void *image) {
  return image ? make("cuModuleLoadData", module) : invalid_value;
}

static int module_function(CUhandle *found, CUhandle module, const char *name) {
  if (!module || strcmp(name, "scale")) return not_found;
  *found = function;
  return enter("cuModuleGetFunction");
}

static int function_attribute(int *value, int attribute, CUhandle of) {
  if (of != function || attribute != 0) return invalid_value;
  *value = 512;
  return enter("cuFuncGetAttribute");
}

static int function_set_attribute(CUhandle of, int attribute, int value) {
  if (of != function || attribute != 8) return invalid_value;
  record.allowed_bytes = value;
  return enter("cuFuncSetAttribute");
}

static int memory_allocate(CUaddress *address, size_t bytes) {
  if (bytes == 0) return invalid_value;
  if (bytes > 1 << 20) return out_of_memory;
  int status = enter("cuMemAlloc_v2");
  if (status != success) return status;
  *address = (CUaddress)malloc(bytes);
  record.live++;
  return success;
}

static int memory_free(CUaddress address) { return unmake((CUhandle)address); }

static int copy_to_device(CUaddress to, const void *from, size_t bytes, CUhandle stream) {
  if (!stream) return invalid_value;
  memcpy((void *)to, from, bytes);
  return enter("cuMemcpyHtoDAsync_v2");
}

static int copy_to_host(void *to, CUaddress from, size_t bytes, CUhandle stream) {
  if (!stream) return invalid_value;
  memcpy(to, (void *)from, bytes);
  return enter("cuMemcpyDtoHAsync_v2");
}

static int copy_on_device(CUaddress to, CUaddress from, size_t bytes, CUhandle stream) {
  if (!stream) return invalid_value;
  memcpy((void *)to, (void *)from, bytes);
  return enter("cuMemcpyDtoDAsync_v2");
}

static int fill(CUaddress address, uint8_t value, size_t bytes, CUhandle stream) {
  if (!stream) return invalid_value;
  memset((void *)address, value, bytes);
  return enter("cuMemsetD8Async");
}

static int stream_create(CUhandle *stream, uint32_t flags) {
  return flags == 1 ? make("cuStreamCreate", stream) : invalid_value;
}

static int stream_synchronize(CUhandle stream) {
  return stream ? enter("cuStreamSynchronize") : invalid_value;
}

static int event_create(CUhandle *event, uint32_t flags) {
  return flags == 0 ? make("cuEventCreate", event) : invalid_value;
}

static int event_record(CUhandle event, CUhandle stream) {
  return event && stream ? enter("cuEventRecord") : invalid_value;
}

static int event_synchronize(CUhandle event) {
  return event ? enter("cuEventSynchronize") : invalid_value;
}

static int event_elapsed(float *milliseconds, CUhandle from, CUhandle to) {
  if (!from || !to) return invalid_value;
  *milliseconds = 1.5f;
  return enter("cuEventElapsedTime");
}

static int launch(
    CUhandle launched, uint32_t gx, uint32_t gy, uint32_t gz, uint32_t tx, uint32_t ty, uint32_t tz,
    uint32_t shared_bytes, CUhandle stream, void **parameters, void **extra) {
  if (launched != function || !stream || extra) return invalid_value;
  int status = enter("cuLaunchKernel");
  if (status != success) return status;
  record.launches++;
  record.last = (fake_cuda_launch){{gx, gy, gz}, {tx, ty, tz}, shared_bytes};
  float *x = *(float **)parameters[0], factor = *(float *)parameters[2];
  long long count = *(long long *)parameters[1];
  int offset = *(int *)parameters[3];
  const float *bias = *(const float **)parameters[4];
  for (long long i = 0; i < count; i++) x[i] = x[i] * factor + offset + (bias ? bias[i] : 0);
  return success;
}

CUDADriver fake_cuda(void) {
  return (CUDADriver){
      .init = init,
      .errorName = error_name,
      .errorString = error_string,
      .deviceCount = device_count,
      .deviceGet = device_get,
      .deviceName = device_name,
      .deviceAttribute = device_attribute,
      .deviceMemory = device_memory,
      .primaryContextRetain = context_retain,
      .primaryContextRelease = context_release,
      .contextSetCurrent = context_set,
      .contextSynchronize = context_synchronize,
      .moduleLoad = module_load,
      .moduleUnload = unmake,
      .moduleFunction = module_function,
      .functionAttribute = function_attribute,
      .functionSetAttribute = function_set_attribute,
      .memoryAllocate = memory_allocate,
      .memoryFree = memory_free,
      .copyToDevice = copy_to_device,
      .copyToHost = copy_to_host,
      .copyOnDevice = copy_on_device,
      .fill = fill,
      .streamCreate = stream_create,
      .streamDestroy = unmake,
      .streamSynchronize = stream_synchronize,
      .eventCreate = event_create,
      .eventDestroy = unmake,
      .eventRecord = event_record,
      .eventSynchronize = event_synchronize,
      .eventElapsed = event_elapsed,
      .launch = launch,
  };
}

fake_cuda_record fake_cuda_recorded(void) { return record; }

void fake_cuda_reset(int failing) {
  record = (fake_cuda_record){0};
  failing_call = failing;
  current = NULL;
}
