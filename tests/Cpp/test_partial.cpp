// Rows in tiles through the C++ header.
#include <cmath>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

constexpr std::int64_t rows = 3, columns = 500;

std::vector<float> logits(float phase, float scale = 2) {
  std::vector<float> values(rows * columns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * std::sin(phase * static_cast<float>(i + 1));
  return values;
}

const_matrix tile_of(const std::vector<float> &values, std::int64_t first, std::int64_t width) {
  return {values.data() + first, rows, width, {columns, 0, 0}};
}

void tiles_have_the_alpha_of_whole_rows() {
  const auto a = logits(0.37f), b = logits(0.61f);
  partial_statistics left(rows), right(rows);
  left.update(tile_of(a, 0, 123), tile_of(b, 0, 123));
  right.update(tile_of(a, 123, columns - 123), tile_of(b, 123, columns - 123));
  left.merge(right.records());
  std::vector<double> alpha(rows), log_z(rows), theta_lse(rows), target_lse(rows), residual(rows);
  std::vector<row_status> status(rows);
  left.solve({alpha, log_z, theta_lse, target_lse, residual, status});
  const auto whole = solve(const_matrix(a, rows, columns), const_matrix(b, rows, columns), {}, want::alpha | want::log_z);
  for (std::size_t i = 0; i < rows; ++i) {
    CHECK(status[i] == row_status::ok && std::fabs(alpha[i] - whole.alpha[i]) < 1e-6 && std::fabs(log_z[i] - whole.log_z[i]) < 1e-6);
    CHECK(theta_lse[i] > std::log(500.0) && target_lse[i] > std::log(500.0) && residual[i] >= 0);
  }
}

void further_sweeps_and_q() {
  const auto a = logits(0.37f, 60), b = logits(0.61f, 60);
  partial_statistics statistics(rows, partial_options().tolerance(1e-12).threads(1));
  statistics.update(const_matrix(a, rows, columns), const_matrix(b, rows, columns));
  std::vector<double> alpha(rows), moments;
  std::vector<row_status> status(rows, row_status::not_converged);
  int sweeps = 0;
  for (statistics.solve({alpha, {}, {}, {}, {}, status}); sweeps < 20 && status[0] == row_status::not_converged; ++sweeps) {
    moments.assign(rows * EQP_PARTIAL_MOMENTS, 0);
    for (std::int64_t first = 0; first < columns; first += 250)
      statistics.sweep(tile_of(a, first, 250), tile_of(b, first, 250), {}, {}, moments);
    statistics.refine(moments);
    statistics.solve({alpha, {}, {}, {}, {}, status});
  }
  CHECK(sweeps > 0 && status[0] == row_status::ok);
  std::vector<float> q(rows * columns);
  statistics.sweep(const_matrix(a, rows, columns), const_matrix(b, rows, columns), matrix(q, rows, columns));
  double sum = 0;
  for (std::int64_t i = 0; i < columns; ++i) sum += q[static_cast<std::size_t>(i)];
  CHECK(std::fabs(sum - 1) < 1e-5);
}

void misuse_is_named() {
  const auto a = logits(0.37f);
  partial_statistics statistics(rows), other(rows - 1);
  CHECK(check::contains(check::text_of<invalid_argument>([&] { statistics.merge(other.records()); }), "other"));
  CHECK(check::contains(check::text_of<invalid_argument>([&] { statistics.update(tile_of(a, 0, 5), tile_of(a, 0, 4)); }), "target"));
  CHECK(check::contains(check::text_of<invalid_argument>([&] { other.update(tile_of(a, 0, 5), tile_of(a, 0, 5)); }), "theta"));
  CHECK(check::contains(check::text_of<invalid_argument>([&] { statistics.refine(std::vector<double>(3)); }), "moments"));
  CHECK(check::contains(check::text_of<invalid_argument>([&] { statistics.sweep(tile_of(a, 0, 5), tile_of(a, 0, 5), {}); }), "solved"));
  statistics.update(tile_of(a, 0, 5), tile_of(a, 0, 5));
  statistics.solve({});
  CHECK(check::contains(check::text_of<invalid_argument>([&] { statistics.update(tile_of(a, 0, 5), tile_of(a, 0, 5)); }), "partials"));
}

}  // namespace

int main() { return check::run({tiles_have_the_alpha_of_whole_rows, further_sweeps_and_q, misuse_is_named}); }
