// What a kernel's text takes from the device, over the emulator's runtime: the words of device.cuda.h with bodies that
// run on this processor. Freestanding C++17 for clang.

typedef __SIZE_TYPE__ size_t;
typedef __UINTPTR_TYPE__ emulated_address;

// The runtime's `device_interface`, field by field. It is filled after the image is loaded.
struct emulated_interface {
  size_t size;
  const char *name, *text;
  const char *image_start, *image_end;
  void (*entry)(void **);
  int parameter_count;
  const void *(*pointer)(void **, int);
  int exact, thread, group[3];
  char *shared;
  emulated_address stack_start, stack_size;
  void (*access)(const void *address, size_t size, int writes, const void *place);
  void (*barrier)(int line);
  void (*warp)(int operation, void *operands, int line);
  void (*copy)(void *shared, const void *global, int valid, int line);
  void (*copy_commit)();
  void (*copy_wait)(int groups);
  float (*exp)(float), (*exp2)(float), (*log)(float), (*log2)(float), (*fma)(float, float, float);
};
extern "C" __attribute__((visibility("protected"), used)) emulated_interface emulated;

#define KERNEL extern "C" __attribute__((visibility("hidden"), noinline))
#define FN static inline
#define UNROLL _Pragma("unroll")
#define GLOBAL
#define LOCAL
#define OFFSET long long
#define RESTRICT __restrict
#define THREAD (emulated.thread)
#define GROUP_X (emulated.group[0])
#define GROUP_Y (emulated.group[1])
#define GROUP_Z (emulated.group[2])
#define ARENA(name) float *name = (float *)emulated.shared
#define SQUARE_ROOT(x) __builtin_sqrtf(x)
#define BARRIER() emulated.barrier(__builtin_LINE())

// Bits

FN unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
FN float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
FN int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
FN float __int_as_float(int x) { return __builtin_bit_cast(float, x); }

/// The ten leading bits of the fraction, ties away from zero, as cvt.rna does; all of them in exact mode. What is not a number
/// loses the others, as on an H100: of some nothing but infinity remains.
FN unsigned to_tf32(float x) {
  unsigned u = __float_as_uint(x);
  if (emulated.exact) return u;
  if ((u & 0x7fffffffu) > 0x7f800000u) return u & 0xffffe000u;
  return (u + 0x1000u) & 0xffffe000u;
}

FN float from_bf16(unsigned short x) { return __uint_as_float((unsigned)x << 16); }
FN unsigned short to_bf16(float x) {
  unsigned u = __float_as_uint(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return (unsigned short)(u >> 16 | 0x40u);
  return (unsigned short)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}
FN unsigned pack_bf16(float low, float high) { return to_bf16(low) | (unsigned)to_bf16(high) << 16; }

FN float from_f16(unsigned short x) {
  unsigned sign = (x & 0x8000u) << 16, rest = x & 0x7fffu;
  if (rest >= 0x7c00u) return __uint_as_float(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
  if (rest < 0x400u) return __uint_as_float(sign | __float_as_uint((float)rest * 0x1p-24f));
  return __uint_as_float(sign | ((rest << 13) + (112u << 23)));
}
FN unsigned short to_f16(float x) {
  unsigned u = __float_as_uint(x), sign = u >> 16 & 0x8000u, rest = u & 0x7fffffffu;
  if (rest > 0x7f800000u) return (unsigned short)(sign | 0x7e00u | (rest >> 13 & 0x3ffu));
  if (rest >= 0x477ff000u) return (unsigned short)(sign | 0x7c00u);
  if (rest < 0x38800000u)  // 0.5 has units of 2^-24 in its last place, so the sum is rounded to f16's subnormals
    return (unsigned short)(sign | (__float_as_uint(__uint_as_float(rest) + 0.5f) - 0x3f000000u));
  return (unsigned short)(sign | (rest - (112u << 23) + 0xfffu + (rest >> 13 & 1u)) >> 13);
}

// Arithmetic

FN float sqrtf(float x) { return __builtin_sqrtf(x); }
FN float rsqrtf(float x) { return 1.0f / __builtin_sqrtf(x); }
FN float fabsf(float x) { return __builtin_fabsf(x); }
FN float fmaxf(float x, float y) { return x > y || y != y ? x : y; }
FN float fminf(float x, float y) { return x < y || y != y ? x : y; }
FN float fmaf(float x, float y, float z) { return emulated.fma(x, y, z); }
FN float expf(float x) { return emulated.exp(x); }
FN float exp2f(float x) { return emulated.exp2(x); }
FN float logf(float x) { return emulated.log(x); }
FN float log2f(float x) { return emulated.log2(x); }
FN int min(int x, int y) { return x < y ? x : y; }
FN int max(int x, int y) { return x > y ? x : y; }

// Vectors. They are loaded and stored whole, so that the alignment the device asks for is checked, at the line that asks
// for it.

#define EMULATED_WHOLE __attribute__((always_inline, nodebug))

#define EMULATED_VECTOR_2(T, name)                                                                       \
  struct alignas(8) name {                                                                               \
    typedef T whole __attribute__((vector_size(8), may_alias));                                          \
    T x, y;                                                                                              \
    name() = default;                                                                                    \
    name(T x, T y) : x(x), y(y) {}                                                                       \
    EMULATED_WHOLE name(const name &v) { *(whole *)this = *(const whole *)&v; }                          \
    EMULATED_WHOLE name &operator=(const name &v) { return *(whole *)this = *(const whole *)&v, *this; } \
  };                                                                                                     \
  FN name make_##name(T x, T y) { return name(x, y); }
#define EMULATED_VECTOR_4(T, name)                                                                       \
  struct alignas(16) name {                                                                              \
    typedef T whole __attribute__((vector_size(16), may_alias));                                         \
    T x, y, z, w;                                                                                        \
    name() = default;                                                                                    \
    name(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}                                                 \
    EMULATED_WHOLE name(const name &v) { *(whole *)this = *(const whole *)&v; }                          \
    EMULATED_WHOLE name &operator=(const name &v) { return *(whole *)this = *(const whole *)&v, *this; } \
  };                                                                                                     \
  FN name make_##name(T x, T y, T z, T w) { return name(x, y, z, w); }
EMULATED_VECTOR_2(float, float2)
EMULATED_VECTOR_2(int, int2)
EMULATED_VECTOR_2(unsigned, uint2)
EMULATED_VECTOR_4(float, float4)
EMULATED_VECTOR_4(int, int4)
EMULATED_VECTOR_4(unsigned, uint4)

struct alignas(16) Words {
  typedef unsigned whole __attribute__((vector_size(16), may_alias));
  unsigned word[4];
  Words() = default;
  EMULATED_WHOLE Words(const Words &v) { *(whole *)this = *(const whole *)&v; }
  EMULATED_WHOLE Words &operator=(const Words &v) { return *(whole *)this = *(const whole *)&v, *this; }
};

// Operations of a warp: the runtime carries one out when all lanes have brought their operands.

struct emulated_product {
  float d[4];
  unsigned a[4], b[2];
};
enum {
  emulated_tf32,
  emulated_bf16,
  emulated_f16,
  emulated_rows,
  emulated_columns,
  emulated_columns_back,
  emulated_shuffle,
  emulated_lanes,
  emulated_arrive,
  emulated_await,
  emulated_up,
  emulated_down
};

FN void emulated_multiply(int operation, float *d, const unsigned *a, const unsigned *b, int line) {
  emulated_product p = {{d[0], d[1], d[2], d[3]}, {a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  emulated.warp(operation, &p, line);
  for (int i = 0; i < 4; i++) d[i] = p.d[i];
}
FN void mma_tf32(float *d, const unsigned *a, const unsigned *b, int line = __builtin_LINE()) {
  emulated_multiply(emulated_tf32, d, a, b, line);
}
FN void mma_bf16(float *d, const unsigned *a, const unsigned *b, int line = __builtin_LINE()) {
  emulated_multiply(emulated_bf16, d, a, b, line);
}
FN void mma_f16(float *d, const unsigned *a, const unsigned *b, int line = __builtin_LINE()) {
  emulated_multiply(emulated_f16, d, a, b, line);
}

struct emulated_row {
  const void *row;
  unsigned r[4];
};
FN void emulated_load_matrix(int operation, unsigned *r, const void *row, int line) {
  emulated_row load = {row, {}};
  emulated.warp(operation, &load, line);
  for (int i = 0; i < 4; i++) r[i] = load.r[i];
}
FN void load_matrix_4(unsigned *r, const void *row, int line = __builtin_LINE()) {
  emulated_load_matrix(emulated_rows, r, row, line);
}
FN void load_matrix_4_transposed(unsigned *r, const void *row, int line = __builtin_LINE()) {
  emulated_load_matrix(emulated_columns, r, row, line);
}

FN void store_matrix_4_transposed(void *row, const unsigned *r, int line = __builtin_LINE()) {
  emulated_row store = {row, {r[0], r[1], r[2], r[3]}};
  emulated.warp(emulated_columns_back, &store, line);
}

struct emulated_exchange {
  float value;
  int mask;
};
FN float shuffle_xor(float value, int mask, int line = __builtin_LINE()) {
  emulated_exchange exchange = {value, mask};
  emulated.warp(emulated_shuffle, &exchange, line);
  return exchange.value;
}

#define WARP_BARRIER() emulated.warp(emulated_lanes, nullptr, __builtin_LINE())

/// What CUDA wants to be constant.
template <int number> constexpr int emulated_constant = number;

struct emulated_meeting {
  int name, threads;
};
FN void emulated_meet(int operation, int name, int threads, int line) {
  emulated_meeting meeting = {name, threads};
  emulated.warp(operation, &meeting, line);
}
#define ARRIVE(name, threads) \
  emulated_meet(emulated_arrive, name, emulated_constant<(threads)>, __builtin_LINE())
#define AWAIT(name, threads) \
  emulated_meet(emulated_await, name, emulated_constant<(threads)>, __builtin_LINE())

FN void emulated_registers(int operation, int count, int line) {
  emulated.warp(operation, &count, line);
}
#define REGISTERS_UP(n) emulated_registers(emulated_up, emulated_constant<(n)>, __builtin_LINE())
#define REGISTERS_DOWN(n) emulated_registers(emulated_down, emulated_constant<(n)>, __builtin_LINE())

// Asynchronous copies

FN void copy_async_16(void *shared, const void *global, int valid, int line = __builtin_LINE()) {
  emulated.copy(shared, global, valid, line);
}
FN void copy_async_commit(void) { emulated.copy_commit(); }
FN void copy_async_wait(int groups) { emulated.copy_wait(groups); }

// Entry points: `emulated_enter` calls one with parameters that lie where a launch's array of addresses says.

template <unsigned... indices> struct emulated_indices {};
template <class T, T... indices> using emulated_sequence = emulated_indices<indices...>;

#define EMULATED_UNCHECKED __attribute__((no_sanitize("kernel-address")))

template <class... Parameters, unsigned... indices>
EMULATED_UNCHECKED inline void emulated_call(void (*kernel)(Parameters...), void **parameters,
                                             emulated_indices<indices...>) {
  kernel(*(Parameters *)parameters[indices]...);
}
template <class... Parameters>
EMULATED_UNCHECKED inline void emulated_enter(void (*kernel)(Parameters...), void **parameters) {
  emulated_call(kernel, parameters,
                __make_integer_seq<emulated_sequence, unsigned, sizeof...(Parameters)>());
}

template <class... Parameters> constexpr int emulated_count(void (*)(Parameters...)) {
  return sizeof...(Parameters);
}
template <class T> EMULATED_UNCHECKED inline const void *emulated_value(T *const *parameter) {
  return *parameter;
}
inline const void *emulated_value(const void *) { return nullptr; }
template <class... Parameters>
EMULATED_UNCHECKED inline const void *emulated_pointer(void (*)(Parameters...), void **parameters,
                                                       int index) {
  const void *value = nullptr;
  int i = 0;
  ((value = i == index ? emulated_value((Parameters *)parameters[i]) : value, i++), ...);
  return value;
}

// Every load and store, where the compiler is asked to report them.

#define EMULATED_REPORT(size)                                                                   \
  __attribute__((used)) void __asan_load##size##_noabort(emulated_address address) {            \
    if (address - emulated.stack_start < emulated.stack_size) return;                           \
    emulated.access((const void *)address, size, 0, __builtin_return_address(0));               \
  }                                                                                             \
  __attribute__((used)) void __asan_store##size##_noabort(emulated_address address) {           \
    if (address - emulated.stack_start < emulated.stack_size) return;                           \
    emulated.access((const void *)address, size, 1, __builtin_return_address(0));               \
  }
#pragma GCC visibility push(hidden)
extern "C" {
EMULATED_REPORT(1)
EMULATED_REPORT(2)
EMULATED_REPORT(4)
EMULATED_REPORT(8)
EMULATED_REPORT(16)
__attribute__((used)) void __asan_loadN_noabort(emulated_address address, size_t size) {
  if (address - emulated.stack_start < emulated.stack_size) return;
  emulated.access((const void *)address, size, 0, __builtin_return_address(0));
}
__attribute__((used)) void __asan_storeN_noabort(emulated_address address, size_t size) {
  if (address - emulated.stack_start < emulated.stack_size) return;
  emulated.access((const void *)address, size, 1, __builtin_return_address(0));
}
__attribute__((used)) void *__asan_memcpy(void *to, const void *from, size_t size) {
  if ((emulated_address)from - emulated.stack_start >= emulated.stack_size)
    emulated.access(from, size, 0, __builtin_return_address(0));
  if ((emulated_address)to - emulated.stack_start >= emulated.stack_size)
    emulated.access(to, size, 1, __builtin_return_address(0));
  return __builtin_memcpy(to, from, size);
}
__attribute__((used)) void *__asan_memmove(void *to, const void *from, size_t size) {
  if ((emulated_address)from - emulated.stack_start >= emulated.stack_size)
    emulated.access(from, size, 0, __builtin_return_address(0));
  if ((emulated_address)to - emulated.stack_start >= emulated.stack_size)
    emulated.access(to, size, 1, __builtin_return_address(0));
  return __builtin_memmove(to, from, size);
}
__attribute__((used)) void *__asan_memset(void *to, int value, size_t size) {
  if ((emulated_address)to - emulated.stack_start >= emulated.stack_size)
    emulated.access(to, size, 1, __builtin_return_address(0));
  return __builtin_memset(to, value, size);
}
__attribute__((used)) void __asan_handle_no_return() {}
}
#pragma GCC visibility pop
