// Reward tables and the rewards of answers.
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "check.hpp"

namespace {

using namespace equipoise;

void tables_hold_their_values() {
  const reward_table table(4);
  const std::vector<double> h = table.h();
  CHECK(table.k() == 4 && h.size() == 4);
  CHECK(std::fabs(h[0] + (1 + 1.0 / 2 + 1.0 / 3)) < 1e-15 && h[3] == 0);
  const reward_certificate certificate = table.certificate();
  CHECK(certificate.solver_status == solver_status::closed_form);
  CHECK(std::fabs(certificate.bias * 4 - 0.302) < 1e-3);
  CHECK(certificate.max_abs == -h[0] && certificate.mean_variance < certificate.max_variance);
  CHECK(reward_table::power(4, 1).h() == (std::vector<double>{0, 1.0 / 3, 2.0 / 3, 1}));
  CHECK(reward_table::tsallis(3, 2).h() == (std::vector<double>{-1, 0, 1}));
}

void tables_move() {
  reward_table from(3, reward_kind::plugin);
  const std::vector<double> h = from.h();
  const reward_table to = std::move(from);
  CHECK(to.h() == h);
}

void answers_are_rewarded() {
  const reward_table table(3, reward_kind::plugin);
  const std::vector<std::int64_t> ids{7, 7, 9, 1, -1, 1};
  const std::vector<double> rewards = answer_rewards(table, ids, 2, 3, answer_options().log_target(1).invalid_reward(-2));
  CHECK(std::fabs(rewards[0] - (1 - std::log(2.0 / 3))) < 1e-15);
  CHECK(std::fabs(rewards[2] - (1 - std::log(1.0 / 3))) < 1e-15);
  CHECK(rewards[3] == 1 && rewards[4] == -2 && rewards[5] == 1);
}

void buffers_are_the_callers() {
  const reward_table table(2);
  const std::vector<std::int32_t> ids{3, 3, 100, 4, -7};
  const std::vector<double> targets{0, 1, 0, 0};
  std::vector<std::int32_t> counts(4), k_eff(2);
  std::vector<row_status> statuses(2);
  answer_outputs to;
  to.counts = counts;
  to.k_eff = k_eff;
  to.row_status = statuses;
  answer_rewards(table, ids.data(), 2, 2, answer_options().id_stride(3).log_targets(targets).threads(1), to);
  CHECK(counts[0] == 2 && counts[1] == 2);
  CHECK(statuses[0] == row_status::ok && statuses[1] == row_status::invalid);
  CHECK(k_eff[0] == 2);
}

void errors_name_the_argument() {
  CHECK(check::contains(check::text_of<invalid_argument>([] { reward_table(0); }), "k is 0"));
  CHECK(check::contains(check::text_of<invalid_argument>([] { (void)reward_table::power(3, 3); }), "m is 3"));
  const reward_table table(2);
  const std::vector<std::int64_t> ids{1, 2};
  CHECK(check::contains(check::text_of<invalid_argument>([&] { (void)answer_rewards(table, ids, 2, 2); }), "ids has 2"));
  CHECK(
      check::contains(check::text_of<invalid_argument>([&] { (void)answer_rewards(table, ids, 1, 2, answer_options().sign(3)); }), "sign"));
}

}  // namespace

int main() {
  return check::run({tables_hold_their_values, tables_move, answers_are_rewarded, buffers_are_the_callers, errors_name_the_argument});
}
