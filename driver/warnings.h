// What is to be said of a filter beside its program.
#ifndef BPFOPT_DRIVER_WARNINGS_H
#define BPFOPT_DRIVER_WARNINGS_H

#include "bpfopt/diagnostic.h"
#include "bpfopt/program.h"
#include "frontend/ast.h"
#include "frontend/link_type.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bpfopt::driver {

// A warning when a program of a filter that tests something accepts nothing, or every packet.
std::optional<Diagnostic> WarnOfConstantFilter(const Program& program);

// Words that mean something else than they say, since libpcap takes them so and programs mean what libpcap's
// do.
std::vector<Diagnostic> WarnOfMisleadingWords(const frontend::Ast& filter);

// A warning at each `protochain`: how deep it looks, and what becomes of packets with more headers.
std::vector<Diagnostic> WarnOfChains(const frontend::Ast& filter, std::uint32_t depth);

// The kernel's cooked captures have no header where this filter looks for it; files have.
Diagnostic NoteOfCookedHeader(const frontend::LinkType& link_type);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_WARNINGS_H
