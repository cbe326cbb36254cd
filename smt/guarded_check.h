// A check of Z3's that another thread, or the clock, may end. For the sources of this layer only.
#ifndef BPFOPT_SMT_GUARDED_CHECK_H
#define BPFOPT_SMT_GUARDED_CHECK_H

#include "bpfopt/interruption.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include <z3.h>

namespace bpfopt::smt {

// Runs check(), one question to `context`, and tells Z3 to end it when `interruption` is requested. Whoever
// asks waits until Z3 has ended, for Z3 does not remember a wish that comes just before its check begins.
// For a deadline there is a thread, but no longer than the check: Z3's own timers leave theirs running.
template <typename Check>
Z3_lbool RunGuarded(Z3_context context, const Interruption& interruption, Check check) {
  if (!interruption.IsPossible()) return check();
  // Each side says what it does before it looks at the other: one of them sees it.
  std::atomic<bool> is_asked = false;
  std::atomic<bool> is_running = false;
  const auto end = [&] {
    is_asked = true;
    for (; is_running; std::this_thread::sleep_for(std::chrono::milliseconds(1))) Z3_interrupt(context);
  };
  const std::stop_callback at_request(interruption.stop, end);
  std::jthread at_deadline;
  if (interruption.deadline) {
    at_deadline = std::jthread([&](const std::stop_token& is_over) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any waiting;
      waiting.wait_until(lock, is_over, *interruption.deadline, [] { return false; });
      if (!is_over.stop_requested()) end();
    });
  }
  is_running = true;
  const Z3_lbool result = is_asked ? Z3_L_UNDEF : check();
  is_running = false;
  return result;
}

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_GUARDED_CHECK_H
