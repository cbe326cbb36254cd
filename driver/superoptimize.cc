#include "driver/superoptimize.h"

#include "backend/layout.h"
#include "backend/synthesis.h"
#include "backend/window.h"
#include "bpf/checker.h"
#include "bpf/likelihood.h"
#include "bpf/opcode.h"
#include "verifier/window_proof.h"

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace bpfopt::driver {
namespace {

using backend::Example;
using backend::Window;

constexpr std::size_t kManyExamples = 320;
constexpr std::size_t kInputsOfExit = 3;
constexpr std::size_t kScatter = 0x9e37;      // odd, so that all inputs have their turn
constexpr std::size_t kLargestProgram = 120;  // instructions; beyond, windows are too many

// Examples of what one window does, without the same one twice, those of all exits by turns.
class Examples {
 public:
  explicit Examples(const Window& window) : window_(window), by_exit_(window.exits.size()) {}

  // Nothing changes when the code cannot be run on it.
  void Add(const verifier::WindowInput& input) {
    const auto departure = backend::RunWindow(window_.code, window_.bytes, input.a, input.bytes);
    if (!departure) return;
    if (!known_.emplace(input.a, input.bytes).second) return;
    by_exit_[departure->exit].push_back({input.a, input.bytes, *departure});
    ++count_;
  }

  // `input`, and while examples are few what differs from it in one bit, or in its last byte.
  void AddAround(const verifier::WindowInput& input) {
    Add(input);
    if (count_ >= kManyExamples) return;
    verifier::WindowInput near = input;
    if (window_.reads_a) {
      for (unsigned bit = 0; bit < 32; ++bit) {
        near.a = input.a ^ (window_.possible_a & 1U << bit);
        Add(near);
      }
      for (std::uint32_t low = 0; low < 256; ++low) {
        near.a = (input.a & ~0xffU) | (low & window_.possible_a);
        Add(near);
      }
      near.a = input.a;
    }
    for (std::size_t i = 0; i < input.bytes.size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        near.bytes[i] = static_cast<std::uint8_t>(input.bytes[i] ^ 1U << bit);
        Add(near);
      }
      near.bytes[i] = input.bytes[i];
    }
    if (input.bytes.empty() || input.bytes.size() > 4) return;
    for (unsigned value = 0; value < 256; ++value) {
      near.bytes.back() = static_cast<std::uint8_t>(value);
      Add(near);
    }
  }

  std::vector<Example> InTurns() const {
    std::vector<Example> all;
    for (std::size_t round = 0; all.size() < count_; ++round) {
      for (const std::vector<Example>& each : by_exit_) {
        if (round < each.size()) all.push_back(each[round]);
      }
    }
    return all;
  }

 private:
  const Window& window_;
  std::vector<std::vector<Example>> by_exit_;
  std::set<std::pair<std::uint32_t, std::vector<std::uint8_t>>> known_;
  std::size_t count_ = 0;
};

// Inputs of a window by number: all there are when they are few, else drawn around the examples.
class Inputs {
 public:
  Inputs(const Window& window, std::vector<Example> examples)
      : window_(window), examples_(std::move(examples)) {
    if (window.reads_a) {
      for (unsigned bit = 0; bit < 32; ++bit) {
        if ((window.possible_a >> bit & 1) != 0) a_bits_.push_back(bit);
      }
    }
    const std::size_t bits = a_bits_.size() + 8 * window.bytes.size();
    are_all_ = bits <= kFewBits;
    count_ = are_all_ ? std::size_t{1} << bits : kDrawn;
  }

  bool are_all() const { return are_all_; }
  std::size_t count() const { return count_; }

  verifier::WindowInput operator[](std::size_t number) {
    verifier::WindowInput input;
    input.bytes.resize(window_.bytes.size());
    if (!are_all_) return Draw(std::move(input));
    for (std::uint8_t& byte : input.bytes) {
      byte = static_cast<std::uint8_t>(number);
      number >>= 8;
    }
    for (std::size_t i = 0; i < a_bits_.size(); ++i) {
      input.a |= static_cast<std::uint32_t>(number >> i & 1) << a_bits_[i];
    }
    return input;
  }

 private:
  static constexpr std::size_t kFewBits = 16;
  static constexpr std::size_t kDrawn = 8192;

  verifier::WindowInput Draw(verifier::WindowInput input) {
    const Example& near = examples_[random_() % examples_.size()];
    const Example& other = examples_[random_() % examples_.size()];
    input.a =
        (random_() % 2 == 0 ? near.a : near.a ^ static_cast<std::uint32_t>(random_())) & window_.possible_a;
    for (std::size_t i = 0; i < input.bytes.size(); ++i) {
      const unsigned choice = random_() % 8;
      input.bytes[i] = choice == 0   ? static_cast<std::uint8_t>(random_())
                       : choice == 1 ? other.bytes[i]
                                     : near.bytes[i];
    }
    return input;
  }

  const Window& window_;
  std::vector<Example> examples_;
  std::vector<unsigned> a_bits_;
  bool are_all_ = false;
  std::size_t count_ = 0;
  std::mt19937 random_;  // the same each time
};

verifier::WindowContract ContractOf(const Window& window, Target target) {
  verifier::WindowContract contract;
  contract.a_is_live = window.a_is_live;
  contract.possible_a = window.reads_a ? window.possible_a : 0;
  for (const backend::ByteAddress& byte : window.bytes) {
    contract.bytes.emplace_back(byte.indirect, byte.offset);
  }
  contract.rules = target;
  return contract;
}

// Instructions that take a place wherever the window is laid out.
std::size_t LengthOf(const Program& code) {
  return static_cast<std::size_t>(std::count_if(
      code.begin(), code.end(), [](const Instruction& each) { return each.code != (bpf::kJmp | bpf::kJa); }));
}

class Superoptimizer {
 public:
  Superoptimizer(const Subject& subject, const CompileOptions& options, const SuperoptimizerBudget& budget,
                 const std::function<bool(const Built&)>& judge)
      : subject_(subject),
        options_(options),
        budget_(budget),
        judge_(judge),
        rules_{options.target, options.relation, subject.cooked},
        steps_(budget.steps),
        smt_steps_(budget.smt_steps) {}

  Superoptimized Run(const Built& built) {
    Superoptimized result{built, 0, 0, 0};
    while (result.built.program.size() <= kLargestProgram && Improve(result)) ++result.replaced;
    return result;
  }

 private:
  bool Improve(Superoptimized& result) {
    backend::MachineFunction function = backend::FormBlocks(result.built.program, result.built.draws);
    backend::Simplify(function);
    for (const Window& window : backend::FindWindows(function, {})) {
      if (steps_ == 0 || smt_steps_ == 0) return false;
      if (!MarkSeen(window)) continue;
      ++result.windows;
      const std::optional<Program> code = FindShorter(window, result.refuted);
      if (!code) continue;
      Built next = result.built;
      backend::LaidOut laid_out = backend::LayOut(backend::Replace(function, window, *code));
      next.program = std::move(laid_out.program);
      next.draws = std::move(laid_out.draws);
      if (!IsBetter(next.program, result.built.program) || !IsAcceptable(next)) continue;
      result.built = std::move(next);
      return true;
    }
    return false;
  }

  // Windows that others are equal to need no second look, in whatever program they are.
  bool MarkSeen(const Window& window) {
    std::vector<std::uint64_t> key{window.reads_a ? window.possible_a : 0};
    for (const bool live : window.a_is_live) key.push_back(live ? 1 : 0);
    for (const Instruction& each : window.code) {
      key.push_back(std::uint64_t{each.code} << 48 | std::uint64_t{each.jt} << 40 |
                    std::uint64_t{each.jf} << 32 | each.k);
    }
    return seen_.insert(std::move(key)).second;
  }

  // Counterexample-guided: candidates agree with the window on all examples so far.
  std::optional<Program> FindShorter(const Window& window, std::size_t& refuted) {
    const std::size_t length = LengthOf(window.code);
    if (length < 2 || options_.interruption.IsRequested()) return std::nullopt;
    const verifier::WindowContract contract = ContractOf(window, options_.target);
    verifier::WindowProver prover(window.code, contract);
    Examples examples(window);
    AddFirst(window, prover, examples);
    std::uint64_t steps = std::min(budget_.steps_per_window, steps_);
    const std::uint64_t before = steps;
    std::optional<Program> found;
    for (std::size_t round = 0; round < budget_.refutations && !found; ++round) {
      if (options_.interruption.IsRequested()) break;
      const std::vector<Example> known = examples.InTurns();
      const auto code = backend::Synthesize(window, known, rules_, length - 1, steps);
      if (!code) break;
      std::optional<verifier::WindowInput> difference = FindDifference(window, *code, known);
      if (!difference) {
        verifier::WindowVerdict verdict = prover.Compare(*code, budget_.smt_steps_per_proof);
        if (verdict.answer == verifier::Answer::kEqual) found = code;
        if (verdict.answer != verifier::Answer::kDifferent) break;
        difference = std::move(verdict.input);
      }
      ++refuted;
      examples.AddAround(*difference);
    }
    steps_ -= before - steps;
    smt_steps_ -= std::min(smt_steps_, prover.steps_used());
    return found;
  }

  // Some inputs for each exit: among all when they are few, else by the solver.
  void AddFirst(const Window& window, verifier::WindowProver& prover, Examples& examples) const {
    std::vector<std::size_t> counts(window.exits.size(), 0);
    if (Inputs inputs(window, {}); inputs.are_all()) {
      for (std::size_t i = 0; i < inputs.count(); ++i) {
        const verifier::WindowInput input = inputs[i * kScatter % inputs.count()];
        const auto departure = backend::RunWindow(window.code, window.bytes, input.a, input.bytes);
        if (departure && counts[departure->exit]++ < kInputsOfExit) examples.AddAround(input);
      }
      return;
    }
    for (std::size_t round = 0; round < kInputsOfExit; ++round) {
      for (std::size_t exit = 0; exit < window.exits.size(); ++exit) {
        if (const auto input = prover.FindInput(exit, budget_.smt_steps_per_example))
          examples.AddAround(*input);
      }
    }
  }

  // Tries the code before it is proven: most wrong candidates need no proof.
  static std::optional<verifier::WindowInput> FindDifference(const Window& window, const Program& code,
                                                             const std::vector<Example>& examples) {
    Inputs inputs(window, examples);
    for (std::size_t i = 0; i < inputs.count(); ++i) {
      verifier::WindowInput input = inputs[i * kScatter % inputs.count()];
      const auto wanted = backend::RunWindow(window.code, window.bytes, input.a, input.bytes);
      const auto made = backend::RunWindow(code, window.bytes, input.a, input.bytes);
      if (!wanted || !made || wanted->exit != made->exit) return input;
      if (window.a_is_live[wanted->exit] && wanted->a != made->a) return input;
    }
    return std::nullopt;
  }

  bool IsBetter(const Program& a, const Program& b) const {
    const auto rank = [&](const Program& program) {
      const auto size = static_cast<double>(program.size());
      const double path = bpf::ExpectedPath(program);
      return options_.objective == Objective::kSpeed ? std::pair(path, size) : std::pair(size, path);
    };
    return rank(a) < rank(b);
  }

  bool IsAcceptable(const Built& built) const {
    const bpf::CheckOptions check = {.target = options_.target,
                                     .limit = options_.limit,
                                     .link_type = subject_.dlt,
                                     .cooked = subject_.cooked};
    return bpf::Check(built.program, check).empty() && judge_(built);
  }

  const Subject& subject_;
  const CompileOptions& options_;
  const SuperoptimizerBudget& budget_;
  const std::function<bool(const Built&)>& judge_;
  const backend::Rules rules_;
  std::uint64_t steps_;
  std::uint64_t smt_steps_;
  std::set<std::vector<std::uint64_t>> seen_;
};

}  // namespace

Superoptimized Superoptimize(const Built& built, const Subject& subject, const CompileOptions& options,
                             const SuperoptimizerBudget& budget,
                             const std::function<bool(const Built&)>& judge) {
  return Superoptimizer(subject, options, budget, judge).Run(built);
}

}  // namespace bpfopt::driver
