// The log: a line for each filter that a program compiles. docs/drop-in.md specifies the line.
#ifndef BPFOPT_PRELOAD_LOG_H
#define BPFOPT_PRELOAD_LOG_H

#include "bpfopt/program.h"
#include "preload/request.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::preload {

// Longer lines are shortened in their filter. No more than PIPE_BUF, so that a line written to a pipe stays
// in one piece as well.
inline constexpr std::size_t kMostLineBytes = 4096;

struct Entry {
  enum class Used { kBpfopt, kLibpcap, kNothing };  // kNothing: libpcap refused the filter

  std::chrono::system_clock::time_point time;
  int process = 0;
  std::string program;  // its name
  Used used = Used::kLibpcap;
  std::optional<std::size_t> libpcap_instructions;  // of libpcap's program, where it is known
  std::optional<std::size_t> bpfopt_instructions;   // of bpfopt's, where there is one
  std::optional<std::size_t> source_instructions;   // of the program that bpfopt's was held to
  std::optional<Relation> proven;                   // in which sense
  std::optional<int> level;
  std::optional<Target> target;
  bool was_cached = false;
  std::chrono::microseconds took{};  // from call to return
  std::string link_type;
  std::optional<Request> request;  // where it could be read from the handle
  std::string reason;
  std::string filter;
};

// One line, ended.
std::string FormatEntry(const Entry& entry);
// The line about settings that mean nothing.
std::string FormatIgnored(std::chrono::system_clock::time_point time, int process, std::string_view program,
                          const std::vector<std::string>& ignored);

// Appends the line to the file in one piece: lines of several threads and processes do not mix. A file that
// cannot be opened or written loses the line; there is nobody to tell.
void AppendLine(const std::string& path, const std::string& line);

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_LOG_H
