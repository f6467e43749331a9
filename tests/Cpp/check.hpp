// The least that a test needs: a check that names itself, and a count at the end.
#ifndef EQUIPOISE_TESTS_CHECK_HPP
#define EQUIPOISE_TESTS_CHECK_HPP

#include <cstdio>
#include <equipoise.hpp>
#include <exception>
#include <initializer_list>
#include <string>

namespace check {

inline int failures = 0;

inline void that(bool holds, const char *what, const char *file, int line) {
  if (holds) return;
  failures++;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

// The text of the exception of type Error that the call throws; "" if it throws nothing.
template <class Error, class Call>
std::string text_of(Call &&call) {
  try {
    call();
  } catch (const Error &error) {
    return error.what();
  }
  return {};
}

inline bool contains(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

// Runs every test, also after one that threw; the exit status of the program.
inline int run(std::initializer_list<void (*)()> tests) {
  for (const auto test : tests) {
    try {
      test();
    } catch (const std::exception &unexpected) {
      failures++;
      std::fprintf(stderr, "unexpected: %s\n", unexpected.what());
    }
  }
  std::printf("%zu tests, %d failed checks\n", tests.size(), failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(holds) check::that(static_cast<bool>(holds), #holds, __FILE__, __LINE__)

#endif
