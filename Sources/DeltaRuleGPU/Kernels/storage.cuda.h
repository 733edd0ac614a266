// How the numbers of a tensor lie in memory.
#if STORAGE == FLOAT32
typedef float STORED;
#define LOAD(from, i) ((from)[i])
#define STORE(to, i, x) ((to)[i] = (x))
#elif STORAGE == FLOAT16
typedef unsigned short STORED;
#define LOAD(from, i) from_f16((from)[i])
#define STORE(to, i, x) ((to)[i] = to_f16(x))
#else
typedef unsigned short STORED;
#define LOAD(from, i) from_bf16((from)[i])
#define STORE(to, i, x) ((to)[i] = to_bf16(x))
#endif
