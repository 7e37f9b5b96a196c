#pragma once
/// Both schemes, for tests that each of them must pass.

#include <gtest/gtest.h>

#include <string>

#include "make_scheme.hpp"

namespace cardiotwin::hemodynamics {

using EveryScheme = testing::TestWithParam<SchemeKind>;

inline const auto every_scheme = testing::Values(SchemeKind::fractional_step, SchemeKind::coupled);

inline std::string scheme_name(const testing::TestParamInfo<SchemeKind>& info) {
  return info.param == SchemeKind::coupled ? "coupled" : "fractional_step";
}

}  // namespace cardiotwin::hemodynamics
