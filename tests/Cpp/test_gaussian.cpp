// solve_gaussian: variances, covariances, and a covariance that is none.
#include <cmath>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

constexpr std::int64_t rows = 2;
constexpr std::int64_t size = 2;
const std::vector<float> mean_theta{0, 1, 2, 3}, mean_target{1, 1, 0, -1};
const std::vector<double> variances{1, 2, 0.5, 1}, others{2, 2, 1, 0.25};

gaussians diagonal() { return {{mean_theta, rows, size}, {variances, rows, size}, {mean_target, rows, size}, {others, rows, size}}; }

void every_output_is_written() {
  std::vector<double> alpha(rows), mean(rows * size), cov(rows * size), log_z(rows), kl_theta(rows), kl_target(rows), ess_theta(rows),
      ess_target(rows), residual(rows);
  std::vector<std::int32_t> iterations(rows);
  std::vector<row_status> status(rows);
  const std::vector<std::uint8_t> mask{1, 1};
  gaussian_outputs to;
  to.alpha = alpha;
  to.mean = mean;
  to.cov = cov;
  to.log_z = log_z;
  to.kl_theta = kl_theta;
  to.kl_target = kl_target;
  to.ess_theta = ess_theta;
  to.ess_target = ess_target;
  to.residual = residual;
  to.iterations = iterations;
  to.row_status = status;
  solve_gaussian(diagonal(), gaussian_options().tolerance(1e-10).max_iterations(40).threads(1).row_mask(mask), to);
  for (std::size_t row = 0; row < rows; row++) {
    CHECK(status[row] == row_status::ok && iterations[row] > 1 && alpha[row] > 0 && alpha[row] < 1);
    CHECK(std::fabs(kl_theta[row] - kl_target[row]) <= 1e-9 && std::fabs(kl_theta[row] + log_z[row]) <= 1e-9 && residual[row] <= 1e-9);
    CHECK(ess_theta[row] >= 0 && ess_theta[row] < 1 && ess_target[row] >= 0 && ess_target[row] < 1);
    for (std::size_t i = size * row; i < size * (row + 1); i++) {
      const double precision = alpha[row] / variances[i] + (1 - alpha[row]) / others[i];
      const double pull = alpha[row] * static_cast<double>(mean_theta[i]) / variances[i] +
                          (1 - alpha[row]) * static_cast<double>(mean_target[i]) / others[i];
      CHECK(std::fabs(cov[i] * precision - 1) < 1e-12 && std::fabs(mean[i] - pull / precision) < 1e-12);
    }
  }
}

void a_covariance_that_is_none_is_named() {
  const std::vector<double> singular{1, 0, 0, 1, 1, 1, 1, 1}, unit{1, 0, 0, 1, 1, 0, 0, 1};
  const gaussians bad{{mean_theta, rows, size}, {unit, rows, 4}, {mean_target, rows, size}, {singular, rows, 4}};
  const std::string text = check::text_of<invalid_argument>([&] { solve_gaussian(bad, {}, {}); });
  CHECK(check::contains(text, "cov_target is not positive definite in row 1"));
  std::vector<double> mean(3);
  gaussian_outputs to;
  to.mean = mean;
  CHECK(check::contains(check::text_of<invalid_argument>([&] { solve_gaussian(diagonal(), {}, to); }), "mean has 3 elements where 4"));
}

}  // namespace

int main() { return check::run({every_output_is_written, a_covariance_that_is_none_is_named}); }
