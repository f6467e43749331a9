/* The .NET runtime expects to own the process's signals; a guest in somebody else's process must not. The linker sends the runtime's calls
 * here (--wrap), so that
 *  - handlers for faults, SIGINT, SIGPIPE and all the rest are never installed: the host's stay, and so does Python's faulthandler;
 *  - the handler of the one real-time signal that stops a thread for a collection is installed when the first collection needs it,
 *    which no successful call of the library does. It passes on a signal that was not meant for it;
 *  - the library's own threads take none of the process's signals: those are for the host's threads.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

int __real_sigaction(int number, const struct sigaction *action, struct sigaction *previous);
int __real_pthread_kill(pthread_t thread, int number);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

static struct sigaction suspension;
static struct sigaction *suspension_previous; /* where the runtime looks for the handler to pass signals on to */
static atomic_int suspension_state;           /* 0: not asked for, 1: asked for, 2: installed */

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *previous) {
  if (action != NULL && number == SIGRTMIN && atomic_load(&suspension_state) == 0) {
    suspension = *action;
    suspension_previous = previous;
    atomic_store(&suspension_state, 1);
  }
  return __real_sigaction(number, NULL, previous);
}

__sighandler_t __wrap_signal(int number, __sighandler_t handler) {
  (void)handler;
  struct sigaction present;
  return __real_sigaction(number, NULL, &present) == 0 ? present.sa_handler : SIG_ERR;
}

int __wrap_pthread_kill(pthread_t thread, int number) {
  int asked = 1;
  if (number == SIGRTMIN && atomic_compare_exchange_strong(&suspension_state, &asked, 2)) {
    __real_sigaction(number, &suspension, suspension_previous);
  }
  return __real_pthread_kill(thread, number);
}

/* All but what a thread is itself the cause of, the stop for a collection, and a profiler's clock. */
static void set_of_blocked(sigset_t *blocked) {
  const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF, SIGRTMIN};
  sigfillset(blocked);
  for (size_t i = 0; i < sizeof open / sizeof *open; ++i) {
    sigdelset(blocked, open[i]);
  }
}

/* A new thread begins with its maker's mask. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  sigset_t blocked, makers;
  set_of_blocked(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &makers);
  int answer = __real_pthread_create(thread, attributes, start, argument);
  pthread_sigmask(SIG_SETMASK, &makers, NULL);
  return answer;
}
