// A fuzz target without libFuzzer: the same inputs on every machine, for the test suite.
//
//   bpfopt_fuzz_readers SEED-DIRECTORY RUNS    each seed, then RUNS mutated or structured inputs
//   bpfopt_fuzz_readers FILE                   one input, such as one that libFuzzer has kept
//
// An input that fails is left in the working directory as fuzz-failure.
#include "target.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace bpfopt::fuzz {
namespace {

constexpr std::size_t kMaxBytes = 4096;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> ReadSeeds(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  std::transform(paths.begin(), paths.end(), std::back_inserter(seeds), ReadFile);
  return seeds;
}

class Mutator {
 public:
  Mutator(std::mt19937& random, const std::vector<std::string>& seeds) : random_(random), seeds_(seeds) {}

  std::string Next() {
    std::string input =
        seeds_.empty() || Below(2) == 0 ? StructuredInput(random_) : seeds_[Below(seeds_.size())];
    for (std::size_t changes = Below(5); changes > 0; --changes) Change(input);
    input.resize(std::min(input.size(), kMaxBytes));
    return input;
  }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  std::size_t PlaceIn(const std::string& text) { return Below(text.size() + 1); }
  std::string PieceOf(const std::string& text) {
    return text.substr(PlaceIn(text), Below(16) == 0 ? Below(256) : Below(16));
  }

  void Change(std::string& input) {
    const std::size_t place = PlaceIn(input);
    switch (Below(7)) {
      case 0:
        if (place < input.size()) input[place] = static_cast<char>(random_());
        break;
      case 1:
        if (place < input.size()) input[place] = static_cast<char>(input[place] ^ (1 << Below(8)));
        break;
      case 2:
        input.insert(place, 1, static_cast<char>(random_()));
        break;
      case 3:
        input.erase(place, 1 + Below(8));
        break;
      case 4:
        input.insert(place, PieceOf(input));
        break;
      case 5:
        input.insert(place,
                     PieceOf(seeds_.empty() ? StructuredInput(random_) : seeds_[Below(seeds_.size())]));
        break;
      default:
        input.insert(place, OddNumber());
    }
  }

  std::string OddNumber() {
    static constexpr const char* kNumbers[] = {
        "0", "-1", "15", "16", "255", "256", "65535", "2147483648", "4294967295", "4096", "32", "4294967296"};
    return kNumbers[Below(std::size(kNumbers))];
  }

  std::mt19937& random_;
  const std::vector<std::string>& seeds_;
};

// The input that runs, for the handler of SIGABRT, which sanitizers and assertions end with too.
std::string current;

void KeepCurrent(int signal) {
  if (std::FILE* file = std::fopen("fuzz-failure", "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
    std::fputs("the input is in fuzz-failure\n", stderr);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void RunOne(std::string input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.size() > 2) {
    std::fputs("usage: SEED-DIRECTORY RUNS, or FILE\n", stderr);
    return 2;
  }
  std::signal(SIGABRT, KeepCurrent);
  std::signal(SIGSEGV, KeepCurrent);
  if (arguments.size() == 1) {
    RunOne(ReadFile(arguments[0]));
    return 0;
  }
  const std::vector<std::string> seeds = ReadSeeds(arguments[0]);
  for (const std::string& seed : seeds) RunOne(seed);
  std::mt19937 random(1);
  Mutator mutator(random, seeds);
  for (unsigned long runs = std::stoul(arguments[1]); runs > 0; --runs) RunOne(mutator.Next());
  return 0;
}

}  // namespace
}  // namespace bpfopt::fuzz

int main(int argc, char** argv) { return bpfopt::fuzz::Main({argv + 1, argv + argc}); }
