// Exceptions: their type, their status, and a text that names the argument.
#include <array>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;
using check::contains;
using check::text_of;

const std::vector<float> four{1, 2, 3, 4};
const const_matrix two_rows(four, 2, 2);

void a_wrong_argument_is_named() {
  CHECK(contains(text_of<invalid_argument>([] { (void)solve(two_rows, two_rows, options().tolerance(-1)); }), "tolerance"));
  CHECK(contains(text_of<invalid_argument>([] { (void)solve(two_rows, const_matrix(four, 1, 4)); }), "rows"));
  CHECK(contains(text_of<invalid_argument>([] { (void)kl(two_rows, const_matrix(four, 1, 4)); }), "rows"));
}

void a_span_of_another_length_is_named() {
  const std::array<std::uint8_t, 3> mask{1, 1, 1};
  const std::array<double, 3> temperatures{1, 1, 1};
  std::array<double, 1> alpha{};
  outputs to;
  to.alpha = alpha;
  CHECK(text_of<invalid_argument>([&] { solve(two_rows, two_rows, {}, to); }) == "alpha has 1 elements where 2 are needed");
  CHECK(contains(text_of<invalid_argument>([&] { (void)solve(two_rows, two_rows, options().row_mask(mask)); }), "row_mask"));
  CHECK(contains(text_of<invalid_argument>([&] { (void)solve(two_rows, two_rows, options().row_temperatures(temperatures, {})); }),
                 "row_temperature_theta"));
  CHECK(contains(text_of<invalid_argument>([&] { divergence(two_rows, two_rows, {}, alpha); }), "values has 1"));
}

void a_range_too_short_for_its_shape_is_refused() {
  CHECK(contains(text_of<invalid_argument>([] { const_matrix(four, 2, 3); }), "matrix has 4 elements where 6 are needed"));
  CHECK(contains(text_of<invalid_argument>([] { const_matrix(four, 2, 2, {3}); }), "where 5 are needed"));
  CHECK(text_of<invalid_argument>([] { const_matrix(four, 2, 1, {3}); }).empty());
  // Two groups of two rows, one column, 1 apart: the last element is 1 + 1.
  CHECK(text_of<invalid_argument>([] { const_matrix(four, 4, 1, {2, 2, 1}); }).empty());
  CHECK(contains(text_of<invalid_argument>([] { const_matrix(four, 4, 1, {3, 2, 1}); }), "where 5 are needed"));
  // Three rows in groups of two, the groups closer than a group is long: the full group's second row ends last.
  CHECK(contains(text_of<invalid_argument>([] { const_matrix(four, 3, 1, {4, 2, 1}); }), "where 5 are needed"));
  CHECK(contains(text_of<invalid_argument>([] { const_matrix(four, 2, 2, {-2}); }), "negative strides"));
  CHECK(contains(text_of<invalid_argument>([] { const_matrix(four, INT64_MAX, INT64_MAX); }), "matrix has 4"));
}

void errors_have_a_status_and_a_common_base() {
  CHECK(!text_of<std::runtime_error>([] { (void)solve(two_rows, two_rows, options().threads(-1)); }).empty());
  CHECK(!text_of<error>([] { (void)solve(two_rows, two_rows, options().threads(-1)); }).empty());
}

void rows_that_do_not_exist_are_refused() {
  const auto solution = solve(two_rows, two_rows, {}, want::alpha);
  CHECK(text_of<invalid_argument>([&] { (void)solution.q_row(0); }) == "row 0 is not among 0 rows");
}

}  // namespace

int main() {
  return check::run({a_wrong_argument_is_named, a_span_of_another_length_is_named, a_range_too_short_for_its_shape_is_refused,
                     errors_have_a_status_and_a_common_base, rows_that_do_not_exist_are_refused});
}
