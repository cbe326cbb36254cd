// Runs a pass on IR text, for tests that say what goes in and what comes out.
#ifndef BPFOPT_TESTS_PASSES_PASS_TESTING_H
#define BPFOPT_TESTS_PASSES_PASS_TESTING_H

#include "ir/check.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "passes/pass.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace bpfopt::passes {

// The text that `pass` makes of `text`; fails the test when either breaks an invariant of the IR.
inline std::string RunOnText(std::string_view pass, std::string_view text,
                             Relation relation = Relation::kFaithful,
                             Objective objective = Objective::kBalanced) {
  Expected<ir::Function> function = ir::Parse(text);
  if (!function) return "parse error: " + function.error().message;
  for (const ir::BrokenInvariant& broken : ir::Check(*function)) {
    ADD_FAILURE() << "input breaks " << broken.rule << " at " << broken.place << ": " << broken.detail;
  }
  Context context;
  context.relation = relation;
  context.objective = objective;
  context.smt_steps = 10'000'000;
  const std::string before = ir::Print(*function);
  const bool changed = FindPass(pass)->run(*function, context);
  for (const ir::BrokenInvariant& broken : ir::Check(*function)) {
    ADD_FAILURE() << pass << " breaks " << broken.rule << " at " << broken.place << ": " << broken.detail;
  }
  const std::string after = ir::Print(*function);
  EXPECT_TRUE(changed || before == after) << pass << " says that it changed nothing";
  return after;
}

// The canonical print of IR text: names and order as ir::Print has them.
inline std::string Canonical(std::string_view text) {
  Expected<ir::Function> function = ir::Parse(text);
  return function ? ir::Print(*function) : "parse error: " + function.error().message;
}

}  // namespace bpfopt::passes

#endif  // BPFOPT_TESTS_PASSES_PASS_TESTING_H
