// In place of libsfbpf: a compiler that makes `ip` of every filter, refuses some, crashes on others, and does
// not end on others.
#include <csignal>
#include <cstdint>
#include <string_view>

namespace {

struct Instruction {
  unsigned short code;
  unsigned char jt;
  unsigned char jf;
  std::uint32_t k;
};
struct Program {
  unsigned count;
  Instruction* instructions;
};
Instruction ip[] = {{0x28, 0, 0, 12}, {0x15, 0, 1, 0x800}, {0x06, 0, 0, 262144}, {0x06, 0, 0, 0}};

}  // namespace

extern "C" int sfbpf_compile(int /*snaplen*/, int /*link_type*/, Program* program, const char* filter,
                             int /*optimize*/, std::uint32_t /*netmask*/) {
  const std::string_view text = filter;
  if (text == "arp") return -1;
  if (text == "rarp") std::raise(SIGABRT);
  for (volatile bool forever = text == "ip6"; forever;) {
  }
  *program = {4, ip};
  return 0;
}
