// What the installed tcpdump prints for a filter.
#ifndef BPFOPT_BENCH_TCPDUMP_H
#define BPFOPT_BENCH_TCPDUMP_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <string>
#include <vector>

namespace bpfopt::bench {

enum class TcpdumpOptimizer { kOn, kOff };

// What is run for its program, for RunProcess.
struct TcpdumpCommand {
  std::vector<std::string> words;
  std::string input;
};
TcpdumpCommand CommandOfTcpdump(const std::string& link_type, const std::string& filter,
                                TcpdumpOptimizer optimizer = TcpdumpOptimizer::kOn);

struct TcpdumpAnswer {
  bool refused = false;
  std::string message;  // why
  Program program;
};

// Runs `tcpdump -y LINK_TYPE -ddd FILTER`, or with -O, without a shell. The link type may be a number. An
// error when tcpdump cannot be run at all.
Expected<TcpdumpAnswer> AskTcpdump(const std::string& link_type, const std::string& filter,
                                   TcpdumpOptimizer optimizer = TcpdumpOptimizer::kOn);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_TCPDUMP_H
