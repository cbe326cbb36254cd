// What a filter means, as a program: the source S that every result is proven against.
#ifndef BPFOPT_DRIVER_SOURCE_H
#define BPFOPT_DRIVER_SOURCE_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "bpfopt/program.h"
#include "driver/lowered_filter.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bpfopt::driver {

struct Source {
  Program program;
  std::map<std::size_t, std::uint32_t> draws;  // drawing instruction -> identity of its effect
  SourceKind kind = SourceKind::kLibpcap;
  std::string reason;                         // why it is not libpcap's
  std::optional<Diagnostic> diagnostic = {};  // when libpcap's means something else
  // What libpcap's optimizer makes of it, for a balanced program to be held to in its path. Nothing else is
  // believed of it: it may be wrong.
  std::optional<Program> yardstick = {};
};

// libpcap's unoptimized program when libpcap takes the filter, with at most kMaxLibpcapSource instructions
// and no loop, and does not make another one of it on an open interface; else `lowered` emitted as it is.
// `text` is the filter as it was written, when it was.
Expected<Source> MakeSource(const LoweredFilter& lowered, std::optional<std::string_view> text,
                            const CompileOptions& options);

inline constexpr std::size_t kMaxLibpcapSource = 5000;  // instructions
// Beyond this libpcap's optimizer takes long, and no yardstick is made.
inline constexpr std::size_t kMaxYardstick = 300;  // instructions of the source
// More than any machine takes: a source is there to be proven against, not to run.
inline constexpr std::size_t kMaxSource = 1'000'000;

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_SOURCE_H
