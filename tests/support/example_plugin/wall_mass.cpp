/// A whole plugin: a stage of one's own that reads the mesh and states the mass of the wall.
/// Build it as a shared library (see CMakeLists.txt here) and name it in the case file: "plugins": ["libwall_mass.so"].

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/stage/plugin.hpp"

namespace {

using namespace cardiotwin;

class WallMass : public stage::Stage {
 public:
  stage::Contract contract() const override {
    return {.name = "wall_mass",
            .summary = "mass of the left ventricular wall",
            .reads = {artifacts::HeartMesh::id},
            .serial = true};
  }

  config::Spec parameters() const override {
    return {{.key = "density_mg_per_mm3",
             .type = config::Type::number,
             .fallback = 1.05,
             .unit = "mg/mm^3",
             .range = "(0, 3]",
             .meaning = "density of myocardium"}};
  }

  stage::Outcome run(stage::Context& context) override {
    core::on_root(context.comm, [&] {
      const auto mesh = context.artifacts.read<artifacts::HeartMesh>();
      double volume = 0;
      for (std::size_t c = 0; c < mesh.cells.size(); ++c) {
        if (mesh.region[c] != artifacts::region_lv_wall) continue;
        const auto& [p, q, r, s] = mesh.cells[c];
        const Vec3 a = mesh.points[q] - mesh.points[p], b = mesh.points[r] - mesh.points[p];
        volume += dot(cross(a, b), mesh.points[s] - mesh.points[p]) / 6;
      }
      const double mass_g = context.config.number("density_mg_per_mm3") * volume / 1000;
      context.findings.quantity("mass", mass_g, "g");
      context.artifacts.output().write("/state/mass_g", mass_g);
    });
    return stage::Outcome::complete;
  }
};

}  // namespace

CARDIOTWIN_PLUGIN(WallMass)
