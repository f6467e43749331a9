/* A program of a stranger: solves one row and looks whether the answer is one. Prints the library's instruction set. */
#include <equipoise.h>
#include <math.h>
#include <stdio.h>

int main(void) {
  float theta[4] = {1.0f, 0.0f, -1.0f, 2.0f}, target[4] = {0.0f, 1.5f, 0.5f, -1.0f}, q[4];
  double alpha, kl_theta, kl_target;
  eqp_matrix theta_view = {.data = theta, .dtype = EQP_F32, .rows = 1, .columns = 4};
  eqp_matrix target_view = {.data = target, .dtype = EQP_F32, .rows = 1, .columns = 4};
  eqp_matrix q_view = {.data = q, .dtype = EQP_F32, .rows = 1, .columns = 4};
  eqp_solution solution = {.struct_size = sizeof solution, .alpha = &alpha, .q = &q_view, .kl_theta = &kl_theta, .kl_target = &kl_target};
  if (eqp_solve(&theta_view, &target_view, NULL, &solution) != EQP_OK) {
    fprintf(stderr, "%s\n", eqp_last_error());
    return 1;
  }
  if (!(alpha > 0 && alpha < 1 && kl_theta > 0 && fabs(kl_theta - kl_target) < 1e-5 && fabsf(q[0] + q[1] + q[2] + q[3] - 1) < 1e-5f)) {
    fprintf(stderr, "alpha %g, KLs %g and %g\n", alpha, kl_theta, kl_target);
    return 1;
  }
  puts(eqp_isa());
  return 0;
}
