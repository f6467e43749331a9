/* The library is a guest: the process's handlers, signal mask and alternate stack are after it what they were before. */
#define _GNU_SOURCE
#include <signal.h>

#include "loaded.h"

static struct sigaction before[NSIG];
static volatile sig_atomic_t caught;

static void on_signal(int number) { caught = number; }

/* A host with handlers of its own for some signals, the runtime's favourites among them. */
static void install_own(void) {
  const int own[] = {SIGUSR1, SIGCHLD, SIGRTMIN, SIGFPE};
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  for (size_t i = 0; i < sizeof own / sizeof *own; ++i) {
    sigaction(own[i], &action, NULL);
  }
}

static void remember(void) {
  for (int number = 1; number < NSIG; ++number) {
    sigaction(number, NULL, &before[number]);
  }
}

static void check_same(const char *when) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) != 0) {
      continue; /* glibc keeps 32 and 33 to itself */
    }
    CHECK(now.sa_handler == before[number].sa_handler && now.sa_flags == before[number].sa_flags, "signal %d (%s) has another handler %s",
          number, strsignal(number), when);
  }
}

static void check_delivered(void) {
  caught = 0;
  raise(SIGUSR1);
  CHECK(caught == SIGUSR1, "SIGUSR1 did not reach its handler");
  raise(SIGRTMIN);
  CHECK(caught == SIGRTMIN, "SIGRTMIN did not reach its handler");
}

int main(void) {
  static char stack[1 << 16];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, alternate_now;
  sigset_t blocked, mask_now;
  batch b;

  install_own();
  sigaltstack(&alternate, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &blocked, NULL);
  remember();

  batch_fill(&b, 64, 4096);
  library l = library_open();
  check_same("after loading");
  library_exercise(&l, &b);
  check_same("after calls");
  for (int i = 0; i < 20000; ++i) {
    l.solve(NULL, &b.target, &b.options, &b.solution); /* errors make garbage: collections have happened after these */
  }
  check_delivered();

  sigaltstack(NULL, &alternate_now);
  CHECK(alternate_now.ss_sp == stack && alternate_now.ss_size == sizeof stack, "another alternate stack");
  pthread_sigmask(SIG_SETMASK, NULL, &mask_now);
  CHECK(sigismember(&mask_now, SIGUSR2) == 1 && sigismember(&mask_now, SIGRTMIN) == 0 && sigismember(&mask_now, SIGINT) == 0,
        "another signal mask");
  batch_free(&b);
  return finish();
}
