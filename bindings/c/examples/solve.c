/* Two prompts, a vocabulary of four: the distribution q* that is equally far from the current policy and from the target. */
#include <equipoise.h>
#include <stdio.h>

enum { ROWS = 2, COLUMNS = 4 };

int main(void) {
  float theta[ROWS][COLUMNS] = {{2.0f, 1.0f, 0.0f, -1.0f}, {0.5f, 0.5f, 3.0f, 0.0f}};  /* logits of pi_theta */
  float target[ROWS][COLUMNS] = {{0.0f, 2.5f, 0.5f, -2.0f}, {0.5f, 2.0f, 1.0f, 0.0f}}; /* logits of pi_t */
  float q[ROWS][COLUMNS];
  double alpha[ROWS], kl_theta[ROWS], kl_target[ROWS];

  eqp_matrix theta_view = {.data = theta, .dtype = EQP_F32, .rows = ROWS, .columns = COLUMNS};
  eqp_matrix target_view = {.data = target, .dtype = EQP_F32, .rows = ROWS, .columns = COLUMNS};
  eqp_matrix q_view = {.data = q, .dtype = EQP_F32, .rows = ROWS, .columns = COLUMNS};
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = alpha, .q = &q_view, .kl_theta = kl_theta, .kl_target = kl_target};

  if (eqp_solve(&theta_view, &target_view, NULL, &solution) != EQP_OK) {
    fprintf(stderr, "%s\n", eqp_last_error());
    return 1;
  }

  printf("row  alpha*   KL(q*||theta)  KL(q*||target)  q*\n");
  for (int row = 0; row < ROWS; row++) {
    printf("%3d  %.4f  %14.6f  %14.6f ", row, alpha[row], kl_theta[row], kl_target[row]);
    for (int column = 0; column < COLUMNS; column++) printf(" %.4f", q[row][column]);
    printf("\n");
  }
  return 0;
}
