#include <bpfopt/bpfopt.hpp>

#include <iostream>

int main() {
  using namespace bpfopt::filter;
  const auto result = bpfopt::Compile(ip & udp & (host("localhost") | src.net("10.0.0.0/8")));
  if (!result) {
    std::cerr << result.error().message << '\n';
    return 1;
  }
  std::cout << bpfopt::FormatProgram(result->program, bpfopt::Format::kAssembly);
  return result->proven ? 0 : 1;
}
