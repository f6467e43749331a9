// solve_many: several policies, a cost, and errors that name what is wrong.
#include <cmath>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

const std::vector<float> a{2, 1, 0, -1, 0.5F, 0.25F}, b{0, 2.5F, 0.5F, -2, 1, 0.5F}, c{1, 0, 1, 3, 0, -1};
constexpr std::int64_t rows = 2;
constexpr std::int64_t columns = 3;

std::vector<const_matrix> policies() { return {{a, rows, columns}, {b, rows, columns}, {c, rows, columns}}; }

void kls_are_equal_where_beta_is_above_0() {
  const auto all = policies();
  std::vector<double> beta(rows * 3), kl(rows * 3), log_z(rows), residual(rows), q(rows * columns), log_q(rows * columns);
  std::vector<std::int32_t> iterations(rows);
  std::vector<row_status> status(rows);
  many_outputs to;
  to.beta = beta;
  to.kl = kl;
  to.log_z = log_z;
  to.residual = residual;
  to.q = matrix(q, rows, columns);
  to.log_q = matrix(log_q, rows, columns);
  to.iterations = iterations;
  to.row_status = status;
  solve_many(all, many_options().tolerance(1e-10).max_iterations(60).threads(1).valid_columns(columns).scores(scores::logits), to);
  for (std::size_t row = 0; row < rows; row++) {
    double sum = 0, mass = 0, largest = 0;
    for (std::size_t i = 0; i < 3; i++) {
      sum += beta[3 * row + i];
      mass += q[columns * row + i];
      largest = std::fmax(largest, kl[3 * row + i]);
      CHECK(std::fabs(std::exp(log_q[columns * row + i]) - q[columns * row + i]) < 1e-14);
    }
    for (std::size_t i = 0; i < 3; i++) CHECK(beta[3 * row + i] == 0 || largest - kl[3 * row + i] <= 1e-10);
    CHECK(std::fabs(sum - 1) < 1e-13 && std::fabs(mass - 1) < 1e-13 && std::fabs(largest + log_z[row]) < 1e-9);
    CHECK(residual[row] <= 1e-10 && iterations[row] > 1 && status[row] == row_status::ok);
  }
}

void a_cost_moves_q_away_from_what_is_dear() {
  const auto all = policies();
  const std::vector<double> cost{0, 0, 4}, weights{0, 1};
  const std::vector<std::uint8_t> mask{1, 1};
  std::vector<double> q(rows * columns), free(rows * columns);
  many_outputs to;
  to.q = matrix(free, rows, columns);
  solve_many(all, {}, to);
  to.q = matrix(q, rows, columns);
  solve_many(all, many_options().cost({cost, 1, columns}, 1).row_cost_weight(weights).row_mask(mask), to);
  CHECK(q[2] == free[2] && q[5] < free[5]);
}

void errors_name_what_is_wrong() {
  const auto one = std::vector<const_matrix>{{a, rows, columns}};
  CHECK(check::contains(check::text_of<invalid_argument>([&] { solve_many(one, {}, {}); }), "count is 1"));
  const std::vector<const_matrix> many(17, one[0]);
  CHECK(check::contains(check::text_of<invalid_argument>([&] { solve_many(many, {}, {}); }), "count is 17"));
  std::vector<double> beta(5);
  many_outputs to;
  to.beta = beta;
  CHECK(check::contains(check::text_of<invalid_argument>([&] { solve_many(policies(), {}, to); }), "beta has 5 elements where 6"));
  const std::vector<double> cost(columns);
  CHECK(check::contains(check::text_of<invalid_argument>([&] {
                          solve_many(policies(), many_options().cost({cost, 1, columns}, -1), {});
                        }),
                        "cost_weight is -1"));
}

}  // namespace

int main() { return check::run({kls_are_equal_where_beta_is_above_0, a_cost_moves_q_away_from_what_is_dear, errors_name_what_is_wrong}); }
