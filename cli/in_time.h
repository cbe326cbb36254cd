// Work that may take too long, in a process of its own that is ended then.
#ifndef BPFOPT_CLI_IN_TIME_H
#define BPFOPT_CLI_IN_TIME_H

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace bpfopt::cli {

// What `work` returns; nothing when it takes longer than that, or does not return at all. libpcap's compiler
// cannot be interrupted in any other way.
std::optional<std::string> RunInTime(const std::function<std::string()>& work, std::chrono::seconds limit);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_IN_TIME_H
