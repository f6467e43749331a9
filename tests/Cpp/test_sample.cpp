// sample: draws into the caller's buffers and owned ones, weights, streams, and errors that name what is wrong.
#include <cmath>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

const std::vector<float> a{2, 1, 0, -1, 0.5F, 0.25F}, b{0, 2.5F, 0.5F, -2, 1, 0.5F};
constexpr std::int64_t rows = 2;
constexpr std::int64_t columns = 3;
const const_matrix theta(a, rows, columns), target(b, rows, columns);

void weights_are_ratios() {
  constexpr std::size_t draws = 2 * 50;
  std::vector<std::int64_t> tokens(draws);
  std::vector<double> q(draws), pi(draws), t(draws), log_w(draws), log_v(draws), w(draws), v(draws), inclusion(draws), alpha(rows);
  std::vector<row_status> status(rows);
  sample_outputs to;
  to.tokens = tokens;
  to.log_q = q;
  to.log_theta = pi;
  to.log_target = t;
  to.log_weights = log_w;
  to.log_target_weights = log_v;
  to.weights = w;
  to.target_weights = v;
  to.log_inclusion = inclusion;
  to.alpha = alpha;
  to.row_status = status;
  sample(theta, target, {}, sample_options(50, 7), to);
  const auto known = solve<double>(theta, target, {}, want::alpha | want::log_q);
  for (std::size_t i = 0; i < draws; i++) {
    const std::size_t row = i / 50;
    CHECK(tokens[i] >= 0 && tokens[i] < columns);
    CHECK(std::fabs(q[i] - known.log_q[row * columns + static_cast<std::size_t>(tokens[i])]) < 1e-6);
    CHECK(log_w[i] == pi[i] - q[i] && log_v[i] == t[i] - q[i] && inclusion[i] == q[i]);
    CHECK(std::fabs(w[i] - std::exp(log_w[i])) < 1e-14 && std::fabs(v[i] - std::exp(log_v[i])) < 1e-14);
  }
  for (std::size_t row = 0; row < 2; row++) CHECK(std::fabs(alpha[row] - known.alpha[row]) < 1e-6 && status[row] == row_status::ok);
}

void a_row_has_a_stream() {
  const std::vector<std::uint64_t> swapped{1, 0};
  const samples all = sample(theta, target, sample_options(8, 1)), later = sample(theta, target, sample_options(5, 1).offset(3));
  const const_matrix second(a.data() + columns, 1, columns), second_target(b.data() + columns, 1, columns);
  const samples alone = sample(second, second_target, sample_options().count(8).seed(1).stream(1));
  const samples other = sample(theta, target, sample_options(8, 1).row_stream(swapped));
  for (std::size_t i = 0; i < 8; i++) CHECK(alone.tokens[i] == all.tokens[8 + i] && alone.weights[i] == all.weights[8 + i]);
  for (std::size_t i = 0; i < 5; i++) CHECK(later.tokens[i] == all.tokens[3 + i]);
  CHECK(other.tokens != all.tokens);
}

void truncation_and_replacement() {
  const samples best = sample(theta, target, sample_options(4, 1).top_k(1)), same = sample(theta, target, sample_options(4, 1).min_p(1));
  for (std::size_t i = 0; i < 8; i++) CHECK(std::fabs(best.log_q[i]) < 1e-15 && same.tokens[i] == best.tokens[i]);
  CHECK(sample(theta, target, sample_options(4, 1).top_p(1e-9)).tokens == best.tokens);
  const samples once = sample(theta, target, sample_options(4, 1).without_replacement());
  for (std::size_t row = 0; row < 2; row++) {
    CHECK(once.tokens[4 * row] + once.tokens[4 * row + 1] + once.tokens[4 * row + 2] == 3 && once.tokens[4 * row + 3] == -1);
    CHECK(std::fabs(once.weights[4 * row] + once.weights[4 * row + 1] + once.weights[4 * row + 2] - 1) < 1e-6);
  }
}

void errors_name_what_is_wrong() {
  const std::vector<std::uint64_t> one{1};
  CHECK(check::contains(check::text_of<invalid_argument>([] { (void)sample(theta, target, sample_options().count(-1)); }), "count is -1"));
  CHECK(check::contains(check::text_of<invalid_argument>([] { (void)sample(theta, target, sample_options().top_p(2)); }), "top_p is 2"));
  CHECK(check::contains(check::text_of<invalid_argument>([&] { (void)sample(theta, target, sample_options().row_stream(one)); }),
                        "row_stream"));
}

}  // namespace

int main() { return check::run({weights_are_ratios, a_row_has_a_stream, truncation_and_replacement, errors_name_what_is_wrong}); }
