// CUDA's driver interface over the emulator. A device is its settings; its ordinal is the order of its first use.

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernelEmulator.h"
#include "global_memory.h"
#include "image.h"
#include "launch.h"

enum status {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  invalid_device = 101,
  invalid_image = 200,
  invalid_context = 201,
  not_found = 500,
  illegal_address = 700,
  launch_failed = 719,
};

/// A device and its context.
typedef struct {
  emulator_settings settings;
} device;

typedef struct {
  const image *image;
  char *name;
  int32_t most_shared;
} function;

typedef struct {
  image *image;
  function **functions;
  int function_count;
} module;

typedef struct {
  struct timespec time;
} event;

/// Guards everything here, and the launch that runs.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static device **devices;
static int device_count;
static _Thread_local device *current;

/// The thread's last failure.
static _Thread_local struct {
  int32_t status;
  char text[2200];
} last;

static int32_t __attribute__((format(printf, 2, 3))) fail(
    enum status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last.text, sizeof last.text, format, arguments);
  va_end(arguments);
  return last.status = status;
}

static int32_t fail_without_context(void) {
  return fail(invalid_context, "no context is current in this thread");
}

int32_t emulator_device(emulator_settings settings) {
  pthread_mutex_lock(&mutex);
  int32_t ordinal = 0;
  while (ordinal < device_count
         && (devices[ordinal]->settings.seed != settings.seed
             || devices[ordinal]->settings.is_exact != settings.is_exact
            || devices[ordinal]->settings.checks_accesses != settings.checks_accesses))
    ordinal++;
  if (ordinal == device_count) {
    device **grown = realloc(devices, (size_t)(device_count + 1) * sizeof *grown);
    device *made = malloc(sizeof *made);
    if (!grown || !made) abort();
    made->settings = settings;
    devices = grown;
    devices[device_count++] = made;
  }
  pthread_mutex_unlock(&mutex);
  return ordinal;
}

static int32_t init(uint32_t flags) {
  return flags == 0 ? success : fail(invalid_value, "cuInit takes no flags");
}

static int32_t error_name(int32_t status, const char **name) {
  static const struct {
    int32_t status;
    const char *name;
  } names[] = {
      {success, "CUDA_SUCCESS"},
      {invalid_value, "CUDA_ERROR_INVALID_VALUE"},
      {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {invalid_device, "CUDA_ERROR_INVALID_DEVICE"},
      {invalid_image, "CUDA_ERROR_INVALID_IMAGE"},
      {invalid_context, "CUDA_ERROR_INVALID_CONTEXT"},
      {not_found, "CUDA_ERROR_NOT_FOUND"},
      {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {launch_failed, "CUDA_ERROR_LAUNCH_FAILED"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].status == status) return *name = names[i].name, success;
  return invalid_value;
}

static int32_t error_string(int32_t status, const char **text) {
  if (status == success) return *text = "no error", success;
  if (status == last.status) return *text = last.text, success;
  return error_name(status, text);
}

static int32_t count_devices(int32_t *count) {
  pthread_mutex_lock(&mutex);
  *count = device_count;
  pthread_mutex_unlock(&mutex);
  return success;
}

static int32_t check_device(int32_t device) {
  int32_t count;
  count_devices(&count);
  if (0 <= device && device < count) return success;
  return fail(invalid_device, "there are %d emulated devices and none of ordinal %d", count, device);
}

static int32_t device_get(int32_t *device, int32_t ordinal) {
  *device = ordinal;
  return check_device(ordinal);
}

static int32_t device_name(char *name, int32_t size, int32_t device) {
  snprintf(name, (size_t)size, "emulated");
  return check_device(device);
}

static int32_t device_attribute(int32_t *value, int32_t attribute, int32_t device) {
  static const struct {
    int32_t attribute, value;
  } attributes[] = {
      {1, most_threads},        // threads to a block
      {8, 49152},               // bytes of shared memory to a block
      {10, lanes_per_warp},     // threads to a warp
      {12, 65536},              // registers to a block
      {16, 4},                  // multiprocessors
      {39, 2048},               // threads to a multiprocessor
      {75, 9},                  // compute capability
      {76, 0},                  // and its minor number
      {81, 233472},             // bytes of shared memory to a multiprocessor
      {82, 65536},              // registers to a multiprocessor
      {97, most_shared_bytes},  // bytes of shared memory to a block that asks for them
  };
  for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
    if (attributes[i].attribute == attribute)
      return *value = attributes[i].value, check_device(device);
  return fail(invalid_value, "the emulator does not know device attribute %d", attribute);
}

static int32_t context_retain(CUhandle *context, int32_t device) {
  const int32_t status = check_device(device);
  if (status != success) return status;
  pthread_mutex_lock(&mutex);
  *context = (CUhandle)devices[device];
  pthread_mutex_unlock(&mutex);
  return success;
}

static int32_t context_release(int32_t device) { return check_device(device); }

static int32_t context_set_current(CUhandle context) {
  current = (device *)context;
  return success;
}

/// Whether the guards of the current device's buffers are whole.
static int32_t check_guards(void) {
  if (!current) return fail_without_context();
  memory_words damage;
  pthread_mutex_lock(&mutex);
  const bool is_damaged = global_damage(current, &damage);
  pthread_mutex_unlock(&mutex);
  return is_damaged ? fail(illegal_address, "%s", damage.text) : success;
}

static int32_t module_load(CUhandle *result, const void *bytes) {
  module *made = calloc(1, sizeof *made);
  if (!made) return fail(out_of_memory, "no memory for a module");
  const char *failure;
  pthread_mutex_lock(&mutex);
  made->image = image_load(bytes, &failure);
  pthread_mutex_unlock(&mutex);
  if (!made->image) {
    free(made);
    return fail(invalid_image, "%s", failure);
  }
  *result = (CUhandle)made;
  return success;
}

static int32_t module_unload(CUhandle handle) {
  module *unloaded = (module *)handle;
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < unloaded->function_count; i++) {
    free(unloaded->functions[i]->name);
    free(unloaded->functions[i]);
  }
  free(unloaded->functions);
  image_unload(unloaded->image);
  pthread_mutex_unlock(&mutex);
  free(unloaded);
  return success;
}

static int32_t module_function(CUhandle *result, CUhandle handle, const char *name) {
  module *owner = (module *)handle;
  if (strcmp(name, owner->image->device->name) != 0)
    return fail(
        not_found, "the image's entry point is %s, not %s", owner->image->device->name, name);
  pthread_mutex_lock(&mutex);
  function **grown =
      realloc(owner->functions, (size_t)(owner->function_count + 1) * sizeof *grown);
  function *made = malloc(sizeof *made);
  if (!grown || !made) abort();
  *made = (function){owner->image, strdup(name), 49152};
  owner->functions = grown;
  owner->functions[owner->function_count++] = made;
  pthread_mutex_unlock(&mutex);
  *result = (CUhandle)made;
  return success;
}

enum { attribute_most_threads = 0, attribute_most_shared = 8 };

static int32_t function_attribute(int32_t *value, int32_t attribute, CUhandle handle) {
  const function *asked = (const function *)handle;
  *value = attribute == attribute_most_threads  ? most_threads
           : attribute == attribute_most_shared ? asked->most_shared
                                                : 0;
  return success;
}

static int32_t function_set_attribute(CUhandle handle, int32_t attribute, int32_t value) {
  if (attribute != attribute_most_shared) return success;
  if (value < 0 || value > most_shared_bytes)
    return fail(
        invalid_value, "a block may have %d bytes of shared memory, not %d", most_shared_bytes, value);
  ((function *)handle)->most_shared = value;
  return success;
}

static int32_t allocate(CUaddress *address, size_t bytes) {
  if (!current) return fail_without_context();
  if (bytes == 0) return fail(invalid_value, "a buffer of 0 bytes");
  pthread_mutex_lock(&mutex);
  *address = global_allocate(current, bytes);
  pthread_mutex_unlock(&mutex);
  return *address ? success : fail(out_of_memory, "no memory for a buffer of %zu bytes", bytes);
}

static int32_t release(CUaddress address) {
  if (address == 0) return success;
  memory_words damage;
  pthread_mutex_lock(&mutex);
  const bool was_buffer = global_free(address, &damage);
  pthread_mutex_unlock(&mutex);
  if (!was_buffer)
    return fail(invalid_value, "no buffer starts at address 0x%llx", (unsigned long long)address);
  return damage.text[0] ? fail(illegal_address, "%s", damage.text) : success;
}

/// Whether a buffer of the current device holds all these bytes.
static int32_t check_range(CUaddress address, size_t bytes, const char *verb) {
  if (!current) return fail_without_context();
  pthread_mutex_lock(&mutex);
  const bool holds = global_holds(current, address, bytes);
  const memory_words where = global_describe(current, address);
  pthread_mutex_unlock(&mutex);
  if (holds) return success;
  return fail(
      invalid_value, "a copy %s %zu bytes that no buffer holds, from %s on", verb, bytes, where.text);
}

static int32_t copy_to_device(CUaddress to, const void *from, size_t bytes, CUhandle stream) {
  (void)stream;
  const int32_t status = check_range(to, bytes, "writes");
  if (status == success && bytes > 0) memcpy((void *)to, from, bytes);
  return status;
}

static int32_t copy_to_host(void *to, CUaddress from, size_t bytes, CUhandle stream) {
  (void)stream;
  const int32_t status = check_range(from, bytes, "reads");
  if (status == success && bytes > 0) memcpy(to, (const void *)from, bytes);
  return status;
}

static int32_t copy_on_device(CUaddress to, CUaddress from, size_t bytes, CUhandle stream) {
  (void)stream;
  int32_t status = check_range(from, bytes, "reads");
  if (status == success) status = check_range(to, bytes, "writes");
  if (status == success && bytes > 0) memmove((void *)to, (const void *)from, bytes);
  return status;
}

static int32_t fill(CUaddress address, uint8_t value, size_t bytes, CUhandle stream) {
  (void)stream;
  const int32_t status = check_range(address, bytes, "writes");
  if (status == success && bytes > 0) memset((void *)address, value, bytes);
  return status;
}

static int32_t stream_create(CUhandle *stream, uint32_t flags) {
  (void)flags;
  *stream = malloc(1);
  return *stream ? success : fail(out_of_memory, "no memory for a stream");
}

static int32_t stream_destroy(CUhandle stream) {
  free(stream);
  return success;
}

static int32_t stream_synchronize(CUhandle stream) {
  (void)stream;
  return check_guards();
}

static int32_t event_create(CUhandle *made, uint32_t flags) {
  (void)flags;
  *made = calloc(1, sizeof(event));
  return *made ? success : fail(out_of_memory, "no memory for an event");
}

static int32_t event_destroy(CUhandle event) {
  free(event);
  return success;
}

static int32_t event_record(CUhandle recorded, CUhandle stream) {
  (void)stream;
  clock_gettime(CLOCK_MONOTONIC, &((event *)recorded)->time);
  return success;
}

static int32_t event_synchronize(CUhandle event) {
  (void)event;
  return check_guards();
}

static int32_t event_elapsed(float *milliseconds, CUhandle from, CUhandle to) {
  const struct timespec *start = &((event *)from)->time, *end = &((event *)to)->time;
  *milliseconds = (float)((double)(end->tv_sec - start->tv_sec) * 1e3
                          + (double)(end->tv_nsec - start->tv_nsec) * 1e-6);
  return success;
}

static int32_t launch_kernel(
    CUhandle handle, uint32_t groupsX, uint32_t groupsY, uint32_t groupsZ, uint32_t threadsX,
    uint32_t threadsY, uint32_t threadsZ, uint32_t sharedBytes, CUhandle stream, void **parameters,
    void **extra) {
  (void)stream;
  const function *launched = (const function *)handle;
  if (!current) return fail_without_context();
  if (extra) return fail(invalid_value, "parameters are taken from an array of addresses only");
  if (threadsX == 0 || threadsX > most_threads || threadsY != 1 || threadsZ != 1)
    return fail(
        invalid_value, "a block has 1 to %d threads in one row, not %u x %u x %u", most_threads,
        threadsX, threadsY, threadsZ);
  if (groupsX == 0 || groupsY == 0 || groupsZ == 0 || groupsX > INT32_MAX || groupsY > 65535
      || groupsZ > 65535)
    return fail(
        invalid_value, "a launch has 1 to 2147483647 x 65535 x 65535 blocks, not %u x %u x %u",
        groupsX, groupsY, groupsZ);
  if (sharedBytes > (uint32_t)launched->most_shared)
    return fail(
        invalid_value, "the kernel was given leave for %d bytes of shared memory, not %u",
        launched->most_shared, sharedBytes);
  pthread_mutex_lock(&mutex);
  const char *failure = launch_run((launch){
      .image = launched->image,
      .name = launched->name,
      .owner = current,
      .settings = current->settings,
      .groups = {groupsX, groupsY, groupsZ},
      .threads = threadsX,
      .shared_bytes = sharedBytes,
      .parameters = parameters,
  });
  const int32_t status = failure ? fail(launch_failed, "%s", failure) : success;
  pthread_mutex_unlock(&mutex);
  return status;
}

const CUDADriver *emulator_driver(void) {
  static const CUDADriver driver = {
      .init = init,
      .errorName = error_name,
      .errorString = error_string,
      .deviceCount = count_devices,
      .deviceGet = device_get,
      .deviceName = device_name,
      .deviceAttribute = device_attribute,
      .primaryContextRetain = context_retain,
      .primaryContextRelease = context_release,
      .contextSetCurrent = context_set_current,
      .contextSynchronize = check_guards,
      .moduleLoad = module_load,
      .moduleUnload = module_unload,
      .moduleFunction = module_function,
      .functionAttribute = function_attribute,
      .functionSetAttribute = function_set_attribute,
      .memoryAllocate = allocate,
      .memoryFree = release,
      .copyToDevice = copy_to_device,
      .copyToHost = copy_to_host,
      .copyOnDevice = copy_on_device,
      .fill = fill,
      .streamCreate = stream_create,
      .streamDestroy = stream_destroy,
      .streamSynchronize = stream_synchronize,
      .eventCreate = event_create,
      .eventDestroy = event_destroy,
      .eventRecord = event_record,
      .eventSynchronize = event_synchronize,
      .eventElapsed = event_elapsed,
      .launch = launch_kernel,
  };
  return &driver;
}
