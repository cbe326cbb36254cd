// Programs that libpcap makes, as sources and results of known quality.
#ifndef BPFOPT_TESTS_VERIFIER_LIBPCAP_PROGRAMS_H
#define BPFOPT_TESTS_VERIFIER_LIBPCAP_PROGRAMS_H

#include "bpfopt/program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::verifier {

// Nothing when libpcap refuses the filter.
std::optional<Program> CompileByLibpcap(const std::string& link_type, const std::string& filter,
                                        bool optimize, std::uint32_t netmask = 0);

struct CorpusRow {
  std::string id;
  std::string link_type;
  std::string filter;
};

// The rows of bench/corpus/`file`.
std::vector<CorpusRow> ReadCorpus(const std::string& file);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_TESTS_VERIFIER_LIBPCAP_PROGRAMS_H
