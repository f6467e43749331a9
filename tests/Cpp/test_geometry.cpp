// Divergences, the Fisher information's functions and gradients through equipoise.hpp, on rows small enough for closed forms.
#include <cmath>
#include <limits>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

const std::vector<double> p{0.3, 0.7};
const std::vector<double> q{0.2, 0.8};
const std::vector<double> logits{0.0, std::log(3.0)};  // 1/4, 3/4

bool near(double actual, double expected) { return std::fabs(actual - expected) <= 1e-13 * std::fabs(expected) + 1e-16; }

void divergences_have_units_and_orders() {
  const const_matrix a(p, 1, 2), b(q, 1, 2);
  const auto of = [&](divergence_options how) { return divergence(a, b, how.scores(scores::probs))[0]; };
  CHECK(near(of(divergence_options().unit(unit::bits)), 0.04063719565666953));
  const double second = 0.09 / 0.2 + 0.49 / 0.8;
  CHECK(near(of(divergence_options().renyi(2)), std::log(second)));
  const std::vector<double> orders{2.0};
  CHECK(near(of(divergence_options().renyi(7).row_order(orders)), std::log(second)));
  CHECK(near(of(divergence_options().kind(divergence_kind::total_variation)), 0.1));

  // p^2 and q^2, normalised: at half the temperature.
  const std::vector<double> sharp_p{0.09 / 0.58, 0.49 / 0.58}, sharp_q{0.04 / 0.68, 0.64 / 0.68}, halves{0.5};
  const double sharp = divergence({sharp_p, 1, 2}, {sharp_q, 1, 2}, divergence_options(scores::probs))[0];
  CHECK(std::fabs(of(divergence_options().temperature(0.5)) - sharp) < 1e-13);
  CHECK(std::fabs(of(divergence_options().row_temperatures(halves, halves)) - sharp) < 1e-13);
}

void the_published_quadratic_forms() {
  const const_matrix a(p, 1, 2), b(q, 1, 2);
  const auto of = [&](fisher_weight weight) { return fisher_quadratic(a, b, fisher_options(scores::probs).weight(weight))[0]; };
  CHECK(near(of(fisher_weight::inverse_p), 1.0 / 42));
  CHECK(near(of(fisher_weight::inverse_q), 0.03125));
  CHECK(near(of(fisher_weight::mean), 0.02 / 0.75));
  CHECK(near(of(fisher_weight::p_over_q2), 0.04296875));
}

void products_steps_and_natural_gradients() {
  const std::vector<double> v{1.0, -1.0};
  std::vector<double> result(2);
  std::vector<row_status> status(1);
  fisher_product({logits, 1, 2}, {v, 1, 2}, {}, {result, 1, 2}, status);
  CHECK(status[0] == row_status::ok && near(result[0], 0.375) && near(result[1], -0.375));
  natural_gradient({logits, 1, 2}, {v, 1, 2}, fisher_options().damping(0.125), {result, 1, 2});
  // F = 3/16 (1, -1)(1, -1)^T: along (1, -1) it is 3/8.
  CHECK(near(result[0], 2.0) && near(result[1], -2.0));
  const double variance = 0.75, third = 1.0 / 4 * 3.375 - 3.0 / 4 * 0.125;
  CHECK(near(fisher_step_kl({logits, 1, 2}, {v, 1, 2})[0], variance / 2));
  CHECK(near(fisher_step_kl({logits, 1, 2}, {v, 1, 2}, fisher_options().step_kl(step_kl::third))[0], variance / 2 + third / 6));
  const auto steps = trust_region({logits, 1, 2}, {v, 1, 2}, fisher_options().delta(0.01));
  CHECK(near(steps.quadratic_step[0], std::sqrt(0.02 / variance)));
  CHECK(steps.kl[0] <= 0.01 && near(steps.kl[0], 0.01));
  CHECK(std::isinf(trust_region({logits, 1, 2}, {v, 1, 2}, fisher_options().delta(9)).step[0]));
}

void gradients_and_geodesics() {
  const std::vector<double> flat{0.0, 0.0};
  std::vector<double> first(2), second(2);
  kl_gradient({logits, 1, 2}, {flat, 1, 2}, {}, {}, {first, 1, 2}, {second, 1, 2});
  const double kl = 0.25 * std::log(0.5) + 0.75 * std::log(1.5);
  CHECK(near(first[0], 0.25 * (std::log(0.5) - kl)) && near(second[0], 0.25));
  // -log Z of the mirrored pair: alpha* = 1/2, q = (1/2, 1/2), gradient (p - q) / 2.
  const std::vector<double> mirrored{std::log(3.0), 0.0}, alpha{0.5}, one{1.0};
  cotangents given;
  given.kl = one;
  solve_vjp({logits, 1, 2}, {mirrored, 1, 2}, {}, alpha, given, {first, 1, 2}, {second, 1, 2});
  CHECK(near(first[0], -0.125) && near(first[1], 0.125) && near(second[0], 0.125) && near(second[1], -0.125));
  geodesic({logits, 1, 2}, {mirrored, 1, 2}, geodesic_kind::mixture, options().fixed_alpha(0.25), {first, 1, 2});
  CHECK(near(first[0], 0.0625 + 0.5625));
  geodesic({logits, 1, 2}, {mirrored, 1, 2}, geodesic_kind::exponential, options().fixed_alpha(0.5), {first, 1, 2});
  CHECK(near(first[0], 0.5));
}

void wrong_arguments_throw() {
  const std::vector<double> v{1.0, 2.0};
  std::vector<double> result(2);
  bool thrown = false;
  try {
    natural_gradient({logits, 1, 2}, {v, 1, 2}, fisher_options().damping(0), {result, 1, 2});
  } catch (const invalid_argument &what) {
    thrown = std::string(what.what()).find("damping") != std::string::npos;
  }
  CHECK(thrown);
}

}  // namespace

int main() {
  return check::run({divergences_have_units_and_orders, the_published_quadratic_forms, products_steps_and_natural_gradients,
                     gradients_and_geodesics, wrong_arguments_throw});
}
