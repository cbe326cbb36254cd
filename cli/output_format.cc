// The options for the form in which a program is printed.
#include "cli/output_format.h"

#include "cli/arguments.h"

namespace bpfopt::cli {

void OutputArguments::AddTo(CLI::App& app) {
  app.add_flag("-d", d_count, "print as tcpdump -d (default), -dd or -ddd does");
  AddChoice(app, "--format", format,
            {{"asm", Format::kAssembly},
             {"c", Format::kC},
             {"decimal", Format::kDecimal},
             {"json", Format::kJson},
             {"iptables", Format::kIptables}},
            "asm, c, decimal, json or iptables");
}

Format OutputArguments::Chosen() const {
  if (format) return *format;
  if (d_count >= 3) return Format::kDecimal;
  return d_count == 2 ? Format::kC : Format::kAssembly;
}

}  // namespace bpfopt::cli
