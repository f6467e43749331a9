// solve and divergence: owning and preallocated, in every dtype and layout.
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

constexpr std::int64_t rows = 3;
constexpr std::int64_t columns = 5;
const std::vector<double> theta{2.0, 1.0, 0.0, -1.0, 0.5, 0.25, 0.5, 3.0, 0.0, -2.0, 1.0, 1.0, 1.0, 0.0, 2.0};
const std::vector<double> target{0.0, 2.5, 0.5, -2.0, 1.0, 0.5, 2.0, 1.0, 0.0, 0.25, 0.0, 3.0, -1.0, 0.5, 1.0};

// All values above are exact in every dtype, so that answers differ by the output's rounding alone.
float value_of(f16 half) {
  const int exponent = (half.bits >> 10) & 31;
  const int fraction = half.bits & 1023;
  return exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24) : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

float value_of(bf16 half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half.bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float value_of(float value) { return value; }
double value_of(double value) { return value; }

template <class T>
T from(double value) {
  return static_cast<T>(value);
}

template <>
bf16 from<bf16>(double value) {
  const auto single = static_cast<float>(value);
  std::uint32_t bits;
  std::memcpy(&bits, &single, sizeof bits);
  return {static_cast<std::uint16_t>(bits >> 16)};
}

template <>
f16 from<f16>(double value) {
  if (value == 0) return {0};
  int exponent;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  const auto bits = ((exponent + 14) << 10) + static_cast<int>(std::lround((fraction * 2 - 1) * 1024));
  return {static_cast<std::uint16_t>(bits | (value < 0 ? 0x8000 : 0))};
}

template <class T>
std::vector<T> convert(const std::vector<double> &values) {
  std::vector<T> converted;
  for (const double value : values) converted.push_back(from<T>(value));
  return converted;
}

basic_solution<double> reference() {
  return solve<double>({theta, rows, columns}, {target, rows, columns}, options().tolerance(1e-12), want::all);
}

void owning_solution_has_what_was_wanted() {
  const auto all = reference();
  for (std::size_t row = 0; row < rows; row++) {
    CHECK(all.row_status[row] == row_status::ok);
    CHECK(all.alpha[row] > 0 && all.alpha[row] < 1);
    CHECK(std::fabs(all.kl_theta[row] - all.kl_target[row]) < 1e-10);
    CHECK(std::fabs(all.kl_theta[row] + all.log_z[row]) < 1e-10);
    CHECK(all.residual[row] < 1e-10 && all.iterations[row] > 0);
    CHECK(all.ess_theta[row] > 0 && all.ess_theta[row] < 1 && all.ess_target[row] > 0 && all.ess_target[row] < 1);
    double sum = 0;
    for (const double q : all.q_row(static_cast<std::int64_t>(row))) sum += q;
    CHECK(std::fabs(sum - 1) < 1e-12);
    for (std::size_t y = 0; y < columns; y++) CHECK(std::fabs(std::exp(all.log_q[row * columns + y]) - all.q[row * columns + y]) < 1e-12);
  }

  const auto only_alpha = solve({theta, rows, columns}, {target, rows, columns}, {}, want::alpha);
  CHECK(only_alpha.alpha.size() == rows && only_alpha.row_status.size() == rows);
  CHECK(only_alpha.q.empty() && only_alpha.log_q.empty() && only_alpha.kl_theta.empty() && only_alpha.iterations.empty());
}

template <class In, class Out>
void dtype_agrees(double alpha_within, double q_within) {
  const auto expected = reference();
  const auto answer = solve<Out>({convert<In>(theta), rows, columns}, {convert<In>(target), rows, columns});
  for (std::size_t row = 0; row < rows; row++) CHECK(std::fabs(answer.alpha[row] - expected.alpha[row]) < alpha_within);
  for (std::size_t i = 0; i < answer.q.size(); i++) CHECK(std::fabs(value_of(answer.q[i]) - expected.q[i]) < q_within);
}

void strided_groups_agree_with_packed_rows() {
  // Rows 0 and 1 form a group, row 2 begins the next; every row is followed by one element of padding, every group by two more.
  constexpr layout where{columns + 1, 2, 2 * (columns + 1) + 2};
  std::vector<double> wide_theta(2 * static_cast<std::size_t>(where.group_stride), NAN), wide_target = wide_theta, q = wide_theta;
  for (std::int64_t row = 0; row < rows; row++) {
    const std::int64_t start = row / 2 * where.group_stride + row % 2 * where.row_stride;
    for (std::int64_t y = 0; y < columns; y++) {
      wide_theta[static_cast<std::size_t>(start + y)] = theta[static_cast<std::size_t>(row * columns + y)];
      wide_target[static_cast<std::size_t>(start + y)] = target[static_cast<std::size_t>(row * columns + y)];
    }
  }
  outputs to;
  to.q = matrix(q, rows, columns, where);
  solve({wide_theta, rows, columns, where}, {wide_target, rows, columns, where}, options().tolerance(1e-12), to);
  const auto expected = reference();
  for (std::int64_t row = 0; row < rows; row++) {
    const std::int64_t start = row / 2 * where.group_stride + row % 2 * where.row_stride;
    for (std::int64_t y = 0; y < columns; y++) {
      CHECK(q[static_cast<std::size_t>(start + y)] == expected.q[static_cast<std::size_t>(row * columns + y)]);
    }
    CHECK(std::isnan(q[static_cast<std::size_t>(start + columns)]));
  }
}

void options_reach_the_library() {
  const const_matrix p(theta, rows, columns), t(target, rows, columns);
  CHECK(solve(p, t, options().fixed_alpha(0.25)).alpha == std::vector<double>(rows, 0.25));

  // Probabilities of two tokens, the rest padding: the valid columns of a softmax.
  const std::vector<float> left{0.25f, 0.75f, 9.0f}, right{0.75f, 0.25f, 9.0f};
  const auto mirrored = solve({left, 1, 3}, {right, 1, 3}, options().scores(scores::probs).valid_columns(2), want::alpha | want::q);
  CHECK(std::fabs(mirrored.alpha[0] - 0.5) < 1e-6 && std::fabs(mirrored.q[0] - 0.5f) < 1e-6f && mirrored.q[2] == 0);

  const std::vector<std::uint8_t> mask{1, 0, 1};
  const auto masked = solve(p, t, options().row_mask(mask));
  CHECK(masked.row_status[0] == row_status::ok && masked.row_status[1] == row_status::skipped && masked.alpha[1] == 0);

  // Logits at a temperature are the logits divided by it.
  std::vector<double> halved = theta;
  for (double &value : halved) value /= 2;
  const std::vector<double> twice(rows, 2.0), once(rows, 1.0);
  const auto divided = solve<double>({halved, rows, columns}, t, options().tolerance(1e-12));
  const auto scalar = solve<double>(p, t, options().tolerance(1e-12).temperature(2, 1));
  const auto per_row = solve<double>(p, t, options().tolerance(1e-12).row_temperatures(twice, once));
  for (std::size_t row = 0; row < rows; row++) {
    CHECK(std::fabs(scalar.alpha[row] - divided.alpha[row]) < 1e-9 && std::fabs(per_row.alpha[row] - divided.alpha[row]) < 1e-9);
  }

  const auto halving = solve<double>(p, t, options().method(method::bisection).tolerance(1e-9).max_iterations(60).threads(1));
  for (std::size_t row = 0; row < rows; row++) CHECK(std::fabs(halving.alpha[row] - reference().alpha[row]) < 1e-8);
}

void divergences_agree_with_the_solution() {
  const auto all = reference();
  const const_matrix p(theta, rows, columns), t(target, rows, columns), log_q(all.log_q, rows, columns);
  // log q is a row of logits like any other.
  const auto to_theta = kl(log_q, p), to_target = kl(log_q, t), worth = ess(p, log_q);
  for (std::size_t row = 0; row < rows; row++) {
    CHECK(std::fabs(to_theta[row] - all.kl_theta[row]) < 1e-10 && std::fabs(to_target[row] - all.kl_target[row]) < 1e-10);
    CHECK(std::fabs(worth[row] - all.ess_theta[row]) < 1e-10);
  }

  const std::array<float, 4> left{0.5f, 0.5f, 1.0f, 0.0f}, right{0.5f, 0.5f, 0.0f, 1.0f};
  std::array<double, 2> values{};
  std::array<row_status, 2> statuses{};
  divergence({left, 2, 2}, {right, 2, 2}, divergence_options(scores::probs), values, statuses);
  CHECK(values[0] == 0 && statuses[0] == row_status::ok);
  CHECK(std::isinf(values[1]) && statuses[1] == row_status::disjoint);
}

void no_rows_are_fine() {
  const std::vector<float> none;
  CHECK(solve({none, 0, 4}, {none, 0, 4}).alpha.empty());
  CHECK(kl({none, 0, 4}, {none, 0, 4}).empty());
}

void the_library_says_what_it_is() {
  const std::string expected =
      std::to_string(EQP_VERSION_MAJOR) + "." + std::to_string(EQP_VERSION_MINOR) + "." + std::to_string(EQP_VERSION_PATCH);
  CHECK(version() == expected);
  CHECK(std::strlen(isa()) > 0);
  CHECK(std::string(name(row_status::at_target)) == "at_target");
}

void every_dtype_agrees_with_f64() {
  dtype_agrees<double, double>(1e-6, 1e-6);
  dtype_agrees<float, float>(1e-6, 1e-6);
  dtype_agrees<f16, f16>(1e-6, 1e-3);
  dtype_agrees<bf16, bf16>(1e-6, 1e-2);
  dtype_agrees<bf16, float>(1e-6, 1e-6);
}

}  // namespace

int main() {
  return check::run({owning_solution_has_what_was_wanted, every_dtype_agrees_with_f64, strided_groups_agree_with_packed_rows,
                     options_reach_the_library, divergences_agree_with_the_solution, no_rows_are_fine, the_library_says_what_it_is});
}
