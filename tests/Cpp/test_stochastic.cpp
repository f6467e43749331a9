// Running means, Robbins and Monro's iteration, alpha from samples, simulated processes.
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void means_are_arithmetic() {
  running_mean mean(2);
  mean.update(std::vector<double>{1, 2, 3, 6});
  CHECK(mean.mean() == (std::vector<double>{2, 4}) && mean.variance() == (std::vector<double>{2, 8}) && mean.count() == 2);
  running_mean moved = std::move(mean);
  running_mean copy(2);
  copy.restore(moved.save());
  CHECK(copy.mean() == moved.mean() && copy.count() == 2);
  running_mean other(3);
  CHECK(check::contains(check::text_of<invalid_argument>([&] { other.restore(moved.save()); }), "state has 7 numbers"));
}

void iterations_find_roots() {
  robbins_monro iteration(std::vector<double>{3.0});
  for (int k = 0; k < 5000; k++) iteration.step(std::vector<double>{std::tanh(iteration.w()[0] - 1)});
  CHECK(std::fabs(iteration.w()[0] - 1) < 5e-3 && iteration.k() == 5000);
  CHECK(std::fabs(iteration.average()[0] - 1) < 0.05);
  robbins_monro bounded(std::vector<double>{5.0}, robbins_monro_options().interval(-1, 1).step_clip(0.5).steps(2, 1, 0.75));
  bounded.step(std::vector<double>{100.0});
  CHECK(bounded.w()[0] == 0.5);
  const auto refused = [] { robbins_monro(std::vector<double>{0.0}, robbins_monro_options().steps(1, 0, 0.5)); };
  CHECK(check::contains(check::text_of<invalid_argument>(refused), "sum of the squares"));
  robbins_monro(std::vector<double>{0.0}, robbins_monro_options().steps(1, 0, 0.5).tracking());
}

void trackers_move_alpha() {
  alpha_tracker tracker(2, gain::constant, 0.1);
  std::vector<row_status> statuses(2);
  tracker.update(std::vector<double>{1, 3, nan, 1}, {}, statuses);
  CHECK(std::fabs(tracker.alpha()[0] - 0.7) < 1e-15 && tracker.alpha()[1] == 0.5);
  CHECK(statuses[0] == row_status::ok && statuses[1] == row_status::invalid);
  CHECK(tracker.updates() == (std::vector<std::int64_t>{1, 0}) && std::isnan(tracker.variance()[1]));
  const std::vector<double> theta{-1, -1}, target{-2, -3}, mu{-1, -1};
  tracker.update_off_path(theta, target, mu, std::vector<std::uint8_t>{1, 0});
  CHECK(tracker.updates() == (std::vector<std::int64_t>{2, 0}) && tracker.alpha()[0] < 0.7);
  alpha_tracker copy(2, gain::constant, 0.1);
  copy.restore(tracker.save());
  CHECK(copy.alpha() == tracker.alpha());
}

void processes_are_reproducible() {
  process run;
  run.steps = 100;
  run.every = 50;
  run.seed = 7;
  const std::vector<double> paths = sgd(3, sgd_objective::quadratic, 1, 0.5, {}, run);
  CHECK(paths.size() == 6 && paths == sgd(3, sgd_objective::quadratic, 1, 0.5, {}, run));
  CHECK(dvoretzky(2, {0.5, 1, 0}, {0, 1, 0}).size() == 2);
  CHECK(dvoretzky(1, {0.5, 0, 0}, {0, 1, 0})[0] < 1e-200);
}

}  // namespace

int main() { return check::run({means_are_arithmetic, iterations_find_roots, trackers_move_alpha, processes_are_reproducible}); }
