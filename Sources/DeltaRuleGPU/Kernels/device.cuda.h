// The words of the kernels in CUDA C++, for compute capability 8.0 and newer.
#define KERNEL extern "C" __global__ __launch_bounds__(NT, 1)
#define FN static __device__ __forceinline__
#define UNROLL _Pragma("unroll")
#define GLOBAL
#define LOCAL
#define RESTRICT __restrict__
#define OFFSET long long
#define BARRIER() __syncthreads()
#define THREAD ((int)threadIdx.x)
#define GROUP_X ((int)blockIdx.x)
#define GROUP_Y ((int)blockIdx.y)
#define GROUP_Z ((int)blockIdx.z)
extern __shared__ __align__(1024) float shared_memory[];
#define ARENA(name) float *name = shared_memory
#define SQUARE_ROOT(x) __fsqrt_rn(x)

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
