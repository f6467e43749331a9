/* One vocabulary over four processes, as tensor parallelism splits it: each sums its own columns, all gather the records as MPI_Allgather
 * would lay them out, and all merge them in the order of the ranks. Every process then has the same alpha, to the bit, without a logit
 * having left its process. Here the processes are four buffers, and the gathering is a memcpy. */
#include <equipoise.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANKS = 4, ROWS = 2, COLUMNS = 1000 };

/* What is the process's own. */
typedef struct process {
  int64_t first, columns;                         /* its share of the vocabulary */
  double records[ROWS][EQP_PARTIAL_SIZE];         /* what it knows: first of its columns, then of all */
  double gathered[RANKS][ROWS][EQP_PARTIAL_SIZE]; /* what all know */
  double alpha[ROWS], log_z[ROWS];
  int32_t status[ROWS];
} process;

static float theta[ROWS][COLUMNS], target[ROWS][COLUMNS];
static process world[RANKS];

static void check(eqp_status status) {
  if (status == EQP_OK) return;
  fprintf(stderr, "%s\n", eqp_last_error());
  exit(1);
}

static void make_logits(void) {
  for (int row = 0; row < ROWS; row++) {
    for (int column = 0; column < COLUMNS; column++) {
      theta[row][column] = 3.0f * sinf(0.37f * (float)(column + 1) * (float)(row + 1));
      target[row][column] = 3.0f * cosf(0.53f * (float)(column + 2) * (float)(row + 1));
    }
  }
}

/* The process's columns: a view of every row. */
static eqp_matrix shard_of(float *logits, const process *self) {
  return (eqp_matrix){.data = logits + self->first, .dtype = EQP_F32, .rows = ROWS, .columns = self->columns, .row_stride = COLUMNS};
}

static void sum_own_columns(process *self) {
  if (self->columns == 0) return; /* a record of zeros is a row of which nothing has been met */
  eqp_matrix a = shard_of(*theta, self), b = shard_of(*target, self);
  check(eqp_partial_statistics(&a, &b, NULL, *self->records));
}

/* MPI_Allgather(self->records, ROWS * EQP_PARTIAL_SIZE, MPI_DOUBLE, self->gathered, ROWS * EQP_PARTIAL_SIZE, MPI_DOUBLE, group) */
static void all_gather(void) {
  for (int to = 0; to < RANKS; to++) {
    for (int from = 0; from < RANKS; from++) memcpy(world[to].gathered[from], world[from].records, sizeof world[from].records);
  }
}

/* The same operations in the same order everywhere: the same bits everywhere. */
static void merge_and_solve(process *self) {
  memcpy(self->records, self->gathered[0], sizeof self->records);
  for (int rank = 1; rank < RANKS; rank++) check(eqp_partial_merge(*self->gathered[rank], ROWS, *self->records));
  eqp_partial_solution found = {.struct_size = sizeof found, .alpha = self->alpha, .log_z = self->log_z, .row_status = self->status};
  check(eqp_partial_solve(*self->records, ROWS, NULL, &found));
}

int main(void) {
  const int64_t ends[RANKS + 1] = {0, 300, 300, 310, COLUMNS};
  make_logits();
  for (int rank = 0; rank < RANKS; rank++) {
    world[rank].first = ends[rank];
    world[rank].columns = ends[rank + 1] - ends[rank];
    sum_own_columns(&world[rank]);
  }
  all_gather();
  for (int rank = 0; rank < RANKS; rank++) merge_and_solve(&world[rank]);

  double whole[ROWS];
  eqp_matrix a = {.data = theta, .dtype = EQP_F32, .rows = ROWS, .columns = COLUMNS}, b = a;
  b.data = target;
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = whole};
  check(eqp_solve(&a, &b, NULL, &solution));

  printf("row  alpha*      log Z       ranks agree  from the whole row\n");
  for (int row = 0; row < ROWS; row++) {
    int agree = 1;
    for (int rank = 1; rank < RANKS; rank++) agree &= memcmp(&world[rank].alpha[row], &world[0].alpha[row], sizeof(double)) == 0;
    printf("%3d  %.8f  %.8f  %-11s  %.1e\n", row, world[0].alpha[row], world[0].log_z[row], agree ? "to the bit" : "NO",
           fabs(world[0].alpha[row] - whole[row]));
  }
  return 0;
}
