// The preallocated overloads, as a decoding loop uses them: no allocation by C++ in any step.
#include <cstdlib>
#include <new>
#include <vector>

#include "check.hpp"

namespace {
long allocations = 0;
}

// Kept out of line: gcc takes an inlined pair for a mismatched one.
[[gnu::noinline]] void *operator new(std::size_t size) {
  allocations++;
  if (void *memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

namespace {

void a_step_allocates_nothing() {
  constexpr std::int64_t columns = 1000;
  std::vector<float> theta(columns), target(columns), q(columns);
  for (std::size_t y = 0; y < columns; y++) {
    theta[y] = static_cast<float>(y % 7);
    target[y] = static_cast<float>(y % 11);
  }
  std::vector<double> alpha(1), kl(1);
  const auto how = equipoise::options().threads(1);
  const auto measure = equipoise::divergence_options();
  equipoise::outputs to;
  to.alpha = alpha;
  to.q = equipoise::matrix(q, 1, columns);

  const long before = allocations;
  for (int step = 0; step < 100; step++) {
    equipoise::solve({theta, 1, columns}, {target, 1, columns}, how, to);
    equipoise::divergence({theta, 1, columns}, {target, 1, columns}, measure, kl);
  }
  CHECK(allocations == before);
  CHECK(alpha[0] > 0 && alpha[0] < 1 && kl[0] > 0);
  // The counter counts: the owning overload does allocate.
  CHECK(equipoise::solve({theta, 1, columns}, {target, 1, columns}).q.size() == columns && allocations > before);
}

}  // namespace

int main() { return check::run({a_step_allocates_nothing}); }
