// Filters that the libpcap in use understands otherwise than bpfopt. The lowering (frontend/lower.h) follows
// the language of one libpcap; others, older and newer, take some words for something else. What a filter
// means is then what the libpcap in use says: its program is optimized as a program is that others made. No
// table of versions says which words these are: a proof that fails does.
#ifndef BPFOPT_DRIVER_LIBPCAP_MEANING_H
#define BPFOPT_DRIVER_LIBPCAP_MEANING_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "driver/candidate.h"
#include "driver/guarantee.h"
#include "driver/stage_log.h"

#include <string_view>

namespace bpfopt::driver {

// The libpcap whose language is bpfopt's.
inline constexpr std::string_view kFollowedLibpcap = "1.10.3";

// Of libpcap's own text: "1.10.3" of "libpcap version 1.10.3 (with TPACKET_V3)". Empty when there is none.
std::string_view VersionNumber(std::string_view text);

// What becomes of a filter, lowered to `lowered`, whose program was refuted. `libpcap` is the number of the
// libpcap in use. Where that is another one than bpfopt follows, the source is its program, and what the
// filter was lowered to differs from it too, before anything was optimized: the source's own program,
// optimized and proven, with a note that shows a packet. Else an internal error: the difference is of
// bpfopt's making.
Expected<CompileResult> TakeMeaningOfLibpcap(const Subject& lowered, Refutation refutation,
                                             std::string_view libpcap, const CompileOptions& options,
                                             StageLog& log, const SizeExplainer& explain);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_LIBPCAP_MEANING_H
