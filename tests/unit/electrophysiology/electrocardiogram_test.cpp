#include "electrophysiology/electrocardiogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cardiotwin/core/error.hpp"
#include "electrophysiology/delineation.hpp"
#include "electrophysiology/monodomain.hpp"
#include "support/ellipsoid.hpp"

namespace cardiotwin::electrophysiology {
namespace {

using namespace core;
using std::numbers::pi;

constexpr Conductivity sigma{0.2, 0.05};

/// A slab with one fibre, and what its nine electrodes see.
struct Slab {
  mesh::TetMesh mesh = mesh::box({-10, -6, -6}, {10, 6, 6}, {20, 12, 12});
  Vec3 fibre{1, 0, 0};
  Electrodes electrodes = {Vec3{-60, 0, 0}, {60, 5, -4}, {0, 0, -80},    {25, 0, 0},     {0, 30, 0},
                           {30, 20, 10},    {12, 0, 22}, {-15, -15, 15}, {100, 200, 300}};

  template <class Potential>
  std::vector<double> see(const Potential& potential, const Comm& comm = Comm()) const {
    const fem::Space space(comm, mesh, 1);
    Leads leads(space, mesh, std::vector<Vec3>(mesh.points.size(), fibre),
                std::vector<Conductivity>(mesh.cells.size(), sigma), electrodes, 0.5);
    std::vector<double> v;
    for (const Vec3& x : space.coordinates()) v.push_back(potential(x));
    leads.sample(0, v);
    return leads.potentials_mV();
  }
};

/// Solid angle of the slab's cross-section at x = `at` from a point, positive from the side of larger x.
double solid_angle(const Vec3& from, double at) {
  const double d = from[0] - at;
  const auto corner = [&](double y, double z) {
    return std::atan2((y - from[1]) * (z - from[2]), d * norm({d, y - from[1], z - from[2]}));
  };
  const double sum = corner(6, 6) - corner(6, -6) - corner(-6, 6) + corner(-6, -6);
  return d > 0 ? sum : -solid_angle({2 * at - from[0], from[1], from[2]}, at);
}

// A front is a layer of dipoles: phi = sigma dV / (4 pi sigma_b) times its solid angle, positive where it runs to.
TEST(Leads, SeeAPlaneFrontUnderItsSolidAngle) {
  const auto front = [](const Vec3& x) { return x[0] < 0.5 ? 20.0 : -85.0; };  // over the cells from x = 0 to 1
  for (const auto& [fibre, conductivity] : {std::pair{Vec3{1, 0, 0}, sigma.along}, {Vec3{0, 0.6, 0.8}, sigma.across}}) {
    Slab slab;
    slab.fibre = fibre;
    const auto seen = slab.see(front);
    double worst = 0;
    for (int e = 0; e < electrode_count; ++e) {
      const double exact = conductivity * 105 / (4 * pi * 0.5) * solid_angle(slab.electrodes[e], 0.5);
      worst = std::max(worst, std::abs(seen[e] - exact));
    }
    const double largest = conductivity * 105 / (4 * pi * 0.5) * solid_angle(slab.electrodes[electrode_V1], 0.5);
    EXPECT_LT(worst, 1e-3 * largest);  // 4e-4 measured
  }
}

// From far away V = g . x is the dipole -volume sigma g; this sees all of the tensor.
TEST(Leads, SeeASlopeAsADipoleFromFarAway) {
  Slab slab;
  slab.fibre = normalised(Vec3{1, 2, -1});
  for (Vec3& x : slab.electrodes) x = (3000 / norm(x)) * x;
  const Vec3 g{1, -2, 0.5};
  const auto seen = slab.see([&](const Vec3& x) { return dot(g, x); });
  const double volume = 20 * 12 * 12;
  const Vec3 moment = -volume * (sigma.across * g + (sigma.along - sigma.across) * dot(g, slab.fibre) * slab.fibre);
  for (int e = 0; e < electrode_count; ++e) {
    const double exact = dot(moment, slab.electrodes[e]) / (4 * pi * 0.5 * std::pow(3000, 3));
    EXPECT_NEAR(seen[e], exact, 1e-4 * norm(moment) / (4 * pi * 0.5 * 3000 * 3000)) << e;
  }
}

TEST(Leads, SeeNothingOfRestAndAreLinear) {
  const Slab slab;
  for (double phi : slab.see([](const Vec3&) { return -85.0; })) EXPECT_NEAR(phi, 0, 1e-12);
  const auto f = [](const Vec3& x) { return std::sin(x[0]) * x[1]; };
  const auto g = [](const Vec3& x) { return x[2] * x[2] - 3 * x[0]; };
  const auto a = slab.see(f), b = slab.see(g), c = slab.see([&](const Vec3&x) { return 2 * f(x) - g(x) + 40; });
  for (int e = 0; e < electrode_count; ++e) EXPECT_NEAR(c[e], 2 * a[e] - b[e], 1e-11);
}

TEST(Leads, SeeTheSameOnAnyNumberOfRanks) {
  const Slab slab;
  const auto v = [](const Vec3& x) { return std::sin(x[0]) * x[1] + x[2]; };
  const auto alone = slab.see(v, Comm(MPI_COMM_SELF)), together = slab.see(v);
  for (int e = 0; e < electrode_count; ++e) EXPECT_NEAR(together[e], alone[e], 1e-12);
}

TEST(Leads, GoOnFromASavedState) {
  const Slab slab;
  const fem::Space space(Comm(), slab.mesh, 1);
  const auto make = [&] {
    return Leads(space, slab.mesh, std::vector<Vec3>(slab.mesh.points.size(), slab.fibre),
                 std::vector<Conductivity>(slab.mesh.cells.size(), sigma), slab.electrodes);
  };
  Leads first = make(), second = make();
  std::vector<double> v;
  for (const Vec3& x : space.coordinates()) v.push_back(x[0] * x[1]);
  first.sample(3, v);
  const auto before = first.potentials_mV();
  stage::State state;
  first.save(state);
  auto times = state.has("ecg_times") ? state.get("ecg_times") : std::vector<double>();
  auto potentials = state.has("ecg_potentials") ? state.get("ecg_potentials") : std::vector<double>();
  Comm().broadcast(times);  // as the time loop does
  Comm().broadcast(potentials);
  stage::State read;
  read.put("ecg_times", times);
  read.put("ecg_potentials", potentials);
  second.load(read);
  second.sample(4, v);
  const auto after = second.potentials_mV();
  EXPECT_EQ(second.times_ms(), (std::vector<double>{3, 4}));
  ASSERT_EQ(after.size(), 18U);
  for (int e = 0; e < electrode_count; ++e) {
    EXPECT_EQ(after[e], before[e]);
    EXPECT_NEAR(after[electrode_count + e], before[e], 1e-13);
  }
}

TEST(Leads, RefuseAnElectrodeInTheWall) {
  Slab slab;
  slab.electrodes[electrode_V1] = {9, 5, 5};
  EXPECT_THROW(slab.see([](const Vec3&) { return 0.0; }), Error);
}

TEST(TwelveLeads, KeepEinthovenAndGoldberger) {
  const std::vector<double> phi{-0.3, 0.5, 0.9, 1, 2, 3, 4, 5, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const auto leads = twelve_leads(phi);
  ASSERT_EQ(leads.size(), 12U);
  for (const auto& lead : leads) {
    ASSERT_EQ(lead.size(), 2U);
    EXPECT_NEAR(lead[1], 0, 1e-15);
  }
  const auto l = [&](int n) { return leads[n][0]; };
  EXPECT_NEAR(l(0), 0.8, 1e-15);
  EXPECT_NEAR(l(0) + l(2), l(1), 1e-15);
  EXPECT_NEAR(l(3) + l(4) + l(5), 0, 1e-15);
  EXPECT_NEAR(l(3), -(l(0) + l(1)) / 2, 1e-15);
  EXPECT_NEAR(l(5), 0.9 - 0.1, 1e-15);  // against the mean of the arms
  EXPECT_NEAR(l(6), 1 - 1.1 / 3, 1e-15);
  EXPECT_NEAR(l(11), 6 - 1.1 / 3, 1e-15);
}

/// All twelve leads of an ellipsoid, standing in patient coordinates as its body has it, whose part before a plane that
/// runs in a direction is active.
std::vector<double> leads_of_a_wave(const artifacts::HeartMesh& heart, const Placement& placement,
                                    const Vec3& towards) {
  const auto mesh = test::tet_mesh(heart);
  const std::int32_t region = artifacts::region_lv_wall;
  const auto wall = mesh::extract(mesh, std::span(&region, 1));
  const fem::Space space(Comm(), wall.mesh, 1);
  std::vector<Vec3> fibres;
  for (auto p : wall.parent_point) fibres.push_back(heart.fibre[p]);
  Leads leads(space, wall.mesh, fibres, std::vector<Conductivity>(wall.mesh.cells.size()), placement.electrodes);
  std::vector<double> v;
  for (const Vec3& x : space.coordinates()) v.push_back(dot(x, towards) < 0 ? 20 : -85);
  leads.sample(0, v);
  std::vector<double> values;
  for (const auto& lead : twelve_leads(leads.potentials_mV())) values.push_back(lead[0]);
  return values;
}

TEST(Electrodes, SeeWavesThatRunTowardsThemAsPositive) {
  const auto heart = test::ellipsoid({});
  const auto placement = place_electrodes(heart);
  const BodyAxes body = placement.in_patient_coordinates ? BodyAxes{} : usual_body_axes(heart);
  const auto left = leads_of_a_wave(heart, placement, body.left),
             down = leads_of_a_wave(heart, placement, -1.0 * body.up),
             front = leads_of_a_wave(heart, placement, -1.0 * body.back);
  EXPECT_GT(left[0], 0.01);   // I
  EXPECT_LT(left[3], -0.01);  // aVR
  EXPECT_GT(left[11], 0.05);  // V6
  EXPECT_GT(down[5], 0.01);   // aVF
  EXPECT_LT(std::abs(down[0]), down[5]);
  EXPECT_GT(front[7], 0.05);  // V2
  EXPECT_LT(std::abs(front[0]), front[7]);
}

TEST(Electrodes, StandAroundTheHeartOnTheTorso) {
  const auto stand = place_electrodes({0, 0, 0}, {});
  EXPECT_GT(stand[electrode_LA][0], 0);  // patient coordinates: left, back, up
  EXPECT_LT(stand[electrode_RA][0], 0);
  EXPECT_LT(stand[electrode_LL][2], -100);
  for (int v = 0; v < 6; ++v) {
    const Vec3 x = stand[electrode_V1 + v] - Vec3{-40, 25, 0};
    EXPECT_NEAR(x[0] * x[0] / (150 * 150) + x[1] * x[1] / (100 * 100), 1, 1e-12);
    if (v > 0) {
      EXPECT_GT(stand[electrode_V1 + v][0], stand[electrode_V1 + v - 1][0]);
    }
  }
}

/// The ellipsoid, turned such that its apex and right ventricle point as given.
artifacts::HeartMesh lying(const Vec3& apex, const Vec3& right_ventricle) {
  auto heart = test::ellipsoid({});
  const Vec3 z = -1.0 * normalised(apex), x = normalised(right_ventricle - dot(right_ventricle, z) * z),
             y = cross(z, x);
  Vec3 septum{0, 0, 0};  // of the ellipsoid as it is made
  for (std::size_t p = 0; p < heart.points.size(); ++p)
    if (heart.transmural[p] > 0.5)
      septum = septum + std::cos(heart.rotational[p]) * Vec3{heart.points[p][0], heart.points[p][1], 0};
  const Vec3 from_x = normalised(septum), from_z = heart.long_axis, from_y = cross(from_z, from_x);
  for (Vec3& p : heart.points) p = dot(p, from_x) * x + dot(p, from_y) * y + dot(p, from_z) * z;
  heart.long_axis = z;
  return heart;
}

TEST(Electrodes, FollowThePatientsAxesOnlyWhereAHeartCanLieSo) {
  const Vec3 apex{1, -1.0355, -0.7813}, right{-1, -1, 0};
  const auto average = lying(apex, right);
  EXPECT_LT(angle_between_deg(usual_body_axes(average), {}), 2);
  EXPECT_TRUE(place_electrodes(average).in_patient_coordinates);
  EXPECT_TRUE(place_electrodes(lying({1, -0.4, -0.3}, right)).in_patient_coordinates);  // a horizontal heart
  const auto upside_down = lying({0.3, 0, 1}, right);
  EXPECT_FALSE(place_electrodes(upside_down).in_patient_coordinates);
  const BodyAxes body = usual_body_axes(upside_down);
  EXPECT_NEAR(norm(cross(body.left, body.back) - body.up), 0, 1e-12);
  auto without_angles = upside_down;
  without_angles.rotational.assign(without_angles.points.size(), 0.0);
  EXPECT_TRUE(place_electrodes(without_angles).in_patient_coordinates);
}

/// Twelve leads at 1 ms: QRS of two waves and T, smooth humps that end exactly, each lead with its own heights and a
/// QRS that begins up to 4 ms late and ends as much early.
struct Trace {
  std::vector<double> times;
  std::vector<std::vector<double>> leads;
};
double hump(double t, double from, double to) {
  return t > from && t < to ? std::pow(std::sin(pi * (t - from) / (to - from)), 2) : 0;
}
Trace trace(double end_ms, double noise) {
  Trace made;
  for (double t = 0; t <= end_ms; t += 1) made.times.push_back(t);
  for (int l = 0; l < 12; ++l) {
    auto& lead = made.leads.emplace_back();
    for (double t : made.times) {
      const double late = l % 3 * 2;
      const double beat = std::fmod(t, 800);
      lead.push_back((1 - 0.1 * l) * hump(beat, 40 + late, 90) - 0.6 * hump(beat, 70, 130 - late) +
                     (0.3 - 0.02 * l) * hump(beat, 250, 410) + noise * std::sin(17 * t + 5 * l));
    }
  }
  return made;
}

TEST(Delineation, FindsQrsAndQtOfAKnownCurve) {
  for (const auto& [end, noise] : {std::pair{600.0, 0.0}, {600.0, 1e-3}, {1700.0, 0.0}}) {
    const auto [times, leads] = trace(end, noise);
    const auto found = qrs_and_qt(times, leads);
    ASSERT_TRUE(found.qrs_duration_ms() && found.qt_ms());
    EXPECT_NEAR(*found.qrs_begin_ms, 40, 1.5);
    EXPECT_NEAR(*found.qrs_duration_ms(), 90, 4);
    // The tangent to a squared sine of 160 ms leaves it after 80 (1/2 + 1/pi) ms from its peak at 330.
    EXPECT_NEAR(*found.t_end_ms, 330 + 160 * (0.25 + 0.5 / pi), 1.5);
  }
}

TEST(Delineation, SaysNothingOfWhatWasNotRecorded) {
  const auto qt = [](double end) {
    const auto [times, leads] = trace(end, 0);
    return qrs_and_qt(times, leads);
  };
  EXPECT_FALSE(qt(20).qrs_begin_ms);
  EXPECT_TRUE(qt(100).qrs_begin_ms);
  EXPECT_FALSE(qt(100).qrs_duration_ms());
  EXPECT_TRUE(qt(200).qrs_duration_ms());
  EXPECT_FALSE(qt(200).qt_ms());
  EXPECT_FALSE(qt(300).qt_ms());
  EXPECT_FALSE(qt(350).qt_ms());
  EXPECT_TRUE(qt(420).qt_ms());
  EXPECT_FALSE(qrs_and_qt({}, {}).qrs_begin_ms);
}

}  // namespace
}  // namespace cardiotwin::electrophysiology
