// The front half of a compile: a parsed filter with its names resolved, and the IR that it was lowered to.
#ifndef BPFOPT_DRIVER_LOWERED_FILTER_H
#define BPFOPT_DRIVER_LOWERED_FILTER_H

#include "bpf/checker.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "driver/stage_log.h"
#include "frontend/ast.h"
#include "frontend/link_type.h"
#include "frontend/lower.h"
#include "ir/function.h"

namespace bpfopt::driver {

struct LoweredFilter {
  frontend::Ast filter;    // names resolved
  bool had_names = false;  // the text says less than `filter`: the resolver's answers
  const frontend::LinkType* link_type = nullptr;
  int dlt = 0;
  // Loads that programs of this filter may make in the header of a cooked capture: those that the kernel can
  // follow, and those that the filter itself asks for where the kernel has nothing (`link[4]`), as libpcap
  // emits them; pcap_setfilter leaves a program with one of these to libpcap's interpreter.
  bpf::CookedHeader cooked;
  // Does a cooked capture's kernel give such a program the packets that it asks for? Else no rule holds for
  // it: libpcap has to run it.
  bool kernel_follows = true;
  ir::Function function;
};

frontend::LowerOptions LowerOptionsFor(const frontend::LinkType& link_type, const CompileOptions& options);

// What `function`, as it was written, may load in the header of a cooked capture; see LoweredFilter::cooked.
bpf::CookedHeader CookedHeaderFor(int dlt, const ir::Function& function);

Expected<frontend::Ast> ResolveFilter(const frontend::Ast& parsed, const CompileOptions& options,
                                      StageLog& log);
Expected<LoweredFilter> LowerFilter(const frontend::Ast& parsed, const CompileOptions& options,
                                    StageLog& log);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_LOWERED_FILTER_H
