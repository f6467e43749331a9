// A teacher known by its top K through the C++ header.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

constexpr std::int64_t rows = 2, columns = 50, k = 3;

const std::vector<std::int64_t> ids{4, 9, -1, 0, 49, 17};
const std::vector<double> log_probs{std::log(0.5), std::log(0.25), 0, std::log(0.4), std::log(0.3), std::log(0.2)};

std::vector<float> logits() {
  std::vector<float> values(rows * columns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.37f * static_cast<float>(i));
  return values;
}

void q_and_its_tail_sum_to_one() {
  const auto theta = logits();
  std::vector<double> alpha(rows), tail(rows), ratio(rows), log_z(rows), kl_theta(rows), kl_target(rows), residual(rows);
  std::vector<float> q(rows * k), gradient(rows * columns);
  std::vector<std::int32_t> iterations(rows);
  std::vector<row_status> status(rows);
  solve_topk(
      const_matrix(theta, rows, columns), ids, const_matrix(log_probs, rows, k), topk_options().tolerance(1e-9),
      {alpha, matrix(q, rows, k), tail, ratio, log_z, kl_theta, kl_target, residual, matrix(gradient, rows, columns), iterations, status});
  for (std::size_t i = 0; i < rows; ++i) {
    CHECK(status[i] == row_status::ok && alpha[i] > 0 && alpha[i] < 1);
    CHECK(std::fabs(q[i * k] + q[i * k + 1] + q[i * k + 2] + tail[i] - 1) < 1e-6);
    CHECK(std::fabs(kl_theta[i] - kl_target[i]) < 1e-8 && std::fabs(kl_theta[i] + log_z[i]) < 1e-8 && residual[i] < 1e-8);
    CHECK(ratio[i] > 0 && iterations[i] >= 0);
  }
  CHECK(q[2] == 0);
}

void misuse_is_named() {
  const auto theta = logits();
  std::vector<double> alpha(rows);
  topk_outputs to;
  to.alpha = alpha;
  const auto text = [&](const std::vector<std::int64_t> &tokens, const topk_options &how) {
    return check::text_of<invalid_argument>(
        [&] { solve_topk(const_matrix(theta, rows, columns), tokens, const_matrix(log_probs, rows, k), how, to); });
  };
  CHECK(check::contains(text({4, 9, 4, 0, 1, 2}, {}), "row 0 lists token 4 twice"));
  CHECK(check::contains(text({4, 9, 5, 0, 1, 50}, {}), "ids[1, 2] is 50"));
  CHECK(check::contains(text({4, 9, 5}, {}), "ids"));
  CHECK(check::contains(text(ids, topk_options().temperature(0)), "temperature_theta"));
  CHECK(text(ids, topk_options().tail(topk_tail::renormalize)).empty());
}

}  // namespace

int main() { return check::run({q_and_its_tail_sum_to_one, misuse_is_named}); }
