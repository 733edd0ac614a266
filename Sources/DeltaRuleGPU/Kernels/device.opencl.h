// The words of the kernels in OpenCL C 1.2.
#define KERNEL __kernel __attribute__((reqd_work_group_size(NT, 1, 1)))
#define FN static inline
#define UNROLL
#define GLOBAL __global
#define LOCAL __local
#define RESTRICT restrict
#define OFFSET long
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define THREAD ((int)get_local_id(0))
#define GROUP_X ((int)get_group_id(0))
#define GROUP_Y ((int)get_group_id(1))
#define GROUP_Z ((int)get_group_id(2))
#define ARENA(name) __local float name[ARENA_FLOATS]
#define SQUARE_ROOT(x) sqrt(x)

#if STORAGE == FLOAT32
typedef float STORED;
#define LOAD(from, i) ((from)[i])
#define STORE(to, i, x) ((to)[i] = (x))
#elif STORAGE == FLOAT16
typedef half STORED;
#define LOAD(from, i) vload_half(i, from)
#define STORE(to, i, x) vstore_half_rte(x, i, to)
#else
typedef ushort STORED;
#define LOAD(from, i) as_float((uint)(from)[i] << 16)
#define STORE(to, i, x) ((to)[i] = to_bf16(x))
FN ushort to_bf16(float x)
{
    uint bits = as_uint(x);
    return isnan(x) ? 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
#endif
