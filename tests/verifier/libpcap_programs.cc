#include "libpcap_programs.h"

#include <fstream>

#include <pcap/pcap.h>

namespace bpfopt::verifier {
namespace {

std::string Trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::optional<Program> CompileByLibpcap(const std::string& link_type, const std::string& filter,
                                        bool optimize, std::uint32_t netmask) {
  pcap_t* handle = pcap_open_dead(pcap_datalink_name_to_val(link_type.c_str()), 262144);
  bpf_program compiled = {};
  std::optional<Program> program;
  if (pcap_compile(handle, &compiled, filter.c_str(), optimize ? 1 : 0, netmask) == 0) {
    program.emplace();
    for (unsigned i = 0; i < compiled.bf_len; ++i) {
      const bpf_insn& instruction = compiled.bf_insns[i];
      program->push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
    }
    pcap_freecode(&compiled);
  }
  pcap_close(handle);
  return program;
}

std::vector<CorpusRow> ReadCorpus(const std::string& file) {
  std::ifstream in(std::string(BPFOPT_SOURCE_DIR) + "/bench/corpus/" + file);
  std::vector<CorpusRow> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t first = line.find('|');
    const std::size_t second = line.find('|', first + 1);
    if (second == std::string::npos) continue;
    rows.push_back({Trimmed(line.substr(0, first)), Trimmed(line.substr(first + 1, second - first - 1)),
                    Trimmed(line.substr(second + 1))});
  }
  return rows;
}

}  // namespace bpfopt::verifier
