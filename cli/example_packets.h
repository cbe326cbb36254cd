// Packets to show a filter by.
#ifndef BPFOPT_CLI_EXAMPLE_PACKETS_H
#define BPFOPT_CLI_EXAMPLE_PACKETS_H

#include "bpfopt/program.h"
#include "cli/traced_run.h"

#include <optional>
#include <string>
#include <vector>

namespace bpfopt::cli {

// Packets as they are met: TCP, UDP, ICMP over IPv4 and IPv6, ARP, behind the header of the link type (a DLT_
// name); of zeros where the link type is none that is known here.
std::vector<ExamplePacket> EverydayPackets(const std::string& link_type);

struct Examples {
  std::optional<ExamplePacket> accepted;
  std::optional<ExamplePacket> rejected;  // like the accepted one, if there is one
};

// The everyday packet in which the fewest tests of `source` have to be turned to have `program` accept it,
// and the same with one test less turned. Nothing where the search, of a fixed number of steps, comes upon
// none. `program` is equal to the source and has the say.
Examples FindExamples(const Program& source, const Program& program, Target target,
                      const std::string& link_type);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_EXAMPLE_PACKETS_H
