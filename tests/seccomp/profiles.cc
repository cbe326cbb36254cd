#include "profiles.h"

#include <array>
#include <cerrno>
#include <seccomp.h>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::seccomp {

std::vector<Profile> Profiles() {
  constexpr std::uint32_t kFails = SCMP_ACT_ERRNO(EPERM);
  std::vector<Profile> profiles = {
      {"random200_linear", RandomAllowList(1, 200, kFails, Form::kLinear)},
      {"random200_kill_process", RandomAllowList(1, 200, SCMP_ACT_KILL_PROCESS, Form::kLinear)},
      {"arguments_linear", ArgumentTests(kFails, Form::kLinear)},
      {"architectures_tree", SeveralArchitectures(kFails, Form::kTree)},
      {"container_linear", ContainerProfile(kFails, Form::kLinear)},
  };
  if (kIsSanitized) return profiles;
  for (const Form form : {Form::kLinear, Form::kTree}) {
    const std::string suffix = form == Form::kLinear ? "linear" : "tree";
    for (const std::size_t count : {100U, 300U}) {
      profiles.push_back(
          {fmt::format("random{}_{}", count, suffix), RandomAllowList(1, count, kFails, form)});
    }
  }
  profiles.push_back({"random200_tree", RandomAllowList(1, 200, kFails, Form::kTree)});
  profiles.push_back({"arguments_tree", ArgumentTests(kFails, Form::kTree)});
  profiles.push_back({"architectures_linear", SeveralArchitectures(kFails, Form::kLinear)});
  profiles.push_back({"container_tree", ContainerProfile(kFails, Form::kTree)});
  const std::array<std::pair<std::string, std::uint32_t>, 3> others = {
      {{"kill_process", SCMP_ACT_KILL_PROCESS}, {"log", SCMP_ACT_LOG}, {"trap", SCMP_ACT_TRAP}}};
  for (const auto& [name, action] : others) {
    profiles.push_back({"arguments_" + name, ArgumentTests(action, Form::kLinear)});
    profiles.push_back({"container_" + name, ContainerProfile(action, Form::kLinear)});
  }
  profiles.push_back({"random200_log", RandomAllowList(1, 200, SCMP_ACT_LOG, Form::kLinear)});
  profiles.push_back({"random200_trap", RandomAllowList(1, 200, SCMP_ACT_TRAP, Form::kLinear)});
  return profiles;
}

OptimizeOptions OptionsForTests(int level) {
  OptimizeOptions options;
  options.target = Target::kSeccomp;
  options.level = level;
  if (kIsSanitized) options.budgets.search = 20;
  return options;
}

}  // namespace bpfopt::seccomp
