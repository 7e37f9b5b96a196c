#include "references.hpp"

#include "cardiotwin/core/units.hpp"

namespace cardiotwin::report {
namespace {

// Volumes, mass and ejection fraction by cine MR: N. Kawel-Boehm et al., J Cardiovasc Magn Reson 17:29 (2015), adults,
// mean +- SD of women and of men; low and high are the outer limits of mean +- 2 SD of both.
// Pressures: C. J. Davidson, R. O. Bonow, Cardiac Catheterization, in Braunwald's Heart Disease, table of normal
// pressures. QRS duration: B. Surawicz et al., Circulation 119:e235 (2009): 74 to 114 ms in men, abnormal above 110.
// QT: P. Rautaharju et al., Circulation 119:e241 (2009), limits of the QT corrected to 60 beats a minute.
// Strains: T. Yingchoncharoen et al., J Am Soc Echocardiogr 26:185 (2013), 2,597 adults of 24 studies; low and high are
// the least and largest of the studies' means. Twist: echocardiography in three dimensions of 124 adults, PubMed
// 23887954; low and high are mean +- 2 SD of the youngest and the oldest. Torsion: Z. Zhang et al., "Healthy adult left
// and right ventricular torsion and torsion rates with MR-feature tracking", 566 adults, outer limits as for volumes.
constexpr std::string_view cmr = "Kawel-Boehm 2015, doi 10.1186/s12968-015-0111-7";
constexpr std::string_view catheter = "Davidson and Bonow, Braunwald's Heart Disease";
constexpr std::string_view strain = "Yingchoncharoen 2013, doi 10.1016/j.echo.2012.10.008";
constexpr Reference references[] = {
    {"end_diastolic_volume", "ml", 86, 214, "women 132 ± 23, men 160 ± 27 ml", cmr},
    {"end_systolic_volume", "ml", 22, 82, "women 44 ± 11, men 54 ± 14 ml", cmr},
    {"volume.lv_cavity.ed", "ml", 86, 214, "women 132 ± 23, men 160 ± 27 ml", cmr},
    {"volume.lv_cavity.es", "ml", 22, 82, "women 44 ± 11, men 54 ± 14 ml", cmr},
    {"stroke_volume", "ml", 57, 144, "women 87 ± 15, men 108 ± 18 ml", cmr},
    {"ejection_fraction", "%", 57, 77, "67 ± 5 %", cmr},
    {"mass", "g", 56, 176, "women 98 ± 21, men 134 ± 21 g", cmr},
    {"end_diastolic_pressure", "mmHg", 5, 12, "5 to 12 mmHg", catheter},
    {"peak_pressure", "mmHg", 90, 140, "90 to 140 mmHg", catheter},
    {"peak_lv_pressure", "mmHg", 90, 140, "90 to 140 mmHg", catheter},
    {"systolic_pressure", "mmHg", 90, 140, "90 to 140 mmHg", catheter},
    {"diastolic_pressure", "mmHg", 60, 90, "60 to 90 mmHg", catheter},
    {"global_longitudinal_strain", "%", -22.1, -15.9, "-19.7 %, studies from -15.9 to -22.1", strain},
    {"global_circumferential_strain", "%", -27.8, -20.9, "-23.3 %, studies from -20.9 to -27.8", strain},
    {"global_radial_strain", "%", 35.1, 59.0, "47.3 %, studies from 35.1 to 59.0", strain},
    {"twist", "deg", 6.4, 24.7, "12 ± 3 (young) to 19 ± 3 (old) deg", "3D echocardiography 2013, PubMed 23887954"},
    {"torsion", "deg/cm", 0.16, 2.11, "women 1.2 ± 0.4, men 1.0 ± 0.4 deg/cm",
     "Zhang, MR feature tracking of 566 adults"},
    {"heart_rate", "1/min", 60, 100, "60 to 100 /min", "convention for adults at rest"},
    {"qrs_duration", "ms", 74, 110, "74 to 110 ms; block of a bundle branch from 120 ms",
     "Surawicz 2009, doi 10.1161/CIRCULATIONAHA.108.191095"},
    {"qt_interval", "ms", 390, 460, "390 to 450 (men), 460 (women) ms at 60 /min",
     "Rautaharju 2009, doi 10.1161/CIRCULATIONAHA.108.191096"},
};

bool same_dimension(std::string_view a, std::string_view b) {
  return a == b || (a == "kPa" && b == "mmHg") || (a == "1" && b == "%");
}

}  // namespace

const Reference* reference_for(std::string_view name, std::string_view unit) {
  for (const auto& r : references) {
    const auto at = name.rfind(r.figure);
    // The whole last word, perhaps with "lv_" before it: "rv_end_diastolic_volume" is another figure.
    if (at == std::string_view::npos || at + r.figure.size() != name.size() || !same_dimension(unit, r.unit)) continue;
    const auto before = name.substr(0, at);
    if (before.empty() || before.ends_with('.') || before == "lv_" || before.ends_with(".lv_")) return &r;
  }
  return nullptr;
}

double in_unit_of(const Reference& reference, double value, std::string_view unit) {
  if (unit == reference.unit) return value;
  if (unit == "kPa") return value / core::kPa_per_mmHg;
  return 100 * value;  // a fraction, to per cent
}

}  // namespace cardiotwin::report
