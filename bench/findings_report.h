// What was found, for people, as JSON, and as the tables of docs/libpcap-findings.md.
#ifndef BPFOPT_BENCH_FINDINGS_REPORT_H
#define BPFOPT_BENCH_FINDINGS_REPORT_H

#include "bench/findings.h"

#include <string>

namespace bpfopt::bench {

struct FindingsReport {
  std::string libpcap;  // its version
  Findings corpus;
  Findings random;
};

std::string FormatFindings(const FindingsReport& report);
std::string FormatFindingsJson(const FindingsReport& report);
// Without times, so that the same run prints the same text on every machine.
std::string FormatFindingsMarkdown(const FindingsReport& report);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_FINDINGS_REPORT_H
