/* The library is a guest: the process's handlers, signal mask and alternate stack are after it what they were before. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

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

static void check_same(const char *when, int except) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction now;
    if (number == except || sigaction(number, NULL, &now) != 0) {
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

static unsigned long long blocked_in(const char *thread) {
  char path[300], line[256];
  unsigned long long blocked = 0;
  snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
  FILE *status = fopen(path, "r");
  while (status && fgets(line, sizeof line, status)) {
    sscanf(line, "SigBlk: %llx", &blocked);
  }
  if (status) {
    fclose(status);
  }
  return blocked;
}

/* The host's signals are for the host's threads. */
static void check_own_threads_take_no_signals(void) {
  DIR *tasks = opendir("/proc/self/task");
  int own = 0;
  for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
    if (entry->d_name[0] != '.' && atoi(entry->d_name) != getpid()) {
      unsigned long long blocked = blocked_in(entry->d_name);
      ++own;
      CHECK(blocked >> (SIGUSR1 - 1) & blocked >> (SIGINT - 1) & blocked >> (SIGCHLD - 1) & 1, "thread %s blocks %llx only", entry->d_name,
            blocked);
      CHECK(!(blocked >> (SIGSEGV - 1) & 1), "thread %s would hide its faults", entry->d_name);
    }
  }
  closedir(tasks);
  CHECK(own > 0, "the library has no threads of its own here: the test has seen nothing");
}

static library guest;
static atomic_int done;

static int suspension_installed(void) {
  struct sigaction now;
  sigaction(SIGRTMIN, NULL, &now);
  return now.sa_handler != before[SIGRTMIN].sa_handler;
}

/* Errors make garbage, and garbage makes collections, which must sooner or later stop a thread that is solving. */
static void *make_garbage(void *argument) {
  batch *b = argument;
  for (int i = 0; i < 3000000 && !(i > 100000 && suspension_installed()); ++i) {
    guest.solve(NULL, &b->target, &b->options, &b->solution);
  }
  atomic_store(&done, 1);
  return NULL;
}

static void solve_among_collections(batch *b) {
  pthread_t thread;
  int solved = 0;
  pthread_create(&thread, NULL, make_garbage, b);
  while (!atomic_load(&done)) {
    solved += guest.solve(&b->theta, &b->target, &b->options, &b->solution) == EQP_OK;
  }
  pthread_join(thread, NULL);
  CHECK(solved > 0, "nothing was solved");
  CHECK(suspension_installed(), "no collection has stopped a thread: the test has seen nothing");
  check_solved(b);
}

int main(void) {
  static char stack[1 << 16];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, alternate_now;
  sigset_t blocked, mask_now;
  batch b;

  setenv("DOTNET_GCgen0size", "10000", 1); /* hexadecimal: a collection every 64 KiB */
  install_own();
  sigaltstack(&alternate, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &blocked, NULL);
  remember();

  batch_fill(&b, 64, 4096);
  guest = library_open();
  check_same("after loading", 0);
  library_exercise(&guest, &b);
  check_same("after calls", 0);
  check_own_threads_take_no_signals();
  check_delivered();
  solve_among_collections(&b);
  check_same("after collections", SIGRTMIN); /* stops threads for a collection, and passes on what was not meant for it */
  check_delivered();

  sigaltstack(NULL, &alternate_now);
  CHECK(alternate_now.ss_sp == stack && alternate_now.ss_size == sizeof stack, "another alternate stack");
  pthread_sigmask(SIG_SETMASK, NULL, &mask_now);
  CHECK(sigismember(&mask_now, SIGUSR2) == 1 && sigismember(&mask_now, SIGRTMIN) == 0 && sigismember(&mask_now, SIGINT) == 0,
        "another signal mask");
  batch_free(&b);
  return finish();
}
