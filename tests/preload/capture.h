// A capturing program in the background: started, seen to be ready, stopped, and its packets read.
#ifndef BPFOPT_TESTS_PRELOAD_CAPTURE_H
#define BPFOPT_TESTS_PRELOAD_CAPTURE_H

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bpfopt::preload {

class Capture {
 public:
  // `file` is what the program writes; what it says goes to that name with ".err" after it.
  Capture(std::vector<std::string> words, std::string file);
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture();

  // Captures, as it has said, or has given up.
  bool IsSettled();
  bool IsReady() const;
  std::string Errors() const;
  std::size_t BytesWritten() const;
  void Interrupt() const;
  void Wait();
  // Each as "wire length:bytes", sorted: the `any` device delivers packets of two interfaces in any order.
  std::vector<std::string> Packets() const;

 private:
  std::string file_;
  pid_t process_ = -1;
};

}  // namespace bpfopt::preload

#endif  // BPFOPT_TESTS_PRELOAD_CAPTURE_H
