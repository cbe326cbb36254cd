// The program comes in tcpdump's decimal form.
#include "bench/tcpdump.h"

#include "bench/process.h"
#include "bpfopt/format.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace bpfopt::bench {
namespace {

// What follows "tcpdump: ", without its line feed. Where the capture comes from may be said before.
std::string Message(std::string text) {
  constexpr std::string_view kPrefix = "tcpdump: ";
  if (const std::size_t at = text.rfind(kPrefix); at != std::string::npos) text.erase(0, at + kPrefix.size());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// tcpdump takes the name of a link type. One that has only a number comes with a capture, which holds no
// packets.
std::string EmptyCapture(std::uint32_t link_type) {
  constexpr std::uint32_t kSnaplen = 262144;
  const std::array<std::uint32_t, 6> header = {0xa1b2c3d4, 4U << 16 | 2U, 0, 0, kSnaplen, link_type};
  std::array<char, sizeof header> bytes{};
  std::memcpy(bytes.data(), header.data(), sizeof header);
  return {bytes.data(), bytes.size()};
}

}  // namespace

TcpdumpCommand CommandOfTcpdump(const std::string& link_type, const std::string& filter) {
  if (!IsNumber(link_type)) return {{"tcpdump", "-y", link_type, "-ddd", "--", filter}, {}};
  const auto number = static_cast<std::uint32_t>(std::stoul(link_type));
  return {{"tcpdump", "-r", "-", "-ddd", "--", filter}, EmptyCapture(number)};
}

Expected<TcpdumpAnswer> AskTcpdump(const std::string& link_type, const std::string& filter) {
  TcpdumpCommand command = CommandOfTcpdump(link_type, filter);
  auto ran = RunProcess(std::move(command.words), command.input);
  if (!ran) return tl::unexpected(ran.error());
  if (ran->status != 0) return TcpdumpAnswer{true, Message(std::move(ran->errors)), {}};
  auto program = ParseProgram(ran->output);
  if (!program) return InvalidInput("cannot read tcpdump's output: " + program.error().message);
  return TcpdumpAnswer{false, {}, std::move(*program)};
}

}  // namespace bpfopt::bench
