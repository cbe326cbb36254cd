// The program comes in tcpdump's decimal form.
#include "bench/tcpdump.h"

#include "bench/process.h"
#include "bpfopt/format.h"

#include <string_view>
#include <utility>

namespace bpfopt::bench {
namespace {

// "tcpdump: expression rejects all packets" and a line feed.
std::string Message(std::string text) {
  constexpr std::string_view kPrefix = "tcpdump: ";
  if (text.compare(0, kPrefix.size(), kPrefix) == 0) text.erase(0, kPrefix.size());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Expected<TcpdumpAnswer> AskTcpdump(const std::string& link_type, const std::string& filter) {
  auto ran = RunProcess({"tcpdump", "-y", link_type, "-ddd", "--", filter});
  if (!ran) return tl::unexpected(ran.error());
  if (ran->status != 0) return TcpdumpAnswer{true, Message(std::move(ran->errors)), {}};
  auto program = ParseProgram(ran->output);
  if (!program) return InvalidInput("cannot read tcpdump's output: " + program.error().message);
  return TcpdumpAnswer{false, {}, std::move(*program)};
}

}  // namespace bpfopt::bench
