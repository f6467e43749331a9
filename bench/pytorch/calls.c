/* Times eqp_solve as a C program calls it, on one thread.
 *
 *   calls rows ROWS COLUMNS ROUNDS     per round, seconds of a batch, of its first row alone, and of all its rows in one call each
 *   calls shapes LARGEST ROUNDS        rows 1 .. 4096 x columns 1024 .. 262144 of at most LARGEST elements:
 *                                      per round and shape, rows, columns and seconds of a call
 *
 * The first line is the instruction set that the loader chose. */
#define _GNU_SOURCE
#include <equipoise.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PERIOD = 1 << 20, ALIGNMENT = 64 };
static const double PI = 3.14159265358979323846, LONG_ENOUGH = 2e-3;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *allocate(size_t bytes) {
  void *memory = aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  if (!memory) {
    fprintf(stderr, "no memory for %zu bytes\n", bytes);
    exit(1);
  }
  return memory;
}

static double uniform(uint64_t *state) { /* (0, 1] by splitmix64 */
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return ((double)((z ^ (z >> 31)) >> 11) + 1) * 0x1p-53;
}

/* Normal numbers, which repeat after PERIOD: what they are does not matter to the time, that they lie in memory of their own does. */
static float *normal(size_t count, uint64_t seed) {
  float *x = allocate(count * sizeof *x);
  for (size_t i = 0; i < count && i < PERIOD; i++) x[i] = (float)(sqrt(-2 * log(uniform(&seed))) * cos(2 * PI * uniform(&seed)));
  for (size_t i = PERIOD; i < count; i += PERIOD) memcpy(x + i, x, (count - i < PERIOD ? count - i : PERIOD) * sizeof *x);
  return x;
}

typedef struct problem {
  float *theta, *target, *q;
  double *alpha;
  eqp_solve_options options;
} problem;

static problem prepare(size_t elements, size_t rows) {
  problem p = {normal(elements, 1), normal(elements, 2), allocate(elements * sizeof(float)), allocate(rows * sizeof(double)), {0}};
  memset(p.q, 0, elements * sizeof(float));
  eqp_solve_options_init(&p.options, sizeof p.options);
  p.options.threads = 1;
  return p;
}

static void solve(const problem *p, int64_t first, int64_t rows, int64_t columns) {
  eqp_matrix theta = {p->theta + first * columns, EQP_F32, rows, columns, 0, 0, 0};
  eqp_matrix target = {p->target + first * columns, EQP_F32, rows, columns, 0, 0, 0};
  eqp_matrix q = {p->q + first * columns, EQP_F32, rows, columns, 0, 0, 0};
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = p->alpha + first, .q = &q};
  if (eqp_solve(&theta, &target, &p->options, &solution) != EQP_OK) {
    fprintf(stderr, "%s\n", eqp_last_error());
    exit(1);
  }
}

/* Seconds of a call, from as many as take long enough to be timed. */
static double seconds(const problem *p, int64_t rows, int64_t columns) {
  solve(p, 0, rows, columns);
  for (int64_t calls = 1;; calls *= 2) {
    double begun = now();
    for (int64_t i = 0; i < calls; i++) solve(p, 0, rows, columns);
    double spent = now() - begun;
    if (spent > LONG_ENOUGH) return spent / (double)calls;
  }
}

static void compare_rows(int64_t rows, int64_t columns, int rounds) {
  problem p = prepare((size_t)(rows * columns), (size_t)rows);
  for (int round = 0; round < rounds; round++) {
    double whole = seconds(&p, rows, columns), one = seconds(&p, 1, columns);
    solve(&p, 0, rows, columns);
    double begun = now();
    for (int64_t row = 0; row < rows; row++) solve(&p, row, 1, columns);
    printf("%.9f %.9f %.9f\n", whole, one, now() - begun);
  }
}

static void sweep_shapes(int64_t largest, int rounds) {
  problem p = prepare((size_t)largest, 4096);
  for (int round = 0; round < rounds; round++)
    for (int64_t columns = 1024; columns <= 262144; columns *= 2)
      for (int64_t rows = 1; rows <= 4096 && rows * columns <= largest; rows *= 4)
        printf("%lld %lld %.9f\n", (long long)rows, (long long)columns, seconds(&p, rows, columns));
}

int main(int count, char **arguments) {
  printf("%s\n", eqp_isa());
  if (count == 5 && !strcmp(arguments[1], "rows"))
    compare_rows(atoll(arguments[2]), atoll(arguments[3]), atoi(arguments[4]));
  else if (count == 4 && !strcmp(arguments[1], "shapes"))
    sweep_shapes(atoll(arguments[2]), atoi(arguments[3]));
  else
    return fprintf(stderr, "use: calls rows ROWS COLUMNS ROUNDS | calls shapes LARGEST ROUNDS\n"), 2;
  return 0;
}
