// A resolved filter as libpcap can be asked about it without looking a name up a second time.
#ifndef BPFOPT_DRIVER_SPELL_OUT_H
#define BPFOPT_DRIVER_SPELL_OUT_H

#include "frontend/ast.h"
#include "frontend/link_type.h"

#include <string>

namespace bpfopt::driver {

// Filter text with numbers alone: the addresses of a host joined by `or`, a port with the protocol that its
// name implies.
std::string SpellOut(const frontend::Ast& resolved, const frontend::LinkType& link_type);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_SPELL_OUT_H
