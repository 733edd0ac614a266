// The fastest arithmetic and the fastest way through memory there is, to hold the kernels against.

enum { CHAINS = 12 };

/// Multiply-adds that stay in registers; returns how many operations these were.
static long peak(long rounds) {
  volatile T half = (T)0.5;  // else the compiler finds fixed points
  vec x[CHAINS], a = splat(half), b = splat(half), sum = {0};
  for (int i = 0; i < CHAINS; i++) x[i] = splat(i);
  for (long n = 0; n < rounds; n++) {
    for (int i = 0; i < CHAINS; i++) x[i] = x[i] * a + b;
  }
  for (int i = 0; i < CHAINS; i++) sum += x[i];
  volatile T sink = total(sum);
  (void)sink;
  return rounds * CHAINS * LANES * 2;
}

/// Reads and writes every number once.
static void update(void *numbers, long count) {
  T *x = numbers;
  const vec half = splat((T)0.5);
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, load(x + i, LANES) * half + half, LANES);
  if (i < count) store(x + i, load(x + i, count - i) * half + half, count - i);
}
