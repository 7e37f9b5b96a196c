#include "tension_fit.hpp"

#include <gtest/gtest.h>

namespace cardiotwin::mechanics {
namespace {

/// A ventricle whose ejection saturates as real ones do.
double ejects(double factor) { return 0.75 * factor / (factor + 0.4); }

int beats_until_accepted(double target) {
  TensionFit fit(target);
  for (int beat = 1; beat <= 20; ++beat) {
    if (fit.accepts(ejects(fit.factor()))) return beat;
    fit.learn(ejects(fit.factor()));
  }
  return 21;
}

TEST(TensionFit, FindsTheFactorInAFewBeats) {
  EXPECT_EQ(beats_until_accepted(ejects(1)), 1);
  for (const double target : {0.15, 0.3, 0.45, 0.6, 0.68}) EXPECT_LE(beats_until_accepted(target), 6) << target;
}

TEST(TensionFit, WithoutATargetNothingIsScaled) {
  TensionFit fit;
  fit.learn(0.3);
  EXPECT_EQ(fit.factor(), 1);
  EXPECT_TRUE(fit.accepts(0.3));
}

TEST(TensionFit, StaysBoundedWhereTheWallDoesNotAnswer) {
  TensionFit fit(0.6);
  double before = fit.factor();
  for (int beat = 0; beat < 5; ++beat) {
    fit.learn(0);
    EXPECT_GT(fit.factor(), before);
    EXPECT_LE(fit.factor(), 2 * before);
    before = fit.factor();
  }
}

TEST(TensionFit, FollowsASlowChangeWithTheSlopeItHasLearnt) {
  // The circulation has settled, and a beat ejects a tenth less than in the trials.
  TensionFit fit(0.4);
  while (!fit.accepts(ejects(fit.factor()))) fit.learn(ejects(fit.factor()));
  int beats = 0;
  for (; !fit.accepts(0.9 * ejects(fit.factor())); ++beats) fit.follow(0.9 * ejects(fit.factor()));
  EXPECT_LE(beats, 3);
}

TEST(TensionFit, ResumesFromItsState) {
  TensionFit through(0.4), resumed(0.4);
  through.learn(ejects(1));
  resumed.set_state(through.state());
  through.learn(ejects(through.factor()));
  resumed.learn(ejects(resumed.factor()));
  EXPECT_EQ(through.factor(), resumed.factor());
}

}  // namespace
}  // namespace cardiotwin::mechanics
