// What the installed tcpdump prints for a filter.
#ifndef BPFOPT_BENCH_TCPDUMP_H
#define BPFOPT_BENCH_TCPDUMP_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <string>
#include <vector>

namespace bpfopt::bench {

// What is run for its program, for RunProcess.
struct TcpdumpCommand {
  std::vector<std::string> words;
  std::string input;
};
TcpdumpCommand CommandOfTcpdump(const std::string& link_type, const std::string& filter);

struct TcpdumpAnswer {
  bool refused = false;
  std::string message;  // why
  Program program;
};

// Runs `tcpdump -y LINK_TYPE -ddd FILTER`, without a shell. The link type may be a number. An error when
// tcpdump cannot be run at all.
Expected<TcpdumpAnswer> AskTcpdump(const std::string& link_type, const std::string& filter);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_TCPDUMP_H
