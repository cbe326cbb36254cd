// The options for the form in which a program is printed.
#include "cli/output_format.h"

#include "cli/arguments.h"

namespace bpfopt::cli {

void AddByteOrder(CommandLine& line, ByteOrder& byte_order) {
  line.AddChoice("--endian", byte_order, {{"little", ByteOrder::kLittle}, {"big", ByteOrder::kBig}},
                 "byte order of raw programs: little or big (default: this machine's)");
}

void OutputArguments::AddTo(CommandLine& line) {
  line.AddCountedFlag("-d", d_count, "print as tcpdump -d (default), -dd or -ddd does");
  line.AddChoice("--format", format,
                 {{"asm", Format::kAssembly},
                  {"c", Format::kC},
                  {"decimal", Format::kDecimal},
                  {"iptables", Format::kIptables},
                  {"bpf_asm", Format::kBpfAsm},
                  {"raw", Format::kRaw},
                  {"json", Format::kJson}},
                 "asm, c, decimal, iptables, bpf_asm, raw or json");
  AddByteOrder(line, byte_order);
}

Expected<std::string> OutputArguments::Write(const Program& program) const {
  const Format chosen = format.value_or(d_count >= 3   ? Format::kDecimal
                                        : d_count == 2 ? Format::kC
                                                       : Format::kAssembly);
  if (auto fits = CheckFormat(program, chosen); !fits) return tl::unexpected(fits.error());
  return FormatProgram(program, chosen, byte_order);
}

}  // namespace bpfopt::cli
