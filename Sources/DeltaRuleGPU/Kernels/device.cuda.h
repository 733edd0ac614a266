// The words of the kernels in CUDA C++, for compute capability 8.0 and newer.
#define KERNEL extern "C" __global__ __launch_bounds__(NT, BLOCKS_AT_ONCE)
#define FN [[maybe_unused]] static __device__ __forceinline__
#define UNROLL _Pragma("unroll")
#define GLOBAL
#define LOCAL
#define RESTRICT __restrict__
#define OFFSET long long
#define BARRIER() __syncthreads()
#define WARP_BARRIER() __syncwarp()
// A named barrier, 1 to 15, of so many threads: some only announce themselves, the others wait for all.
#define ARRIVE(name, threads) asm volatile("bar.arrive %0, %1;" ::"r"(name), "n"(threads) : "memory")
#define AWAIT(name, threads) asm volatile("bar.sync %0, %1;" ::"r"(name), "n"(threads) : "memory")
// Registers of a warp's threads from here on; a kernel's warpgroups, of four warps, exchange them.
#define REGISTERS_UP(n) asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(n))
#define REGISTERS_DOWN(n) asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(n))
#define THREAD ((int)threadIdx.x)
#define GROUP_X ((int)blockIdx.x)
#define GROUP_Y ((int)blockIdx.y)
#define GROUP_Z ((int)blockIdx.z)
extern __shared__ __align__(1024) float shared_memory[];
#define ARENA(name) float *name = shared_memory
#define SQUARE_ROOT(x) __fsqrt_rn(x)

// Sixteen bytes, moved by one instruction.
struct __align__(16) Words { unsigned word[4]; };

FN unsigned in_shared(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }

FN unsigned to_tf32(float x)
{
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}

FN void mma_tf32(float *d, const unsigned *a, const unsigned *b)
{
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

FN void mma_bf16(float *d, const unsigned *a, const unsigned *b)
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

FN void mma_f16(float *d, const unsigned *a, const unsigned *b)
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

FN void load_matrix_4(unsigned *r, const void *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(in_shared(row)) : "memory");
}

FN void load_matrix_4_transposed(unsigned *r, const void *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(in_shared(row)) : "memory");
}

FN void store_matrix_4_transposed(void *row, const unsigned *r)
{
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1,%2,%3,%4};"
        :: "r"(in_shared(row)), "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]) : "memory");
}

FN void copy_async_16(void *shared, const void *global, int valid)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
        :: "r"(in_shared(shared)), "l"(__cvta_generic_to_global(global)), "r"(valid ? 16 : 0) : "memory");
}

FN void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
#define copy_async_wait(n) asm volatile("cp.async.wait_group %0;" :: "n"(n) : "memory")

FN float from_bf16(unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }

FN unsigned short to_bf16(float x)
{
    unsigned short bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}

FN float from_f16(unsigned short bits)
{
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
}

FN unsigned short to_f16(float x)
{
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}

FN unsigned pack_bf16(float low, float high)
{
    unsigned y;
    asm volatile("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low));
    return y;
}

FN float shuffle_xor(float x, int lanes) { return __shfl_xor_sync(0xffffffffu, x, lanes); }
