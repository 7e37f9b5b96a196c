#pragma once
/// The project's units (mm, ms, mg, kPa, mV, K, mM) and the factors at its borders.

namespace cardiotwin::core {

inline constexpr double kPa_per_mmHg = 0.133322387415;
inline constexpr double mm3_per_ml = 1000.0;
inline constexpr double ms_per_s = 1000.0;
/// 1 ml/s is 1 mm^3/ms.
inline constexpr double mm3_per_ms_per_ml_per_s = 1.0;
inline constexpr double Pa_per_kPa = 1000.0;
/// 1 uJ is 1 mg (mm/ms)^2.
inline constexpr double uJ_per_mJ = 1000.0;

}  // namespace cardiotwin::core
