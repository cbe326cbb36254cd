// A check of Z3's that another thread may end. For the sources of this layer only.
#ifndef BPFOPT_SMT_GUARDED_CHECK_H
#define BPFOPT_SMT_GUARDED_CHECK_H

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include <z3.h>

namespace bpfopt::smt {

// Runs check(), one question to `context`, and tells Z3 to end it when `stop` asks for that. Whoever asks
// waits until Z3 has ended, for Z3 does not remember a wish that comes just before its check begins.
template <typename Check>
Z3_lbool RunGuarded(Z3_context context, const std::stop_token& stop, Check check) {
  if (!stop.stop_possible()) return check();
  std::atomic<bool> is_running = false;
  const std::stop_callback end(stop, [&] {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (; is_running; std::this_thread::sleep_for(std::chrono::milliseconds(1))) Z3_interrupt(context);
  });
  is_running = true;
  // A wish that came before this point has found nothing running, and is seen here.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const Z3_lbool result = stop.stop_requested() ? Z3_L_UNDEF : check();
  is_running = false;
  return result;
}

}  // namespace bpfopt::smt

#endif  // BPFOPT_SMT_GUARDED_CHECK_H
