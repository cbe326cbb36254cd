// What the compiler has to say about a filter beside the program: it never prints.
#ifndef BPFOPT_DIAGNOSTIC_H
#define BPFOPT_DIAGNOSTIC_H

#include "bpfopt/error.h"

#include <optional>
#include <string>

namespace bpfopt {

struct Diagnostic {
  enum class Severity {
    kNote,     // worth knowing: a proof that fell back to an earlier candidate
    kWarning,  // probably not what was meant: a filter that matches nothing
  };
  Severity severity = Severity::kWarning;
  std::string message;               // one sentence without a final full stop
  std::optional<SourceRange> range;  // where in the filter, when a place is known

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

}  // namespace bpfopt

#endif  // BPFOPT_DIAGNOSTIC_H
