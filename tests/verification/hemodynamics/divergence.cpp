/// What happens when a solver does not converge. A program of its own: a user's PETSc options must be there before the
/// first solver of their prefix.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "beat.hpp"
#include "metrics.hpp"

namespace cardiotwin::hemodynamics {
namespace {

/// A user's PETSc option for as long as it lives.
class PetscOption {
 public:
  PetscOption(const char* name, const char* value) : name_(name) {
    fem::check(PetscOptionsSetValue(nullptr, name, value));
  }
  ~PetscOption() { PetscOptionsClearValue(nullptr, name_); }
  PetscOption(const PetscOption&) = delete;
  PetscOption& operator=(const PetscOption&) = delete;

 private:
  const char* name_;
};

TEST(Divergence, CutsTheStepAndFailsClearlyWhenThatDoesNotHelp) {
  const Beat beat = idealised_beat({.around = 3}, 0, 40);
  VentricleOptions options;
  options.flow.time_step_ms = 40;
  options.flow.courant_limit = 1e9;
  // So few iterations that long steps fail and short ones do not.
  VentricleOptions few = options;
  few.fluid.momentum_iterations = 8;
  try {
    const PetscOption one("-hemodynamics_pressure_ksp_max_it", "1");
    Ventricle hopeless = make_ventricle(core::Comm(), beat.mesh, beat.wall, options);
    hopeless.problem->advance();
    ADD_FAILURE() << "went on without a converged pressure";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::numerical);
    EXPECT_THAT(error.what(), testing::HasSubstr("hemodynamics_pressure_"));
  }
  Ventricle cut = make_ventricle(core::Comm(), beat.mesh, beat.wall, few);
  for (int i = 0; i < 14; ++i) cut.problem->advance();
  Ventricle free = make_ventricle(core::Comm(), beat.mesh, beat.wall, options);
  for (int i = 0; i < 14; ++i) free.problem->advance();

  EXPECT_EQ(free.problem->cuts(), 0);
  EXPECT_GT(cut.problem->cuts(), 0);
  EXPECT_DOUBLE_EQ(cut.problem->time_ms(), free.problem->time_ms());
  const auto &a = cut.problem->record().traces, &b = free.problem->record().traces;
  EXPECT_NEAR(a.volume_ml.back(), b.volume_ml.back(), 1e-9);
  EXPECT_NEAR(largest(a.largest_speed), largest(b.largest_speed), 0.3 * largest(b.largest_speed));
  EXPECT_LT(largest_magnitude(a.imbalance), 0.1 * largest_magnitude(a.volume_rate));
}

}  // namespace
}  // namespace cardiotwin::hemodynamics
