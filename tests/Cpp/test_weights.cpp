// Importance weights.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

const std::vector<double> log_pi{-1.0, -2.0, -0.5, -3.0};
const std::vector<double> log_q{-1.5, -1.0, -0.5, -2.5};

void tokens_have_their_ratios() {
  const std::vector<double> weights = importance_weights(const_matrix(log_pi, 2, 2), const_matrix(log_q, 2, 2));
  for (std::size_t i = 0; i < 4; i++) CHECK(std::fabs(weights[i] - std::exp(log_pi[i] - log_q[i])) < 1e-15);
  const std::vector<double> cut =
      importance_weights(const_matrix(log_pi, 2, 2), const_matrix(log_q, 2, 2), weight_options().clipped(0.75, 1.25));
  CHECK(cut[0] == 1.25 && cut[1] == 0.75 && cut[2] == 1);
}

void sequences_have_products() {
  std::vector<double> ess(1), largest(1), shape(1);
  std::vector<float> weights(2), logs(2);
  std::vector<row_status> statuses(2);
  weight_outputs to;
  to.weights = matrix(weights, 2, 1);
  to.log_weights = matrix(logs, 2, 1);
  to.ess = ess;
  to.max_weight = largest;
  to.k_hat = shape;
  to.row_status = statuses;
  const std::vector<std::uint8_t> mask{1, 1, 0, 0};
  const auto how = weight_options().level(weight_level::sequence).mode(weight_mode::self_normalized);
  importance_weights(const_matrix(log_pi, 2, 2), const_matrix(log_q, 2, 2), how, to);
  CHECK(std::fabs(weights[0] + weights[1] - 1) < 1e-6);
  CHECK(std::fabs(std::exp(logs[0] - logs[1]) - 1) < 1e-6);
  CHECK(std::fabs(ess[0] - 1) < 1e-12 && std::fabs(largest[0] - 0.5) < 1e-12 && std::isinf(shape[0]));
  importance_weights(const_matrix(log_pi, 2, 2), const_matrix(log_q, 2, 2), weight_options(how).mask(mask), to);
  CHECK(statuses[0] == row_status::ok && statuses[1] == row_status::skipped && weights[1] == 0);
}

void errors_name_the_argument() {
  const const_matrix pi(log_pi, 2, 2), q(log_q, 2, 2);
  CHECK(check::contains(check::text_of<invalid_argument>([&] { (void)importance_weights(pi, q, weight_options().truncated(-1)); }),
                        "clip_high is -1"));
  const std::vector<std::uint8_t> mask(3);
  CHECK(check::contains(check::text_of<invalid_argument>([&] { (void)importance_weights(pi, q, weight_options().mask(mask)); }),
                        "mask has 3"));
}

}  // namespace

int main() { return check::run({tokens_have_their_ratios, sequences_have_products, errors_name_the_argument}); }
