// path_statistics: a pair whose path is known in closed form, one list for all rows and one per row, and errors that name what is wrong.
#include <cmath>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

constexpr std::int64_t rows = 2;
constexpr std::int64_t columns = 2;
const std::vector<float> theta{0, 2, 0, 2}, target{2, 0, 2, 0};
const std::vector<double> alphas{0, 0.5, 1};

// The mirrored tokens of probability p: at 1/2, q is uniform and Z = 2 sqrt(p (1 - p)).
void a_mirrored_pair_is_known() {
  const double p = 1 / (1 + std::exp(-2.0)), half = std::log(2 * std::sqrt(p * (1 - p)));
  std::vector<double> log_z(rows * 3), kl(rows * 3), ess(rows * 3), entropy(rows * 3);
  std::vector<float> q(rows * 3 * columns);
  std::vector<row_status> status(rows * 3);
  path_outputs to;
  to.log_z = log_z;
  to.kl_theta = kl;
  to.ess_target = ess;
  to.entropy = entropy;
  to.q = {q, rows * 3, columns};
  to.row_status = status;
  path_statistics({theta, rows, columns}, {target, rows, columns}, alphas, {}, to);
  for (std::size_t row = 0; row < rows; row++) {
    const std::size_t i = 3 * row;
    CHECK(status[i] == row_status::ok && std::fabs(log_z[i]) < 1e-14 && std::fabs(log_z[i + 2]) < 1e-14);
    CHECK(std::fabs(log_z[i + 1] - half) < 1e-14 && std::fabs(kl[i + 1] + half) < 1e-14 && std::fabs(kl[i + 2]) < 1e-14);
    CHECK(std::fabs(entropy[i + 1] - std::log(2.0)) < 1e-14 && std::fabs(ess[i] - 1) < 1e-14);
    CHECK(std::fabs(ess[i + 1] - 1 / (2 * (p * p + (1 - p) * (1 - p)))) < 1e-14);
    CHECK(std::fabs(static_cast<double>(q[columns * (i + 1)]) - 0.5) < 1e-6);
  }
}

void a_list_per_row_is_each_row_with_its_list() {
  const std::vector<double> both{0.25, 0.5, 0.5, 0.75};
  std::vector<double> kl(4);
  path_outputs to;
  to.kl_theta = kl;
  path_statistics({theta, rows, columns}, {target, rows, columns}, both, {}, to, true);
  CHECK(kl[1] == kl[2] && kl[0] > kl[1] && kl[2] > kl[3]);
}

void what_is_wrong_is_named() {
  const const_matrix a{theta, rows, columns}, b{target, rows, columns};
  const std::vector<double> off{0.5, 1.5};
  std::vector<double> few(1);
  path_outputs to;
  CHECK(check::contains(check::text_of<invalid_argument>([&] { path_statistics(a, b, off, {}, {}); }), "alphas"));
  to.log_z = few;
  CHECK(check::contains(check::text_of<invalid_argument>([&] { path_statistics(a, b, alphas, {}, to); }), "log_z has 1 elements where 6"));
}

}  // namespace

int main() { return check::run({a_mirrored_pair_is_known, a_list_per_row_is_each_row_with_its_list, what_is_wrong_is_named}); }
