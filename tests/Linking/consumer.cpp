// The same in C++.
#include <cmath>
#include <cstdio>
#include <equipoise.hpp>
#include <numeric>
#include <vector>

int main() {
  const std::vector<float> theta{1.0f, 0.0f, -1.0f, 2.0f}, target{0.0f, 1.5f, 0.5f, -1.0f};
  const auto solution = equipoise::solve({theta, 1, 4}, {target, 1, 4}, {}, equipoise::want::all);
  const double sum = std::accumulate(solution.q.begin(), solution.q.end(), 0.0);
  if (!(solution.alpha[0] > 0 && solution.alpha[0] < 1 && solution.kl_theta[0] > 0 &&
        std::fabs(solution.kl_theta[0] - solution.kl_target[0]) < 1e-5 && std::fabs(sum - 1) < 1e-5)) {
    std::fprintf(stderr, "alpha %g, KLs %g and %g\n", solution.alpha[0], solution.kl_theta[0], solution.kl_target[0]);
    return 1;
  }
  std::puts(equipoise::isa());
  return 0;
}
